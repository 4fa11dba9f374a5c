/** What a store holds, by its meaning. Everything is written first and only then taken for true. */
import type { Json, JsonObject } from '../../ledger/core/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { asJson, type Binding, type Sending, type StoredItem } from './item.js';
import { isOperation } from './operations.js';
import type { OutboxStore } from './store.js';

const ITEM = 'item/';
const SENDING = 'sending/';
const BINDING = 'binding';

/** Some items and requests as they are to be; what is in `drop` is removed. */
export interface ShelfChange {
  readonly items?: readonly StoredItem[];
  readonly sendings?: readonly Sending[];
  readonly binding?: Binding;
  readonly drop?: { readonly items?: readonly string[]; readonly sendings?: readonly string[] };
}

export class Shelf {
  readonly #items: Map<string, StoredItem>;
  readonly #sendings: Map<string, Sending>;
  #binding: Binding | null;
  #last: number;

  private constructor(
    private readonly store: OutboxStore,
    items: readonly StoredItem[],
    sendings: readonly Sending[],
    binding: Binding | null,
  ) {
    this.#items = new Map(items.map((item) => [item.id, item]));
    this.#sendings = new Map(sendings.map((sending) => [sending.id, sending]));
    this.#binding = binding;
    this.#last = Math.max(0, ...items.map(({ number }) => number));
  }

  /** Reads a store. Throws INTEGRITY_VIOLATION when it holds what no outbox wrote. */
  static async open(store: OutboxStore): Promise<Shelf> {
    const items: StoredItem[] = [];
    const sendings: Sending[] = [];
    let binding: Binding | null = null;
    for (const [key, value] of await store.load()) {
      if (key.startsWith(ITEM)) items.push(toItem(key, value));
      else if (key.startsWith(SENDING)) sendings.push(value as unknown as Sending);
      else if (key === BINDING) binding = value as unknown as Binding;
    }
    items.sort((a, b) => a.number - b.number);
    return new Shelf(store, items, sendings, binding);
  }

  get binding(): Binding | null {
    return this.#binding;
  }

  /** In the order of putting in. */
  get items(): IterableIterator<StoredItem> {
    return this.#items.values();
  }

  get sendings(): IterableIterator<Sending> {
    return this.#sendings.values();
  }

  item(id: string): StoredItem | undefined {
    return this.#items.get(id);
  }

  sending(id: string): Sending | undefined {
    return this.#sendings.get(id);
  }

  /** The next item's number. */
  nextNumber(): number {
    return (this.#last += 1);
  }

  /** Writes a change and then makes it true here. */
  async write({ items = [], sendings = [], binding, drop = {} }: ShelfChange): Promise<void> {
    const changes = new Map<string, Json | null>();
    for (const item of items) changes.set(ITEM + item.id, asJson(item));
    for (const sending of sendings) changes.set(SENDING + sending.id, asJson(sending));
    if (binding !== undefined) changes.set(BINDING, asJson(binding));
    for (const id of drop.items ?? []) changes.set(ITEM + id, null);
    for (const id of drop.sendings ?? []) changes.set(SENDING + id, null);
    if (changes.size === 0) return;
    await this.store.write(changes);
    for (const item of items) this.#items.set(item.id, item);
    for (const sending of sendings) this.#sendings.set(sending.id, sending);
    if (binding !== undefined) this.#binding = binding;
    for (const id of drop.items ?? []) this.#items.delete(id);
    for (const id of drop.sendings ?? []) this.#sendings.delete(id);
  }
}

/** The store is this outbox's own; what a newer version wrote into it is not guessed at. */
function toItem(key: string, value: Json): StoredItem {
  const item = value as JsonObject;
  const { operation } = item;
  if (typeof operation === 'string' && isOperation(operation))
    return { pending: null, ...item } as unknown as StoredItem;
  throw new VitrineError('INTEGRITY_VIOLATION', `${key} is of an operation that this outbox doesn't know`);
}
