/**
 * Whole lists of many threads at once, for decisions about many records: every record of a kind on each of them, proven
 * gap-free by the log (design: ledger, read check 6). What was read once is kept for as long as the log knows neither a
 * record that joined the list nor a later version of one in it, so an unchanged list costs no query, and an empty one never does.
 */
import type { TrustedLog } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { sqlName } from './columns.js';
import { canName, type Claim, incomplete } from './complete.js';
import type { ListColumn, RecordKind, Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import type { Sql } from './query.js';
import type { Outcome } from './store.js';

type Row = Readonly<Record<string, unknown>>;
type List = readonly Unrelated<object>[];

export interface WholeListsDependencies {
  readonly trusted: TrustedLog;
  /** Rows of one statement, and the log's size that they are of. */
  readonly read: (kind: AnyKind, source: Sql) => Promise<{ rows: readonly Row[]; head: bigint }>;
  readonly open: (kind: AnyKind, row: Row, head: bigint) => Promise<Outcome | 'overtaken'>;
  readonly reported: (error: VitrineError) => VitrineError;
}

/** Records kept at most, of all lists together. */
const KEPT = 50_000;
/** How often a read that commits overtook is repeated. */
const ATTEMPTS = 6;

export class WholeLists {
  readonly #kept = new Map<string, List>();
  #records = 0;

  constructor(private readonly deps: WholeListsDependencies) {}

  /**
   * Every record of a kind by one of its `lists`, for each thread, oldest first. At most one statement.
   * @param options `kept`: false for answers to clients, which read and compare the rows each time
   * @throws VitrineError INTEGRITY_VIOLATION when a list isn't all that the log has, or one of its records doesn't verify
   */
  async of<V extends object>(
    kind: RecordKind<V>,
    column: ListColumn,
    threads: readonly string[],
    { kept = true }: { readonly kept?: boolean } = {},
  ): Promise<ReadonlyMap<string, readonly Unrelated<V>[]>> {
    const found = new Map<string, List>();
    for (let attempt = 0; ; attempt++) {
      const unknown = [...new Set(threads)].filter((thread) => {
        const list = found.get(thread) ?? this.#current(kind, column, thread, kept);
        if (list !== undefined) found.set(thread, list);
        return list === undefined;
      });
      // The kind tells what its values are.
      if (unknown.length === 0) return found as Map<string, readonly Unrelated<V>[]>;
      if (attempt === ATTEMPTS)
        throw new VitrineError('UNAVAILABLE', `lists of ${kind.name} change faster than they can be read`);
      const { erasures } = this.deps.trusted;
      for (const [thread, list] of await this.#read(kind, column, unknown)) {
        found.set(thread, list);
        // What an erasure overtook may hold what was erased.
        if (erasures === this.deps.trusted.erasures) this.#keep(keyOf(kind, column, thread), list);
      }
    }
  }

  /** Drops what is kept. */
  clear(): void {
    this.#kept.clear();
    this.#records = 0;
  }

  #current(kind: AnyKind, column: ListColumn, thread: string, mayBeKept: boolean): List | undefined {
    const { trusted } = this.deps;
    if (trusted.alarm !== undefined) throw trusted.alarm;
    const count = canName(claimOn(column, thread).column, thread, trusted)
      ? trusted.listLength(kind.name, thread)
      : 0;
    if (count === 0) return [];
    if (!mayBeKept) return undefined;
    const kept = this.#kept.get(keyOf(kind, column, thread));
    if (kept?.length !== count) return undefined;
    const isCurrent = ({ head, anchor }: Unrelated<object>) =>
      trusted.subject(kind.name, head.id)?.index === anchor.index;
    return kept.every(isCurrent) ? kept : undefined;
  }

  /** The lists of those threads that no commit overtook. */
  async #read(kind: AnyKind, column: ListColumn, threads: readonly string[]): Promise<Map<string, List>> {
    const columns = [column].flat();
    const named = columns.map((name) => `d."${sqlName(name)}" = ANY($1::uuid[])`);
    const source: Sql = {
      text: `SELECT * FROM "${kind.table}" d WHERE ${named.join(' OR ')}`,
      parameters: [threads],
    };
    const { rows, head } = await this.deps.read(kind, source);
    const lists = new Map<string, List>();
    for (const thread of threads) {
      const own = rows.filter((row) => columns.some((name) => String(row[`c_${name}`]) === thread));
      const list = await this.#whole(kind, claimOn(column, thread), own, head);
      if (list !== 'overtaken') lists.set(thread, list);
    }
    return lists;
  }

  async #whole(kind: AnyKind, claim: Claim, rows: readonly Row[], head: bigint): Promise<List | 'overtaken'> {
    const ids = rows.map((row) => String(row['c_id'])).sort();
    const bytes = Buffer.from(ids.join('').replaceAll('-', ''), 'hex');
    const check = this.deps.trusted.checkList(kind.name, claim.thread, head, bytes);
    if (check === undefined) return 'overtaken';
    if (!check.holds) throw this.deps.reported(incomplete(kind, claim));
    const list: Unrelated<object>[] = [];
    for (const row of rows) {
      const outcome = await this.deps.open(kind, row, head);
      if (outcome === 'overtaken') return outcome;
      if (outcome instanceof VitrineError)
        throw outcome.code === 'INTEGRITY_VIOLATION' ? this.deps.reported(outcome) : outcome;
      list.push(outcome);
    }
    // Ids are UUIDv7, so their order is that of the making.
    return list.sort((a, b) => (a.head.id < b.head.id ? -1 : 1));
  }

  #keep(key: string, list: List): void {
    this.#drop(key);
    this.#kept.set(key, list);
    this.#records += list.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#records <= KEPT) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#records -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}

function keyOf(kind: AnyKind, column: ListColumn, thread: string): string {
  return `${kind.name}/${String(column)}/${thread}`;
}

function claimOn(list: ListColumn, thread: string): Claim {
  if (typeof list === 'string') return { column: list, thread };
  const [column, or] = list;
  return { column, or, thread };
}
