/** Side columns as SQL: how a kind's columns are selected, compared and written, in one text form a type. */
import type { ColumnType, ColumnValue, RecordHead } from './kind.js';
import type { AnyKind } from './kinds.js';

/** PostgreSQL's name of each column type. */
export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  uuid: 'uuid',
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamptz(3)',
};

/** The bounds of PostgreSQL's whole numbers. */
const WHOLE: Readonly<Record<'integer' | 'bigint', bigint>> = { integer: 2n ** 31n, bigint: 2n ** 63n };

/** The columns that every table of records has. */
export const HEAD_COLUMNS = { id: 'uuid', version: 'integer', custodian: 'uuid' } as const satisfies Record<
  string,
  ColumnType
>;

/** `birthYear` → `birth_year`: TypeScript's name to SQL's. */
export function sqlName(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Type of a column of the kind, head columns included; undefined when it has none of that name. */
export function columnType(kind: AnyKind, column: string): ColumnType | undefined {
  // Only to order by: when the current version was recorded.
  if (column === 'entry') return 'bigint';
  if (Object.hasOwn(HEAD_COLUMNS, column)) return HEAD_COLUMNS[column as keyof typeof HEAD_COLUMNS];
  return kind.columns[column]?.type;
}

/** An expression that yields the column as text in its one form, so that it compares with the sealed value. */
export function asText(expression: string, type: ColumnType): string {
  if (type === 'timestamp')
    return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  if (type === 'date') return `to_char(${expression}, 'YYYY-MM-DD')`;
  return `${expression}::text`;
}

/**
 * Whether a text is a value of the type in the one form that {@link asText} yields. Texts of cursors come from outside;
 * what PostgreSQL couldn't cast, or would take for something else (`yesterday`), mustn't reach it.
 */
export function isTextOf(type: ColumnType, text: string): boolean {
  switch (type) {
    case 'uuid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
    case 'text':
      return !/[\p{Surrogate}\0]/u.test(text);
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'date':
      return isMoment(`${text}T00:00:00.000Z`);
    case 'timestamp':
      return isMoment(text);
    case 'integer':
    case 'bigint': {
      if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return false;
      const number = BigInt(text);
      return number >= -WHOLE[type] && number < WHOLE[type];
    }
  }
}

/** A time that exists, in UTC with milliseconds, years 0001 to 9999. */
function isMoment(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]{12}Z$/.test(text) || text.startsWith('0000')) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** The same one form for a value computed from the sealed record. */
export function textOf(value: ColumnValue): string | null {
  return value === null ? null : String(value);
}

/** Every column's value, as text, by its TypeScript name. */
export function columnTexts(kind: AnyKind, values: object, head: RecordHead): Map<string, string | null> {
  const texts = new Map<string, string | null>([
    ['id', head.id],
    ['version', String(head.version)],
    ['custodian', head.custodian],
  ]);
  for (const [name, column] of Object.entries(kind.columns)) texts.set(name, textOf(column.of(values, head)));
  return texts;
}
