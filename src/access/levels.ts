/** The one decision about a field: matrix and role table together. Pure, synchronous, no cache. */
import type { Caller, FieldClass, Relation, Role } from '../records/index.js';
import { MATRIX_RELATIONS, type GuardedClass, type Level } from './matrix.js';
import { TABLES_IN_CODE, type Tables } from './tables.js';

/**
 * What a caller may do with a field of a class.
 *
 * The highest level among the caller's relations wins, but one of the caller's roles must carry the class; without it
 * the level is NONE. The role PATIENT carries through the relation SELF alone, so that a member who is also a patient
 * doesn't read others with it.
 *
 * @param caller null for a caller who isn't signed in: what is open to everyone, and nothing else.
 * @param relations of the caller to the record.
 * @param wrote whether the caller wrote the entry itself; writing roles carry LEDGER of such entries only.
 * @param tables other than those of the code, for what was decided at another time
 * @example levelOf(clinician, new Set(['TREATING']), 'CLINICAL') // 'VIEW'
 */
export function levelOf(
  caller: Caller,
  relations: ReadonlySet<Relation>,
  fieldClass: FieldClass,
  wrote = false,
  tables: Tables = TABLES_IN_CODE,
): Level {
  if (tables.isOpen(fieldClass)) return 'COPY';
  if (caller === null) return 'NONE';
  let highest: Level = 'NONE';
  for (const relation of relations) {
    const level = levelThrough(tables, caller.roles, fieldClass, relation, wrote);
    if (level === 'NONE') continue;
    if (level === 'COPY') return 'COPY';
    highest = level;
  }
  return highest;
}

/** The relation through which a caller copies fields of a class: the first one of the matrix; null when none does. */
export function copiedThrough(
  caller: Caller,
  relations: ReadonlySet<Relation>,
  fieldClass: GuardedClass,
): Relation | null {
  if (caller === null) return null;
  const gives = (relation: Relation): boolean =>
    relations.has(relation) &&
    levelThrough(TABLES_IN_CODE, caller.roles, fieldClass, relation, false) === 'COPY';
  return MATRIX_RELATIONS.find(gives) ?? null;
}

/** What one relation contributed to a decision. */
export interface Ground {
  readonly relation: Relation;
  /** What the matrix gives through it. */
  readonly cell: Level;
  /** The caller's roles that carry the class there; everyone signed in carries DIRECTORY, which no role is named for. */
  readonly carriedBy: readonly Role[];
  /** What came of it: the cell, or NONE where no role carries the class. */
  readonly level: Level;
}

/** A decision with its grounds. */
export interface Decision {
  readonly level: Level;
  /** The class is open to everyone: nothing else was asked. */
  readonly open: boolean;
  /** Each relation of the caller, in order. */
  readonly grounds: readonly Ground[];
}

/** {@link levelOf} with its grounds: the same decision, told. */
export function decisionOf(
  caller: Caller,
  relations: ReadonlySet<Relation>,
  fieldClass: FieldClass,
  wrote = false,
  tables: Tables = TABLES_IN_CODE,
): Decision {
  const grounds = [...relations].sort().map((relation): Ground => {
    const roles = caller?.roles ?? new Set<Role>();
    return {
      relation,
      cell: tables.cell(fieldClass, relation),
      carriedBy: [...roles].filter((role) => tables.carries(role, fieldClass, relation, wrote)).sort(),
      level: caller === null ? 'NONE' : levelThrough(tables, roles, fieldClass, relation, wrote),
    };
  });
  return {
    level: levelOf(caller, relations, fieldClass, wrote, tables),
    open: tables.isOpen(fieldClass),
    grounds,
  };
}

/** What one relation gives: the cell, where one of the roles carries the class. */
function levelThrough(
  tables: Tables,
  roles: ReadonlySet<Role>,
  fieldClass: FieldClass,
  relation: Relation,
  wrote: boolean,
): Level {
  const level = tables.cell(fieldClass, relation);
  return level !== 'NONE' && carriesAny(tables, roles, fieldClass, relation, wrote) ? level : 'NONE';
}

/** The matrix at one place. */
export function cell(fieldClass: GuardedClass, relation: Relation): Level {
  return TABLES_IN_CODE.cell(fieldClass, relation);
}

/** Tells whether a role carries a class to a record to which the caller stands in a relation. */
export function carries(role: Role, fieldClass: FieldClass, relation: Relation, wrote = false): boolean {
  return TABLES_IN_CODE.carries(role, fieldClass, relation, wrote);
}

function carriesAny(
  tables: Tables,
  roles: ReadonlySet<Role>,
  fieldClass: FieldClass,
  relation: Relation,
  wrote: boolean,
): boolean {
  // Everyone signed in carries DIRECTORY, also a member that was given no role yet.
  if (fieldClass === 'DIRECTORY') return true;
  for (const role of roles) if (tables.carries(role, fieldClass, relation, wrote)) return true;
  return false;
}
