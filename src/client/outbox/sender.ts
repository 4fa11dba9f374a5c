/** Sends what may be sent, and what wasn't answered again, until everything has its end or it is stopped. */
import { v4 } from 'uuid';
import { ClientError } from '../error.js';
import { delayAfter } from '../retry.js';
import type { OutboxEvent, Sending, Trouble } from './item.js';
import type { Courier } from './courier.js';
import { judge, PENDING, type Again } from './judge.js';
import { nextPlan } from './plan.js';
import { isSigned } from './request.js';
import { settle } from './settle.js';
import type { Shelf } from './shelf.js';
import { Signing } from './signing.js';

export interface SenderOptions {
  /** Requests that are on their way at once. */
  readonly atOnce: number;
  readonly firstDelay: number;
  readonly longestDelay: number;
  readonly random: () => number;
  readonly clock: () => Date;
}

interface Parts {
  readonly shelf: Shelf;
  readonly courier: Courier;
  /** Whether new requests are signed here. */
  readonly signs: boolean;
  readonly options: SenderOptions;
  /** One after the other: what changes the shelf. */
  readonly turn: <T>(act: () => Promise<T>) => Promise<T>;
  readonly tell: (event: OutboxEvent) => void;
}

/** How often a request was sent by this process, and when it is sent again. */
interface Round {
  readonly attempts: number;
  /** When that was decided: a clock that is before it was set back, and what it says of the time after is void. */
  readonly since: number;
  readonly notBefore: number;
}

export class Sender {
  readonly #parts: Parts;
  readonly #rounds = new Map<string, Round>();
  readonly #flying = new Set<string>();
  #wake: () => void = () => undefined;
  #failure: { readonly cause: unknown } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks again for what can be sent. */
  renewed(): void {
    this.#wake();
  }

