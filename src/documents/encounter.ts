/** Encounters as they are sealed: the one form of each value. */
import { z } from 'zod';
import { coding, money } from './coding.js';
import { certainlyBefore, partialMoment } from './partial-date.js';
import { identifier, list, maybe, moment, note, text, uuid } from './values.js';

/** The record kind's name, and the version of this form of it. */
export const ENCOUNTER = { name: 'Encounter', schema: 1 } as const;

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
