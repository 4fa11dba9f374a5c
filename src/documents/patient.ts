/** Patients as they are sealed: the one form of each value. */
import { z } from 'zod';
import { coding } from './coding.js';
import { certainlyBefore, partialDate } from './partial-date.js';
import { address, contact, humanName, insurance } from './person.js';
import { identifiers, list, maybe, moment, text } from './values.js';

/** The record kind's name, and the version of this form of it. */
export const PATIENT = { name: 'Patient', schema: 1 } as const;

export const GENDERS = ['MALE', 'FEMALE', 'OTHER', 'UNKNOWN'] as const;

export const ALERT_CATEGORIES = ['ALLERGY', 'MEDICATION', 'CONDITION', 'DEVICE', 'OTHER'] as const;

export const ALERT_SEVERITIES = ['LOW', 'MODERATE', 'HIGH'] as const;

export const alert = z.object({
  category: z.enum(ALERT_CATEGORIES),
  text: text(500),
  code: maybe(coding),
  severity: maybe(z.enum(ALERT_SEVERITIES)),
});

export const patientValues = z
  .object({
    /** None while nobody knows who the person is. */
    identifiers,
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

const IDENTIFIED = patientValues.refine(({ identifiers: items }) => items.length > 0, {
  path: ['identifiers'],
  message: 'expected at least one identifier',
});

const UNIDENTIFIED = patientValues.refine(({ identifiers: items }) => items.length === 0, {
  path: ['identifiers'],
  message: 'expected no identifier of a person who is unidentified',
});

/**
 * The values that a registration takes. A person without identifiers can't be recognised by anyone else, so that is said,
 * and not left out by mistake.
 */
export function registeredValues(input: { readonly unidentified?: boolean | null | undefined }) {
  return input.unidentified === true ? UNIDENTIFIED : IDENTIFIED;
}

/** The values that an amendment takes: whoever was identified stays so. */
export function amendedValues(base: { readonly identifiers?: unknown }) {
  const { identifiers: known } = base;
  return Array.isArray(known) && known.length > 0 ? IDENTIFIED : patientValues;
}

export type PatientValues = z.output<typeof patientValues>;
