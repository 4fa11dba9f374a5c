/**
 * Who may do what with which field (design: access, "Relations and the matrix"). Three tables to be read by people;
 * `levels.ts` alone decides with them, and `schema/access.md` prints them.
 */
import type { FieldClass, Relation, Role } from '../records/index.js';

/**
 * What a caller may do with a field. NONE: it isn't there. VIEW: it may be looked at through a view. COPY: its raw
 * value is in the answer.
 */
export type Level = 'NONE' | 'VIEW' | 'COPY';

/** Classes that a relation decides on. STRUCTURE, PUBLIC and LOG are for everyone, signed in or not. */
export type GuardedClass = Exclude<FieldClass, 'STRUCTURE' | 'PUBLIC' | 'LOG'>;

/** Classes that everyone may copy, signed in or not: what is public, and what holds nothing itself. */
export const OPEN_CLASSES: ReadonlySet<FieldClass> = new Set<FieldClass>(['STRUCTURE', 'PUBLIC', 'LOG']);

/** Columns of {@link MATRIX}, in its order. */
export const MATRIX_RELATIONS = [
  'SELF',
  'CUSTODIAN',
  'TREATING',
  'GRANTEE',
  'VIEWER',
  'PAYER',
  'PAYEE',
  'STATE',
  'AUDITOR',
  'MEMBER',
  'LISTED',
] as const satisfies readonly Relation[];

type Row = readonly [Level, Level, Level, Level, Level, Level, Level, Level, Level, Level, Level];

const C = 'COPY';
const V = 'VIEW';
const o = 'NONE';

/**
 * One row a class, one column a relation. A relation is declared by the record's kind, and that is how three cells of
 * the design depend on the domain:
 *
 * - DIRECTORY of MEMBER, LEDGER of MEMBER and LEDGER of STATE hold for reporting, finance and registry, never for
 *   care. The cells say COPY; kinds of the clinical domain give nobody the relation STATE or MEMBER, so a clinical
 *   record never meets them. A kind of the registry that isn't open to all members (a patient's membership) doesn't
 *   give MEMBER either.
 * - OPINION of CUSTODIAN is without the patient: the kind of opinions has no field that names the patient to anyone
 *   but SELF.
 *
 * LISTED knows that a patient is there and under which id, no more.
 */
// prettier-ignore
export const MATRIX: Readonly<Record<GuardedClass, Row>> = {
  //              SELF CUST TREA GRAN VIEW PAYR PAYE STAT AUDI MEMB LIST
  IDENTITY:       [C,   C,   C,   C,   V,   o,   o,   o,   o,   o,   o],
  CRITICAL:       [C,   C,   C,   C,   V,   o,   o,   o,   o,   o,   o],
  CLINICAL:       [C,   C,   V,   C,   V,   o,   o,   o,   o,   o,   o],
  ADMINISTRATIVE: [C,   C,   V,   C,   V,   o,   o,   o,   o,   o,   o],
  OPINION:        [C,   C,   o,   o,   o,   o,   o,   o,   o,   o,   o],
  REPORTING:      [o,   C,   o,   o,   o,   o,   o,   C,   V,   V,   o],
  FINANCIAL:      [o,   o,   o,   o,   o,   C,   C,   C,   V,   V,   o],
  ACCOUNT:        [o,   o,   o,   o,   o,   C,   C,   o,   o,   o,   o],
  DIRECTORY:      [C,   C,   C,   C,   C,   C,   C,   C,   C,   C,   C],
  LEDGER:         [C,   C,   o,   C,   o,   C,   C,   C,   C,   C,   o],
};

/** Classes that a role carries, apart from STRUCTURE, PUBLIC, LOG and DIRECTORY, which everyone signed in carries. */
// prettier-ignore
export const ROLE_CLASSES: Readonly<Record<Role, readonly FieldClass[]>> = {
  CLINICIAN: ['IDENTITY', 'CRITICAL', 'CLINICAL', 'ADMINISTRATIVE'],
  REGISTRAR: ['IDENTITY', 'ADMINISTRATIVE'],
  REPORTER:  ['REPORTING', 'ADMINISTRATIVE'],
  FINANCE:   ['FINANCIAL', 'ACCOUNT'],
  REGULATOR: ['REPORTING', 'FINANCIAL'],
  AUDITOR:   ['REPORTING', 'FINANCIAL', 'LEDGER'],
  PATIENT:   [], // all of SELF: see PATIENT_RELATION
  VENDOR:    [], // none of its own: a vendor is given other roles by the institution that enrolled it
};

/** The one relation through which the role PATIENT carries, and there it carries every class. */
export const PATIENT_RELATION: Relation = 'SELF';

/** Roles that write, and so carry LEDGER of the entries that the caller itself wrote. */
export const WRITING_ROLES: ReadonlySet<Role> = new Set<Role>([
  'CLINICIAN',
  'REGISTRAR',
  'REPORTER',
  'FINANCE',
  'REGULATOR',
]);

/** Purposes of a view, and the classes that each shows. COVERAGE shows of IDENTITY the insurance number alone. */
export const PURPOSE_CLASSES = {
  TREATMENT: ['IDENTITY', 'CRITICAL', 'CLINICAL', 'ADMINISTRATIVE'],
  EMERGENCY: ['IDENTITY', 'CRITICAL', 'CLINICAL', 'ADMINISTRATIVE'],
  COVERAGE: ['ADMINISTRATIVE'],
  AUDIT: ['ADMINISTRATIVE'],
  REPORTING: ['REPORTING'],
  FINANCE: ['FINANCIAL'],
} as const satisfies Readonly<Record<string, readonly FieldClass[]>>;

/** Purposes under which a view shows a class; what `VIEW_ONLY` names. */
export function purposesOf(fieldClass: FieldClass): string[] {
  return Object.entries(PURPOSE_CLASSES)
    .filter(([, classes]) => (classes as readonly FieldClass[]).includes(fieldClass))
    .map(([purpose]) => purpose);
}
