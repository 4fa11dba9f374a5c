/** Reading for one caller: batched, cached for the request, with the caller's relations to each record. */
import { randomUUID } from 'node:crypto';
import DataLoader from 'dataloader';
import { VitrineError } from '../ledger/core/index.js';
import type { Caller } from './caller.js';
import type { Relation } from './field-class.js';
import { claimOf } from './complete.js';
import { everyPage } from './every-page.js';
import type { AnyKind } from './kinds.js';
import type { ListColumn, Loaded, RecordKind, RelationLookups, Unrelated } from './kind.js';
import { violation } from './open.js';
import { listedOn, type Query } from './query.js';
import type { Holder, Outcome, RecordStore } from './store.js';
import type { SealedVersion } from './versions.js';

export interface Edge<V> {
  readonly cursor: string;
  /** The record, or the violation that stands in its place. */
  readonly record: Loaded<V> | VitrineError;
}

export interface Page<V> {
  readonly edges: readonly Edge<V>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The request's window onto the records. Visibility is decided above, by `access`. */
export interface RecordReader {
  /** The current version; null when there is none. Throws INTEGRITY_VIOLATION when it doesn't verify. */
  load<V extends object>(kind: RecordKind<V>, id: string): Promise<Loaded<V> | null>;
  loadMany<V extends object>(kind: RecordKind<V>, ids: readonly string[]): Promise<(Loaded<V> | null)[]>;
  /** The record that holds a unique key. */
  byKey<V extends object>(kind: RecordKind<V>, scope: string, value: string): Promise<Loaded<V> | null>;
  /**
   * The newest version that the log has, for a decision that names it in `reliesOn`: the commit checks again that it is
   * current. Verified once and then kept, so its row isn't read each time: not for answers to clients.
   */
  fact<V extends object>(kind: RecordKind<V>, id: string): Promise<Unrelated<V> | null>;
  /** The record that holds a unique key, in the same way. */
  factByKey<V extends object>(
    kind: RecordKind<V>,
    scope: string,
    value: string,
  ): Promise<Unrelated<V> | null>;
  /** Every version of a record with its salts, oldest first: for what changes or proves them all. Not for clients. */
  versions<V extends object>(kind: RecordKind<V>, id: string): Promise<readonly SealedVersion[]>;
  /**
   * One page of a list. By a column of the kind's `lists` it proves itself: throws INTEGRITY_VIOLATION when the database
   * doesn't hold every record that the log knows there.
   */
  find<V extends object>(kind: RecordKind<V>, query: Query): Promise<Page<V>>;
  /**
   * Every record of a kind by one of its `lists`: for what rests on there being no other, or none at all. Oldest first;
   * meant for few. Throws INTEGRITY_VIOLATION when one is missing or doesn't verify.
   */
  complete<V extends object>(kind: RecordKind<V>, list: ListColumn, thread: string): Promise<Loaded<V>[]>;
  /**
   * The same of several threads, each record verified once and then kept for as long as the log knows neither a later version
   * nor one more in the list: for what is made of many records again and again. What the caller is to them isn't told.
   */
  whole<V extends object>(
    kind: RecordKind<V>,
    list: ListColumn,
    threads: readonly string[],
  ): Promise<readonly Unrelated<V>[]>;
  /**
   * Every record of a kind by one of its `lists`, of whatever came to a thread's list by a move and may have gone on since: what is
   * about the files that were handed to an institution. Each once. Throws INTEGRITY_VIOLATION when one is missing.
   */
  ofArrivals<V extends object>(kind: RecordKind<V>, list: ListColumn, thread: string): Promise<Loaded<V>[]>;
  /** What the caller is to records that aren't stored yet, or that another reader loaded. */
  relate<V extends object>(kind: RecordKind<V>, records: readonly Unrelated<V>[]): Promise<Loaded<V>[]>;
  /** Forgets what this request has read: after a mutation, and between a subscription's events. */
  forget(): void;
}

/** How often a unique key is looked up when its row and the record disagree, and a list read that records moved under. */
const ATTEMPTS = 3;

/** Makes the lookups that relations rest on; given a reader without a caller, so that they can't recurse. */
export type LookupsFor = (store: RecordStore) => RelationLookups;

export class CallerReader implements RecordReader {
  readonly #store: RecordStore;
  readonly #caller: Caller;
  readonly #lookups: RelationLookups;
  readonly #loaders = new Map<string, DataLoader<string, Loaded<object> | null>>();

