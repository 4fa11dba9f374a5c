/**
 * One subscriber of a trail: takes what its group has rendered and writes it to its socket, as far as there is room. It
 * keeps nothing but a position. Whatever it waits for, it ends when the caller's token or standing does.
 */
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Trail } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Socket } from '../socket.js';
import type { Message, Run } from './rendition.js';

/** Bytes of messages that are written at once. */
const CHUNK = 65_536;

/** The next turn of the event loop: so that a subscriber who catches up leaves room for everybody else. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface DeliveryOptions {
  readonly trail: Trail;
  /** The client's id of the subscription. */
  readonly id: string;
  readonly socket: Socket;
  /** Milliseconds that a socket may be full before its subscriber is told to resume. */
  readonly stallMs: number;
  /** The run that holds a position that is on the log, made for the trail's caller, and whether it is shared. */
  readonly runAt: (position: bigint) => Promise<Run>;
  readonly asGraphQLError: (error: unknown) => GraphQLError;
  /** Told how many events were written. */
  readonly onEvents: (count: number) => void;
  /** Told once, when it has ended. */
  readonly onEnd: (error: unknown) => void;
}

/** For graphql-ws an iterator of one answer at most, the error that it ends with: events go to the socket directly. */
export class Delivery implements AsyncIterableIterator<ExecutionResult> {
  readonly #options: DeliveryOptions;
  readonly #before: Buffer;
  #position: bigint;
  #begun = false;
  #closed = false;
  #wake: (() => void) | null = null;
  readonly #unsubscribe: () => void;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#position = options.trail.options.from;
    this.#before = Buffer.from(`{"id":${JSON.stringify(options.id)},"type":"next","payload":`);
    this.#unsubscribe = options.socket.onRoom(() => this.look());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Runs until it ends. */
  async next(): Promise<IteratorResult<ExecutionResult>> {
    const done = { done: true, value: undefined } as const;
    if (this.#begun || this.#closed) return done;
    this.#begun = true;
    try {
      while (await this.#step());
      await this.return();
      return done;
    } catch (error) {
      if (this.#closed) return done;
      this.#end(error);
      const extensions = { after: (this.#position - 1n).toString() };
      return { done: false, value: { errors: [this.#options.asGraphQLError(error)], extensions } };
    }
  }

  return(): Promise<IteratorResult<ExecutionResult>> {
    this.#end(null);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Something has changed that it may wait for: the log, the room of its socket, the time. */
  look(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #end(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.look();
    this.#options.onEnd(error);
  }

  /** One look, one run, or a wait. False when it has ended. */
  async #step(): Promise<boolean> {
    const { trail, runAt } = this.#options;
    await this.#room();
    if (this.#closed) return false;
    if (!trail.context.holds()) {
      await trail.renew();
      return true;
    }
    const { to } = trail.options;
    if (to !== null && this.#position >= to) return false;
    if (this.#position >= trail.context.log.trusted.size) {
      await this.#change();
      return true;
    }
    const run = await runAt(this.#position);
    // The standing may have ended while the run was made; then nothing of it is given.
    if (this.#closed || !trail.context.holds()) return !this.#closed;
    if (run.failure !== null) throw run.failure.error;
    this.#give(run, to);
    await turn();
    return true;
  }

  /** Writes as much of a run as goes into one piece. */
  #give(run: Run, to: bigint | null): void {
    const { socket, onEvents } = this.#options;
    const chunk: Buffer[] = [];
    let bytes = 0;
    let next = run.to;
    for (const message of run.messages) {
      if (message.index < this.#position || (to !== null && message.index >= to)) continue;
      if (bytes > CHUNK) {
        next = message.index;
        break;
      }
      chunk.push(this.#frame(message));
      bytes += message.payload.length;
    }
    if (chunk.length > 0) socket.push(chunk);
    onEvents(chunk.length);
    this.#position = next;
  }

  #frame({ payload }: Message): Buffer {
    return Buffer.concat([this.#before, payload, AFTER]);
  }

  /** Waits until the socket has room. Throws RESUME_REQUIRED when that takes too long. */
  async #room(): Promise<void> {
    const { socket, stallMs, trail } = this.#options;
    if (!socket.isFull) return;
    const late = performance.now() + stallMs;
    const timer = setTimeout(() => this.look(), stallMs + 1);
    try {
      while (socket.isFull && !this.#closed && trail.context.holds()) {
        if (performance.now() >= late) throw this.#resume();
        await this.#change();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #resume(): VitrineError {
    const message = 'the subscriber takes its events too slowly: subscribe again behind the position told';
    return new VitrineError('RESUME_REQUIRED', message, {
      details: { after: (this.#position - 1n).toString() },
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

const AFTER = Buffer.from('}');
