/**
 * An outbox in the browser's own store. What waits in it is personal data: it lies in the profile of whoever uses the
 * browser, unencrypted, and anyone with that profile, or any script of the same origin, can read it. On shared machines
 * give each user a profile of their own, and let nothing else be served from the application's origin.
 */
import { VitrineError, type Json } from '../../ledger/core/index.js';
import type { Changes, OutboxStore } from './store.js';

const VALUES = 'values';

/** Needs a secure context (https, or localhost): only there does a browser give locks. */
export class IndexedDbStore implements OutboxStore {
  private constructor(
    private readonly database: IDBDatabase,
    private readonly release: () => void,
  ) {}

  /**
   * Opens the outbox of this name, or makes it. One page at a time has it: two that sent the same items would make
   * different requests of them.
   *
   * @throws VitrineError CONFLICT when another page has it, UNAVAILABLE when this browser gives no store
   */
  static async open(name: string): Promise<IndexedDbStore> {
    const full = `vitrine-outbox/${name}`;
    const release = await lock(full);
    try {
      const database = await openDatabase(full);
      // Asked for, not needed: without it a browser that is short of space may clear what nobody has sent yet. Not waited
      // for either, since some ask their user, who may not answer.
      void navigator.storage.persist().catch(() => false);
      return new IndexedDbStore(database, release);
    } catch (cause) {
      release();
      throw cause;
    }
  }

  async load(): Promise<ReadonlyMap<string, Json>> {
    const store = this.database.transaction(VALUES, 'readonly').objectStore(VALUES);
    // In one transaction: keys and values in the same order.
    const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
    return new Map(keys.map((key, place) => [String(key), values[place] as Json]));
  }

  write(changes: Changes): Promise<void> {
    const transaction = this.database.transaction(VALUES, 'readwrite', { durability: 'strict' });
    const store = transaction.objectStore(VALUES);
    for (const [key, value] of changes) {
      if (value === null) store.delete(key);
      else store.put(value, key);
    }
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failed(transaction.error));
      transaction.onerror = () => reject(failed(transaction.error));
    });
  }

  close(): Promise<void> {
    this.database.close();
    this.release();
    return Promise.resolve();
  }
}

/** Takes the lock of a name until it is let go, or the page ends. */
function lock(name: string): Promise<() => void> {
  // Typed as always there; it isn't in an insecure context.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined)
    throw new VitrineError('UNAVAILABLE', 'expected a browser with locks: a page from https or localhost');
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (held) => {
        if (held === null) {
          reject(new VitrineError('CONFLICT', 'another page has this outbox open'));
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(VALUES);
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failed(request.error));
  });
}

function failed(cause: DOMException | null): VitrineError {
  return new VitrineError('UNAVAILABLE', `the browser's store failed: ${cause?.name ?? 'unknown'}`, {
    cause,
  });
}
