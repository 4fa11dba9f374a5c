/**
 * The audit feed: entries in order, each once, from a position on. It reads the verified log by position and remembers
 * nothing but where it is, so its memory doesn't grow with a slow client, and a client that was cut off goes on with the
 * last index that it saw, at any process of the deployment.
 */
import type { AuditLog } from '../api/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import type { Conditions } from './filter.service.js';

/** Entries read at once. */
const PAGE = 256n;

export interface TrailOptions {
  readonly log: AuditLog;
  readonly conditions: Conditions;
  /** First index to give. */
  readonly from: bigint;
  /** Asked when the log has grown by nothing to give: false ends the trail, for the caller is no longer in standing. */
  readonly mayGoOn: () => Promise<boolean>;
}

/**
 * Follows the log. Not an async generator: the `return` of one that waits for the next entry would wait with it, and a
 * client that left would never be let go.
 */
export class Trail implements AsyncIterableIterator<VerifiedEntry> {
  readonly #options: TrailOptions;
  readonly #end: bigint | null;
  /** The next index to read. */
  #next: bigint;
  #page: VerifiedEntry[] = [];
  #closed = false;
  /** Told that the log has grown; kept until somebody waits for it. */
  #grown = true;
  #wake: (() => void) | null = null;
  readonly #unsubscribe: () => void;

  constructor(options: TrailOptions) {
    this.#options = options;
    const { from, to } = options.conditions;
    this.#next = options.from > from ? options.from : from;
    this.#end = to;
    this.#unsubscribe = options.log.onAdvance(() => {
      this.#grown = true;
      this.#wake?.();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<VerifiedEntry>> {
    try {
      for (;;) {
        if (this.#closed) return { done: true, value: undefined };
        const entry = this.#page.shift();
        if (entry !== undefined) return { done: false, value: entry };
        if (this.#end !== null && this.#next >= this.#end) return await this.return();
        if (!(await this.#fill())) await this.#growth();
        // Whoever gives events looks at the standing for each; here it is looked at while there are none to give.
        const idle = this.#page.length === 0 && !this.#closed;
        if (idle && !(await this.#options.mayGoOn())) return await this.return();
      }
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  return(): Promise<IteratorResult<VerifiedEntry>> {
    this.#closed = true;
    this.#page = [];
    this.#unsubscribe();
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Reads one page of the verified log; false when there is nothing new. */
  async #fill(): Promise<boolean> {
    const { log, conditions } = this.#options;
    this.#grown = false;
    let size = log.trusted.size;
    if (this.#next >= size) size = await log.sync();
    const end = this.#end !== null && this.#end < size ? this.#end : size;
    if (this.#next >= end) return false;
    const to = this.#next + PAGE < end ? this.#next + PAGE : end;
    const page: VerifiedEntry[] = [];
    for await (const entry of log.trusted.entries(this.#next, to))
      if (conditions.match(entry)) page.push(entry);
    // A caller that left meanwhile gets nothing more; the position moves only with what was read whole.
    this.#next = to;
    if (!this.#closed) this.#page = page;
    return true;
  }

  /** Waits until the log has grown since the last look, or the trail was closed. */
  async #growth(): Promise<void> {
    if (this.#grown || this.#closed) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }
}
