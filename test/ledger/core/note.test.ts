import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  COSIGNATURE,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatSkey,
  formatVkey,
  hex,
  keyHash,
  leafHash,
  merkleRoot,
  noteKey,
  noteSignature,
  parseCheckpoint,
  parseNote,
  parseSkey,
  parseVkey,
  signedMessage,
  utf8,
  verifyNote,
} from '../../../src/ledger/core/index.js';
import { publicOf, readJson, refusal, signWith, TEST_PUBLIC, TEST_SEED, vectors, verify } from './support.js';

const NAME = 'vitrine.example/log';
// Ids by Python's hashlib, from the formula in c2sp.org/signed-note.
const VKEY = `${NAME}+3a038be4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea`;
const SKEY = `PRIVATE+KEY+${NAME}+3a038be4+AZ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g`;
const WITNESS_VKEY = `${NAME}+c6a9d875+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea`;
const TEXT = `${NAME}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`;
const TIME = 1_679_315_147n;

const key = noteKey(NAME, ED25519, TEST_PUBLIC);
const witness = noteKey(NAME, COSIGNATURE, TEST_PUBLIC);
const logLine = noteSignature(key, signWith(TEST_SEED, signedMessage(key, TEXT)));
const witnessLine = noteSignature(witness, signWith(TEST_SEED, signedMessage(witness, TEXT, TIME)), TIME);
const note = { text: TEXT, signatures: [logLine, witnessLine] };

describe('note keys', () => {
  it('have the id and the text forms of the specification', () => {
    expect(hex(keyHash(NAME, 0x01, TEST_PUBLIC))).toBe('3a038be4');
    expect(formatVkey(key)).toBe(VKEY);
    expect(formatVkey(witness)).toBe(WITNESS_VKEY);
    expect(formatSkey({ ...key, seed: TEST_SEED })).toBe(SKEY);
    expect(parseVkey(VKEY)).toEqual(key);
    expect(parseVkey(WITNESS_VKEY)).toEqual(witness);
    expect(parseSkey(SKEY, publicOf)).toEqual({ ...key, seed: TEST_SEED });
  });

  it.each([
    ['another id', VKEY.replace('3a038be4', '3a038be5')],
    ['the id in upper case', VKEY.replace('3a038be4', '3A038BE4')],
    ['another name', VKEY.replace('vitrine', 'vitrina')],
    ['no name', VKEY.slice(NAME.length)],
    ['a space in the name', VKEY.replace('/', ' ')],
    ['a short key', `${NAME}+3a038be4+AddamAGC`],
    ['no key', `${NAME}+3a038be4`],
    ['an empty key', `${NAME}+3a038be4+`],
    ['a space after it', `${VKEY} `],
    ['nothing', ''],
  ])('are refused with %s', (_what, vkey) => {
    expect(refusal(() => parseVkey(vkey))).toBe('INTEGRITY_VIOLATION');
  });

  it('are refused as secrets without their prefix or with another id', () => {
    expect(refusal(() => parseSkey(VKEY, publicOf))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => parseSkey(SKEY.replace('3a038be4', '00000000'), publicOf))).toBe(
      'INTEGRITY_VIOLATION',
    );
  });
});

