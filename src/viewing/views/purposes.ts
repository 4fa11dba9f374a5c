/** Purposes of use: who may open a view for each, of what. What each shows, `PURPOSE_CLASSES` of `access` says. */
import type { PURPOSE_CLASSES } from '../../access/index.js';
import { registerEnum } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member, Role } from '../../records/index.js';
import { enumOf } from '../../registry/index.js';

export const PURPOSES = [
  'TREATMENT',
  'EMERGENCY',
  'COVERAGE',
  'AUDIT',
  'REPORTING',
  'FINANCE',
] as const satisfies readonly (keyof typeof PURPOSE_CLASSES)[];

export type Purpose = (typeof PURPOSES)[number];

export const SUBJECT_KINDS = ['PATIENT', 'REPORT', 'SUBSIDY'] as const;

export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface PurposeTerms {
  /** What may be looked at. */
  readonly subject: SubjectKind;
  /** Who may, by role. */
  readonly roles: readonly Role[];
  /** Evidence that the viewer has to do with the subject. */
  readonly evidence: boolean;
  /** A reason in words. */
  readonly reason: boolean;
}

/** One line a purpose. */
// prettier-ignore
export const PURPOSE_TERMS: Readonly<Record<Purpose, PurposeTerms>> = {
  TREATMENT: { subject: 'PATIENT', roles: ['CLINICIAN'],                       evidence: true,  reason: false },
  EMERGENCY: { subject: 'PATIENT', roles: ['CLINICIAN'],                       evidence: false, reason: true },
  COVERAGE:  { subject: 'PATIENT', roles: ['REGISTRAR', 'FINANCE'],            evidence: false, reason: false },
  AUDIT:     { subject: 'PATIENT', roles: ['AUDITOR'],                         evidence: false, reason: false },
  REPORTING: { subject: 'REPORT',  roles: ['REPORTER', 'REGULATOR', 'AUDITOR'], evidence: false, reason: false },
  FINANCE:   { subject: 'SUBSIDY', roles: ['FINANCE', 'REGULATOR', 'AUDITOR'], evidence: false, reason: false },
};

export const PurposeEnum = enumOf(PURPOSES);

registerEnum(PurposeEnum, {
  name: 'Purpose',
  description: 'What a view is opened for; it decides who may, and what is shown (schema/access.md).',
  values: {
    TREATMENT: 'To treat a patient, with evidence that one does. For a CLINICIAN.',
    EMERGENCY: 'To help at once, without evidence but with a reason; short, and announced. For a CLINICIAN.',
    COVERAGE: 'To see who pays: insurance numbers and administrative facts. For a REGISTRAR or FINANCE.',
    AUDIT: 'To check: administrative facts of care. For an AUDITOR.',
    REPORTING: 'To look at a report of an institution. For a REPORTER, REGULATOR or AUDITOR.',
    FINANCE: 'To look at a subsidy. For FINANCE, a REGULATOR or an AUDITOR.',
  },
});

export const SubjectKindEnum = enumOf(SUBJECT_KINDS);

registerEnum(SubjectKindEnum, {
  name: 'ViewSubjectKind',
  description: 'What a view can be opened of.',
  values: {
    PATIENT: 'A patient, with the encounters at all institutions.',
    REPORT: 'A report of an institution.',
    SUBSIDY: 'A subsidy.',
  },
});

/** The rule `purpose`: it is one for this kind of subject. @throws VitrineError BAD_USER_INPUT */
export function requireSubjectOf(purpose: Purpose, subject: SubjectKind): void {
  const wanted = PURPOSE_TERMS[purpose].subject;
  if (subject === wanted) return;
  throw new VitrineError('BAD_USER_INPUT', `expected a ${wanted} as the subject of ${purpose}`, {
    path: ['input', 'subject', 'kind'],
  });
}

/** The rule `purpose-role`: the purpose is one of the caller's work. @throws VitrineError FORBIDDEN */
export function requirePurposeRole(caller: Member, purpose: Purpose): void {
  const { roles } = PURPOSE_TERMS[purpose];
  if (roles.some((role) => caller.roles.has(role))) return;
  throw new VitrineError('FORBIDDEN', `${purpose} is for a member with the role ${roles.join(' or ')}`, {
    path: ['input', 'purpose'],
    details: { rule: 'purpose-role', operation: 'view.open' },
  });
}

/** The rule `reason`: given where, and only where, the purpose wants one. @throws VitrineError BAD_USER_INPUT */
export function requireReason(purpose: Purpose, reason: string | null): void {
  const { reason: wanted } = PURPOSE_TERMS[purpose];
  if (wanted === (reason !== null)) return;
  throw new VitrineError(
    'BAD_USER_INPUT',
    wanted ? `expected a reason for ${purpose}` : `expected a reason for EMERGENCY alone`,
    { path: ['input', 'reason'] },
  );
}
