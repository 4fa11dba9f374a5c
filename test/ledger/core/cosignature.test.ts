import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  base64,
  concat,
  cosign,
  COSIGNATURE,
  ED25519,
  formatCheckpoint,
  formatCosignatures,
  formatNote,
  merkleRoot,
  noteKey,
  parseCosignatures,
  parseNote,
  parseVkey,
  u64be,
  utf8,
  verifyNote,
  withSignatures,
} from '../../../src/ledger/core/index.js';
import { readJson, refusal, signWith, TEST_PUBLIC, TEST_SEED, vectors, verify } from './support.js';

const TEXT = formatCheckpoint({ origin: 'vitrine.example/log', size: 0n, root: merkleRoot([]) });
const TIME = 1_679_315_147n;
const key = noteKey('witness.example/w1', COSIGNATURE, TEST_PUBLIC);
const sign = (message: Uint8Array): Uint8Array => signWith(TEST_SEED, message);
const line = cosign(TEXT, key, sign, TIME);

describe('a cosignature', () => {
  it('is the time in 8 bytes and a signature over header, time and checkpoint', () => {
    const message = utf8(`cosignature/v1\ntime 1679315147\n${TEXT}`);
    expect(line.signature).toEqual(concat(u64be(TIME), sign(message)));
    expect(formatCosignatures([line])).toBe(
      `— witness.example/w1 ${base64(concat(key.keyId, line.signature))}\n`,
    );
    expect(verifyNote({ text: TEXT, signatures: [line] }, key, verify)).toEqual({ time: TIME });
  });

  it.each([
    ["a log's key", () => cosign(TEXT, noteKey('x', ED25519, TEST_PUBLIC), sign, TIME)],
    ['a text that is no checkpoint', () => cosign('hello\n', key, sign, TIME)],
    ['a negative time', () => cosign(TEXT, key, sign, -1n)],
    ['a time beyond 2^63 - 1', () => cosign(TEXT, key, sign, 2n ** 63n)],
    ['a signature of another length', () => cosign(TEXT, key, () => new Uint8Array(63), TIME)],
  ])('is not made with %s', (_what, make) => {
    expect(refusal(make)).toBe('INTEGRITY_VIOLATION');
  });

  it('joins a note', () => {
    const note = withSignatures({ text: TEXT, signatures: [line] }, [line]);
    expect(parseNote(formatNote(note)).signatures).toEqual([line, line]);
    const many = Array.from({ length: 100 }, () => line);
    expect(refusal(() => withSignatures(note, many))).toBe('INTEGRITY_VIOLATION');
  });
});

describe("a witness's answer", () => {
  const answer = formatCosignatures([line, line]);

  it('is read back', () => {
    expect(parseCosignatures(answer)).toEqual([line, line]);
    expect(parseCosignatures(utf8(answer))).toEqual([line, line]);
  });

  it.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['no newline at the end', answer.slice(0, -1)],
    ['an empty line between', answer.replace('\n', '\n\n')],
    ['a whole note', `x\n\n${answer}`],
    ['a hyphen for the dash', answer.replace('—', '-')],
    ['a third word', answer.replace('\n', ' x\n')],
    ['carriage returns', answer.replaceAll('\n', '\r\n')],
    ['a page', '<html>\n'],
    ['a key id without a signature', `— w ${base64(new Uint8Array(4))}\n`],
    ['101 lines', formatCosignatures([line]).repeat(101)],
    ['bytes that are no UTF-8', Uint8Array.of(0xff, 0x0a)],
  ])('is refused with %s', (_what, text) => {
    expect(refusal(() => parseCosignatures(text))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('the shared vectors of cosignatures', () => {
  it('are read as lines of an answer and verify', (context) => {
    const folder = vectors(context, 'cosignature');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    );
    const keys = files
      .filter((name) => name.endsWith('.v0.json'))
      .flatMap((name) => readJson<{ verifier_keys: string[] }>(name).verifier_keys.map(parseVkey));
    let verified = 0;
    for (const file of files.filter((name) => name.endsWith('checkpoint'))) {
      const { text, signatures } = parseNote(readFileSync(file));
      const by = keys.find(({ name }) => signatures.some((one) => one.name === name));
      if (by === undefined) continue;
      const lines = parseCosignatures(formatCosignatures(signatures.filter(({ name }) => name === by.name)));
      expect(verifyNote({ text, signatures: lines }, by, verify).time).toBeGreaterThan(1_700_000_000n);
      verified++;
    }
    expect(verified).toBe(3);
  });
});
