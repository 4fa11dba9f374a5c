/**
 * What design/access.md says, typed from it by hand: the matrix, the role table, and the class of every field of every
 * record type. Nothing here is imported from the code under test, so a slip in its tables shows.
 */

export type Level = 'COPY' | 'VIEW' | 'NONE';

/** The matrix, in the design's words and order; LISTED (found by identifier and birth date) is directory alone. */
const MATRIX = `
               SELF CUSTODIAN TREATING PAYER PAYEE STATE AUDITOR MEMBER LISTED GRANTEE
IDENTITY       COPY COPY      COPY     –     –     –     –       –      – COPY
CRITICAL       COPY COPY      COPY     –     –     –     –       –      – COPY
CLINICAL       COPY COPY      VIEW     –     –     –     –       –      – COPY
ADMINISTRATIVE COPY COPY      VIEW     –     –     –     –       –      – COPY
REPORTING      –    COPY      –        –     –     COPY  VIEW    VIEW   – –
FINANCIAL      –    –         –        COPY  COPY  COPY  VIEW    VIEW   – –
ACCOUNT        –    –         –        COPY  COPY  –     –       –      – –
DIRECTORY      COPY COPY      COPY     COPY  COPY  COPY  COPY    COPY   COPY COPY
LEDGER         COPY COPY      –        COPY  COPY  COPY  COPY    COPY   – COPY
`;

/** Which classes a role carries; DIRECTORY, STRUCTURE, PUBLIC and LOG are everyone's. */
const CARRIED: Readonly<Record<string, string>> = {
  CLINICIAN: 'IDENTITY CRITICAL CLINICAL ADMINISTRATIVE',
  REGISTRAR: 'IDENTITY ADMINISTRATIVE',
  REPORTER: 'REPORTING ADMINISTRATIVE',
  FINANCE: 'FINANCIAL ACCOUNT',
  REGULATOR: 'REPORTING FINANCIAL',
  AUDITOR: 'REPORTING FINANCIAL LEDGER',
  PATIENT: '',
  VENDOR: '',
};

const OPEN = ['STRUCTURE', 'PUBLIC', 'LOG'];
const WRITERS = ['CLINICIAN', 'REGISTRAR', 'REPORTER', 'FINANCE', 'REGULATOR'];

const [head = [], ...rows] = MATRIX.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const CELLS = new Map(
  rows.flatMap(([name = '', ...levels]) =>
    levels.map((level, place) => [`${name} ${head[place] ?? ''}`, level] as const),
  ),
);

/** Who asks, as the registry knows it; null: without a token. */
export type Asker = { readonly role: string } | null;

/** What the design gives: the highest level of the relations whose class the role carries. */
export function designLevel(
  asker: Asker,
  relations: readonly string[],
  fieldClass: string,
  wrote = false,
): Level {
  if (OPEN.includes(fieldClass)) return 'COPY';
  if (asker === null) return 'NONE';
  const levels = relations
    .filter((relation) => carries(asker.role, fieldClass, relation, wrote))
    .map((relation) => CELLS.get(`${fieldClass} ${relation}`));
  if (levels.includes('COPY')) return 'COPY';
  return levels.includes('VIEW') ? 'VIEW' : 'NONE';
}

function carries(role: string, fieldClass: string, relation: string, wrote: boolean): boolean {
  if (fieldClass === 'DIRECTORY') return true;
  if (role === 'PATIENT') return relation === 'SELF';
  if (fieldClass === 'LEDGER' && wrote && WRITERS.includes(role)) return true;
  return (CARRIED[role] ?? '').split(' ').includes(fieldClass);
}

/** That a record is there at all: PUBLIC for institutions, forms and policies. */
export const EXISTENCE: Readonly<Record<string, string>> = {
  Institution: 'PUBLIC',
  Form: 'PUBLIC',
  Policy: 'PUBLIC',
  AccessPolicy: 'PUBLIC',
  AccessAlert: 'DIRECTORY',
  Member: 'DIRECTORY',
  TrustedDocuments: 'DIRECTORY',
  Patient: 'DIRECTORY',
  Encounter: 'DIRECTORY',
  Report: 'DIRECTORY',
  Programme: 'DIRECTORY',
  Subsidy: 'DIRECTORY',
  PatientLink: 'DIRECTORY',
  Hold: 'DIRECTORY',
  Erasure: 'DIRECTORY',
  Consent: 'DIRECTORY',
  View: 'DIRECTORY',
  Referral: 'DIRECTORY',
  UploadRequest: 'DIRECTORY',
};

