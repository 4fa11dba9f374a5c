/** Encounters: a patient's contact with the institution that provided it, which keeps the record. */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { identifier, identifierKey, list, maybe, moment, note, text, uuid } from '../standing/index.js';
import { coding, money } from './coding.js';
import { certainlyBefore, partialMoment } from './partial-date.js';
import { careRelations } from './relations.js';

/** HL7 v3 ActEncounterCode. */
export const ENCOUNTER_CLASSES = [
  'AMB',
  'EMER',
  'FLD',
  'HH',
  'IMP',
  'ACUTE',
  'NONAC',
  'OBSENC',
  'PRENC',
  'SS',
  'VR',
] as const;

/** HL7 FHIR R4 EncounterStatus, but entered-in-error: that is a retraction. */
export const ENCOUNTER_STATUSES = [
  'PLANNED',
  'ARRIVED',
  'TRIAGED',
  'IN_PROGRESS',
  'ON_LEAVE',
  'FINISHED',
  'CANCELLED',
  'UNKNOWN',
] as const;

/** HL7 FHIR R4 Condition Clinical Status Codes. */
export const CLINICAL_STATUSES = [
  'ACTIVE',
  'RECURRENCE',
  'RELAPSE',
  'INACTIVE',
  'REMISSION',
  'RESOLVED',
] as const;

/** HL7 FHIR R4 ConditionVerificationStatus. */
export const VERIFICATION_STATUSES = [
  'UNCONFIRMED',
  'PROVISIONAL',
  'DIFFERENTIAL',
  'CONFIRMED',
  'REFUTED',
  'ENTERED_IN_ERROR',
] as const;

export const diagnosis = z
  .object({
    code: coding,
    clinicalStatus: maybe(z.enum(CLINICAL_STATUSES)),
    verificationStatus: maybe(z.enum(VERIFICATION_STATUSES)),
    onset: maybe(partialMoment),
    abatement: maybe(partialMoment),
    recordedAt: maybe(partialMoment),
    note: maybe(note(2_000)),
  })
  .refine(
    (value) =>
      value.onset === null || value.abatement === null || !certainlyBefore(value.abatement, value.onset),
    { path: ['abatement'], message: 'expected the abatement not before the onset' },
  );

export const encounterValues = z
  .object({
    patient: uuid,
    class: z.enum(ENCOUNTER_CLASSES),
    status: z.enum(ENCOUNTER_STATUSES),
    serviceCode: maybe(coding),
    start: moment,
    end: maybe(moment),
    practitioner: maybe(z.object({ identifier: maybe(identifier), name: maybe(text(200)) })),
    cost: maybe(money),
    payer: maybe(text(200)),
    /** The institution's own number of the encounter. */
    identifier: maybe(identifier),
    reason: list(coding, 32),
    diagnoses: list(diagnosis, 64),
    outcome: maybe(coding),
    note: maybe(note(20_000)),
    retracted: z.boolean().default(false),
    /** Why it was entered in error. */
    retractionReason: maybe(text(500)),
  })
  .refine((values) => values.end === null || values.start <= values.end, {
    path: ['end'],
    message: 'expected the end not before the start',
  });

export type EncounterValues = z.output<typeof encounterValues>;

/** Scope of the unique keys of an institution's own encounter numbers. */
export function encounterIdentifierScope(custodian: string | null): string {
  return `encounter.identifier/${custodian ?? ''}`;
}

export const encounterKind: RecordKind<EncounterValues> = {
  name: 'Encounter',
  noun: 'encounter',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'encounter',
  fields: {
    patient: 'DIRECTORY',
    class: 'ADMINISTRATIVE',
    status: 'ADMINISTRATIVE',
    serviceCode: 'ADMINISTRATIVE',
    start: 'ADMINISTRATIVE',
    end: 'ADMINISTRATIVE',
    practitioner: 'ADMINISTRATIVE',
    cost: 'ADMINISTRATIVE',
    payer: 'ADMINISTRATIVE',
    identifier: 'ADMINISTRATIVE',
    reason: 'CLINICAL',
    diagnoses: 'CLINICAL',
    outcome: 'CLINICAL',
    note: 'CLINICAL',
    retracted: 'DIRECTORY',
    retractionReason: 'ADMINISTRATIVE',
  },
  // Without its patient an encounter would be on nobody's thread.
  keeps: { patient: true, retracted: true },
  values: encounterValues,
  columns: {
    patient: { type: 'uuid', class: 'DIRECTORY', of: (values) => values.patient },
    class: { type: 'text', class: 'ADMINISTRATIVE', of: (values) => values.class },
    status: { type: 'text', class: 'ADMINISTRATIVE', of: (values) => values.status },
    startedAt: { type: 'timestamp', class: 'ADMINISTRATIVE', of: (values) => values.start },
    endedAt: { type: 'timestamp', class: 'ADMINISTRATIVE', of: (values) => values.end },
    retracted: { type: 'boolean', class: 'DIRECTORY', of: (values) => values.retracted },
  },
  // A retracted encounter gives its number back.
  uniqueKeys: (values, head) =>
    values.identifier === null || values.retracted
      ? []
      : [
          {
            scope: encounterIdentifierScope(head.custodian),
            value: identifierKey(values.identifier),
            path: ['input', 'identifier'],
          },
        ],
  lists: ['patient', 'custodian'],
  threads: (values, head) => [values.patient, ...(head.custodian === null ? [] : [head.custodian])],
  relations: (caller, records, lookups) =>
    careRelations(caller, records, lookups, {
      patientOf: (record) => record.values.patient,
      custodianTreats: false,
    }),
};
