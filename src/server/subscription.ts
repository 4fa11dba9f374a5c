/**
 * Subscriptions that don't follow the log by position: run as graphql-js does, but with a context of its own for each
 * event, and ended with the reason as soon as the subscriber's token or standing has ended, also when no event comes.
 */
import { execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { VitrineError } from '../ledger/core/error.js';
import type { CallerContext } from './dependencies.js';
import { asGraphQLError } from './prepare.js';
import { settled } from './settled.js';
import { watchStanding } from './standing-clock.js';

/** Refusals that end a subscription, whatever it waits for. */
const ENDS: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'LICENCE_INACTIVE']);

export interface SubscriptionOptions<C> {
  /** Makes a fresh context, or throws when the bearer has lost its standing meanwhile. */
  readonly renew: () => Promise<C>;
  /** When the token ends, milliseconds since 1970; null: there is none. */
  readonly expires: number | null;
  readonly clock: () => Date;
  /** Calls back when something may have changed the standing; gives what stops it. */
  readonly onChange: (heard: () => void) => () => void;
}

type Result = IteratorResult<ExecutionResult>;

/** Not an async generator: its `return` would wait for the next event before the source is told that nobody listens. */
export class Subscription<C extends CallerContext> implements AsyncIterableIterator<ExecutionResult> {
  readonly #args: ExecutionArgs;
  readonly #events: AsyncIterator<unknown>;
  readonly #options: SubscriptionOptions<C>;
  readonly #stops: readonly (() => void)[];
  /** Settles when the standing has ended: with the error that says so. */
  readonly #over: Promise<unknown>;
  #end: (error: unknown) => void = () => undefined;
  #context: C;
  #ended = false;
  #looking = false;

  constructor(source: AsyncIterable<unknown>, args: ExecutionArgs, options: SubscriptionOptions<C>) {
    this.#args = args;
    this.#events = source[Symbol.asyncIterator]();
    this.#options = options;
    // `prepare` made the arguments with this context.
    this.#context = args.contextValue as C;
    this.#over = new Promise((resolve) => (this.#end = resolve));
    const look = (): void => void this.#look();
    const { clock, expires, onChange } = options;
    this.#stops = [watchStanding({ clock, expires, look }), onChange(look)];
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const over = this.#over.then((error) => ({ error }));
      const event = await Promise.race([this.#events.next(), over]);
      if ('error' in event) throw event.error;
      if (event.done) return await this.return();
      this.#context = await this.#options.renew();
      const args = { ...this.#args, rootValue: event.value, contextValue: this.#context };
      return { done: false, value: await settled(this.#context, await execute(args)) };
    } catch (error) {
      await this.return();
      return { done: false, value: { errors: [asGraphQLError(error)] } };
    }
  }

  async return(): Promise<Result> {
    if (!this.#ended) {
      this.#ended = true;
      for (const stop of this.#stops) stop();
      await this.#events.return?.();
    }
    return { done: true, value: undefined };
  }

  /** Looks the standing up again; what only can't be told now is told with the next event. */
  async #look(): Promise<void> {
    if (this.#ended || this.#looking || this.#context.holds?.() === true) return;
    this.#looking = true;
    try {
      this.#context = await this.#options.renew();
    } catch (error) {
      if (error instanceof VitrineError && ENDS.has(error.code)) this.#end(error);
    } finally {
      this.#looking = false;
    }
  }
}
