/** Token buckets by member: so many a minute each, a minute's worth at once. In this process's memory alone. */

/** Buckets kept at most; the one that was asked longest ago is taken for full. */
const MOST = 10_000;

const MINUTE_MS = 60_000;

interface Bucket {
  tokens: number;
  at: number;
}

export class Buckets {
  readonly #perMinute: number;
  readonly #clock: () => Date;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perMinute 0: no bound */
  constructor(perMinute: number, clock: () => Date) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /**
   * Takes one token.
   * @returns 0, or the whole seconds after which there is one again
   */
  take(member: string): number {
    if (this.#perMinute === 0) return 0;
    const now = this.#clock().getTime();
    const bucket = this.#filled(member, now);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - bucket.tokens) * MINUTE_MS) / this.#perMinute / 1000));
  }

  #filled(member: string, now: number): Bucket {
    const bucket = this.#buckets.get(member) ?? { tokens: this.#perMinute, at: now };
    const passed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + (passed * this.#perMinute) / MINUTE_MS);
    bucket.at = now;
    // Set anew, so that the map's order is that of the asking.
    this.#buckets.delete(member);
    this.#buckets.set(member, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
