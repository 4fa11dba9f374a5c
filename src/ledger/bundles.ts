/**
 * Verified leaves as C2SP entry bundles. What was read from the database once and found to be what the trusted log
 * holds stays in a bounded cache, so that whoever copies the log doesn't read the database again.
 */
import { concat, encodeBundle, equal, leafHash, TILE_WIDTH } from './core/index.js';
import { violationOf } from './finding.js';
import { readLeaves } from './log-reader.js';
import { nativeHash } from './native.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';

export interface BundlesOptions {
  readonly trusted: Pick<TrustedLog, 'size' | 'state'>;
  readonly query: Query;
  /** Bytes of bundles kept; 32 MiB by default. A full one has about 100 KB. */
  readonly cacheBytes?: number;
}

/** The first leaves of a bundle, all of them when it is full. */
interface Bundle {
  readonly bytes: Uint8Array;
  /** Where each leaf ends. */
  readonly ends: readonly number[];
}

const NOTHING: Bundle = { bytes: new Uint8Array(0), ends: [] };
const CACHE_BYTES = 32 * 1024 * 1024;
const WIDTH = BigInt(TILE_WIDTH);

export class Bundles {
  /** By number, the least recently used first. */
  private readonly cache = new Map<bigint, Bundle>();
  private readonly flights = new Map<bigint, Promise<Bundle>>();
  private held = 0;

  constructor(private readonly options: BundlesOptions) {}

  /**
   * The first `width` leaves of a bundle, which must be below the trusted size. The same full bundle is the same object
   * while it is cached. Throws INTEGRITY_VIOLATION when the database holds other leaves.
   */
  async read(index: bigint, width: number): Promise<Uint8Array> {
    for (;;) {
      const known = this.known(index) ?? NOTHING;
      // One under way may have begun before the log grew to this width; then the next one reads the rest.
      const bundle = known.ends.length >= width ? known : await this.fetch(index, known);
      const end = bundle.ends[width - 1];
      if (end === bundle.bytes.length) return bundle.bytes;
      if (end !== undefined) return bundle.bytes.subarray(0, end);
    }
  }

  private known(index: bigint): Bundle | undefined {
    const bundle = this.cache.get(index);
    if (bundle === undefined) return undefined;
    this.cache.delete(index);
    this.cache.set(index, bundle);
    return bundle;
  }

  /** Callers share one read of a bundle. */
  private fetch(index: bigint, known: Bundle): Promise<Bundle> {
    let flight = this.flights.get(index);
    if (flight === undefined) {
      flight = this.extend(index, known).finally(() => this.flights.delete(index));
      this.flights.set(index, flight);
    }
    return flight;
  }

  private async extend(index: bigint, known: Bundle): Promise<Bundle> {
    const { trusted, query } = this.options;
    const first = index * WIDTH;
    const full = first + WIDTH <= trusted.size;
    const begun = full ? NOTHING : known; // of a full one only all leaves together can be checked
    const from = first + BigInt(begun.ends.length);
    const rows = await readLeaves(query, from, full ? first + WIDTH : trusted.size);
    const contiguous = rows.every((row, i) => row.index === from + BigInt(i));
    const leaves = rows.map(({ leaf }) => leaf);
    if (!full && first + WIDTH <= trusted.size) return this.extend(index, NOTHING); // it filled up meanwhile
    if (!contiguous || !this.holds(index, from, leaves, full)) {
      const message = `expected the verified leaves from ${first} on, got others`;
      throw violationOf({ what: 'leaf', message, index: first, block: null });
    }
    return this.keep(index, joined(begun, leaves));
  }

  /** Whether these leaves are those that were verified: against the tile's hash, or in the open tail one by one. */
  private holds(index: bigint, from: bigint, leaves: readonly Uint8Array[], full: boolean): boolean {
    const known = this.options.trusted.state.leaves;
    const hashes = leaves.map((leaf) => leafHash(leaf, nativeHash));
    if (full) return known.admit(Number(index), hashes);
    if (from + BigInt(hashes.length) > this.options.trusted.size || hashes.length === 0) return false;
    return hashes.every((hash, i) => equal(hash, known.get(from + BigInt(i)) ?? new Uint8Array(0)));
  }

  private keep(index: bigint, bundle: Bundle): Bundle {
    this.drop(index);
    this.cache.set(index, bundle);
    this.held += bundle.bytes.length;
    for (const oldest of this.cache.keys()) {
      if (this.held <= (this.options.cacheBytes ?? CACHE_BYTES) || oldest === index) break;
      this.drop(oldest);
    }
    return bundle;
  }

  private drop(index: bigint): void {
    this.held -= this.cache.get(index)?.bytes.length ?? 0;
    this.cache.delete(index);
  }
}

function joined(begun: Bundle, leaves: readonly Uint8Array[]): Bundle {
  const ends = [...begun.ends];
  for (const leaf of leaves) ends.push((ends.at(-1) ?? 0) + 2 + leaf.length);
  return { bytes: concat(begun.bytes, encodeBundle(leaves)), ends };
}
