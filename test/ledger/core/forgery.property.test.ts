/**
 * What is signed and carried about can't be forged by a bit: receipts, pairs of checkpoints and proof bundles, for trees of
 * sizes 1 to 300 and 65,530 to 65,545. Samples are seeded.
 */
import { hash as nativeHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyBundle, verifyCheckpointPair, verifyReceipt } from '../../../src/client/index.js';
import {
  formatTlogProof,
  type HashFn,
  leafHash,
  noteKey,
  parseNote,
  parsePolicy,
  parseTlogProof,
  u64be,
  utf8,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
  verifyProofBundle,
} from '../../../src/ledger/core/index.js';
import { nativeVerify } from '../../../src/ledger/native.js';
import { ALL, flip, logKey, makeBundle, noteOf, policyText, witnessKeys } from './small-log.js';
import { refusal } from './support.js';
import { Tree } from './tree.js';

const native: HashFn = (data) => new Uint8Array(nativeHash('sha256', data, 'buffer'));
const AROUND = Array.from({ length: 16 }, (_, i) => 65_530 + i);
const LARGEST = 65_545;
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(u64be(BigInt(i)), native));
const tree = new Tree(leaves, native);

const notes = new Map<number, string>();
/** The checkpoint of a size, signed by the log and both witnesses. */
function note(size: number): string {
  const known = notes.get(size) ?? noteOf(BigInt(size), tree.root(size));
  notes.set(size, known);
  return known;
}

function receipt(size: number, index: number): Uint8Array {
  const hashes = tree.inclusion(index, size);
  return utf8(formatTlogProof({ extra: null, index: BigInt(index), hashes, checkpoint: note(size) }));
}

/** As the client's verifyReceipt, by the platform's signatures: they are held equal, and these are faster. */
function verifyFast(text: Uint8Array, leaf: Uint8Array, policy = ALL): bigint {
  const proof = parseTlogProof(text);
  const { checkpoint } = verifyCheckpoint(proof.checkpoint, policy, nativeVerify);
  verifyProof(proof, leaf, checkpoint, native);
  return proof.index;
}

/** As the client's verifyCheckpointPair. */
function verifyPair(
  older: Uint8Array | string,
  newer: Uint8Array | string,
  proof: readonly Uint8Array[],
): void {
  const [from, to] = [older, newer].map((one) => {
    const text = typeof one === 'string' ? one : new TextDecoder('utf-8', { fatal: true }).decode(one);
    return verifyCheckpoint(text, ALL, nativeVerify).checkpoint;
  });
  const ends = { fromRoot: from!.root, toRoot: to!.root };
  verifyConsistency({ from: from!.size, to: to!.size, ...ends, proof }, native);
}

const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(...AROUND));
const any = fc.nat({ max: 0x7fffffff });
const VIOLATION = 'INTEGRITY_VIOLATION';

describe('receipts', () => {
  it('hold for every size from 1 to 300 and from 65,530 to 65,545', () => {
    for (const size of [...Array.from({ length: 300 }, (_, i) => i + 1), ...AROUND]) {
      const index = (size * 7919) % size === 0 ? size - 1 : (size * 31) % size;
      for (const at of new Set([0, index, size - 1]))
        expect(verifyFast(receipt(size, at), leaves[at]!)).toBe(BigInt(at));
    }
  });

  it('are refused with any bit of their text turned: index, path, origin, size, root, key, signature', () => {
    const property = fc.property(sizes, any, any, (size, pick, bit) => {
      const index = pick % size;
      const forged = flip(receipt(size, index), bit);
      expect(refusal(() => verifyFast(forged, leaves[index]!))).toBe(VIOLATION);
    });
    fc.assert(property, { numRuns: 600, seed: 21 });
  });

  it('are refused for a leaf, or under a policy whose keys, are a bit other', () => {
    const property = fc.property(sizes, any, any, (size, pick, bit) => {
      const index = pick % size;
      const text = receipt(size, index);
      expect(refusal(() => verifyFast(text, flip(leaves[index]!, bit)))).toBe(VIOLATION);
      const otherLog = noteKey(logKey.name, logKey.type, flip(logKey.publicKey, bit));
      expect(refusal(() => verifyFast(text, leaves[index]!, parsePolicy(policyText('all', otherLog))))).toBe(
        VIOLATION,
      );
      const [one, two] = ALL.witnesses;
      const otherWitness = noteKey(witnessKeys[0]!.name, 4, flip(witnessKeys[0]!.publicKey, bit));
      const policy = { ...ALL, witnesses: [{ ...one!, key: otherWitness }, two!] };
      expect(refusal(() => verifyFast(text, leaves[index]!, policy))).toBe(VIOLATION);
    });
    fc.assert(property, { numRuns: 100, seed: 22 });
  });

  it('are the same to the client', () => {
    for (const [size, index] of [
      [1, 0],
      [300, 17],
      [65_537, 65_536],
    ] as const) {
      const text = receipt(size, index);
      const found = verifyReceipt(text, { leaf: u64be(BigInt(index)) }, policyText());
      expect(found).toMatchObject({ index: BigInt(index), leafHash: leaves[index] });
      expect(verifyReceipt(text, { leafHash: leaves[index]! }, ALL)).toEqual(found);
      for (const bit of [3, 5_001, 8 * text.length - 9]) {
        expect(refusal(() => verifyReceipt(flip(text, bit), { leafHash: leaves[index]! }, ALL))).toBe(
          VIOLATION,
        );
      }
    }
  });
});

