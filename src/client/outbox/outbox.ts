/**
 * The outbox: what is to be uploaded is kept until the server has accepted it, over bad links, crashes and restarts.
 *
 * Never twice: a request is written down, with its request id and exactly what stands in it, before it is sent for the
 * first time, and goes again the same, byte for byte, until it is answered. The server knows a request id, and gives
 * what it was given first. In order: items of one thread are sent one after the other. A refusal is the end of its item
 * alone; whatever was put in `after` it is held.
 */
import { VitrineError } from '../../ledger/core/index.js';
import { Courier } from './courier.js';
import type { Binding, OutboxEvent, OutboxItem, StoredItem } from './item.js';
import { Link, type LinkOptions } from './link.js';
import type { NewInput, OperationName } from './operations.js';
import { waiting } from './plan.js';
import { makeItem, type NewItem, type PutOptions } from './put.js';
import { Sender, type SenderOptions } from './sender.js';
import { Shelf } from './shelf.js';
import { Signing, type SigningOptions } from './signing.js';
import type { OutboxStore } from './store.js';
import { dropped, retried } from './undo.js';

export interface OutboxOptions extends LinkOptions, Partial<SenderOptions> {
  readonly store: OutboxStore;
  /**
   * The member's own key: what is sent is signed with it, when it is sent, where `Uploader` signs it. By default the
   * deployment signs with the institution's delegated key.
   */
  readonly signing?: SigningOptions;
}

/**
 * @example
 * const outbox = await Outbox.open({ store: await IndexedDbStore.open('clinic'), endpoint, token });
 * await outbox.put('recordEncounter', { patient, class: 'AMBULATORY', status: 'FINISHED', start });
 * outbox.watch((event) => render(outbox.items()));
 * await outbox.send({ signal, stay: true });
 */
export class Outbox {
  readonly #shelf: Shelf;
  readonly #store: OutboxStore;
  readonly #sender: Sender;
  readonly #clock: () => Date;
  readonly #listeners = new Set<(event: OutboxEvent) => void>();
  #last: Promise<unknown> = Promise.resolve();
  #sending: Promise<void> | null = null;
  #stop: AbortController | null = null;

