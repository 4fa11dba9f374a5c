/** What a member can't read can't be probed by `where` or `orderBy` (design: access, "The same rule on every path"). */
import type { InputPath } from '../ledger/core/index.js';
import type { Caller, FieldClass, Relation } from '../records/index.js';
import { levelOf } from './levels.js';
import { filterForbidden } from './refusal.js';

/** Columns that every kind has beside its own. */
const OWN_COLUMNS: Readonly<Record<string, FieldClass>> = {
  id: 'DIRECTORY',
  version: 'DIRECTORY',
  entry: 'DIRECTORY',
  custodian: 'DIRECTORY',
};

/** As much of a record kind as the check needs. */
export interface FilteredKind {
  readonly name: string;
  readonly existence: 'PUBLIC' | 'DIRECTORY';
  readonly columns: Readonly<Record<string, { readonly class: FieldClass }>>;
}

/**
 * Refuses a filter or an order that would tell the caller about a field it may not copy. Call it in the service, before
 * the query, with all columns that the client's filter and order use.
 *
 * @param columns of the kind, or id, version, entry, custodian.
 * @param guaranteed relations that hold for **every** record that the list can have, by the conditions that the
 *   service itself adds: `CUSTODIAN` when it adds `custodian = caller.institution`. Nothing the client sent counts.
 * @param path of the filter among the arguments.
 * @throws VitrineError FORBIDDEN at the column's place.
 */
export function requireFilter(
  caller: Caller,
  kind: FilteredKind,
  columns: readonly string[],
  guaranteed: ReadonlySet<Relation>,
  path: InputPath = ['filter'],
): void {
  for (const column of columns) {
    requireClass(caller, column, classOfColumn(kind, column), guaranteed, [...path, column]);
  }
}

/** The same for a search that isn't by a column: by a name's words, by an identifier. */
export function requireClass(
  caller: Caller,
  name: string,
  fieldClass: FieldClass,
  guaranteed: ReadonlySet<Relation>,
  path: InputPath = ['filter', name],
): void {
  if (levelOf(caller, guaranteed, fieldClass) !== 'COPY') throw filterForbidden(name, fieldClass, path);
}

function classOfColumn(kind: FilteredKind, column: string): FieldClass {
  const own = OWN_COLUMNS[column];
  const declared = kind.columns[column]?.class ?? own;
  if (declared === undefined) throw new Error(`kind ${kind.name} has no column ${column}`);
  // That a public record exists, and under which id, is public.
  return own !== undefined && kind.existence === 'PUBLIC' ? 'PUBLIC' : declared;
}