describe('pairs of checkpoints', () => {
  const older = (size: number, pick: number) => 1 + (pick % size);
  const pathOf = (from: number, to: number) => tree.consistency(from, to);

  it('hold for every size from 1 to 300 and from 65,530 to 65,545', () => {
    for (const size of [...Array.from({ length: 300 }, (_, i) => i + 1), ...AROUND]) {
      for (const from of new Set([1, older(size, size * 31), size]))
        verifyPair(note(from), note(size), pathOf(from, size));
    }
  });

  it('are refused with any bit turned of a note or of the path, and the wrong way round', () => {
    const property = fc.property(sizes, any, any, (size, pick, bit) => {
      const from = older(size, pick);
      const path = pathOf(from, size);
      const [first, second] = [utf8(note(from)), utf8(note(size))];
      const wrong: (() => void)[] = [
        () => verifyPair(asText(flip(first, bit)), second, path),
        () => verifyPair(first, asText(flip(second, bit)), path),
        ...path.map(
          (_hash, at) => () =>
            verifyPair(
              first,
              second,
              path.map((hash, i) => (i === at ? flip(hash, bit) : hash)),
            ),
        ),
        () => verifyPair(first, second, [...path, tree.root(size)]),
        ...(from === size ? [] : [() => verifyPair(second, first, path)]),
      ];
      for (const one of wrong) expect(refusal(one)).toBe(VIOLATION);
    });
    fc.assert(property, { numRuns: 120, seed: 23 });
  });

  it('are the same to the client, which tells both', () => {
    const found = verifyCheckpointPair(note(300), note(65_537), pathOf(300, 65_537), policyText());
    expect([found.older.checkpoint.size, found.newer.checkpoint.size]).toEqual([300n, 65_537n]);
    const wrong = () => verifyCheckpointPair(note(299), note(65_537), pathOf(300, 65_537), ALL);
    expect(refusal(wrong)).toBe(VIOLATION);
  });
});

/** As a reader of a file would get it: bytes that are no UTF-8 become other text. */
const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('cosigned checkpoints', () => {
  it('are refused with any bit turned of text, names, keys, times or signatures', () => {
    const property = fc.property(sizes, any, (size, bit) => {
      const text = asText(flip(utf8(note(size)), bit));
      expect(refusal(() => verifyCheckpoint(text, ALL, nativeVerify))).toBe(VIOLATION);
    });
    fc.assert(property, { numRuns: 600, seed: 24 });
  });

  it('count no witness whose line is missing', () => {
    const parsed = parseNote(note(42));
    expect(parsed.signatures).toHaveLength(3);
    const lines = note(42).split('\n').slice(0, -2).join('\n');
    expect(refusal(() => verifyCheckpoint(`${lines}\n`, ALL, nativeVerify))).toBe(VIOLATION);
  });
});

describe('proof bundles', () => {
  const bundles = [
    makeBundle(),
    makeBundle({ registration: false }),
    makeBundle({ fields: ['note'], opening: false }),
  ];

  it('are refused with any bit turned', () => {
    const property = fc.property(fc.constantFrom(...bundles), any, ({ bytes }, bit) => {
      expect(refusal(() => verifyProofBundle(flip(bytes, bit), ALL, nativeVerify))).toBe(VIOLATION);
    });
    fc.assert(property, { numRuns: 1_500, seed: 25 });
  });

  it('are refused by the client too', () => {
    for (const { bytes } of bundles) {
      for (const bit of [40, 1_001, 4_003, 8 * bytes.length - 300])
        expect(refusal(() => verifyBundle(flip(bytes, bit), ALL))).toBe(VIOLATION);
    }
  });
});
