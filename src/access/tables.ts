/** The tables of access ready to be asked: those of the code, or those that the log has for a time. */
import type { FieldClass, Relation, Role } from '../records/index.js';
import { PATIENT_RELATION, type Level } from './matrix.js';
import { RULES_IN_CODE, type AccessRules } from './rules.js';

export interface Tables {
  /** The matrix at one place. */
  cell(fieldClass: FieldClass, relation: Relation): Level;
  /** Whether everyone may copy a class, signed in or not. */
  isOpen(fieldClass: FieldClass): boolean;
  /**
   * Whether a role carries a class to a record to which the caller stands in a relation.
   * @param wrote whether the caller wrote the entry itself
   */
  carries(role: Role, fieldClass: FieldClass, relation: Relation, wrote: boolean): boolean;
}

/** Makes tables of their data. */
export function tablesOf({ matrix, roles, writing, open }: AccessRules): Tables {
  const cells = new Map(
    Object.entries(matrix).map(([fieldClass, row]) => [fieldClass, new Map(Object.entries(row))]),
  );
  const classes = new Map(Object.entries(roles).map(([role, carried]) => [role, new Set(carried)]));
  const [openClasses, writers] = [new Set(open), new Set(writing)];
  return {
    cell: (fieldClass, relation) => cells.get(fieldClass)?.get(relation) ?? 'NONE',
    isOpen: (fieldClass) => openClasses.has(fieldClass),
    carries: (role, fieldClass, relation, wrote) => {
      if (fieldClass === 'DIRECTORY' || openClasses.has(fieldClass)) return true;
      if (role === 'PATIENT') return relation === PATIENT_RELATION;
      if (fieldClass === 'LEDGER' && wrote && writers.has(role)) return true;
      return classes.get(role)?.has(fieldClass) ?? false;
    },
  };
}

/** The tables that decide on this server. */
export const TABLES_IN_CODE: Tables = tablesOf(RULES_IN_CODE);
