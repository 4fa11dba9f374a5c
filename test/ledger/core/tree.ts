/** A tree that keeps all its inner nodes, so that proofs for any size below its own cost a few hashes. */
import { type HashFn, nodeHash } from '../../../src/ledger/core/index.js';

export class Tree {
  /** Level n holds the hashes of all full ranges of 2^n leaves. */
  private readonly levels: Uint8Array[][];

  constructor(
    readonly leaves: readonly Uint8Array[],
    private readonly hash: HashFn,
  ) {
    this.levels = [[...leaves]];
    for (let below = this.levels[0]!; below.length > 1; below = this.levels.at(-1)!) {
      const level: Uint8Array[] = [];
      for (let i = 0; i + 1 < below.length; i += 2) level.push(nodeHash(below[i]!, below[i + 1]!, hash));
      this.levels.push(level);
    }
  }

  /** Root of the leaves from `start` to before `end`; a range that the tree has. */
  root(end: number, start = 0): Uint8Array {
    const count = end - start;
    const level = Math.log2(count);
    if (Number.isInteger(level)) return this.levels[level]![start / count]!;
    const middle = start + split(count);
    return nodeHash(this.root(middle, start), this.root(end, middle), this.hash);
  }

  /** Path of a leaf in the tree of `size` leaves (RFC 9162 section 2.1.3.1). */
  inclusion(index: number, size: number, start = 0): Uint8Array[] {
    if (size - start === 1) return [];
    const middle = start + split(size - start);
    return index < middle
      ? [...this.inclusion(index, middle, start), this.root(size, middle)]
      : [...this.inclusion(index, size, middle), this.root(middle, start)];
  }

  /** Proof between two sizes (RFC 9162 section 2.1.4.1). */
  consistency(from: number, to: number, start = 0, whole = true): Uint8Array[] {
    if (from === to) return whole ? [] : [this.root(to, start)];
    const middle = start + split(to - start);
    return from <= middle
      ? [...this.consistency(from, middle, start, whole), this.root(to, middle)]
      : [...this.consistency(from, to, middle, false), this.root(middle, start)];
  }
}

/** The largest power of two below `count`, which is at least 2. */
function split(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
