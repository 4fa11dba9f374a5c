/**
 * The one way out: rows with their entries in one statement, which is one snapshot; the trusted log advanced to it;
 * every row opened and verified (design: architecture, "The one way out"). No caller sees an unverified value.
 */
import type { Database } from '../database/index.js';
import type { Ledger } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { Facts } from './facts.js';
import type { Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { type ListPlan, Lists } from './lists.js';
import { violation } from './open.js';
import type { Query, Sql } from './query.js';
import { encodeCursor, pageSql } from './query.js';
import { entryOf, type RawRow, sealedIn } from './raw-row.js';
import { rowsSql } from './rows-sql.js';
import { Strangers } from './strangers.js';
import { openVersions, type SealedVersion } from './versions.js';
import { WholeLists } from './whole-lists.js';

/** What became of one row: the record, or why it can't be shown. */
export type Outcome = Unrelated<object> | VitrineError;

export interface Listed {
  readonly cursor: string;
  readonly outcome: Outcome;
}

/** Whom the side table of unique keys names. */
export interface Holder {
  readonly kind: string;
  readonly id: string;
  /** The log's size that this is of. */
  readonly head: bigint;
}

export interface StoreDependencies {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Told of every record that failed; the feed and the metrics hang on it. */
  readonly onViolation: (error: VitrineError) => void;
}

/** How often a read that a concurrent commit overtook is repeated before it gives up. */
const ATTEMPTS = 6;

export class RecordStore {
  /** Verified records that decisions rest on. */
  readonly facts: Facts;
  /** Whole lists that decisions rest on, of many threads at once. */
  readonly whole: WholeLists;
  /** What stands for records that aren't there. */
  readonly strangers: Strangers;
  readonly #deps: StoreDependencies;
  readonly #lists: Lists;

  constructor(deps: StoreDependencies) {
    this.#deps = deps;
    const { trusted } = deps.ledger;
    this.facts = new Facts({ trusted, load: (kind, ids) => this.load(kind, ids) });
    this.#lists = new Lists({
      trusted,
      mac: (scope, value) => deps.ledger.keys.blindKey.mac(scope, value),
      open: (plan, ids) => this.#openUnshown(plan, ids),
      reported: (error) => this.reported(error),
    });
    this.whole = new WholeLists({
      trusted,
      read: (kind, source) => this.#read(kind, source, false),
      open: (kind, row, head) => this.#open(kind, row, head),
      reported: (error) => this.reported(error),
    });
    this.strangers = new Strangers(deps.ledger);
    let { erasures } = trusted;
    deps.ledger.onAdvance(() => {
      if (erasures === trusted.erasures) return;
      ({ erasures } = trusted);
      // Values that are gone are not to stay in memory.
      this.facts.clear();
      this.whole.clear();
      this.strangers.clear();
    });
  }

  get ledger(): Ledger {
    return this.#deps.ledger;
  }

  /** The records of these ids: a record, null where there is none, or the violation. */
  async load(kind: AnyKind, ids: readonly string[]): Promise<Map<string, Outcome | null>> {
    const found = new Map<string, Outcome | null>();
    let missing: readonly string[] = [...new Set(ids)];
    for (let attempt = 0; missing.length > 0; attempt++) {
      const source: Sql = {
        text: `SELECT * FROM "${kind.table}" d WHERE d.id = ANY($1::uuid[])`,
        parameters: [missing],
      };
      const { rows, head } = await this.#read(kind, source, false);
      const again: string[] = [];
      const byId = new Map(rows.map((row) => [String(row['c_id']), row]));
      for (const id of missing) {
        const row = byId.get(id);
        const outcome = row === undefined ? this.#absent(kind, id, head) : await this.#open(kind, row, head);
        if (outcome === 'overtaken' && attempt < ATTEMPTS) again.push(id);
        else found.set(id, this.#settled(kind, id, outcome));
      }
      missing = again;
    }
    return found;
  }

  /**
   * One page of a list, in order, with one row more than `first` if there is one.
   * @throws VitrineError INTEGRITY_VIOLATION, which is reported, when the list isn't all that it claims to be
   */
  async find(kind: AnyKind, query: Query): Promise<readonly Listed[]> {
    const mac = (scope: string, value: string) => this.ledger.keys.blindKey.mac(scope, value);
    const plan = this.#lists.planOf(kind, query);
    for (let attempt = 0; ; attempt++) {
      const last = attempt === ATTEMPTS;
      const { rows, head, list } = await this.#read(kind, pageSql(kind, query, mac), true, plan);
      const held = plan && this.#lists.requireWhole(plan, list, head);
      if (held !== 'overtaken') {
        const listed = await this.#openPage(kind, query, plan, rows, head, last);
        if (listed !== undefined && (held === undefined || (await this.#lists.requireColumns(held, rows))))
          return listed;
      }
      if (last)
        throw new VitrineError('UNAVAILABLE', `the list of ${kind.name} changes faster than it can be read`);
    }
  }

  /** The page's rows, opened; undefined when a commit overtook one of them. */
  async #openPage(
    kind: AnyKind,
    query: Query,
    plan: ListPlan | undefined,
    rows: readonly RawRow[],
    head: bigint,
    last: boolean,
  ): Promise<readonly Listed[] | undefined> {
    const listed: Listed[] = [];
    const seen = new Set<string>();
    for (const row of rows) {
      const id = String(row['c_id']);
      const outcome = seen.has(id)
        ? violation(kind, id, 'it has more than one current row')
        : requireWords(kind, await this.#openListed(kind, plan, row, head), query.words ?? []);
      if (outcome === 'overtaken' && !last) return undefined;
      seen.add(id);
      const order = row['@order'] === null ? null : String(row['@order']);
      listed.push({
        cursor: encodeCursor(query.order?.column ?? 'id', order, id),
        // A row always is; `absent` is for ids that were asked for.
        outcome: this.#settled(kind, id, outcome) as Outcome,
      });
    }
    return listed;
  }

  async #openListed(
    kind: AnyKind,
    plan: ListPlan | undefined,
    row: RawRow,
    head: bigint,
  ): Promise<Outcome | 'overtaken'> {
    const outcome = await this.#open(kind, row, head);
    return plan === undefined ? outcome : this.#lists.learn(plan, row, outcome);
  }

  /** Opens rows of a list that aren't shown, so that their columns are known to be what was sealed. */
  async #openUnshown(plan: ListPlan, ids: readonly string[]): Promise<void> {
    const source: Sql = {
      text: `SELECT * FROM "${plan.kind.table}" d WHERE d.id = ANY($1::uuid[])`,
      parameters: [ids],
    };
    const { rows, head } = await this.#read(plan.kind, source, false, { ...plan, claim: undefined });
    for (const row of rows) {
      const outcome = await this.#openListed(plan.kind, plan, row, head);
      if (outcome instanceof VitrineError) throw this.reported(outcome);
    }
  }

  /** The record that holds a unique key, straight from the side table: the caller must check the record. */
  async holder(scope: string, value: string): Promise<Holder | null> {
    const { trusted, keys } = this.ledger;
    const before = trusted.size;
    const [row] = await this.#deps.database.sql.$queryRawUnsafe<Holder[]>(
      `SELECT h.size AS head, u.kind, u.subject::text AS id FROM log_head h, unique_key u
       WHERE h.id = 1 AND u.scope = $1 AND u.key = $2`,
      scope,
      keys.blindKey.mac(scope, value),
    );
    if (row !== undefined) await trusted.reach(row.head, before);
    return row ?? null;
  }

  /** Every version of a record, oldest first. @throws VitrineError INTEGRITY_VIOLATION, which is reported */
  async versions(kind: AnyKind, id: string): Promise<readonly SealedVersion[]> {
    try {
      return await openVersions(this.#deps, kind, id);
    } catch (error) {
      throw error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION'
        ? this.reported(error)
        : error;
    }
  }

  /** Reports a violation that was found in what this store gave. */
  reported(error: VitrineError): VitrineError {
    this.#deps.onViolation(error);
    return error;
  }

  async #read(
    kind: AnyKind,
    source: Sql,
    ordered: boolean,
    plan?: Partial<ListPlan>,
  ): Promise<{ rows: RawRow[]; head: bigint; list: unknown }> {
    const { trusted } = this.ledger;
    if (trusted.alarm !== undefined) throw trusted.alarm;
    const before = trusted.size;
    const sql = rowsSql(kind, source, ordered, plan);
    const parameters =
      plan?.claim === undefined ? source.parameters : [...source.parameters, plan.claim.thread];
    const raw = await this.#deps.database.sql.$queryRawUnsafe<RawRow[]>(sql, ...parameters);
    const head = BigInt(String(raw[0]?.['@head'] ?? 0));
    await trusted.reach(head, before);
    return { rows: raw.filter((row) => row['c_id'] !== null), head, list: raw[0]?.['@list'] };
  }

  async #open(kind: AnyKind, row: RawRow, head: bigint): Promise<Outcome | 'overtaken'> {
    const { ledger } = this;
    const { trusted } = ledger;
    const id = String(row['c_id']);
    const index = BigInt(String(row['c_entry']));
    try {
      if (index >= head && row['leaf'] !== null)
        return violation(kind, id, 'it cites an entry that the log does not have', index);
      const entry = await entryOf(ledger, row);
      if (entry === null) return violation(kind, id, 'its entry is not on the log', index);
      if (trusted.isSuperseded(index)) {
        if (trusted.size > head) return 'overtaken';
        return violation(kind, id, 'a later entry replaced this version', index);
      }
      const outcome = await sealedIn(ledger, kind, row, entry);
      // Not what an erasure overtook: it isn't dropped again.
      if (!(outcome instanceof VitrineError) && !trusted.isSuperseded(index)) this.strangers.keep(kind, row);
      return outcome;
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      if (error.code !== 'INTEGRITY_VIOLATION') throw error;
      return violation(kind, id, String(error.details['what'] ?? error.message), index);
    }
  }

  #absent(kind: AnyKind, id: string, head: bigint): VitrineError | null | 'overtaken' {
    const { trusted } = this.ledger;
    if (!trusted.hasSubject(kind.name, id)) return null;
    if (trusted.size > head) return 'overtaken';
    return violation(kind, id, 'the log knows it and its row is missing');
  }

  #settled(kind: AnyKind, id: string, outcome: Outcome | null | 'overtaken'): Outcome | null {
    if (outcome === 'overtaken')
      return new VitrineError(
        'UNAVAILABLE',
        `${kind.name} ${id} changes faster than it can be read; ask again`,
      );
    if (outcome instanceof VitrineError && outcome.code === 'INTEGRITY_VIOLATION')
      this.#deps.onViolation(outcome);
    return outcome;
  }
}

/** Rows and words were read in one snapshot, so a record that was found by a word has it, or the word's row lies. */
function requireWords(
  kind: AnyKind,
  outcome: Outcome | 'overtaken',
  words: NonNullable<Query['words']>,
): Outcome | 'overtaken' {
  if (outcome === 'overtaken' || outcome instanceof VitrineError || words.length === 0) return outcome;
  const own = kind.searchWords?.(outcome.values, outcome.head) ?? [];
  const has = ({ scope, value }: { scope: string; value: string }) =>
    own.some((word) => word.scope === scope && word.value === value);
  if (words.every(has)) return outcome;
  const { index } = outcome.anchor;
  return violation(kind, outcome.head.id, 'a search word names it that it does not have', index);
}