describe('signed notes', () => {
  it('come back from their text and their bytes', () => {
    const text = formatNote(note);
    expect(text.startsWith(`${TEXT}\n— ${NAME} `)).toBe(true);
    expect(parseNote(text)).toEqual(note);
    expect(parseNote(utf8(text))).toEqual(note);
  });

  it('may have blank lines in their text', () => {
    const blank = { text: 'one\n\n\ntwo\n', signatures: [logLine] };
    expect(parseNote(formatNote(blank))).toEqual(blank);
  });

  it('verify by the keys that signed them, with the time of a cosignature', () => {
    expect(verifyNote(note, key, verify)).toEqual({ time: null });
    expect(verifyNote(note, witness, verify)).toEqual({ time: TIME });
  });

  it('put the time before what a cosignature covers', () => {
    expect(signedMessage(witness, TEXT, TIME)).toEqual(utf8(`cosignature/v1\ntime 1679315147\n${TEXT}`));
  });

  it('are refused when no line is of the key, or one that says so is forged', () => {
    const other = noteKey('other.example', ED25519, TEST_PUBLIC);
    const forged = { ...logLine, signature: logLine.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) };
    const short = { ...logLine, signature: logLine.signature.slice(1) };
    for (const [bad, by] of [
      [note, other],
      [{ ...note, signatures: [forged] }, key],
      [{ ...note, signatures: [logLine, forged] }, key],
      [{ ...note, signatures: [short] }, key],
      [{ ...note, text: TEXT.replace('\n0\n', '\n1\n') }, key],
    ] as const) {
      expect(refusal(() => verifyNote(bad, by, verify))).toBe('INTEGRITY_VIOLATION');
    }
  });

  it('are refused when the time of a cosignature is changed or out of range', () => {
    const late = {
      ...witnessLine,
      signature: witnessLine.signature.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
    };
    const huge = {
      ...witnessLine,
      signature: witnessLine.signature.map((byte, i) => (i === 0 ? 0x80 : byte)),
    };
    for (const line of [late, huge]) {
      expect(refusal(() => verifyNote({ ...note, signatures: [line] }, witness, verify))).toBe(
        'INTEGRITY_VIOLATION',
      );
    }
    expect(refusal(() => noteSignature(witness, new Uint8Array(64), 2n ** 63n))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => noteSignature(key, new Uint8Array(64), 1n))).toBe('INTEGRITY_VIOLATION');
  });

  const whole = formatNote(note);
  it.each([
    ['no signature', TEXT],
    ['no signature after the blank line', `${TEXT}\n`],
    ['no newline at the end', whole.slice(0, -1)],
    ['a blank line at the end', `${whole}\n`],
    ['carriage returns', whole.replaceAll('\n', '\r\n')],
    ['a tab in the text', whole.replace('vitrine', '\tvitrine')],
    ['a hyphen for the dash', whole.replace('—', '-')],
    ['two spaces in a signature line', whole.replace('— ', '—  ')],
    ['a space after the signature', `${whole.slice(0, -1)} \n`],
    ['base64url', whole.replaceAll('+', '-').replaceAll('/', '_')],
    ['a key name with a plus', whole.replace(`— ${NAME}`, '— a+b')],
    ['a key name with a Unicode space', whole.replace(`— ${NAME}`, '— a\u2003b')],
    ['a signature of key id alone', `${TEXT}\n— a AAAAAA==\n`],
    ['a lone surrogate', whole.replace('vitrine', '\ud800')],
    ['more signatures than anyone needs', `${TEXT}\n${'— a AAAAAAA=\n'.repeat(101)}`],
    ['nothing', ''],
  ])('are refused with %s', (_what, text) => {
    expect(refusal(() => parseNote(text))).toBe('INTEGRITY_VIOLATION');
  });

  it('are refused when they are no UTF-8', () => {
    expect(refusal(() => parseNote(Uint8Array.of(...utf8(whole), 0xff)))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('checkpoints', () => {
  const root = merkleRoot([]);

  it('have three lines', () => {
    expect(formatCheckpoint({ origin: NAME, size: 0n, root })).toBe(TEXT);
    expect(parseCheckpoint(TEXT)).toEqual({ origin: NAME, size: 0n, root, extensions: [] });
  });

  it('may have extension lines and any size up to 2^63 - 1', () => {
    const checkpoint = { origin: 'a b+c', size: 2n ** 63n - 1n, root, extensions: ['x', 'y z'] };
    expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it.each([
    ['an empty origin', TEXT.replace(NAME, '')],
    ['a leading zero', TEXT.replace('\n0\n', '\n01\n')],
    ['a sign', TEXT.replace('\n0\n', '\n+1\n')],
    ['a negative size', TEXT.replace('\n0\n', '\n-1\n')],
    ['a size of 2^63', TEXT.replace('\n0\n', `\n${2n ** 63n}\n`)],
    ['no size', TEXT.replace('\n0\n', '\n\n')],
    ['a short root', TEXT.replace('47DE', '')],
    ['a root that is no base64', TEXT.replace('47DE', '47D*')],
    ['no newline at the end', TEXT.slice(0, -1)],
    ['an empty extension line', `${TEXT}\n`],
    ['carriage returns', TEXT.replaceAll('\n', '\r\n')],
    ['two lines', `${NAME}\n0\n`],
  ])('are refused with %s', (_what, text) => {
    expect(refusal(() => parseCheckpoint(text))).toBe('INTEGRITY_VIOLATION');
  });

  it('are refused with an origin that would change the lines', () => {
    expect(refusal(() => formatCheckpoint({ origin: 'a\n9', size: 0n, root }))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('the shared C2SP vectors', () => {
  it('hold for the blocks of the specifications', (context) => {
    const blocks = readJson<{ spec: string; text: string }[]>(join(vectors(context, 'c2sp'), 'blocks.json'));
    const notes = blocks.filter(({ spec }) =>
      ['signed-note', 'tlog-checkpoint', 'tlog-cosignature'].includes(spec),
    );
    expect(notes.length).toBeGreaterThanOrEqual(4);
    for (const { spec, text } of notes) {
      expect(formatNote(parseNote(text))).toBe(text);
      if (spec !== 'signed-note') expect(parseCheckpoint(parseNote(text).text).size).toBe(20_852_163n);
    }
    // Shortened with […] in the specification, so no note.
    const shortened = blocks.filter(({ text }) => text.includes('[...]'));
    for (const { text } of shortened) expect(refusal(() => parseNote(text))).toBe('INTEGRITY_VIOLATION');
  });

  it('hold for a log of 15 entries: checkpoints, signatures and roots', (context) => {
    const folder = vectors(context, 'tlog-tiles');
    const vkey = parseVkey(readFileSync(join(folder, 'vkey.txt'), 'utf8').trim());
    const entries = bundle(readFileSync(join(folder, 'log/tile/entries/000.p/15')));
    const hashes = entries.map((entry) => leafHash(entry));
    expect(Buffer.concat(hashes).equals(readFileSync(join(folder, 'log/tile/0/000.p/15')))).toBe(true);
    for (let size = 0; size <= 15; size++) {
      const signed = parseNote(readFileSync(join(folder, `log/checkpoint.${size}`)));
      expect(verifyNote(signed, vkey, verify)).toEqual({ time: null });
      expect(parseCheckpoint(signed.text)).toMatchObject({ origin: vkey.name, size: BigInt(size) });
      expect(parseCheckpoint(signed.text).root).toEqual(merkleRoot(hashes.slice(0, size)));
    }
  });

  it('hold for cosignatures of witnesses, other signature types left alone', (context) => {
    const folder = vectors(context, 'cosignature');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const keys = files
      .filter((name) => name.endsWith('.v0.json'))
      .flatMap((name) =>
        readJson<{ verifier_keys: string[] }>(join(folder, name)).verifier_keys.map(parseVkey),
      );
    const notes = files
      .filter((name) => name.endsWith('checkpoint'))
      .map((name) => parseNote(readFileSync(join(folder, name))));
    let verified = 0;
    for (const cosigned of notes) {
      parseCheckpoint(cosigned.text);
      for (const by of keys.filter(({ name }) => cosigned.signatures.some((line) => line.name === name))) {
        expect(verifyNote(cosigned, by, verify).time).toBeGreaterThan(1_700_000_000n);
        verified++;
      }
    }
    expect(verified).toBe(3);
  });
});

/** Entries of a bundle (c2sp.org/tlog-tiles): a 16-bit length before each. */
function bundle(bytes: Buffer): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
    entries.push(new Uint8Array(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at))));
  }
  return entries;
}
