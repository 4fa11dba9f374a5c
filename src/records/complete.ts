/**
 * Lists that prove themselves gap-free (design: ledger, read check 6). The log says which records of a kind began on a
 * thread: a patient's encounters, an institution's reports, a programme's subsidies. A list reads the ids of all of them
 * in the statement that reads its page, so that both are of one moment, and holds them against the log as of that moment.
 *
 * Cost: the ids of the whole list at each read, about 1 µs each in PostgreSQL and in here together. Where a filter or an
 * order left rows out by their columns, those columns are verified too: by opening each such row once a process (about
 * 0.1 ms), and by comparing one hash a row from then on (5 µs).
 */
import { type Move, type TrustedLog, uuidText } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { asText, columnTexts, HEAD_COLUMNS, sqlName } from './columns.js';
import type { RecordHead } from './kind.js';
import type { AnyKind } from './kinds.js';
import type { Query } from './query.js';

/** All records of a kind whose `column` names a thread on which they began. */
export interface Claim {
  /** One of the kind's `lists`, or the first of two columns that make one together. */
  readonly column: string;
  /** The second of them. */
  readonly or?: string;
  /** The thread's id. */
  readonly thread: string;
}

/** A line of a list, as it was read. */
export interface ListLine {
  readonly id: string;
  readonly entry: bigint;
  /** Names the row's entry and columns. */
  readonly digest: string;
}

/** Verified rows that are remembered, for all lists together: 100 bytes each. */
const KEPT = 2 ** 17;
/** Rows of a list whose columns are verified though they aren't shown. In longer lists that is left to `vitrine verify`. */
export const MOST_VERIFIED = 10_000;

const ID = 16;
const ENTRY = 8;
const DIGEST = 32;

/**
 * The kind of what a list's column names. The log knows what began on a thread and not by which column: an institution's id in
 * the place of a patient's names no list, although records of the kind began on the institution's thread.
 */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['patient', 'Patient'],
  ['first', 'Patient'],
  ['second', 'Patient'],
  ['custodian', 'Institution'],
  ['institution', 'Institution'],
  ['keeper', 'Institution'],
  ['firstKeeper', 'Institution'],
  ['secondKeeper', 'Institution'],
  ['grantee', 'Institution'],
  ['payee', 'Institution'],
  ['programme', 'Programme'],
  ['representative', 'Member'],
]);

/** Whether something on the log can stand in a list's column; in the list of anything else there is nothing. */
export function canName(column: string, id: string, trusted: Pick<TrustedLog, 'hasSubject'>): boolean {
  return trusted.hasSubject(NAMED_BY.get(column) ?? '', id);
}

/** @throws Error for a list by a column of which it isn't said what it names */
export function requireNamed(kind: AnyKind): void {
  const unknown = (kind.lists ?? []).flat().filter((column) => !NAMED_BY.has(column));
  if (unknown.length > 0) throw new Error(`${kind.name}: what does a list by ${unknown.join(', ')} name?`);
}

/** What a query claims to be all of: the shortest of the lists that its conditions name; undefined for none. */
export function claimOf(
  kind: AnyKind,
  query: Query,
  trusted: Pick<TrustedLog, 'listLength' | 'hasSubject'>,
): Claim | undefined {
  const claims: (Claim & { readonly length: number })[] = [];
  for (const condition of query.where) {
    const { column, op, value } = condition;
    if (typeof value !== 'string' || !(op === 'eq' || op === 'either')) continue;
    if (query.by !== undefined && query.by !== column) continue;
    if (!canName(column, value, trusted)) continue;
    const or = op === 'either' ? { or: condition.or } : {};
    const listed = kind.lists?.some((list) =>
      typeof list === 'string' ? op === 'eq' && list === column : op === 'either' && isPair(list, condition),
    );
    if (listed !== true) continue;
    claims.push({ column, ...or, thread: value, length: trusted.listLength(kind.name, value) });
  }
  const [shortest] = claims.sort((a, b) => a.length - b.length);
  if (shortest === undefined) return undefined;
  const { length: _length, ...claim } = shortest;
  return claim;
}

function isPair(
  [first, second]: readonly [string, string],
  condition: { column: string; or: string },
): boolean {
  return first === condition.column && second === condition.or;
}

/** Tells whether a query leaves out rows of its list by anything else than their ids. */
export function isNarrowed({ where, words = [], order }: Query, claim: Claim): boolean {
  const own = claim.or === undefined ? 'eq' : 'either';
  const others = where.filter(({ column, op }) => column !== claim.column || op !== own);
  return others.length > 0 || words.length > 0 || (order !== undefined && order.column !== 'id');
}

