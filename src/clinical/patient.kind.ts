/** Patients: each person once in the whole system, kept by the institution that registered it. */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { identifierKey, identifiers, list, maybe, moment, orEmpty, text } from '../standing/index.js';
import { coding } from './coding.js';
import { nameScope, searchForms } from './name-search.js';
import { certainlyBefore, partialDate } from './partial-date.js';
import { address, contact, humanName, insurance } from './person.js';
import { careRelations } from './relations.js';

export const GENDERS = ['MALE', 'FEMALE', 'OTHER', 'UNKNOWN'] as const;

export const ALERT_CATEGORIES = ['ALLERGY', 'MEDICATION', 'CONDITION', 'DEVICE', 'OTHER'] as const;

export const ALERT_SEVERITIES = ['LOW', 'MODERATE', 'HIGH'] as const;

/** Scope of the unique keys of patients' identifiers: one for the whole system, so that a person is one patient. */
export const PATIENT_IDENTIFIER = 'patient.identifier';

export const alert = z.object({
  category: z.enum(ALERT_CATEGORIES),
  text: text(500),
  code: maybe(coding),
  severity: maybe(z.enum(ALERT_SEVERITIES)),
});

export const patientValues = z
  .object({
    identifiers: identifiers.refine((items) => items.length > 0, 'expected at least one identifier'),
    names: list(humanName, 16),
    gender: maybe(z.enum(GENDERS)),
    birthDate: maybe(partialDate),
    deceased: maybe(z.boolean()),
    deceasedAt: maybe(moment),
    addresses: list(address, 16),
    contacts: list(contact, 32),
    insurance: list(insurance, 16),
    maritalStatus: maybe(coding),
    /** BCP 47 tag of the language to speak with the patient. */
    language: maybe(
      z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, 'expected a BCP 47 language tag'),
    ),
    alerts: list(alert, 64),
    retracted: z.boolean().default(false),
    /** Why it was entered in error. */
    retractionReason: maybe(text(500)),
  })
  .superRefine((values, context) => {
    const { birthDate, deceasedAt } = values;
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (birthDate !== null && deceasedAt !== null && certainlyBefore(deceasedAt, birthDate))
      problem('deceasedAt', 'expected death not before birth');
    if (deceasedAt !== null && values.deceased === false)
      problem('deceased', 'expected true or nothing beside a time of death');
  })
  // One form: who died at a known time is deceased.
  .overwrite((values) => (values.deceasedAt === null ? values : { ...values, deceased: true }));

export type PatientValues = z.output<typeof patientValues>;

export const patientKind: RecordKind<PatientValues> = {
  name: 'Patient',
  noun: 'patient',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'patient',
  fields: {
    identifiers: 'IDENTITY',
    names: 'IDENTITY',
    gender: 'IDENTITY',
    birthDate: 'IDENTITY',
    deceased: 'IDENTITY',
    deceasedAt: 'IDENTITY',
    addresses: 'IDENTITY',
    contacts: 'IDENTITY',
    insurance: 'IDENTITY',
    maritalStatus: 'IDENTITY',
    language: 'IDENTITY',
    alerts: 'CRITICAL',
    retracted: 'DIRECTORY',
    retractionReason: 'IDENTITY',
  },
  keeps: { retracted: true },
  values: patientValues,
  columns: { retracted: { type: 'boolean', class: 'DIRECTORY', of: (values) => values.retracted } },
  // A retracted patient gives its identifiers back, and so does an erased one: the person may be registered anew.
  uniqueKeys: (values) =>
    values.retracted
      ? []
      : orEmpty(values.identifiers).map((identifier, index) => ({
          scope: PATIENT_IDENTIFIER,
          value: identifierKey(identifier),
          path: ['input', 'identifiers', index],
        })),
  searchWords: (values, head) =>
    searchForms(orEmpty(values.names)).map((value) => ({ scope: nameScope(head.custodian ?? ''), value })),
  lists: ['custodian'],
  threads: (_values, head) => [head.id, ...(head.custodian === null ? [] : [head.custodian])],
  relations: (caller, records, lookups) =>
    careRelations(caller, records, lookups, {
      patientOf: (record) => record.head.id,
      custodianTreats: true,
    }),
};
