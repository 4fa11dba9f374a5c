/** Consents as they are sealed: the one form of each value. */
import { z } from 'zod';
import { maybe, moment, text, uuid } from './values.js';

/** The record kind's name, and the version of this form of it. */
export const CONSENT = { name: 'Consent', schema: 1 } as const;

/** Purposes of use that a patient can forbid. EMERGENCY isn't among them: it is for who can't be asked. */
export const RESTRICTABLE = ['TREATMENT', 'COVERAGE', 'AUDIT'] as const;

export const CONSENT_STATES = ['GRANTED', 'REVOKED'] as const;

/** As whom a consent was given or revoked. */
export const CONSENT_GIVERS = ['PATIENT', 'REPRESENTATIVE', 'REGISTRAR'] as const;

export type ConsentGiver = (typeof CONSENT_GIVERS)[number];

/** What the patient decides; which of the fields it has follows from the type. */
const decision = {
  type: z.enum(['COPY_GRANT', 'VIEW_RESTRICTION', 'LABEL_GRANT', 'REPRESENTATIVE']),
  institution: maybe(uuid),
  // One form: each purpose once, in the order in which they are declared.
  purposes: z
    .array(z.enum(RESTRICTABLE))
    .nullish()
    .transform((purposes) => RESTRICTABLE.filter((purpose) => purposes?.includes(purpose))),
  label: maybe(text(64)),
  representative: maybe(uuid),
  validUntil: maybe(moment),
};

type Decision = z.output<z.ZodObject<typeof decision>>;

/** For each type the fields that it must have; `institution?` may be missing. The others it must not have. */
const FIELDS: Readonly<Record<Decision['type'], readonly string[]>> = {
  COPY_GRANT: ['institution'],
  VIEW_RESTRICTION: ['institution?', 'purposes'],
  LABEL_GRANT: ['institution', 'label'],
  REPRESENTATIVE: ['representative'],
};

function requireFields(values: Decision, context: z.RefinementCtx): void {
  const wanted = FIELDS[values.type];
  for (const field of ['institution', 'purposes', 'label', 'representative'] as const) {
    const value = values[field];
    const isThere = Array.isArray(value) ? value.length > 0 : value !== null;
    if (wanted.includes(`${field}?`) || isThere === wanted.includes(field)) continue;
    const message = `expected ${isThere ? 'none' : 'a value'} with ${values.type}`;
    context.addIssue({ code: 'custom', path: [field], message });
  }
}

/** What of an input is the decision. A restriction of no purpose in particular is one of all. */
export const consentDecision = z
  .object(decision)
  .transform((values) =>
    values.type === 'VIEW_RESTRICTION' && values.purposes.length === 0
      ? { ...values, purposes: [...RESTRICTABLE] }
      : values,
  )
  .superRefine(requireFields);

export const consentValues = z
  .strictObject({
    patient: uuid,
    ...decision,
    state: z.enum(CONSENT_STATES),
    /** The member who gave it, and as whom. */
    grantedBy: uuid,
    grantedAs: z.enum(CONSENT_GIVERS),
    /** Where a registrar recorded it for the patient: the institution that attests it, and its name for the signed paper. */
    attestedBy: maybe(uuid),
    paper: maybe(text(200)),
    revokedBy: maybe(uuid),
    revokedAs: maybe(z.enum(CONSENT_GIVERS)),
    revokedPaper: maybe(text(200)),
  })
  .superRefine(requireFields);

/** A consent's sealed values. */
export type ConsentValues = z.output<typeof consentValues>;