  /** As `renewed`; also for what waited after a failure. */
  wake(): void {
    for (const [id, round] of this.#rounds) this.#rounds.set(id, { ...round, notBefore: 0 });
    this.#wake();
  }

  /** Forgets how often a request failed. */
  renew(id: string): void {
    this.#rounds.delete(id);
    this.#wake();
  }

  /**
   * Runs until nothing can be sent any more, with `stay` until the signal. What waits for others' approval is asked about
   * once, and doesn't keep it.
   *
   * @throws WrongMember, and what the store throws
   */
  async run(signal: AbortSignal, stay: boolean): Promise<void> {
    this.#failure = null;
    for (const { id, trouble } of this.#open()) if (trouble?.code === PENDING) this.#rounds.delete(id);
    const stop = new AbortController();
    const onAbort = (): void => {
      stop.abort(signal.reason);
      this.#wake();
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      while (!stop.signal.aborted && this.#failure === null) {
        const woken = this.#woken();
        const wait = await this.#launch(stop.signal, stay);
        if (wait === null && !stay) break;
        await until(woken, wait);
      }
    } finally {
      stop.abort(new Error('the outbox was stopped'));
      while (this.#flying.size > 0) await this.#woken();
      signal.removeEventListener('abort', onAbort);
    }
    this.#throwFailure();
  }

  /** In a method of its own: the type of a field is narrowed by what was assigned in the same one. */
  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.cause;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Starts what may be. Gives the milliseconds until there may be more, null when nothing is left to wait for. */
  async #launch(signal: AbortSignal, stay: boolean): Promise<number | null> {
    const { options } = this.#parts;
    while (this.#flying.size < options.atOnce && !signal.aborted) {
      const next = await this.#parts.turn(() => this.#next());
      if (next === null) break;
      this.#flying.add(next.id);
      void this.#send(next, signal).finally(() => {
        this.#flying.delete(next.id);
        this.#wake();
      });
    }
    if (this.#flying.size >= options.atOnce) return Infinity;
    const times = this.#open()
      .filter(({ id }) => !this.#flying.has(id))
      .filter(({ id, trouble }) => stay || trouble?.code !== PENDING || !this.#rounds.has(id))
      .map(({ id }) => this.#dueAt(id));
    if (times.length > 0) return Math.max(0, Math.min(...times) - options.clock().getTime());
    return this.#flying.size > 0 ? Infinity : null;
  }

  /** Requests that were made and aren't answered for good. */
  #open(): Sending[] {
    const { shelf } = this.#parts;
    return [...shelf.sendings].filter(({ items }) => items.some((id) => shelf.item(id)?.state === 'SENT'));
  }

  #dueAt(id: string): number {
    const round = this.#rounds.get(id);
    const isSetBack = round !== undefined && this.#parts.options.clock().getTime() < round.since;
    return round === undefined || isSetBack ? 0 : round.notBefore;
  }

  /** The next request: one that waited long enough, else a new one, written down before it is given. */
  async #next(): Promise<Sending | null> {
    const { shelf, options } = this.#parts;
    const now = options.clock().getTime();
    const open = this.#open();
    const due = open.find(({ id }) => !this.#flying.has(id) && this.#dueAt(id) <= now);
    if (due !== undefined) return due;
    // While the link is away nothing new is begun: so that little has to be asked again, and batches grow meanwhile.
    if (open.filter(({ trouble }) => trouble?.code !== PENDING).length >= options.atOnce) return null;
    const plan = nextPlan(shelf.items, (id) => shelf.item(id), this.#parts.signs);
    if (plan === null) return null;
    const { operation, items } = plan;
    const own = items.length === 1 ? items[0].input?.['requestId'] : undefined;
    const id = typeof own === 'string' ? own : v4();
    const toSign = this.#parts.signs && Signing.signs(operation) && !items.some(isSigned);
    const sending: Sending = {
      ...{ id, operation, items: items.map((item) => item.id), trouble: null },
      ...(toSign && { toSign }),
    };
    await shelf.write({
      sendings: [sending],
      items: items.map((item) => ({ ...item, state: 'SENT', sending: id })),
    });
    return sending;
  }

  async #send(sending: Sending, signal: AbortSignal): Promise<void> {
    const { shelf, courier, tell, turn } = this.#parts;
    const items = sending.items.map((id) => shelf.item(id)).filter((item) => item !== undefined);
    const attempts = (this.#rounds.get(sending.id)?.attempts ?? 0) + 1;
    const { toSign = false, renewable = false } = sending;
    try {
      const came = await courier.carry(sending, items, signal, () =>
        tell({ type: 'sent', request: sending.id, items: sending.items }),
      );
      const verdict = judge({ ...sending, items, attempts, isSigned: toSign, isRenewable: renewable }, came);
      if (!(came instanceof ClientError)) this.#linkIsBack();
      await turn(async () => {
        const trouble = verdict.again === null ? null : this.#again(sending, attempts, verdict.again);
        for (const event of await settle(shelf, sending, verdict, trouble, this.#now())) tell(event);
      });
      if (verdict.again === null) this.#rounds.delete(sending.id);
    } catch (cause) {
      if (!signal.aborted) this.#failure ??= { cause };
    }
  }

  #again(sending: Sending, attempts: number, { code, message, wait }: Again): Trouble {
    const { options, tell } = this.#parts;
    const patience = {
      attempts: Infinity,
      firstDelay: options.firstDelay,
      longestDelay: options.longestDelay,
    };
    const delay = delayAfter(Math.min(attempts, 30), patience, wait, options.random);
    const since = options.clock().getTime();
    this.#rounds.set(sending.id, { attempts, since, notBefore: since + delay });
    const trouble = { code, message, at: this.#now() };
    tell({ type: 'trouble', request: sending.id, trouble, again: delay });
    return trouble;
  }

  /** Something was answered: what waits only for the link needn't wait longer. */
  #linkIsBack(): void {
    for (const { id, trouble } of this.#open()) {
      const round = this.#rounds.get(id);
      if (round !== undefined && trouble?.code === 'NETWORK')
        this.#rounds.set(id, { ...round, notBefore: 0 });
    }
  }

  #now(): string {
    return this.#parts.options.clock().toISOString();
  }
}

/** Waits for a promise, at most so many milliseconds; null and Infinity: as long as it takes. */
async function until(woken: Promise<void>, milliseconds: number | null): Promise<void> {
  if (milliseconds === null || milliseconds === Infinity) return woken;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([woken, late]);
  clearTimeout(timer);
}
