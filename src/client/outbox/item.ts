/** What an outbox holds: items, the requests that carry them, and what the server said of them. */
import type { JsonObject } from '../../ledger/core/index.js';
import type { SignedChange } from '../documents/sign.js';
import type { OperationName } from './operations.js';

/**
 * - `WAITING`: not sent yet; `heldBy` of {@link OutboxItem} says whether it could be.
 * - `SENT`: its request was made and may have arrived; the same request goes again until it is answered.
 * - `ACCEPTED`: it stands on the log; `receipts` says where.
 * - `REFUSED`: the server said no; `refusals` says why.
 */
export type ItemState = 'WAITING' | 'SENT' | 'ACCEPTED' | 'REFUSED';

/** Why the server refused something. No value of the input stands in it. */
export interface OutboxRefusal {
  /** Place in the item's own batch; null when the whole item is meant. */
  readonly part: number | null;
  /** A code of schema/errors.md. */
  readonly code: string;
  readonly message: string;
  /** Where in the item's input the cause stands: `['input', 'start']`; empty when not told. */
  readonly path: readonly (string | number)[];
}

/** Where on the log something that was accepted stands. */
export interface OutboxReceipt {
  /** The request id that it was sent under. */
  readonly request: string;
  /** Position on the log, decimal. */
  readonly index: string;
  /** RFC 6962 hash of the leaf, as the server wrote it: what a proof of it is checked with. */
  readonly leafHash: string;
}

/** Why a request isn't answered for good yet: what went wrong the last time. It is sent again. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** Others have to approve it first: their request stands on the log, and the item is sent again once they have. */
export interface Pending {
  /** Id of the UploadRequest; null where the server didn't tell. */
  readonly upload: string | null;
  /** Who is waited for, in words that name nobody. */
  readonly waitsFor: string | null;
  /** Until when it may be approved and sent again: RFC 3339. */
  readonly until: string | null;
}

/** One thing to upload, as it is kept. */
export interface StoredItem {
  readonly id: string;
  /** Order of putting in. */
  readonly number: number;
  readonly operation: OperationName;
  /** With its `requestId`. Null once it was accepted: it isn't needed any more, and it is personal data. */
  readonly input: JsonObject | null;
  readonly threads: readonly string[];
  /** Ids of the items that have to be accepted before it. */
  readonly after: readonly string[];
  /** RFC 3339, UTC. */
  readonly putAt: string;
  readonly state: ItemState;
  /** The request that carries it: the id of a {@link Sending}. */
  readonly sending: string | null;
  /** It isn't put into a batch with others, since one that it was in was refused for its form. */
  readonly alone: boolean;
  readonly receipts: readonly OutboxReceipt[];
  /** The record that it made or changed; null where the server didn't tell. */
  readonly record: { readonly id: string; readonly version: number } | null;
  readonly refusals: readonly OutboxRefusal[];
  /** What it waits for on the server's side; null when for nothing. */
  readonly pending: Pending | null;
  readonly settledAt: string | null;
}

/** The outbox's own signatures of a request: written down before they are sent, as all of the request. */
export interface Signatures {
  /** One an item; of a batch that was put in as one, one for each of its parts. */
  readonly signed: readonly SignedChange[];
  /** When the first of them ends: RFC 3339. */
  readonly expires: string;
}

/** A request as it is sent, over and over the same: written down before it is sent for the first time. */
export interface Sending {
  /** Its request id. */
  readonly id: string;
  readonly operation: OperationName;
  /** Ids of the items in it, in their order. More than one: a batch in which each stands alone. */
  readonly items: readonly string[];
  readonly trouble: Trouble | null;
  /** It goes with the outbox's own signatures; absent, as it was put in. */
  readonly toSign?: boolean;
  /** Absent while it is still to be signed: then it was never sent. */
  readonly signatures?: Signatures;
  /**
   * The log may have it denied for what is mended meanwhile (a statement's time, what a person put right before it asked
   * to send it again): denied for good, its items go under another id.
   */
  readonly renewable?: boolean;
}

/** On whose behalf an outbox sends, and to which log: a request id is known to the server for one member only. */
export interface Binding {
  readonly origin: string;
  readonly member: string;
}

/** An item as it is told: {@link StoredItem}, and what it waits for. */
export interface OutboxItem extends StoredItem {
  /** Ids of the items that have to be settled, or accepted, before it is sent. */
  readonly heldBy: readonly string[];
  /** What went wrong with its request the last time; null while nothing did. */
  readonly trouble: Trouble | null;
}

/** What happens in an outbox, for whoever watches it. */
export type OutboxEvent =
  | { readonly type: 'put' | 'accepted' | 'refused' | 'dropped'; readonly item: StoredItem }
  | { readonly type: 'sent'; readonly request: string; readonly items: readonly string[] }
  | {
      readonly type: 'trouble';
      readonly request: string | null;
      readonly trouble: Trouble;
      /** Milliseconds until it is sent again. */
      readonly again: number;
    };

/** Plain JSON of a value: what is stored is what is sent. */
export function asJson(value: object): JsonObject {
  // Inputs are objects of strings, numbers, booleans and lists: JSON by construction.
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