  private constructor(options: OutboxOptions, shelf: Shelf) {
    const { store, clock = () => new Date() } = options;
    this.#shelf = shelf;
    this.#store = store;
    this.#clock = clock;
    const turn = <T>(act: () => Promise<T>) => this.#turn(act);
    const bound = {
      get binding() {
        return shelf.binding;
      },
      bind: (binding: Binding) => turn(() => shelf.write({ binding })),
    };
    const link = new Link(options, bound, clock);
    const signing = options.signing === undefined ? null : new Signing(options.signing);
    this.#sender = new Sender({
      shelf,
      courier: new Courier({ shelf, link, signing, turn }),
      signs: signing !== null,
      options: {
        atOnce: options.atOnce ?? 4,
        firstDelay: options.firstDelay ?? 500,
        longestDelay: options.longestDelay ?? 60_000,
        random: options.random ?? Math.random,
        clock,
      },
      turn,
      tell: (event) => this.#tell(event),
    });
  }

  /** Opens an outbox on its store, which it closes with itself. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    return new Outbox(options, await Shelf.open(options.store));
  }

  /**
   * Puts one mutation in. It is kept when the promise is fulfilled. A given `requestId` stays; an input with `signed` is
   * final and sent alone, since its signature names the request.
   *
   * @throws VitrineError BAD_USER_INPUT, NOT_FOUND (of `after`), CONFLICT (the id or request id of another item)
   */
  async put<N extends OperationName>(
    operation: N,
    input: NewInput<N>,
    options: PutOptions = {},
  ): Promise<OutboxItem> {
    // The operation and its input belong together by the types of this method.
    const given = { operation, input, ...options } as unknown as NewItem;
    const [item] = await this.putAll([given]);
    if (item === undefined) throw new VitrineError('INTERNAL', 'one item was put in and none is there');
    return item;
  }

  /** Puts several in, in their order: all of them or none. */
  async putAll(given: readonly NewItem[]): Promise<OutboxItem[]> {
    const ids = await this.#turn(async () => {
      const made: StoredItem[] = [];
      const ids = given.map((one) => makeItem(one, { shelf: this.#shelf, made, now: this.#clock() }));
      await this.#shelf.write({ items: made });
      for (const item of made) this.#tell({ type: 'put', item });
      return ids;
    });
    this.#sender.renewed();
    return this.#told(ids);
  }

  /** Everything that is kept, in the order of putting in. */
  items(): OutboxItem[] {
    const held = new Map<string, readonly string[]>();
    for (const { item, heldBy } of waiting(this.#shelf.items, (id) => this.#shelf.item(id)))
      held.set(item.id, heldBy);
    return [...this.#shelf.items].map((item) => ({
      ...item,
      heldBy: held.get(item.id) ?? [],
      trouble:
        item.state === 'SENT' && item.sending !== null
          ? (this.#shelf.sending(item.sending)?.trouble ?? null)
          : null,
    }));
  }

  /** One item, or null. */
  item(id: string): OutboxItem | null {
    return this.items().find((item) => item.id === id) ?? null;
  }

  /** Is told of everything that happens; gives what ends that. */
  watch(listener: (event: OutboxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Sends until everything is accepted, refused, held or waits for others' approval; with `stay` until the signal. Failures of the link and the
   * server never end it: they are retried with growing, jittered delays. A request that is open when it is stopped goes
   * again the next time.
   *
   * @throws VitrineError FORBIDDEN when the token is another member's, or the log another one; CONFLICT when it sends
   *   already; what the store throws
   */
  async send({ signal, stay = false }: { signal?: AbortSignal; stay?: boolean } = {}): Promise<void> {
    if (this.#sending !== null) throw new VitrineError('CONFLICT', 'the outbox is being sent already');
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    this.#stop = stop;
    this.#sending = this.#sender.run(stop.signal, stay);
    try {
      await this.#sending;
    } finally {
      this.#sending = this.#stop = null;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** There is a link again (a browser's `online`): what waits after a failure goes now. */
  wake(): void {
    this.#sender.wake();
  }

  /**
   * Sends a refused item again: the same request, since another one could make it happen twice. What was refused in the
   * same batch goes with it. Only what the log has denied or expired for good goes under a new request id.
   *
   * @returns the items that go
   * @throws VitrineError NOT_FOUND, CONFLICT when it isn't refused, or can't be accepted under its request id any more
   */
  async retry(id: string): Promise<OutboxItem[]> {
    const ids = await this.#turn(async () => {
      const item = this.#require(id);
      const { items, change } = retried(this.#shelf, item);
      await this.#shelf.write(change);
      if (item.sending !== null) this.#sender.renew(item.sending);
      return items.map((one) => one.id);
    });
    return this.#told(ids);
  }

  /**
   * Takes an item out for good: one that waits, was refused, or of which the receipt isn't needed any more. One that was
   * sent may have arrived: with `evenSent` it is given up unknown, with all that stands in its request.
   *
   * @throws VitrineError NOT_FOUND; CONFLICT when it is on its way, or others were put in after it
   */
  async drop(id: string, { evenSent = false }: { evenSent?: boolean } = {}): Promise<void> {
    await this.#turn(async () => {
      const item = this.#require(id);
      await this.#shelf.write(dropped(this.#shelf, item, evenSent));
      this.#tell({ type: 'dropped', item });
    });
    this.#sender.renewed();
  }

  /** Takes out every accepted item: what its receipts say is kept elsewhere, or isn't needed. @returns how many. */
  async forget(): Promise<number> {
    return this.#turn(async () => {
      const done = [...this.#shelf.items].filter(
        ({ state, sending }) => state === 'ACCEPTED' && sending === null,
      );
      await this.#shelf.write({ drop: { items: done.map(({ id }) => id) } });
      return done.length;
    });
  }

  /** Stops sending and lets the store go. What isn't answered is sent again by whoever opens it next. */
  async close(): Promise<void> {
    this.#stop?.abort(new VitrineError('UNAVAILABLE', 'the outbox was closed'));
    await this.#sending?.catch(() => undefined);
    await this.#last;
    await this.#store.close();
  }

  #require(id: string): StoredItem {
    const item = this.#shelf.item(id);
    if (item === undefined) throw new VitrineError('NOT_FOUND', `no item ${id}`);
    return item;
  }

  #told(ids: readonly string[]): OutboxItem[] {
    const wanted = new Set(ids);
    return this.items().filter(({ id }) => wanted.has(id));
  }

  /** What changes the shelf goes one after the other. */
  #turn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(act);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  #tell(event: OutboxEvent): void {
    // Behind what is being done, so that a listener's error can't come between what is written and what is true.
    for (const listener of this.#listeners) queueMicrotask(() => listener(event));
  }
}