  constructor(store: RecordStore, caller: Caller, lookupsFor: LookupsFor) {
    this.#store = store;
    this.#caller = caller;
    this.#lookups = lookupsFor(store);
  }

  async load<V extends object>(kind: RecordKind<V>, id: string): Promise<Loaded<V> | null> {
    return (await this.#loader(kind).load(id)) as Loaded<V> | null;
  }

  async loadMany<V extends object>(
    kind: RecordKind<V>,
    ids: readonly string[],
  ): Promise<(Loaded<V> | null)[]> {
    return Promise.all(ids.map((id) => this.load(kind, id)));
  }

  async byKey<V extends object>(
    kind: RecordKind<V>,
    scope: string,
    value: string,
  ): Promise<Loaded<V> | null> {
    for (let attempt = 1; ; attempt++) {
      const holder = await this.#store.holder(scope, value);
      // Read all the same: that somebody has the key isn't told by the time it takes to find that it isn't for the caller.
      if (holder === null) return this.load(kind, randomUUID());
      const { id } = holder;
      const record = holder.kind === kind.name ? await this.load(kind, id) : null;
      const keys = record === null ? [] : (kind.uniqueKeys?.(record.values, record.head) ?? []);
      if (keys.some((key) => key.scope === scope && key.value === value)) return record;
      if (!this.#isOvertaken(kind, holder, record))
        throw this.#store.reported(
          violation(kind, id, 'a unique key names it that it does not have', record?.anchor.index),
        );
      if (attempt === ATTEMPTS)
        throw new VitrineError(
          'UNAVAILABLE',
          `${kind.name} ${id} changes faster than it can be read; ask again`,
        );
      this.#loader(kind).clear(id);
    }
  }

  /** Whether the record was changed after the row of its key was read, or was loaded before its newest version came. */
  #isOvertaken(kind: AnyKind, { id, kind: held, head }: Holder, record: Loaded<object> | null): boolean {
    if (held !== kind.name) return false;
    const newest = this.#store.ledger.trusted.subject(kind.name, id)?.index;
    return newest !== undefined && (newest >= head || newest !== record?.anchor.index);
  }

  fact<V extends object>(kind: RecordKind<V>, id: string): Promise<Unrelated<V> | null> {
    return this.#store.facts.newest(kind, id);
  }

  async factByKey<V extends object>(
    kind: RecordKind<V>,
    scope: string,
    value: string,
  ): Promise<Unrelated<V> | null> {
    const { facts } = this.#store;
    const known = await facts.holderOf(kind, scope, value);
    if (known !== undefined) return known;
    const record = await this.byKey(kind, scope, value);
    if (record !== null) facts.rememberHolder(scope, value, record);
    return record;
  }

  versions<V extends object>(kind: RecordKind<V>, id: string): Promise<readonly SealedVersion[]> {
    return this.#store.versions(kind, id);
  }

  async find<V extends object>(kind: RecordKind<V>, query: Query): Promise<Page<V>> {
    const claim = query.partial === true ? undefined : claimOf(kind, query, this.#store.ledger.trusted);
    const listed = await this.#store.find(kind, { ...query, claim });
    const page = listed.slice(0, query.first);
    const related = await this.#relateOutcomes(
      kind,
      page.map((line) => line.outcome),
    );
    return {
      edges: page.map((line, place) => ({
        cursor: line.cursor,
        record: related[place] as Loaded<V> | VitrineError,
      })),
      hasNextPage: listed.length > query.first,
      hasPreviousPage: query.after !== undefined && query.after !== null,
    };
  }

