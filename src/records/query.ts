/** Lists over side columns as SQL. Only declared columns reach the text; every value is a parameter. */
import { base64url, fromBase64url, fromUtf8, utf8, VitrineError } from '../ledger/core/index.js';
import { asText, columnType, isTextOf, sqlName, SQL_TYPES } from './columns.js';
import type { Claim } from './complete.js';
import type { ColumnType, ColumnValue, ListColumn } from './kind.js';
import type { AnyKind } from './kinds.js';

/** One condition on a side column; all conditions of a query must hold. */
export type Condition =
  | { readonly column: string; readonly op: 'eq' | 'gte' | 'gt' | 'lte' | 'lt'; readonly value: ColumnValue }
  /** Either of two columns holds the value. */
  | { readonly column: string; readonly or: string; readonly op: 'either'; readonly value: string }
  | { readonly column: string; readonly op: 'in'; readonly value: readonly (string | number)[] }
  | { readonly column: string; readonly op: 'isNull'; readonly value: boolean };

export interface Order {
  readonly column: string;
  readonly direction: 'ASC' | 'DESC';
}

export interface Query {
  readonly where: readonly Condition[];
  /** Search words; a record must carry all of them. */
  readonly words?: readonly { readonly scope: string; readonly value: string }[];
  /** By default by id, which is by time of making. */
  readonly order?: Order;
  /** 1 to 100; 1,000 for internal use. */
  readonly first: number;
  readonly after?: string | null;
  /**
   * The list claims nothing: for what rests on the records that are found, not on there being no others. Then the statement is
   * the same whomever it asks about.
   */
  readonly partial?: true;
  /** The list by which it is proven where several of the kind's would do: which is shorter depends on whom it asks about. */
  readonly by?: string;
  /** What the list claims to be all of, to be proven. */
  readonly claim?: Claim | undefined;
}

/** SQL text with its parameters, `$1` first. */
export interface Sql {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** The condition that a record stands on a thread by one of its kind's lists. */
export function listedOn(list: ListColumn, thread: string): Condition {
  if (typeof list === 'string') return { column: list, op: 'eq', value: thread };
  const [column, or] = list;
  return { column, or, op: 'either', value: thread };
}

const OPERATORS = { eq: '=', gte: '>=', gt: '>', lte: '<=', lt: '<' } as const;

/** The place behind a record in an order: the ordered column's text and the id. */
interface Place {
  readonly value: string | null;
  readonly id: string;
}

/** Opaque to clients. It tells only the ordered column's value, which the client could read to order by it. */
export function encodeCursor(column: string, value: string | null, id: string): string {
  return base64url(utf8(JSON.stringify([column, value, id])));
}

/** @throws VitrineError BAD_USER_INPUT for what is no cursor of this order */
export function decodeCursor(cursor: string, column: string, type: ColumnType): Place {
  try {
    const parsed: unknown = JSON.parse(fromUtf8(fromBase64url(cursor)));
    if (Array.isArray(parsed) && parsed.length === 3 && parsed[0] === column) {
      const [, value, id] = parsed as [string, unknown, unknown];
      const fits = value === null || (typeof value === 'string' && isTextOf(type, value));
      if (fits && typeof id === 'string' && isTextOf('uuid', id)) return { value, id };
    }
  } catch {
    // Falls through to the one refusal: what a cursor holds is nobody's business but ours.
  }
  throw new VitrineError('BAD_USER_INPUT', 'expected a cursor of this list and this order', {
    path: ['after'],
  });
}

/** The subquery `(SELECT d.* …)` that picks one page and one row more, in order. */
export function pageSql(kind: AnyKind, query: Query, mac: (scope: string, value: string) => string): Sql {
  const parameters: unknown[] = [];
  const bind = (value: unknown, type: string): string => {
    parameters.push(value);
    return `$${parameters.length}::${type}`;
  };
  const order = query.order ?? { column: 'id', direction: 'ASC' as const };
  const orderType = requireType(kind, order.column);
  const orderBy = `d."${sqlName(order.column)}"`;
  const clauses = query.where.map((condition) => clause(kind, condition, bind));
  for (const word of query.words ?? []) {
    const scope = bind(word.scope, 'text');
    const hashed = bind(mac(word.scope, word.value), 'text');
    clauses.push(
      `d.id IN (SELECT w.subject FROM search_word w WHERE w.scope = ${scope} AND w.word = ${hashed})`,
    );
  }
  if (query.after !== undefined && query.after !== null) {
    const place = decodeCursor(query.after, order.column, orderType);
    clauses.push(behind(orderBy, order.direction, place, SQL_TYPES[orderType], bind));
  }
  const limit = bind(query.first + 1, 'integer');
  const where = clauses.length === 0 ? 'TRUE' : clauses.join(' AND ');
  const text = `SELECT d.*, ${asText(orderBy, orderType)} AS "@order",
      row_number() OVER (ORDER BY ${orderBy} IS NULL, ${orderBy} ${order.direction}, d.id ${order.direction}) AS "@place"
    FROM "${kind.table}" d WHERE ${where} ORDER BY "@place" LIMIT ${limit}`;
  return { text, parameters };
}

function clause(kind: AnyKind, condition: Condition, bind: (value: unknown, type: string) => string): string {
  const type = SQL_TYPES[requireType(kind, condition.column)];
  const column = `d."${sqlName(condition.column)}"`;
  if (condition.op === 'isNull') return `${column} IS ${condition.value ? '' : 'NOT '}NULL`;
  if (condition.op === 'either') {
    const other = `d."${sqlName(condition.or)}"`;
    requireType(kind, condition.or);
    const value = `${bind(condition.value, 'text')}::${type}`;
    return `(${column} = ${value} OR ${other} = ${value})`;
  }
  if (condition.op === 'in')
    return `${column} = ANY(${bind(condition.value.map(String), 'text[]')}::${type}[])`;
  if (condition.value === null) throw new VitrineError('INTERNAL', 'use isNull to compare with null');
  return `${column} ${OPERATORS[condition.op]} ${bind(String(condition.value), 'text')}::${type}`;
}

/** Nulls come last in either direction. */
function behind(
  column: string,
  direction: 'ASC' | 'DESC',
  place: Place,
  type: string,
  bind: (value: unknown, type: string) => string,
): string {
  const than = direction === 'ASC' ? '>' : '<';
  const id = bind(place.id, 'uuid');
  if (place.value === null) return `(${column} IS NULL AND d.id ${than} ${id})`;
  const value = `${bind(place.value, 'text')}::${type}`;
  return `(${column} IS NULL OR ${column} ${than} ${value} OR (${column} = ${value} AND d.id ${than} ${id}))`;
}

function requireType(kind: AnyKind, column: string) {
  const type = columnType(kind, column);
  if (type === undefined) throw new VitrineError('INTERNAL', `kind ${kind.name} has no column ${column}`);
  return type;
}
