import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  fromBase64,
  fromHex,
  hex,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  RightEdge,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/ledger/core/index.js';
import { jsonFiles, readJson, refusal, vectors } from './support.js';

const plain = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.reduce((state, part) => state.update(part), createHash('sha256')).digest());
const node = (left: Uint8Array, right: Uint8Array): Uint8Array => plain(Uint8Array.of(1), left, right);

/** The tree of RFC 6962 section 2.1.3, under its names: seven leaves, a to j, inner nodes g to l. */
function example() {
  const leaves = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'].map((data) =>
    plain(Uint8Array.of(0), utf8(data)),
  );
  const [a, b, c, d, e, f, j] = leaves as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [g, h, i] = [node(a, b), node(c, d), node(e, f)];
  const [k, l] = [node(g, h), node(i, j)];
  return { leaves, a, b, c, d, e, f, g, h, i, j, k, l, root: node(k, l) };
}

describe('the tree of RFC 6962 section 2.1', () => {
  it('has the hash of nothing as its empty root, and 0x00 before a leaf', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(hex(emptyRoot())).toBe(empty);
    expect(hex(merkleRoot([]))).toBe(empty);
    expect(hex(new RightEdge().root())).toBe(empty);
    expect(hex(leafHash(new Uint8Array(0)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('has the root of the example in section 2.1.3', () => {
    const { leaves, root } = example();
    expect(merkleRoot(leaves)).toEqual(root);
    const edge = new RightEdge();
    leaves.forEach((leaf) => edge.append(leaf));
    expect(edge.root()).toEqual(root);
  });

  it('has the audit paths of the example in section 2.1.3', () => {
    const { leaves, b, c, f, g, h, i, j, k, l } = example();
    expect(inclusionProof(leaves, 0n)).toEqual([b, h, l]);
    expect(inclusionProof(leaves, 3n)).toEqual([c, g, l]);
    expect(inclusionProof(leaves, 4n)).toEqual([f, j, k]);
    expect(inclusionProof(leaves, 6n)).toEqual([i, k]);
  });

  it('has the consistency proofs of the example in section 2.1.3', () => {
    const { leaves, c, d, g, i, j, k, l } = example();
    expect(consistencyProof(leaves, 3n, 7n)).toEqual([c, d, g, l]);
    expect(consistencyProof(leaves, 4n, 7n)).toEqual([l]);
    expect(consistencyProof(leaves, 6n, 7n)).toEqual([i, j, k]);
    expect(consistencyProof(leaves, 7n, 7n)).toEqual([]);
  });

  it('takes the hash function that is passed in', () => {
    const marked = (data: Uint8Array): Uint8Array => plain(utf8('other'), data);
    const { leaves } = example();
    expect(merkleRoot(leaves, marked)).not.toEqual(merkleRoot(leaves));
    const root = merkleRoot(leaves, marked);
    const claim = {
      index: 2n,
      size: 7n,
      leafHash: leaves[2]!,
      proof: inclusionProof(leaves, 2n, marked),
      root,
    };
    expect(refusal(() => verifyInclusion(claim, marked))).toBeUndefined();
    expect(refusal(() => verifyInclusion(claim))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('proofs', () => {
  it('are refused for an index or size that the tree has not', () => {
    const { leaves } = example();
    expect(refusal(() => inclusionProof(leaves, 7n))).toBe('BAD_USER_INPUT');
    expect(refusal(() => inclusionProof(leaves, -1n))).toBe('BAD_USER_INPUT');
    expect(refusal(() => consistencyProof(leaves, 0n, 7n))).toBe('BAD_USER_INPUT');
    expect(refusal(() => consistencyProof(leaves, 5n, 4n))).toBe('BAD_USER_INPUT');
    expect(refusal(() => consistencyProof(leaves, 5n, 8n))).toBe('BAD_USER_INPUT');
  });

  it('are refused with hashes whose border is moved', () => {
    const { leaves, root } = example();
    const [left, right] = [new Uint8Array(31), new Uint8Array(33)];
    expect(refusal(() => nodeHash(left, right))).toBe('INTEGRITY_VIOLATION');
    const claim = { index: 0n, size: 7n, leafHash: leaves[0]!, proof: [left, right, right], root };
    expect(refusal(() => verifyInclusion(claim))).toBe('INTEGRITY_VIOLATION');
  });

  it('are refused when the index equals the size', () => {
    const { leaves, root } = example();
    const proof = inclusionProof(leaves, 6n);
    expect(refusal(() => verifyInclusion({ index: 7n, size: 7n, leafHash: leaves[6]!, proof, root }))).toBe(
      'INTEGRITY_VIOLATION',
    );
  });

  it('are refused from the empty tree, which is the beginning of every tree', () => {
    const { root } = example();
    const claim = { from: 0n, to: 7n, fromRoot: emptyRoot(), toRoot: root, proof: [] };
    expect(refusal(() => verifyConsistency(claim))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('a right edge', () => {
  it('is refused with a wrong number or length of hashes', () => {
    const hash = new Uint8Array(32);
    expect(refusal(() => RightEdge.from(3n, [hash]))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => RightEdge.from(0n, [hash]))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => RightEdge.from(1n, [new Uint8Array(31)]))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => RightEdge.from(-1n, []))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => RightEdge.from(2n ** 53n, [hash]))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => RightEdge.from(3n, [hash, hash]))).toBeUndefined();
  });

  it('grows apart from its clone', () => {
    const edge = new RightEdge();
    edge.append(leafHash(utf8('a')));
    const [clone, before] = [edge.clone(), edge.root()];
    clone.append(leafHash(utf8('b')));
    expect([edge.size, clone.size]).toEqual([1n, 2n]);
    expect(edge.root()).toEqual(before);
  });

  it('carries beyond 2^32 leaves', () => {
    const edge = RightEdge.from(
      2n ** 40n - 1n,
      Array.from({ length: 40 }, (_, i) => leafHash(Uint8Array.of(i))),
    );
    edge.append(leafHash(utf8('last')));
    expect(edge.size).toBe(2n ** 40n);
    expect(edge.hashes).toHaveLength(1);
  });
});

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
}

interface ConsistencyVector {
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
}

describe('the shared Merkle vectors', () => {
  it('hold for inclusion proofs, right and wrong', (context) => {
    const files = jsonFiles(join(vectors(context, 'merkle'), 'inclusion'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const vector = readJson<InclusionVector>(file);
      const code = refusal(() =>
        verifyInclusion({
          index: BigInt(vector.leafIdx),
          size: BigInt(vector.treeSize),
          leafHash: fromBase64(vector.leafHash),
          proof: (vector.proof ?? []).map(fromBase64),
          root: fromBase64(vector.root),
        }),
      );
      expect(code, file).toBe(vector.wantErr ? 'INTEGRITY_VIOLATION' : undefined);
    }
  });

  it('hold for consistency proofs, right and wrong', (context) => {
    const files = jsonFiles(join(vectors(context, 'merkle'), 'consistency'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const vector = readJson<ConsistencyVector>(file);
      const code = refusal(() =>
        verifyConsistency({
          from: BigInt(vector.size1),
          to: BigInt(vector.size2),
          fromRoot: fromBase64(vector.root1),
          toRoot: fromBase64(vector.root2),
          proof: (vector.proof ?? []).map(fromBase64),
        }),
      );
      expect(code, file).toBe(vector.wantErr ? 'INTEGRITY_VIOLATION' : undefined);
    }
  });

  it('hold for the reference tree at every size', (context) => {
    const file = join(vectors(context, 'merkle'), 'rfc6962-reference-tree.json');
    const tree = readJson<{ leafInputs: string[]; nodeHashes: string[][]; rootHashesBySize: string[] }>(file);
    const leaves = tree.leafInputs.map((input) => leafHash(fromHex(input)));
    expect(leaves.map(hex)).toEqual(tree.nodeHashes[0]);
    const edge = new RightEdge();
    tree.rootHashesBySize.forEach((root, size) => {
      expect(hex(merkleRoot(leaves.slice(0, size)))).toBe(root);
      expect(hex(edge.root())).toBe(root);
      const next = leaves[size];
      if (next !== undefined) edge.append(next);
    });
  });
});
