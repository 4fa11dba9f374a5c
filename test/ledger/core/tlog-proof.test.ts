import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  base64,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  inclusionProof,
  leafHash,
  merkleRoot,
  noteKey,
  noteSignature,
  parseTlogProof,
  signedMessage,
  u64be,
  utf8,
  verifyTlogProof,
} from '../../../src/ledger/core/index.js';
import { publicOf, readJson, refusal, signWith, TEST_PUBLIC, TEST_SEED, vectors, verify } from './support.js';

const ORIGIN = 'vitrine.example/log';
const SIZE = 13;
const INDEX = 6n;
const logKey = noteKey(ORIGIN, ED25519, TEST_PUBLIC);
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(u64be(BigInt(i))));
const leaf = leaves[Number(INDEX)]!;

function noteOf(size: number, origin = ORIGIN): string {
  const root = merkleRoot(leaves.slice(0, size));
  const text = formatCheckpoint({ origin, size: BigInt(size), root });
  const line = noteSignature(logKey, signWith(TEST_SEED, signedMessage(logKey, text)));
  return formatNote({ text, signatures: [line] });
}

const proof = {
  extra: null,
  index: INDEX,
  hashes: inclusionProof(leaves, INDEX),
  checkpoint: noteOf(SIZE),
};
const text = formatTlogProof(proof);
const claim = { proof, leafHash: leaf, origin: ORIGIN, logKey };

describe('a tlog-proof', () => {
  it('is a text: first line, index, path, empty line, checkpoint', () => {
    const lines = text.split('\n');
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 6']);
    expect(lines.slice(2, 2 + proof.hashes.length)).toEqual(proof.hashes.map(base64));
    expect(lines.slice(2 + proof.hashes.length).join('\n')).toBe(`\n${proof.checkpoint}`);
    expect(parseTlogProof(text)).toEqual(proof);
    expect(parseTlogProof(utf8(text))).toEqual(proof);
  });

  it('carries extra data, and an empty path for the only entry', () => {
    const only = { extra: utf8('anything'), index: 0n, hashes: [], checkpoint: noteOf(1) };
    expect(parseTlogProof(formatTlogProof(only))).toEqual(only);
    expect(formatTlogProof(only)).toContain('@v1\nextra YW55dGhpbmc=\nindex 0\n\nvitrine.example/log\n1\n');
    const { checkpoint } = verifyTlogProof({ ...claim, proof: only, leafHash: leaves[0]! }, verify);
    expect(checkpoint.size).toBe(1n);
  });

  it('has the shape of the specification’s example', (context) => {
    const blocks = readJson<{ spec: string; text: string }[]>(join(vectors(context, 'c2sp'), 'blocks.json'));
    const example = blocks.find(({ spec }) => spec === 'tlog-proof')?.text ?? '';
    // Its extra data and signatures are cut short in the document.
    const whole = example
      .slice(0, example.indexOf('\n\n') + 2)
      .replace(/^extra .*$/m, 'extra YWdl')
      .concat(proof.checkpoint);
    expect(parseTlogProof(whole)).toMatchObject({ extra: utf8('age'), index: 73_894n });
    expect(parseTlogProof(whole).hashes).toHaveLength(5);
    expect(formatTlogProof(parseTlogProof(whole))).toBe(whole);
  });

  it('verifies by the log’s key alone', () => {
    const { checkpoint, note } = verifyTlogProof(claim, verify);
    expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 13n, root: merkleRoot(leaves) });
    expect(note.signatures).toHaveLength(1);
  });

  it.each([
    ['another first line', text.replace('@v1', '@v2')],
    ['no index', text.replace('index 6\n', '')],
    ['an index with a zero in front', text.replace('index 6', 'index 06')],
    ['a negative index', text.replace('index 6', 'index -6')],
    ['an index beyond 2^63 - 1', text.replace('index 6', 'index 9223372036854775808')],
    ['two spaces', text.replace('index 6', 'index  6')],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['empty extra data', text.replace('index', 'extra \nindex')],
    ['extra data behind the index', text.replace('index 6', 'index 6\nextra YWdl')],
    ['a hash of 31 bytes', text.replace('index 6', `index 6\n${base64(new Uint8Array(31))}`)],
    ['a hash that isn’t canonical base64', text.replace('=\n', '\n')],
    ['more than 63 hashes', text.replace('index 6', `index 6${`\n${base64(leaf)}`.repeat(63)}`)],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n') + 2)],
    ['a note that isn’t a checkpoint', text.replace('\n13\n', '\n013\n')],
    ['two empty lines', text.replace('\n\n', '\n\n\n')],
    ['text behind', `${text}\n`],
    ['nothing', ''],
  ])('is refused with %s', (_what, forged) => {
    expect(forged).not.toBe(text);
    expect(refusal(() => parseTlogProof(forged))).toBe('INTEGRITY_VIOLATION');
  });

  it.each([
    ['another leaf', { leafHash: leaves[5]! }],
    ['a leaf hash of no bytes', { leafHash: new Uint8Array(0) }],
    ['another index', { proof: { ...proof, index: 7n } }],
    ['an index beyond the size', { proof: { ...proof, index: 13n } }],
    ['a hash less', { proof: { ...proof, hashes: proof.hashes.slice(1) } }],
    ['a hash more', { proof: { ...proof, hashes: [...proof.hashes, leaf] } }],
    ['another size', { proof: { ...proof, checkpoint: noteOf(12) } }],
    ['another origin', { origin: 'other.example/log' }],
    ['a checkpoint of another log', { proof: { ...proof, checkpoint: noteOf(SIZE, 'other.example/log') } }],
    ['another key', { logKey: noteKey(ORIGIN, ED25519, publicOf(new Uint8Array(32))) }],
    ['another key of the same id', { logKey: { ...logKey, publicKey: publicOf(new Uint8Array(32)) } }],
    ['a changed root', { proof: { ...proof, checkpoint: proof.checkpoint.replace('\n13\n', '\n12\n') } }],
  ])('does not verify with %s', (_what, change) => {
    expect(refusal(() => verifyTlogProof({ ...claim, ...change }, verify))).toBe('INTEGRITY_VIOLATION');
  });

  it('does not verify with one bit of the text changed', () => {
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length * 8; at += 13) {
      const forged = bytes.map((byte, i) => (i === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
      const code = refusal(() => verifyTlogProof({ ...claim, proof: parseTlogProof(forged) }, verify));
      expect(code).toBe('INTEGRITY_VIOLATION');
    }
  });
});
