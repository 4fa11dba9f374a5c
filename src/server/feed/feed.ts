/**
 * The live feed of one process: everybody who follows the log. Entries are read and verified once, answers are made
 * once for all who ask for the same in the same standing, and each subscriber keeps a position and nothing more.
 */
import type { ExecutionArgs, ExecutionResult, FormattedExecutionResult, GraphQLError } from 'graphql';
import type { AuditLog, Trail } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Metrics } from '../metrics.js';
import type { FeedBounds } from '../settings.js';
import type { Socket } from '../socket.js';
import { watchStanding } from '../standing-clock.js';
import { Delivery } from './delivery.js';
import { documentKey } from './document-key.js';
import { RecentEntries } from './entries.js';
import { Group } from './group.js';
import { Rendition } from './rendition.js';

export interface FeedOptions {
  readonly bounds: FeedBounds;
  readonly format: (result: ExecutionResult) => FormattedExecutionResult;
  readonly asGraphQLError: (error: unknown) => GraphQLError;
  readonly clock: () => Date;
  readonly metrics: Metrics;
}

/** Where a subscriber is. */
export interface Subscriber {
  /** The client's id of the subscription. */
  readonly id: string;
  readonly socket: Socket;
  /** When its token ends, milliseconds since 1970; null: it has none. */
  readonly expires: number | null;
}

interface Followed {
  readonly entries: RecentEntries;
  readonly unsubscribe: () => void;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #renditions = new Map<string, Rendition>();
  readonly #deliveries = new Set<Delivery>();
  /** What lets go of each run that is kept, the oldest first, with its bytes. */
  readonly #kept = new Map<() => void, number>();
  #bytes = 0;
  #log: Followed | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Bytes of answers that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Gives a trail to a subscriber: what comes of it is written to its socket; what is given back ends with the error
   * that ended it.
   */
  deliver(trail: Trail, args: ExecutionArgs, { id, socket, expires }: Subscriber): Delivery {
    const { bounds, asGraphQLError, clock, metrics } = this.#options;
    const { log } = trail.context;
    const group = new Group(trail, documentKey(args), {
      enter: (key, isOwn) => this.#enter(key, isOwn, args, log),
      leave: (key) => this.#leave(key),
    });
    const since = log.trusted.size;
    const delivery: Delivery = new Delivery({
      trail,
      id,
      socket,
      stallMs: bounds.stallMs,
      runAt: (position) => group.runAt(position, since),
      asGraphQLError,
      onEvents: (count) => metrics.feedEvents.inc(count),
      onEnd: (error) => {
        stop();
        group.leave();
        this.#deliveries.delete(delivery);
        metrics.feedSubscriptions.set(this.#deliveries.size);
        if (error instanceof VitrineError) metrics.feedEnds.inc({ code: error.code });
        if (this.#deliveries.size === 0) this.#rest();
      },
    });
    this.#begin(log);
    const stop = watchStanding({ clock, expires, look: () => delivery.look() });
    this.#deliveries.add(delivery);
    metrics.feedSubscriptions.set(this.#deliveries.size);
    return delivery;
  }

  /** The log as all of them see it. */
  #begin(log: AuditLog): Followed {
    return (this.#log ??= {
      entries: new RecentEntries(log),
      unsubscribe: log.onAdvance(() => {
        for (const delivery of this.#deliveries) delivery.look();
      }),
    });
  }

  #enter(key: string, isOwn: boolean, args: ExecutionArgs, log: AuditLog): Rendition {
    let rendition = this.#renditions.get(key);
    if (rendition === undefined) {
      const { entries } = this.#begin(log);
      const { format } = this.#options;
      const onKept = (bytes: number, drop: () => void): void => this.#keep(bytes, drop);
      rendition = new Rendition({ args, isOwn, entries, format, onKept });
      this.#renditions.set(key, rendition);
    }
    rendition.users += 1;
    return rendition;
  }

  #leave(key: string): void {
    const rendition = this.#renditions.get(key);
    if (rendition === undefined) return;
    rendition.users -= 1;
    if (rendition.users === 0) this.#renditions.delete(key);
  }

  #keep(bytes: number, drop: () => void): void {
    this.#kept.set(drop, bytes);
    this.#bytes += bytes;
    for (const [oldest, size] of this.#kept) {
      if (this.#bytes <= this.#options.bounds.cacheBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= size;
      oldest();
    }
  }

  /** Nobody follows: nothing is kept. */
  #rest(): void {
    this.#log?.unsubscribe();
    this.#log = null;
    this.#kept.clear();
    this.#bytes = 0;
  }
}
