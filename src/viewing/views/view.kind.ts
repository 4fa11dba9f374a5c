/** The record kind View: the receipt of looking at somebody's record without taking it, or of looking a patient up. */
import { z } from 'zod';
import { selvesAmong } from '../../clinical/index.js';
import {
  isCaller,
  type Caller,
  type RecordKind,
  type Relation,
  type Unrelated,
} from '../../records/index.js';
import { actsFor } from '../../reporting/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import { PURPOSES, SUBJECT_KINDS } from './purposes.js';

/**
 * OPENED: pages could be looked at. LISTED: a patient was asked for by identifier; or, with a purpose, a view of somebody who
 * isn't there for the caller.
 */
export const VIEW_ACTS = ['OPENED', 'LISTED'] as const;

export const EVIDENCE_KINDS = ['TREATING', 'REFERRAL', 'ACCESS_CODE'] as const;

export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export const VIEW_LANGUAGES = ['en', 'ru'] as const;

/** Scope of the unique keys of codes that opened a view: each opens one. */
const USED_CODE = 'view.code';

const instant = z.iso.datetime({ precision: 3 });

const values = z.strictObject({
  act: z.enum(VIEW_ACTS),
  subjectKind: z.enum(SUBJECT_KINDS),
  /** Id of what was looked at; null for a lookup that found nobody. */
  subject: maybe(uuid),
  /** The patient, where it is about one. */
  patient: maybe(uuid),
  institution: maybe(uuid),
  member: uuid,
  /** Null of a lookup by identifier. */
  purpose: maybe(z.enum(PURPOSES)),
  evidence: maybe(z.enum(EVIDENCE_KINDS)),
  /** The record that is the evidence, and its entry's index. */
  evidenceRecord: maybe(uuid),
  evidenceEntry: maybe(z.string().regex(/^\d+$/)),
  /** Why, of an emergency. */
  reason: maybe(text(500)),
  language: z.enum(VIEW_LANGUAGES),
  openedAt: instant,
  expiresAt: instant,
  /** RFC 7638 thumbprint of the caller's key, to which its links are bound; null where the token isn't bound to one. */
  key: maybe(z.string().max(200)),
});

export type ViewValues = z.output<typeof values>;

/** What a caller is to somebody's access: SELF for the patient and for who looked; CUSTODIAN for the institution that did. */
export function accessRelations(
  caller: Caller,
  selves: ReadonlySet<string>,
  access: { readonly patient: string | null; readonly member: string; readonly institution: string | null },
): Set<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  const isPatient = access.patient !== null && selves.has(access.patient);
  if (isPatient || isCaller(caller, access.member)) relations.add('SELF');
  if (actsFor(caller, access.institution)) relations.add('CUSTODIAN');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}

function viewRelations(
  caller: Caller,
  selves: ReadonlySet<string>,
  { head, values: { patient, member } }: Unrelated<ViewValues>,
): Set<Relation> {
  return accessRelations(caller, selves, { patient, member, institution: head.custodian });
}

export const viewKind: RecordKind<ViewValues> = {
  name: 'View',
  noun: 'view',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'view',
  fields: {
    act: 'DIRECTORY',
    subjectKind: 'DIRECTORY',
    subject: 'DIRECTORY',
    patient: 'DIRECTORY',
    institution: 'DIRECTORY',
    member: 'DIRECTORY',
    purpose: 'DIRECTORY',
    evidence: 'DIRECTORY',
    evidenceRecord: 'DIRECTORY',
    evidenceEntry: 'DIRECTORY',
    reason: 'DIRECTORY',
    language: 'DIRECTORY',
    openedAt: 'DIRECTORY',
    expiresAt: 'DIRECTORY',
    key: 'DIRECTORY',
  },
  refers: { institution: 'Institution' },
  values,
  columns: {
    act: { type: 'text', class: 'DIRECTORY', of: (view) => view.act },
    patient: { type: 'uuid', class: 'DIRECTORY', of: (view) => view.patient },
    institution: { type: 'uuid', class: 'DIRECTORY', of: (view) => view.institution },
    member: { type: 'uuid', class: 'DIRECTORY', of: (view) => view.member },
    expiresAt: { type: 'timestamp', class: 'DIRECTORY', of: (view) => view.expiresAt },
  },
  // A code opens one view, whichever process it is shown to.
  uniqueKeys: (view) =>
    view.evidence === 'ACCESS_CODE' && view.evidenceRecord !== null
      ? [{ scope: USED_CODE, value: view.evidenceRecord, path: ['input', 'evidence', 'code'] }]
      : [],
  lists: ['patient', 'institution'],
  threads: (view, head) => {
    const about = view.subject === null ? [] : [view.subject];
    const by = view.institution === null ? [] : [view.institution];
    const threads = [...about, ...by];
    return threads.length === 0 ? [head.id] : threads;
  },
  relations: async (caller, records, lookups) => {
    const patients = records.flatMap(({ values: { patient } }) => patient ?? []);
    const selves = await selvesAmong(caller, patients, lookups);
    return records.map((record) => viewRelations(caller, selves, record));
  },
};
