/** What is to be uploaded, kept and sent over bad links: exactly once, in order per thread. */
export { Outbox } from './outbox.js';
export type { OutboxOptions } from './outbox.js';
export type { NewItem, PutOptions } from './put.js';
export { IndexedDbStore } from './indexed-db-store.js';
export { MemoryStore } from './store.js';
export type { Changes, OutboxStore } from './store.js';
export { WrongMember } from './link.js';
export type { LinkOptions } from './link.js';
export type { SigningOptions } from './signing.js';
export { isOperation, OPERATIONS } from './operations.js';
export type { InputOf, NewInput, OperationName } from './operations.js';
export type {
  ItemState,
  OutboxEvent,
  OutboxItem,
  OutboxReceipt,
  OutboxRefusal,
  Pending,
  StoredItem,
  Trouble,
} from './item.js';
