/** The one decision about a field: matrix and role table together. Pure, synchronous, no cache. */
import type { Caller, FieldClass, Relation, Role } from '../records/index.js';
import {
  MATRIX,
  MATRIX_RELATIONS,
  OPEN_CLASSES,
  PATIENT_RELATION,
  ROLE_CLASSES,
  WRITING_ROLES,
  type GuardedClass,
  type Level,
} from './matrix.js';

const PLACE = new Map<Relation, number>(MATRIX_RELATIONS.map((relation, place) => [relation, place]));
const CARRIES = new Map<Role, ReadonlySet<FieldClass>>(
  Object.entries(ROLE_CLASSES).map(([role, classes]) => [role as Role, new Set(classes)]),
);

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
 * @example levelOf(clinician, new Set(['TREATING']), 'CLINICAL') // 'VIEW'
 */
export function levelOf(
  caller: Caller,
  relations: ReadonlySet<Relation>,
  fieldClass: FieldClass,
  wrote = false,
): Level {
  if (OPEN_CLASSES.has(fieldClass)) return 'COPY';
  if (caller === null) return 'NONE';
  let highest: Level = 'NONE';
  for (const relation of relations) {
    const level = cell(fieldClass as GuardedClass, relation); // the open classes were answered above
    if (level === 'NONE' || !carriesAny(caller.roles, fieldClass, relation, wrote)) continue;
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
    cell(fieldClass, relation) === 'COPY' &&
    carriesAny(caller.roles, fieldClass, relation, false);
  return MATRIX_RELATIONS.find(gives) ?? null;
}

/** The matrix at one place. */
export function cell(fieldClass: GuardedClass, relation: Relation): Level {
  const place = PLACE.get(relation);
  return (place === undefined ? undefined : MATRIX[fieldClass][place]) ?? 'NONE';
}

/** Tells whether a role carries a class to a record to which the caller stands in a relation. */
export function carries(role: Role, fieldClass: FieldClass, relation: Relation, wrote = false): boolean {
  if (fieldClass === 'DIRECTORY' || OPEN_CLASSES.has(fieldClass)) return true;
  if (role === 'PATIENT') return relation === PATIENT_RELATION;
  if (fieldClass === 'LEDGER' && wrote && WRITING_ROLES.has(role)) return true;
  return CARRIES.get(role)?.has(fieldClass) ?? false;
}

function carriesAny(
  roles: ReadonlySet<Role>,
  fieldClass: FieldClass,
  relation: Relation,
  wrote: boolean,
): boolean {
  // Everyone signed in carries DIRECTORY, also a member that was given no role yet.
  if (fieldClass === 'DIRECTORY') return true;
  for (const role of roles) if (carries(role, fieldClass, relation, wrote)) return true;
  return false;
}
