/** Where an outbox keeps what it holds: a few keys with JSON values, and the one promise that all of it rests on. */
import type { Json } from '../../ledger/core/index.js';

/** New values by key; null removes. */
export type Changes = ReadonlyMap<string, Json | null>;

/**
 * A place that outlives the process: a file (`vitrine outbox`), IndexedDB ({@link IndexedDbStore}), or one's own.
 *
 * What is kept is personal data until the server has accepted it. A store keeps it where its user alone can read it, and
 * removes it when it is told so.
 */
export interface OutboxStore {
  /** Everything that is kept. */
  load(): Promise<ReadonlyMap<string, Json>>;
  /**
   * Makes all of the changes or none. When the promise is fulfilled they survive a crash and a power cut. Calls take
   * effect in their order.
   */
  write(changes: Changes): Promise<void>;
  /** Lets others have the place; it isn't used after. */
  close(): Promise<void>;
}

/** Keeps nothing beyond the page or process: for tests, and where nothing may be left behind. */
export class MemoryStore implements OutboxStore {
  readonly #values = new Map<string, Json>();

  load(): Promise<ReadonlyMap<string, Json>> {
    return Promise.resolve(new Map(this.#values));
  }

  write(changes: Changes): Promise<void> {
    for (const [key, value] of changes) {
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, structuredClone(value));
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
