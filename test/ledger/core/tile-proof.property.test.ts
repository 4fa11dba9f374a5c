import { hash as nativeHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyFromTiles,
  type HashFn,
  type HashTile,
  inclusionFromTiles,
  inclusionProof,
  consistencyProof,
  leafHash,
  merkleRoot,
  RightEdge,
  rootFromTiles,
  tileWidth,
  u64be,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/ledger/core/index.js';
import { refusal } from './support.js';

const native: HashFn = (data) => new Uint8Array(nativeHash('sha256', data, 'buffer'));
const LARGEST = 65_545;
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(u64be(BigInt(i)), native));
const levels = levelsOf(leaves);
const roots = [...rootsOf()];

/** Hashes of each level of tiles: every 256 of one make one of the next. */
function levelsOf(level: Uint8Array[]): Uint8Array[][] {
  const next: Uint8Array[] = [];
  for (let i = 0; i + 256 <= level.length; i += 256) next.push(merkleRoot(level.slice(i, i + 256), native));
  return next.length === 0 ? [level] : [level, ...levelsOf(next)];
}

function* rootsOf(): Generator<Uint8Array> {
  const edge = new RightEdge(native);
  yield edge.root();
  for (const leaf of leaves) {
    edge.append(leaf);
    yield edge.root();
  }
}

/** Tiles of the tree of one size, which keeps book of what is read; a tile that the tree hasn't fails the test. */
function tilesOf(size: number) {
  const read: HashTile[] = [];
  const source = (tile: HashTile) => {
    expect(tile.width).toBe(tileWidth(tile.level, tile.index, BigInt(size)));
    expect(tile.width).toBeGreaterThan(0);
    read.push(tile);
    const first = Number(tile.index) * 256;
    return Promise.resolve(levels[tile.level]!.slice(first, first + tile.width));
  };
  return { source, read };
}

async function inclusion(size: number, index: number) {
  const proof = await inclusionFromTiles(BigInt(index), BigInt(size), tilesOf(size).source, native);
  return { index: BigInt(index), size: BigInt(size), leafHash: leaves[index]!, proof, root: roots[size]! };
}

async function consistency(from: number, to: number) {
  const proof = await consistencyFromTiles(BigInt(from), BigInt(to), tilesOf(to).source, native);
  return { from: BigInt(from), to: BigInt(to), fromRoot: roots[from]!, toRoot: roots[to]!, proof };
}

const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const around = Array.from({ length: 16 }, (_, i) => 65_530 + i);
const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(...around));

describe('proofs from tiles', () => {
  it('are those from all leaves, for sizes 1 to 300', async () => {
    for (let size = 1; size <= 300; size++) {
      const all = leaves.slice(0, size);
      expect(await rootFromTiles(BigInt(size), tilesOf(size).source, native)).toEqual(roots[size]);
      for (let index = size % 23; index < size; index += 23) {
        const { proof } = await inclusion(size, index);
        expect(proof).toEqual(inclusionProof(all, BigInt(index), native));
      }
      for (let from = 1 + (size % 29); from <= size; from += 29) {
        const { proof } = await consistency(from, size);
        expect(proof).toEqual(consistencyProof(leaves, BigInt(from), BigInt(size), native));
      }
    }
  });

  it.each(around)('verify at the end, the start and the tiles’ borders of %i', async (size) => {
    expect(await rootFromTiles(BigInt(size), tilesOf(size).source, native)).toEqual(roots[size]);
    const indexes = [0, 1, 255, 256, 257, 32_767, 32_768, 65_279, 65_280, 65_535, 65_536, size - 1];
    for (const index of indexes.filter((one) => one < size)) {
      const claim = await inclusion(size, index);
      verifyInclusion(claim, native);
      const change = await consistency(index + 1, size);
      verifyConsistency(change, native);
    }
  });

  it('verify for any index and any older size', async () => {
    const property = fc.asyncProperty(sizes, fc.nat(), async (size, any) => {
      const index = any % size;
      verifyInclusion(await inclusion(size, index), native);
      verifyConsistency(await consistency(index + 1, size), native);
    });
    await fc.assert(property, { numRuns: 300, seed: 3 });
  });

  it('are refused with one bit changed in index, size, root, path or leaf', async () => {
    const property = fc.asyncProperty(sizes, fc.nat(), fc.nat({ max: 255 }), async (size, any, bit) => {
      const claim = await inclusion(size, any % size);
      const at = any % Math.max(claim.proof.length, 1);
      const path = claim.proof.map((hash, i) => (i === at ? flip(hash, bit) : hash));
      const forged = [
        { ...claim, index: claim.index ^ (1n << BigInt(bit % 17)) },
        { ...claim, root: flip(claim.root, bit) },
        { ...claim, leafHash: flip(claim.leafHash, bit) },
        ...(path.length > 0
          ? [
              { ...claim, proof: path },
              { ...claim, proof: claim.proof.slice(1) },
            ]
          : []),
      ];
      for (const one of forged)
        expect(refusal(() => verifyInclusion(one, native))).toBe('INTEGRITY_VIOLATION');
    });
    await fc.assert(property, { numRuns: 200, seed: 4 });
  });

  it('read as many tiles as the tree has levels, not its leaves', async () => {
    const { source, read } = tilesOf(LARGEST);
    await inclusionFromTiles(40_000n, BigInt(LARGEST), source, native);
    expect(read.length).toBeLessThanOrEqual(5);
    expect(new Set(read.map(({ level, index }) => `${level}/${index}`)).size).toBe(read.length);
  });

  it.each([
    ['an index of the size', () => inclusionFromTiles(5n, 5n, tilesOf(5).source)],
    ['a negative index', () => inclusionFromTiles(-1n, 5n, tilesOf(5).source)],
    ['an old size of 0', () => consistencyFromTiles(0n, 5n, tilesOf(5).source)],
    ['an old size above the new', () => consistencyFromTiles(6n, 5n, tilesOf(5).source)],
  ])('are refused for %s', async (_what, prove) => {
    await expect((async () => prove())()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('are refused from a tile of another width', async () => {
    const short = () => Promise.resolve(leaves.slice(0, 3));
    await expect(inclusionFromTiles(0n, 5n, short)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });
});