/** Fields of every record, which tell no more than that it exists. */
export const OF_EVERY_RECORD = 'id version recordedAt custodian anchor history proof erased retainUntil';

/** The class of every other field of every record type. */
export const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Patient: {
    IDENTITY:
      'identifiers names displayName unidentified gender birthDate deceased deceasedAt addresses contacts insurance maritalStatus language retractionReason',
    CRITICAL: 'alerts',
    DIRECTORY: 'retracted encounters links linkedPatients consents accessLog',
  },
  Encounter: {
    CLINICAL: 'reason diagnoses outcome note',
    ADMINISTRATIVE: 'class status serviceCode start end practitioner cost payer identifier retractionReason',
    DIRECTORY: 'patientId patient retracted',
  },
  Institution: {
    PUBLIC: 'name kind ownership region identifiers capacity licence',
    ACCOUNT: 'account',
    DIRECTORY: 'reports subsidies',
  },
  Member: {
    DIRECTORY: 'name roles state keyThumbprint institution trustedDocuments',
    IDENTITY: 'subject reason patient',
  },
  TrustedDocuments: { DIRECTORY: 'memberId enforced documents reason' },
  Policy: { PUBLIC: 'situation requirement reason' },
  AccessAlert: {
    DIRECTORY: 'rule subjectKind subjectId institutionId from to most count receipts policyIndex words',
  },
  AccessPolicy: { PUBLIC: 'rules budgets thresholds hash reason' },
  Form: { PUBLIC: 'code title period indicators validFrom dueDays' },
  Report: {
    DIRECTORY: 'formCode formVersion period state filedAt due late retracted form institution',
    REPORTING: 'indicators note reason',
  },
  Programme: {
    DIRECTORY: 'code title currency validFrom validUntil payer',
    FINANCIAL: 'budget committed',
  },
  Subsidy: {
    DIRECTORY: 'state programme payer payee proposedBy approvedBy rejectedBy disbursedBy confirmedBy',
    FINANCIAL: 'amount purpose reference reason',
    ACCOUNT: 'account',
  },
  PatientLink: {
    DIRECTORY: 'patientIds keeperIds state',
    IDENTITY: 'evidence contradictionReason endReason',
  },
  View: {
    DIRECTORY:
      'act subjectKind subjectId memberId institution purpose evidence reason language openedAt expiresAt pages pageCount',
  },
  Referral: { DIRECTORY: 'patientId recipient state validUntil reason' },
  Hold: { DIRECTORY: 'kind recordId state reason releaseReason' },
  Consent: {
    DIRECTORY:
      'patientId patient type institution purposes validUntil state grantedBy grantedAs attestedBy revokedBy revokedAs',
    CLINICAL: 'label',
    IDENTITY: 'representativeId',
    ADMINISTRATIVE: 'paper revokedPaper',
  },
  Erasure: { DIRECTORY: 'kind recordId fields legalBasis state refusal' },
  UploadRequest: {
    DIRECTORY:
      'state operation situation mode memberId requestId statements endorsements reasons requestedAt expiresAt confirmableFrom waitsFor mayEndorse mayDeny keyEntries requirements',
  },
};

/** Every field of a record type with its class, as the design has it. */
export function fieldsOf(type: string): ReadonlyMap<string, string> {
  const existence = EXISTENCE[type];
  if (existence === undefined) throw new Error(`no record type ${type}`);
  const named = (names: string, fieldClass: string) =>
    names.split(' ').map((name) => [name, fieldClass] as const);
  return new Map([
    ...named(OF_EVERY_RECORD, existence),
    ...Object.entries(FIELDS[type] ?? {}).flatMap(([fieldClass, names]) => named(names, fieldClass)),
  ]);
}
