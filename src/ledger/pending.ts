/**
 * What `uploads` hands to the ledger: entries that are sealed and signed but have no place yet, with the rows that must
 * commit together with them. Positions, times, thread places and block are given under the head lock.
 */
import type { ColumnValue } from './binary-array.js';
import type { JsonObject } from './core/index.js';
import type { RequestPart } from './request-set.js';

/** Who signs, and under which registered key (design: ledger, "Entry"). */
export interface SignedBy {
  /** RFC 7638 JWK thumbprint, base64url. */
  readonly key: string;
  /** Index of the entry that registered the key. */
  readonly entry: bigint;
  readonly mode: 'own' | 'delegated' | 'service';
}

/** A row to write. `entry` columns are filled in by the sequencer with the entry's index. */
export interface RowWrite {
  readonly table: string;
  /** Column names with their PostgreSQL type; the same for every row of one table. */
  readonly columns: Readonly<Record<string, string>>;
  /** Bytes for bytea, else PostgreSQL's text input form, or null. The column `entry` is left out. */
  readonly values: Readonly<Record<string, ColumnValue>>;
  /** `insert`: a new line. `current`: the one row of this id, inserted at version 1 and replaced afterwards. */
  readonly mode: 'insert' | 'current';
}

/** A key that one record alone may hold; hashed already. */
export interface UniqueClaim {
  readonly scope: string;
  /** Keyed hash, lower-case hex. */
  readonly key: string;
  /** Id of the blind-index key, so that rotation knows its rows. */
  readonly keyId: string;
  /** Where in the input the value stands. */
  readonly path: readonly (string | number)[];
}

/** A search word; hashed already. */
export interface WordClaim {
  readonly scope: string;
  readonly word: string;
  readonly keyId: string;
}

/** Another key for bytes that are sealed anew: the one that opened the old ones is gone with the commit. */
export interface Rewrap {
  /** The entry of the version whose key it is. */
  readonly entry: bigint;
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/** A bounded counter to move (design: architecture, "conditions"). */
export interface CounterMove {
  readonly id: string;
  readonly delta: bigint;
  readonly min: bigint;
  readonly max: bigint;
  /** What the refusal (code CONFLICT) says. */
  readonly message: string;
}

/** That no more records of a kind began on a thread than these many. */
export interface WholeList {
  readonly kind: string;
  readonly thread: string;
  readonly count: number;
}

/** A stretch of time, counted from 1970 on, and how many things are had in it at most. */
export interface ChargeWindow {
  readonly seconds: number;
  readonly most: bigint;
}

/** One thing that counts against somebody's allowance, once in each window of time (`charges.ts`). */
export interface Charge {
  /** Whose allowance of what: `opened/member/<id>`. */
  readonly id: string;
  /** Keyed hash of the thing, lower-case hex: the same thing counts once. */
  readonly item: string;
  readonly windows: readonly ChargeWindow[];
  /** What is counted, for the refusal (code BUDGET_EXHAUSTED): `patients opened by a member`. */
  readonly what: string;
}

export interface PendingEntry {
  readonly op: string;
  readonly actor: string;
  readonly institution: string | null;
  readonly by: SignedBy;
  readonly subject: { readonly kind: string; readonly id: string; readonly version: number };
  /** Entry of the version that this one replaces; it must be current when the commit is made. */
  readonly supersedes: bigint | null;
  readonly content: Uint8Array | null;
  readonly fields: Uint8Array | null;
  readonly threads: readonly string[];
  readonly request: string;
  readonly part: number;
  /** Compact JWS over the statement (see core/statement.ts). */
  readonly signature: string;
  readonly detail: JsonObject | null;
  /** Entries that the decision rests on; if one is superseded by then, the append throws `StaleAuthority`. */
  readonly authority: readonly bigint[];
  /** Records whose absence the decision rests on; if one is there by then, the append throws `StaleAuthority`. */
  readonly absent?: readonly { readonly kind: string; readonly id: string }[];
  /** Requests that nothing may have come of: if one was accepted by then, the append throws `StaleAuthority`. */
  readonly unaccepted?: readonly RequestPart[];
  /** Lists that the decision took to be whole; if a record joined one by then, the append throws `StaleAuthority`. */
  readonly whole?: readonly WholeList[];
  readonly rows: readonly RowWrite[];
  /** Keys of earlier versions that this entry destroys, each with the one that takes its place. */
  readonly rewraps?: readonly Rewrap[];
  /** Claims after this version; those of the record's earlier versions are replaced. */
  readonly unique: readonly UniqueClaim[];
  readonly words: readonly WordClaim[];
  /** Known under the head lock only: the opening's `counters` hold the outcome, and the statement doesn't cover them. */
  readonly counters: readonly CounterMove[];
  /** What counts against allowances; outcomes stand among the opening's `counters` too. */
  readonly charges?: readonly Charge[];
  /** Of a statement that was made beforehand: from when on it's void. */
  readonly expires?: string;
  /** The record's id was chosen by whoever uploads: nothing on the log may have it, of whatever kind. */
  readonly chosen?: boolean;
  /** Keyed hash of the canonical input, lower-case hex: tells the same request from another under its id. */
  readonly inputHash: string;
}

/** A place on the log. */
export interface Position {
  readonly index: bigint;
  readonly block: bigint;
  /** The request stood there already, with the subject that it was given then. */
  readonly repeated?: true;
}

/** What is known of a request that was accepted before. */
export interface KnownRequest extends Omit<Position, 'repeated'> {
  readonly part: number;
  readonly inputHash: string;
  readonly subject: PendingEntry['subject'];
}
