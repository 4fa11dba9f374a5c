/**
 * Following the log: entries in order, each once, from a position on. A trail says what is followed, for whom and from
 * where; the server gives it to many subscribers at once (`server/feed`), and whoever iterates it reads for itself. It
 * remembers nothing but where it is, so its memory doesn't grow with a slow reader, and a reader that was cut off goes
 * on with the last position that it saw, at any process of the deployment.
 */
import { type ErrorCode, VitrineError } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import type { RequestContext } from './context.js';

/** Entries read at once. */
const PAGE = 256n;

/** Refusals that mean that the caller may no longer follow. */
const ENDS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNAUTHENTICATED', 'FORBIDDEN', 'LICENCE_INACTIVE']);

/** Whether an entry is to be given. One context's choices run together, so what they load is batched. */
export type Choice = (entry: VerifiedEntry) => boolean | Promise<boolean>;

export interface TrailOptions {
  /** First index to give. */
  readonly from: bigint;
  /** Index before which it ends; null: never. */
  readonly to: bigint | null;
  /**
   * Which entries, for the caller of this context as of now: asked again for every page, so it throws as soon as the
   * caller may follow no longer. What it answers rests on the context alone.
   */
  readonly choose: (ctx: RequestContext) => Promise<Choice>;
}

/** What a subscription asks for. */
export interface FollowOptions extends Partial<TrailOptions> {
  /** Begin behind this index; -1: at the log's beginning; absent or null: with what comes from now on. */
  readonly after: bigint | null | undefined;
}

/**
 * Follows the log for a subscription: its `subscribe` returns the trail, its resolver gets each chosen entry as root and
 * looks at nothing else of the field's arguments, since subscribers of one standing who differ in `after` alone share
 * what was resolved.
 *
 * @throws VitrineError BAD_USER_INPUT for a position below -1; what `choose` throws
 */
export async function followLog(ctx: RequestContext, options: FollowOptions): Promise<Trail> {
  const { after, choose = everything, from: first = 0n, to = null } = options;
  if (typeof after === 'bigint' && after < -1n)
    throw new VitrineError('BAD_USER_INPUT', 'expected -1 or the index of an entry', { path: ['after'] });
  await choose(ctx);
  const from = typeof after === 'bigint' ? after + 1n : await ctx.log.sync();
  return new Trail(ctx, { from: from > first ? from : first, to, choose });
}

const everything = (): Promise<Choice> => Promise.resolve(() => true);

/**
 * Not an async generator: the `return` of one that waits for the next entry would wait with it, and a client that left
 * would never be let go.
 */
export class Trail implements AsyncIterableIterator<VerifiedEntry> {
  readonly options: TrailOptions;
  #context: RequestContext;
  /** The next index to read. */
  #next: bigint;
  #page: VerifiedEntry[] = [];
  #closed = false;
  /** Told that the log has grown; kept until somebody waits for it. */
  #grown = true;
  #wake: (() => void) | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(context: RequestContext, options: TrailOptions) {
    this.#context = context;
    this.options = options;
    this.#next = options.from;
  }

  /** Of the caller as its standing was found last. */
  get context(): RequestContext {
    return this.#context;
  }

  /** Looks the caller up again. Throws what ends the trail when its token or its standing has ended. */
  async renew(): Promise<void> {
    this.#context = await this.#context.renew();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<VerifiedEntry>> {
    const { to } = this.options;
    this.#unsubscribe ??= this.#context.log.onAdvance(() => {
      this.#grown = true;
      this.#wake?.();
    });
    try {
      for (;;) {
        if (this.#closed) return { done: true, value: undefined };
        const entry = this.#page.shift();
        if (entry !== undefined) return { done: false, value: entry };
        if (to !== null && this.#next >= to) return await this.return();
        if (!(await this.#fill())) await this.#growth();
        if (this.#page.length === 0 && !this.#closed && !(await this.#mayGoOn())) return await this.return();
      }
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  return(): Promise<IteratorResult<VerifiedEntry>> {
    this.#closed = true;
    this.#page = [];
    this.#unsubscribe?.();
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Reads one page of the verified log; false when there is nothing new. */
  async #fill(): Promise<boolean> {
    const { log } = this.#context;
    const { choose, to: last } = this.options;
    this.#grown = false;
    let size = log.trusted.size;
    if (this.#next >= size) size = await log.sync();
    const end = last !== null && last < size ? last : size;
    if (this.#next >= end) return false;
    const to = this.#next + PAGE < end ? this.#next + PAGE : end;
    const page: VerifiedEntry[] = [];
    for await (const entry of log.trusted.entries(this.#next, to)) page.push(entry);
    const chosen = await chosenOf(page, await choose(this.#context));
    // A caller that left meanwhile gets nothing more; the position moves only with what was read whole.
    this.#next = to;
    if (!this.#closed) this.#page = chosen;
    return true;
  }

  /** Whoever gives events looks at the standing for each; here it is looked at while there are none to give. */
  async #mayGoOn(): Promise<boolean> {
    try {
      await this.renew();
      await this.options.choose(this.#context);
      return true;
    } catch (error) {
      if (error instanceof VitrineError && ENDS.has(error.code)) return false;
      throw error;
    }
  }

  /** Waits until the log has grown since the last look, or the trail was closed. */
  async #growth(): Promise<void> {
    if (this.#grown || this.#closed) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }
}

/** The entries that a choice takes, in their order. */
export async function chosenOf(entries: readonly VerifiedEntry[], choice: Choice): Promise<VerifiedEntry[]> {
  const taken = await Promise.all(entries.map(async (entry) => choice(entry)));
  return entries.filter((_entry, place) => taken[place] === true);
}
