/** Members: people and machines that act for an institution in roles, and patients who act for themselves. */
import { z } from 'zod';
import type { Caller, RecordKind, Relation, Unrelated } from '../records/index.js';
import { isCaller, ROLES } from '../records/index.js';
import { maybe, text, uuid } from '../documents/index.js';

export const MEMBER_STATES = ['ACTIVE', 'SUSPENDED'] as const;

/** Scope of the unique keys of members' subjects. */
export const MEMBER_SUBJECT = 'member.subject';

/** Scope of the unique keys of the patients that members are. */
const MEMBER_PATIENT = 'member.patient';

/** Scope of the search words of members' roles. */
export const MEMBER_ROLE = 'member.role';

export const memberValues = z
  .object({
    /** Institution that it acts for; null for a patient. */
    institution: maybe(uuid),
    /** The `sub` of its access tokens. */
    subject: text(255),
    /** Null for a patient, whose name stands in the patient's own record and nowhere else. */
    name: maybe(text(200)),
    roles: z
      .array(z.enum(ROLES))
      .min(1, 'expected at least one role')
      // One form: each role once, in the order in which roles are declared.
      .overwrite((roles) => ROLES.filter((role) => roles.includes(role))),
    state: z.enum(MEMBER_STATES),
    /** Ed25519 public key of 32 bytes, base64url; null while it signs by its institution's delegated key. */
    publicKey: maybe(z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes')),
    /** The patient record that it is. */
    patient: maybe(uuid),
    /** Why it was suspended or reinstated last. */
    reason: maybe(text(500)),
  })
  .superRefine((values, context) => {
    const isPatient = values.roles.includes('PATIENT');
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (isPatient && values.roles.length > 1) problem('roles', 'expected PATIENT alone');
    if (isPatient && values.patient === null) problem('patient', 'expected the patient that the member is');
    if (isPatient && values.institution !== null)
      problem('institution', 'expected none: a patient acts for no institution');
    if (!isPatient && values.patient !== null) problem('patient', 'expected none but with the role PATIENT');
    if (!isPatient && values.institution === null) problem('institution', 'expected an institution');
    if (!isPatient && values.name === null) problem('name', 'expected a name');
  });

export type MemberValues = z.output<typeof memberValues>;

/** The state sees who acts for institutions, and nothing of who is whose patient. */
function relationsTo(caller: Caller, record: Unrelated<MemberValues>): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (isCaller(caller, record.head.id)) relations.add('SELF');
  if (caller.institution !== null && caller.institution === record.head.custodian) relations.add('CUSTODIAN');
  if (caller.state && record.values.institution !== null) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}

export const memberKind: RecordKind<MemberValues> = {
  name: 'Member',
  noun: 'member',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'member',
  fields: {
    institution: 'DIRECTORY',
    subject: 'IDENTITY',
    name: 'DIRECTORY',
    roles: 'DIRECTORY',
    state: 'DIRECTORY',
    publicKey: 'DIRECTORY',
    patient: 'IDENTITY',
    reason: 'IDENTITY',
  },
  refers: { institution: 'Institution', patient: 'Patient' },
  values: memberValues,
  columns: {
    institution: { type: 'uuid', class: 'DIRECTORY', of: (values) => values.institution },
    state: { type: 'text', class: 'DIRECTORY', of: (values) => values.state },
  },
  uniqueKeys: (values) => [
    { scope: MEMBER_SUBJECT, value: values.subject, path: ['input', 'subject'] },
    // One login a patient: SELF reads everything, so a second one would be a way in for somebody else.
    ...(values.patient === null
      ? []
      : [{ scope: MEMBER_PATIENT, value: values.patient, path: ['input', 'patient'] }]),
  ],
  searchWords: (values) => values.roles.map((role) => ({ scope: MEMBER_ROLE, value: role })),
  lists: ['institution'],
  threads: (values, head) => [values.institution ?? values.patient ?? head.id],
  relations: (caller, records) => Promise.resolve(records.map((record) => relationsTo(caller, record))),
};
