/** Verified entries that were read last, so that those who follow the log read and verify it once for all. */
import type { AuditLog } from '../../api/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';

/** Entries kept: about 4 KB each. */
const KEPT = 4096;

export class RecentEntries {
  readonly #kept = new Map<bigint, VerifiedEntry>();
  /** Reads under way, by their bounds. */
  readonly #reading = new Map<string, Promise<readonly VerifiedEntry[]>>();

  constructor(private readonly log: Pick<AuditLog, 'trusted'>) {}

  /** Entries with from <= index < to, in order. Throws INTEGRITY_VIOLATION at the first that doesn't verify. */
  read(from: bigint, to: bigint): Promise<readonly VerifiedEntry[]> {
    const known: VerifiedEntry[] = [];
    for (let index = from; index < to; index++) {
      const entry = this.#kept.get(index);
      if (entry === undefined) return this.#load(from, to);
      known.push(entry);
    }
    return Promise.resolve(known);
  }

  async #load(from: bigint, to: bigint): Promise<readonly VerifiedEntry[]> {
    const key = `${from} ${to}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#loadNow(from, to).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #loadNow(from: bigint, to: bigint): Promise<readonly VerifiedEntry[]> {
    const entries: VerifiedEntry[] = [];
    for await (const entry of this.log.trusted.entries(from, to)) entries.push(entry);
    for (const entry of entries) this.#keep(entry);
    return entries;
  }

  #keep(entry: VerifiedEntry): void {
    this.#kept.set(entry.index, entry);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}
