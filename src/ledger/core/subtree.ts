/**
 * Proofs about subtrees (draft-ietf-plants-merkle-tree-certs, "Subtrees"): aligned ranges of leaves, whose roots every larger
 * tree can be shown to hold. Claims are attacker-controlled. Vitrine's own proofs are of whole trees; this reads those of others.
 */
import { equal } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import { emptyRoot, nodeHash, verifyInclusion } from './merkle.js';
import { violation } from './strict.js';

/** A range of leaves and its RFC 6962 root. */
export interface Subtree {
  /** First leaf: a multiple of the smallest power of two that isn't below `end - start`. */
  readonly start: bigint;
  /** The leaf behind the last. */
  readonly end: bigint;
  readonly root: Uint8Array;
}

/** Checks that a leaf of the whole tree is in a subtree. Throws INTEGRITY_VIOLATION unless it holds. */
export function verifySubtreeInclusion(
  subtree: Subtree,
  leaf: { readonly index: bigint; readonly leafHash: Uint8Array },
  proof: readonly Uint8Array[],
  hash: HashFn = sha256,
): void {
  const { start, end, root } = subtree;
  requireSubtree(subtree);
  verifyInclusion(
    { index: leaf.index - start, size: end - start, leafHash: leaf.leafHash, proof, root },
    hash,
  );
}

/** Checks that the tree of `size` leaves holds a subtree. Throws INTEGRITY_VIOLATION unless it does. */
export function verifySubtreeConsistency(
  subtree: Subtree,
  tree: { readonly size: bigint; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
  hash: HashFn = sha256,
): void {
  const { start, end } = subtree;
  requireSubtree(subtree);
  if (end > tree.size) throw violation(`expected a subtree within ${tree.size} leaves, got one to ${end}`);
  if (start === end) return requireEmpty(subtree, proof, hash);
  if (subtree.root.length === 0 || tree.root.length === 0) throw violation('expected two roots');
  let [first, last, top] = [start, end - 1n, tree.size - 1n];
  // Up to the subtree's largest whole part, whose hash the proof begins with; all of it when that is the subtree.
  const ends = last === top;
  while (first !== last && (ends || isOdd(last))) [first, last, top] = [first >> 1n, last >> 1n, top >> 1n];
  const path = first === last ? [subtree.root, ...proof] : proof;
  const [begin, ...rest] = path;
  if (begin === undefined) throw violation('expected a proof, got none');
  let [inner, outer] = [begin, begin];
  for (const sibling of rest) {
    if (top === 0n) throw violation(`expected a shorter proof, got ${proof.length} hashes`);
    if (isOdd(last) || last === top) {
      if (first < last) inner = nodeHash(sibling, inner, hash);
      outer = nodeHash(sibling, outer, hash);
      while (!isOdd(last) && last !== 0n) [first, last, top] = [first >> 1n, last >> 1n, top >> 1n];
    } else {
      outer = nodeHash(outer, sibling, hash);
    }
    [first, last, top] = [first >> 1n, last >> 1n, top >> 1n];
  }
  if (top !== 0n) throw violation(`expected a longer proof, got ${proof.length} hashes`);
  if (!equal(inner, subtree.root)) throw violation(`expected the proof to lead to the subtree’s root`);
  if (!equal(outer, tree.root))
    throw violation(`expected the proof to lead to the root of size ${tree.size}`);
}

/** Every tree holds the empty range, whatever its root. */
function requireEmpty({ root }: Subtree, proof: readonly Uint8Array[], hash: HashFn): void {
  if (proof.length > 0 || !equal(root, emptyRoot(hash)))
    throw violation('expected the root of no leaves and no proof');
}

function requireSubtree({ start, end }: Subtree): void {
  const count = end - start;
  let step = 1n;
  while (step < count) step <<= 1n;
  if (start < 0n || count < 0n || start % step !== 0n)
    throw violation(`expected an aligned range of leaves, got ${start} to ${end}`);
}

function isOdd(node: bigint): boolean {
  return (node & 1n) === 1n;
}