  async complete<V extends object>(
    kind: RecordKind<V>,
    list: ListColumn,
    thread: string,
  ): Promise<Loaded<V>[]> {
    const { trusted } = this.#store.ledger;
    // Of most patients there are no consents and no links, which the log says without a query.
    if (trusted.alarm === undefined && trusted.listLength(kind.name, thread) === 0) return [];
    for (let attempt = 1; ; attempt++) {
      const { moves } = trusted;
      const { records, pages } = await everyPage(this, kind, { where: [listedOn(list, thread)] });
      // Each page's statement proves all of the list. Between two of them a record may have left it, or come to a page before.
      if (pages === 1 || trusted.moves === moves) return records;
      if (attempt === ATTEMPTS)
        throw new VitrineError('UNAVAILABLE', `the list of ${kind.name} changes faster than it can be read`);
    }
  }

  async whole<V extends object>(
    kind: RecordKind<V>,
    list: ListColumn,
    threads: readonly string[],
  ): Promise<readonly Unrelated<V>[]> {
    const lists = await this.#store.whole.of(kind, list, threads);
    return threads.flatMap((thread) => lists.get(thread) ?? []);
  }

  async ofArrivals<V extends object>(
    kind: RecordKind<V>,
    list: ListColumn,
    thread: string,
  ): Promise<Loaded<V>[]> {
    const arrivals = this.#store.ledger.trusted.arrivals(thread);
    const lists = await this.#store.whole.of(kind, list, arrivals, { kept: false });
    // What is about two of them is on the lists of both.
    const records = new Map([...lists.values()].flat().map((record) => [record.head.id, record]));
    return this.relate(kind, [...records.values()]);
  }

  async relate<V extends object>(
    kind: RecordKind<V>,
    records: readonly Unrelated<V>[],
  ): Promise<Loaded<V>[]> {
    if (records.length === 0) return [];
    const relations = await kind.relations(this.#caller, records, this.#lookups);
    return records.map((record, place) => ({
      ...record,
      relations: relations[place] ?? new Set<Relation>(),
    }));
  }

  forget(): void {
    this.#loaders.clear();
  }

  #loader<V extends object>(kind: RecordKind<V>): DataLoader<string, Loaded<object> | null> {
    let loader = this.#loaders.get(kind.name);
    if (loader === undefined) {
      const load = async (ids: readonly string[]): Promise<(Loaded<object> | VitrineError | null)[]> => {
        const outcomes = await this.#store.load(kind, ids);
        const absent = ids.filter((id) => (outcomes.get(id) ?? null) === null);
        // What isn't there costs what is there and hidden; whatever the caller is to it, it is nobody's.
        const strangers = await Promise.all(absent.map(() => this.#store.strangers.of(kind)));
        const related = await this.#relateOutcomes<object>(kind, [
          ...ids.map((id) => outcomes.get(id) ?? null),
          ...strangers,
        ]);
        return related.slice(0, ids.length);
      };
      loader = new DataLoader<string, Loaded<object> | null>(load);
      this.#loaders.set(kind.name, loader);
    }
    return loader;
  }

  /** As `relate`, but what doesn't verify of what relations rest on costs the records alone that rest on it. */
  async #relateEach<V extends object>(
    kind: RecordKind<V>,
    records: readonly Unrelated<V>[],
  ): Promise<readonly (Loaded<V> | VitrineError)[]> {
    try {
      return await this.relate(kind, records);
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
      if (records.length === 1) return [error];
      return (await Promise.all(records.map((record) => this.#relateEach(kind, [record])))).flat();
    }
  }

  async #relateOutcomes<V extends object>(
    kind: RecordKind<V>,
    outcomes: readonly (Outcome | null)[],
  ): Promise<(Loaded<V> | VitrineError | null)[]> {
    // The store opened these as this kind, whose sealed values its schema had validated.
    const good = outcomes.filter((o): o is Unrelated<V> => o !== null && !(o instanceof VitrineError));
    const related = await this.#relateEach(kind, good);
    let next = 0;
    return outcomes.map((o) => (o === null || o instanceof VitrineError ? o : (related[next++] ?? null)));
  }
}

/** The record with one relation more: for a lookup that itself makes the caller something to it. */
export function withRelation<V>(record: Loaded<V>, relation: Relation): Loaded<V> {
  return { ...record, relations: new Set([...record.relations, relation]) };
}
