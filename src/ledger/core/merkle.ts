/**
 * The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, roots and proofs. Roots and proofs come from
 * peers and are attacker-controlled; leaf and size are what the caller already trusts or wants proven.
 */
import { equal } from './bytes.js';
import { VitrineError } from './error.js';
import { type HashFn, sha256 } from './hash.js';

/** What `verifyInclusion` checks: that the leaf at `index` is in the tree of `size` leaves with this root. */
export interface InclusionClaim {
  readonly index: bigint;
  readonly size: bigint;
  readonly leafHash: Uint8Array;
  /** Sibling hashes, from the leaf up. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** What `verifyConsistency` checks: that the tree of `to` leaves begins with the tree of `from` leaves. */
export interface ConsistencyClaim {
  readonly from: bigint;
  readonly to: bigint;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

// One buffer for all nodes: 65 bytes are too many for V8 to keep on its heap, and a new array for each node costs
// more than half of what hashing it does. A HashFn may not keep its argument, and nothing here is interrupted.
const NODE = new Uint8Array(65).fill(1, 0, 1);
/** As NODE, for leaves of the usual length. Its first byte stays 0x00. */
const LEAF = new Uint8Array(4096);

/** Hash of a leaf: SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array, hash: HashFn = sha256): Uint8Array {
  const length = data.length + 1;
  const bytes = length > LEAF.length ? new Uint8Array(length) : LEAF.subarray(0, length); // begins with 0x00
  bytes.set(data, 1);
  return hash(bytes);
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). Throws INTEGRITY_VIOLATION unless both have 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array, hash: HashFn = sha256): Uint8Array {
  // Other lengths would let a forger move the border between the two.
  if (left.length !== 32 || right.length !== 32) {
    throw violation(`expected hashes of 32 bytes, got ${left.length} and ${right.length}`);
  }
  NODE.set(left, 1);
  NODE.set(right, 33);
  return hash(NODE);
}

/** Root of the tree without leaves: the hash of nothing. */
export function emptyRoot(hash: HashFn = sha256): Uint8Array {
  return hash(new Uint8Array(0));
}

/** Root of the tree over these leaf hashes (RFC 9162 section 2.1.1). */
export function merkleRoot(leafHashes: readonly Uint8Array[], hash: HashFn = sha256): Uint8Array {
  return leafHashes.length === 0 ? emptyRoot(hash) : rangeRoot(leafHashes, 0, leafHashes.length, hash);
}

/** Proof that the leaf at `index` is in the tree over these leaf hashes (RFC 9162 section 2.1.3.1). */
export function inclusionProof(
  leafHashes: readonly Uint8Array[],
  index: bigint,
  hash: HashFn = sha256,
): readonly Uint8Array[] {
  if (index < 0n || index >= BigInt(leafHashes.length)) {
    throw new VitrineError('BAD_USER_INPUT', `expected an index below ${leafHashes.length}, got ${index}`);
  }
  const proof: Uint8Array[] = [];
  const at = Number(index);
  let [start, end] = [0, leafHashes.length];
  while (end - start > 1) {
    const middle = start + leftSize(end - start);
    if (at < middle) {
      proof.push(rangeRoot(leafHashes, middle, end, hash));
      end = middle;
    } else {
      proof.push(rangeRoot(leafHashes, start, middle, hash));
      start = middle;
    }
  }
  return proof.reverse();
}

/** Proof that the tree of `to` leaves begins with that of `from` (RFC 9162 section 2.1.4.1). */
export function consistencyProof(
  leafHashes: readonly Uint8Array[],
  from: bigint,
  to: bigint,
  hash: HashFn = sha256,
): readonly Uint8Array[] {
  if (from < 1n || from > to || to > BigInt(leafHashes.length)) {
    throw new VitrineError(
      'BAD_USER_INPUT',
      `expected 1 <= from <= to <= ${leafHashes.length}, got ${from} and ${to}`,
    );
  }
  const proof: Uint8Array[] = [];
  const old = Number(from);
  let [start, end] = [0, Number(to)];
  let whole = true; // the old tree is the range [0, old), so its root is known to the verifier
  while (old !== end) {
    const middle = start + leftSize(end - start);
    if (old <= middle) {
      proof.push(rangeRoot(leafHashes, middle, end, hash));
      end = middle;
    } else {
      proof.push(rangeRoot(leafHashes, start, middle, hash));
      start = middle;
      whole = false;
    }
  }
  if (!whole) proof.push(rangeRoot(leafHashes, start, end, hash));
  return proof.reverse();
}

/** Checks an inclusion proof (RFC 9162 section 2.1.3.2). Throws INTEGRITY_VIOLATION unless it holds. */
export function verifyInclusion(claim: InclusionClaim, hash: HashFn = sha256): void {
  const { index, size, proof } = claim;
  requirePresent(claim.leafHash, 'leaf hash');
  requirePresent(claim.root, 'root');
  if (index < 0n || index >= size) throw violation(`expected an index below ${size}, got ${index}`);
  let [node, last] = [index, size - 1n];
  let root = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0n) throw violation(`expected a shorter proof, got ${proof.length} hashes`);
    if (isRight(node) || node === last) {
      root = nodeHash(sibling, root, hash);
      while (!isRight(node) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      root = nodeHash(root, sibling, hash);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw violation(`expected a longer proof, got ${proof.length} hashes`);
  if (!equal(root, claim.root)) throw violation(`expected leaf ${index} under the root of size ${size}`);
}

/**
 * Checks a consistency proof (RFC 9162 section 2.1.4.2). Throws INTEGRITY_VIOLATION unless it holds. `from` = 0 is
 * refused: the empty tree is the beginning of every tree, so a proof of it would prove nothing.
 */
export function verifyConsistency(claim: ConsistencyClaim, hash: HashFn = sha256): void {
  const { from, to, fromRoot, toRoot, proof } = claim;
  requirePresent(fromRoot, 'first root');
  requirePresent(toRoot, 'second root');
  if (from < 1n || from > to) throw violation(`expected sizes 1 <= from <= to, got ${from} and ${to}`);
  if (from === to) {
    if (proof.length > 0)
      throw violation(`expected no proof between equal sizes, got ${proof.length} hashes`);
    if (!equal(fromRoot, toRoot)) throw violation(`expected one root for size ${from}, got two`);
    return;
  }
  const path = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) throw violation('expected a proof, got none');
  let [node, last] = [from - 1n, to - 1n];
  while (isRight(node)) [node, last] = [node >> 1n, last >> 1n];
  let [oldRoot, newRoot] = [first, first];
  for (const sibling of rest) {
    if (last === 0n) throw violation(`expected a shorter proof, got ${proof.length} hashes`);
    if (isRight(node) || node === last) {
      oldRoot = nodeHash(sibling, oldRoot, hash);
      newRoot = nodeHash(sibling, newRoot, hash);
      while (!isRight(node) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      newRoot = nodeHash(newRoot, sibling, hash);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw violation(`expected a longer proof, got ${proof.length} hashes`);
  if (!equal(oldRoot, fromRoot)) throw violation(`expected the proof to lead to the root of size ${from}`);
  if (!equal(newRoot, toRoot)) throw violation(`expected the proof to lead to the root of size ${to}`);
}

function rangeRoot(leaves: readonly Uint8Array[], start: number, end: number, hash: HashFn): Uint8Array {
  const only = leaves[start];
  if (end - start === 1 && only !== undefined) return only;
  const middle = start + leftSize(end - start);
  return nodeHash(rangeRoot(leaves, start, middle, hash), rangeRoot(leaves, middle, end, hash), hash);
}

/** The largest power of two smaller than `size`, which is at least 2. */
function leftSize(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

function isRight(node: bigint): boolean {
  return (node & 1n) === 1n;
}

function isPowerOfTwo(size: bigint): boolean {
  return (size & (size - 1n)) === 0n;
}

function requirePresent(hash: Uint8Array, what: string): void {
  if (hash.length === 0) throw violation(`expected a ${what}, got none`);
}

function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}