/** SQL of the whole list as one byte string; `thread` is the parameter that holds the thread's id. */
export function listSql(kind: AnyKind, claim: Claim, thread: string, digest: string | null): string {
  const line = digest === null ? 'uuid_send(l.id)' : `uuid_send(l.id) || int8send(l.entry) || ${digest}`;
  const columns = claim.or === undefined ? [claim.column] : [claim.column, claim.or];
  const named = columns.map((column) => `l."${sqlName(column)}" = ${thread}::uuid`).join(' OR ');
  return `(SELECT string_agg(${line}, ''::bytea ORDER BY l.id) FROM "${kind.table}" l WHERE ${named})`;
}

/** SQL of a row's digest: over its entry, its columns and, on demand, its search words; `row` is its alias. */
export function digestSql(kind: AnyKind, row: string, words: boolean): string {
  const types = {
    ...HEAD_COLUMNS,
    ...Object.fromEntries(Object.entries(kind.columns).map(([name, { type }]) => [name, type])),
  };
  const texts = Object.entries(types).map(([name, type]) => asText(`${row}."${sqlName(name)}"`, type));
  if (words) texts.push(wordsSql(kind, row));
  return `sha256(convert_to(${row}.entry::text || ARRAY[${texts.join(', ')}]::text, 'UTF8'))`;
}

/** SQL of a record's rows among the search words, as one text. */
export function wordsSql(kind: AnyKind, row: string): string {
  return `(SELECT string_agg(w.scope || ' ' || w.word, ',' ORDER BY w.scope COLLATE "C", w.word COLLATE "C")
    FROM search_word w WHERE w.subject = ${row}.id AND w.kind = '${kind.name}')`;
}

/** Splits what {@link listSql} gave: ids side by side, and the lines where it has more than ids. */
export function parseList(
  bytes: Uint8Array,
  narrowed: boolean,
): { readonly ids: Uint8Array; readonly lines: readonly ListLine[] } {
  if (!narrowed) return { ids: bytes, lines: [] };
  const rows = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = ID + ENTRY + DIGEST;
  const ids = new Uint8Array((rows.length / size) * ID);
  const lines: ListLine[] = [];
  for (let at = 0; at < rows.length; at += size) {
    ids.set(rows.subarray(at, at + ID), lines.length * ID);
    lines.push({
      id: uuidText(rows.subarray(at, at + ID)),
      entry: rows.readBigInt64BE(at + ID),
      digest: rows.toString('latin1', at + ID + ENTRY, at + size),
    });
  }
  return { ids, lines };
}

/** Digests of rows that were opened and found to be what was sealed. An entry seals one record version for good. */
export class VerifiedRows {
  readonly #kept = new Set<string>();

  has(digest: string): boolean {
    return this.#kept.has(digest);
  }

  add(digest: string): void {
    this.#kept.delete(digest);
    this.#kept.add(digest);
    const [oldest] = this.#kept;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** The INTEGRITY_VIOLATION of a list. It gives no number: who lists some of them needn't know how many there are. */
export function incomplete(kind: AnyKind, { column, thread }: Claim): VitrineError {
  const what = `the list by ${column} ${thread} isn't all that the log has`;
  return new VitrineError('INTEGRITY_VIOLATION', `${kind.name}: ${what}`, {
    details: { kind: kind.name, thread, what },
  });
}

/**
 * What lists rest on: a record begins on the threads that its list columns name, and leaves one only by the move that its
 * entry declares.
 * @throws VitrineError INTERNAL for a change that would break it
 */
export function requirePlaces(
  kind: AnyKind,
  next: { readonly values: object; readonly head: RecordHead },
  base: { readonly values: object; readonly head: RecordHead } | null,
  move: Move | null = null,
): void {
  if (kind.lists === undefined) {
    if (move !== null) throw new VitrineError('INTERNAL', `${kind.name}: it is on no list to move from`);
    return;
  }
  const texts = columnTexts(kind, next.values, next.head);
  const before = base === null ? texts : columnTexts(kind, base.values, base.head);
  const threads = kind.threads(next.values, next.head);
  // A record that is on lists of several columns may be on one list twice: what a move would leave of that isn't told.
  const isMovable = kind.lists.length === 1 && typeof kind.lists[0] === 'string';
  for (const column of kind.lists.flat()) {
    const thread = texts.get(column) ?? null;
    const was = before.get(column) ?? null;
    const stays = move === null ? thread === was : isMovable && was === move.from && thread === move.to;
    if (!stays || (thread !== null && !threads.includes(thread)))
      throw new VitrineError('INTERNAL', `${kind.name}: ${column} is no thread that stays`);
  }
}
