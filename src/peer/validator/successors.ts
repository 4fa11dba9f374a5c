/**
 * Which entry replaced which, of all leaves of a copy: taken note of while it is copied, so that a question costs no reading.
 * 8 bytes an entry, in memory; built anew from the held leaves when the process starts.
 */
import type { Leaf } from '../../ledger/core/index.js';

/** Entries that there is room for at first. */
const SMALLEST = 1024;

export class Successors {
  /** By entry: one more than the index of what replaced it; 0 for none. Exact below 2^53. */
  private next = new Float64Array(SMALLEST);
  private taken = 0n;

  /** Every entry before this one was taken note of. */
  get until(): bigint {
    return this.taken;
  }

  /** Takes note of the leaves in order; one that doesn't come next is left for later. Null: it is no leaf. */
  take(index: bigint, leaf: Leaf | null): void {
    if (index !== this.taken) return;
    this.taken += 1n;
    if (this.taken > BigInt(this.next.length)) {
      const grown = new Float64Array(this.next.length * 2);
      grown.set(this.next);
      this.next = grown;
    }
    const before = leaf?.supersedes ?? null;
    if (before === null || before >= index || this.next[Number(before)] !== 0) return;
    this.next[Number(before)] = Number(index) + 1;
  }

  /** The first entry that replaced another; null where none did so far. */
  of(index: bigint): bigint | null {
    const next = index < this.taken ? (this.next[Number(index)] ?? 0) : 0;
    return next === 0 ? null : BigInt(next - 1);
  }
}
