import { hash as nativeHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  type HashFn,
  inclusionProof,
  leafHash,
  merkleRoot,
  RightEdge,
  u64be,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/ledger/core/index.js';
import { refusal } from './support.js';

const native: HashFn = (data) => new Uint8Array(nativeHash('sha256', data, 'buffer'));
const LARGEST = 65_540;
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(u64be(BigInt(i)), native));

/** Roots of every size, by the right edge. */
const roots = [...rootsOf()];

function* rootsOf(): Generator<Uint8Array> {
  const edge = new RightEdge(native);
  yield edge.root();
  for (const leaf of leaves) {
    edge.append(leaf);
    yield edge.root();
  }
}

function inclusion(size: number, index: number) {
  const proof = inclusionProof(leaves.slice(0, size), BigInt(index), native);
  return { index: BigInt(index), size: BigInt(size), leafHash: leaves[index]!, proof, root: roots[size]! };
}

function consistency(from: number, to: number) {
  const proof = consistencyProof(leaves, BigInt(from), BigInt(to), native);
  return { from: BigInt(from), to: BigInt(to), fromRoot: roots[from]!, toRoot: roots[to]!, proof };
}

const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const bit = fc.nat({ max: 255 });
const pair = (least: number): fc.Arbitrary<[number, number]> =>
  fc
    .integer({ min: 1, max: 300 })
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: least, max: size - 1 + least })));

describe('Merkle trees of all sizes', () => {
  it('have one root, by recursion and by the right edge', () => {
    for (let size = 0; size <= 300; size++)
      expect(merkleRoot(leaves.slice(0, size), native)).toEqual(roots[size]);
    expect(merkleRoot(leaves, native)).toEqual(roots[LARGEST]);
  });

  it('prove every leaf of every size from 1 to 64, and some of every size to 300', () => {
    for (let size = 1; size <= 300; size++) {
      const step = size <= 64 ? 1 : 37;
      for (let index = 0; index < size; index += step) verifyInclusion(inclusion(size, index), native);
      verifyInclusion(inclusion(size, size - 1), native);
    }
  });

  it('prove consistency between every two sizes from 1 to 64, and some of every size to 300', () => {
    for (let to = 1; to <= 300; to++) {
      const step = to <= 64 ? 1 : 37;
      for (let from = 1; from <= to; from += step) verifyConsistency(consistency(from, to), native);
      verifyConsistency(consistency(to, to), native);
    }
  });

  it('prove around 65,536 leaves', { timeout: 60_000 }, () => {
    for (const size of [65_535, 65_536, 65_537, LARGEST]) {
      verifyInclusion(inclusion(size, size - 1), native);
      verifyInclusion(inclusion(size, 12_345), native);
      verifyConsistency(consistency(65_535, size), native);
      verifyConsistency(consistency(300, size), native);
    }
  });

  it('refuse an inclusion proof with a single bit forged', () => {
    fc.assert(
      fc.property(pair(0), bit, fc.nat(), ([size, index], at, pick) => {
        const claim = inclusion(size, index);
        const target = pick % (claim.proof.length + 2);
        const forged =
          target === 0
            ? { ...claim, root: flip(claim.root, at) }
            : target === 1
              ? { ...claim, leafHash: flip(claim.leafHash, at) }
              : { ...claim, proof: claim.proof.map((hash, i) => (i === target - 2 ? flip(hash, at) : hash)) };
        expect(refusal(() => verifyInclusion(forged, native))).toBe('INTEGRITY_VIOLATION');
      }),
      { numRuns: 300 },
    );
  });

  it('refuse a leaf at another place, a proof with a hash more or less', () => {
    fc.assert(
      fc.property(pair(0), fc.nat({ max: 400 }), ([size, index], other) => {
        const claim = inclusion(size, index);
        const wrong = [
          { ...claim, index: BigInt(other === index ? other + 1 : other) },
          { ...claim, proof: [...claim.proof, roots[size]!] },
          { ...claim, proof: [roots[size]!, ...claim.proof] },
          ...(size > 1
            ? [
                { ...claim, proof: claim.proof.slice(1) },
                { ...claim, proof: claim.proof.slice(0, -1) },
              ]
            : []),
        ];
        for (const forged of wrong)
          expect(refusal(() => verifyInclusion(forged, native))).toBe('INTEGRITY_VIOLATION');
      }),
    );
  });

  it('refuse a consistency proof with a single bit forged, or a hash more or less', () => {
    fc.assert(
      fc.property(pair(1), bit, fc.nat(), ([to, from], at, pick) => {
        const claim = consistency(from, to);
        const target = pick % (claim.proof.length + 2);
        const forged =
          target === 0
            ? { ...claim, fromRoot: flip(claim.fromRoot, at) }
            : target === 1
              ? { ...claim, toRoot: flip(claim.toRoot, at) }
              : { ...claim, proof: claim.proof.map((hash, i) => (i === target - 2 ? flip(hash, at) : hash)) };
        const longer = { ...claim, proof: [...claim.proof, roots[to]!] };
        for (const wrong of [forged, longer]) {
          expect(refusal(() => verifyConsistency(wrong, native))).toBe('INTEGRITY_VIOLATION');
        }
        if (from === to) return;
        const shorter = { ...claim, proof: claim.proof.slice(0, -1) };
        expect(refusal(() => verifyConsistency(shorter, native))).toBe('INTEGRITY_VIOLATION');
      }),
      { numRuns: 300 },
    );
  });

  it('go on from a stored right edge as if never stored', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 50 }), (size, more) => {
        const edge = new RightEdge(native);
        for (const leaf of leaves.slice(0, size)) edge.append(leaf);
        const again = RightEdge.from(edge.size, edge.hashes, native);
        for (const leaf of leaves.slice(size, size + more)) again.append(leaf);
        expect(again.root()).toEqual(roots[size + more]);
        expect(again.size).toBe(BigInt(size + more));
      }),
    );
  });
});
