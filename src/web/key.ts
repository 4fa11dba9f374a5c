/**
 * The playground's key: made in the page, kept in the browser's IndexedDB, and readable by nobody, the page included. Tokens
 * are bound to it.
 */
import { DpopKey } from '../client/dpop.js';

const DATABASE = 'vitrine.playground';
const STORE = 'keys';
const NAME = 'dpop';

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });
}

async function openStore(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE);
  return settled(opening);
}

async function keptOrMade(): Promise<DpopKey> {
  const made = await DpopKey.generate();
  const database = await openStore();
  try {
    // One transaction: of two tabs that are opened at once, one makes the key and both use it.
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE);
    const kept = (await settled(store.get(NAME))) as CryptoKeyPair | undefined;
    if (kept !== undefined) return await DpopKey.of(kept);
    await settled(store.put(made.pair, NAME));
    return made;
  } finally {
    database.close();
  }
}

let key: Promise<DpopKey> | undefined;

/** The key, made at its first use. Where the browser keeps nothing, one for this page alone. */
export function playgroundKey(): Promise<DpopKey> {
  key ??= keptOrMade().catch(() => DpopKey.generate());
  return key;
}
