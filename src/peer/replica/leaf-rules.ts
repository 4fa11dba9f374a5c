/** What a leaf may say, given the leaf before it: the log's hashes hold whatever it says, so this is looked at apart. */
import { type Leaf, parseLeaf, VitrineError } from '../../ledger/core/index.js';

/** A leaf under a verified root. */
export interface VerifiedLeaf {
  readonly index: bigint;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
  /** Null when the bytes are no leaf of Vitrine's. */
  readonly leaf: Leaf | null;
}

/** Something a leaf says that it may not. */
export interface LeafProblem {
  readonly index: bigint;
  readonly message: string;
}

export class LeafRules {
  private before: Leaf | undefined;

  /** Takes leaves in order, from 0. Gives the leaf, and what doesn't hold of it. */
  take(
    index: bigint,
    bytes: Uint8Array,
    hash: Uint8Array,
  ): VerifiedLeaf & { readonly problem: string | null } {
    let leaf: Leaf;
    try {
      leaf = parseLeaf(bytes);
    } catch (cause) {
      if (!(cause instanceof VitrineError)) throw cause;
      return { index, bytes, hash, leaf: null, problem: cause.message };
    }
    const problem = this.problemOf(index, leaf);
    this.before = leaf;
    return { index, bytes, hash, leaf, problem };
  }

  private problemOf(index: bigint, leaf: Leaf): string | null {
    const block = this.before?.block ?? -1n;
    if (leaf.supersedes !== null && leaf.supersedes >= index)
      return 'it supersedes an entry that comes later';
    if (leaf.block !== block && leaf.block !== block + 1n) {
      return `expected block ${block} or ${block + 1n}, got ${leaf.block}`;
    }
    if (this.before === undefined) return null;
    if (leaf.time < this.before.time) return `its time ${leaf.time} is before ${this.before.time}`;
    if (leaf.block === block && leaf.time !== this.before.time) return 'it has another time than its block';
    return null;
  }
}
