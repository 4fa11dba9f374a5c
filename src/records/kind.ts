/**
 * A record kind, declared once: its fields and their classes, the schema of its values, the columns that stand
 * beside the sealed bytes, its unique keys and search words, its threads, and who is what to it. Sealing, verifying,
 * the shield, proofs and documents follow from the declaration.
 */
import type { z } from 'zod';
import type { Caller } from './caller.js';
import type { ConsentFact } from './consent-fact.js';
import type { FieldClass, Relation } from './field-class.js';

/** The head of a sealed record (design: ledger, "Sealed record"). */
export interface RecordHead {
  readonly kind: string;
  /** Version of the kind's definition, so that old records stay readable. */
  readonly schema: number;
  readonly id: string;
  readonly version: number;
  /** Institution whose record it is; null for records of the system itself. */
  readonly custodian: string | null;
  /** Pseudonymous patient id; null where no patient is concerned. */
  readonly patient: string | null;
  /** ISO 3166 code of the jurisdiction, or null. */
  readonly jurisdiction: string | null;
  /** Specially protected records (psychiatry, HIV, …), or null. */
  readonly label: string | null;
  /** ISO date before which the record must be kept, or null. */
  readonly retention: string | null;
}

/** PostgreSQL types that a side column may have. */
export type ColumnType = 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'date' | 'timestamp';

export type ColumnValue = string | number | boolean | null;

/** A column beside the sealed bytes. It must always equal what `of` computes from the sealed values. */
export interface Column<V> {
  readonly type: ColumnType;
  /** Class of what the column tells: a filter or an order on it needs COPY of this class. */
  readonly class: FieldClass;
  /** bigint and timestamp (RFC 3339 UTC, milliseconds) as strings, date as YYYY-MM-DD. */
  of(values: V, head: RecordHead): ColumnValue;
}

/** A key that one record alone may hold in its scope. */
export interface UniqueKey {
  readonly scope: string;
  /** The value; stored as a keyed hash, so the database doesn't tell it. */
  readonly value: string;
  /** Where in the input the value stands, for the CONFLICT. */
  readonly path: readonly (string | number)[];
}

/** A search word; stored as a keyed hash. */
export interface SearchWord {
  readonly scope: string;
  readonly value: string;
}

/** A record that passed every read check. */
export interface Loaded<V> {
  readonly kind: string;
  readonly head: RecordHead;
  readonly values: V;
  readonly anchor: AnchorOf;
  /** What of it was erased; absent when nothing was. */
  readonly erased?: Erased;
  /** What the caller of this request is to this record. */
  readonly relations: ReadonlySet<Relation>;
}

/** What was erased of a record. An erased field reads null, whatever the type of its values says. */
export interface Erased {
  /** Names of the fields, in order. */
  readonly fields: readonly string[];
  /** Everything is gone but what places the record: it takes no change any more. */
  readonly whole: boolean;
}

/** Where a record version stands on the log. */
export interface AnchorOf {
  readonly index: bigint;
  readonly block: bigint;
  /** RFC 3339 UTC, milliseconds: the block's time. */
  readonly time: string;
  readonly leafHash: Uint8Array;
  /** Member who made this version. */
  readonly actor: string;
}

/** A loaded record before the caller's relations are known. */
export type Unrelated<V> = Omit<Loaded<V>, 'relations'>;

/** An open view, as relations need it. */
export interface ViewFact {
  readonly member: string;
  readonly purpose: string;
}

/** Asks the store for facts that relations rest on; every row it counts on has been verified. */
export interface RelationLookups {
  /** The moment of the request: relations that end with time are counted from it. */
  now(): Date;
  /** Patients among `patients` with an encounter of `institution`, open or ended since `since`, whose recorder isn't `except`. */
  treated(
    patients: readonly string[],
    institution: string,
    except: (member: string) => boolean,
    since: string,
  ): Promise<ReadonlySet<string>>;
  /**
   * All files of the person of each of these patients, itself among them: those that confirmed links lead to. Proven by
   * the log. Throws INTEGRITY_VIOLATION when a link is missing or doesn't verify.
   */
  linked(patients: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** The institution that keeps each of these patients' files now. Throws INTEGRITY_VIOLATION when one doesn't verify. */
  keepers(patients: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * The consents of these patients that are in force now: all of them, proven by the log, so that none stands where none is
   * given. Throws INTEGRITY_VIOLATION when one is missing or doesn't verify.
   */
  consents(patients: readonly string[]): Promise<ReadonlyMap<string, readonly ConsentFact[]>>;
  /** Who of an institution has an open view of each of these patients; those of whom nobody has are left out. */
  viewed(patients: readonly string[], institution: string): Promise<ReadonlyMap<string, readonly ViewFact[]>>;
}

/** A column by which a list goes, or two of which one names the thread. */
export type ListColumn = string | readonly [string, string];

/**
 * The declaration of a kind. Its functions are written as methods, which TypeScript compares in both directions, so
 * that a list of kinds of several values' types is a list of `RecordKind`.
 */
export interface RecordKind<V extends object = object> {
  /** GraphQL type name: `Encounter`. */
  readonly name: string;
  /** First half of its operations: `encounter` in `encounter.record`. */
  readonly noun: string;
  /** Version of this definition. */
  readonly schema: number;
  /** Its ids follow from what its records are about, which the change is held against; else they are UUIDv7 of the time of making. */
  readonly named?: true;
  /** Class of the fact that a record of this kind exists: PUBLIC for what everyone may list, else DIRECTORY. */
  readonly existence: 'PUBLIC' | 'DIRECTORY';
  /** Table of its current rows. */
  readonly table: string;
  /** Every sealed field with its class. */
  readonly fields: { readonly [F in keyof V & string]: FieldClass };
  /**
   * Fields that hold the id of a record of another kind, where the API answers with that record: who may not know the
   * record doesn't get its id either. A field whose id is itself a field of the API isn't among them.
   */
  readonly refers?: { readonly [F in keyof V & string]?: string };
  /**
   * Fields that stay when a record is erased: ids and states that place it. Kinds that can be erased name them, and
   * their functions take null for every other field.
   */
  readonly keeps?: { readonly [F in keyof V & string]?: true };
  /** Checks values and brings them into their one form. */
  readonly values: z.ZodType<V>;
  readonly columns: Readonly<Record<string, Column<V>>>;
  /**
   * Columns that name a thread on which the first version begins: lists by them prove themselves gap-free. All records
   * of the kind on such a thread name it there, and no later version names another, but one that moves the record: that
   * takes a kind of one such column. A pair of columns is one list: each
   * record of it names the thread in one of them.
   */
  readonly lists?: readonly ListColumn[];
  uniqueKeys?(values: V, head: RecordHead): readonly UniqueKey[];
  searchWords?(values: V, head: RecordHead): readonly SearchWord[];
  /** Threads that every version joins, most telling first; 1 to 4 ids. */
  threads(values: V, head: RecordHead): readonly string[];
  /** Who the caller is to each of `records`, in their order. Batched: at most one lookup for all of them. */
  relations(
    caller: Caller,
    records: readonly Unrelated<V>[],
    lookups: RelationLookups,
  ): Promise<readonly ReadonlySet<Relation>[]>;
}
