/** The vocabulary of access: what kind of information a field is, and who is what to a record. */

/** Kinds of information; `access/matrix.ts` says who may do what with each. */
export const FIELD_CLASSES = [
  'STRUCTURE',
  'PUBLIC',
  'DIRECTORY',
  'IDENTITY',
  'CRITICAL',
  'CLINICAL',
  'ADMINISTRATIVE',
  'OPINION',
  'REPORTING',
  'FINANCIAL',
  'ACCOUNT',
  'LEDGER',
  'LOG',
] as const;

export type FieldClass = (typeof FIELD_CLASSES)[number];

/**
 * What a caller is to a record. LISTED is a caller that presented a patient's full identifier and birth date in
 * this request: it learns the directory facts (that the patient is there, and the id to record care under), no more.
 */
export const RELATIONS = [
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
] as const;

export type Relation = (typeof RELATIONS)[number];
