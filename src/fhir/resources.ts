/** The FHIR R4 resources that are taken, as far as they are taken. Members that aren't listed are left alone. */
import { z } from 'zod';
import {
  address,
  code,
  coding,
  concept,
  contactPoint,
  date,
  dateTime,
  humanName,
  id,
  identifier,
  instant,
  reference,
} from './datatypes.js';

/** What every resource may carry. `security` marks specially protected ones (R4, 6.1.1). */
const resource = {
  id: id.optional(),
  meta: z.looseObject({ security: z.array(coding).optional() }).optional(),
};

export const patient = z.looseObject({
  ...resource,
  resourceType: z.literal('Patient'),
  active: z.literal(true, 'expected an active record: an inactive one stands for nobody').optional(),
  identifier: z.array(identifier).optional(),
  name: z.array(humanName).optional(),
  telecom: z.array(contactPoint).optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  birthDate: date.optional(),
  deceasedBoolean: z.boolean().optional(),
  deceasedDateTime: dateTime.optional(),
  address: z.array(address).optional(),
  maritalStatus: concept.optional(),
  communication: z.array(z.looseObject({ language: concept, preferred: z.boolean().optional() })).optional(),
  managingOrganization: reference.optional(),
  link: z
    .array(
      z.looseObject({
        other: reference,
        type: z
          .enum(['replaced-by', 'replaces', 'refer', 'seealso'])
          .refine(
            (type) => type !== 'replaced-by',
            'expected a current record: this one is replaced by another',
          ),
      }),
    )
    .optional(),
});
export type PatientResource = z.infer<typeof patient>;

export const encounter = z.looseObject({
  ...resource,
  resourceType: z.literal('Encounter'),
  identifier: z.array(identifier).optional(),
  status: z.enum([
    'planned',
    'arrived',
    'triaged',
    'in-progress',
    'onleave',
    'finished',
    'cancelled',
    'entered-in-error',
    'unknown',
  ]),
  class: coding,
  type: z.array(concept).optional(),
  subject: reference,
  participant: z
    .array(z.looseObject({ type: z.array(concept).optional(), individual: reference.optional() }))
    .optional(),
  period: z.looseObject({ start: instant, end: instant.optional() }, 'expected a period with its start'),
  reasonCode: z.array(concept).optional(),
  diagnosis: z.array(z.looseObject({ condition: reference })).optional(),
  hospitalization: z.looseObject({ dischargeDisposition: concept.optional() }).optional(),
  serviceProvider: reference.optional(),
});
export type EncounterResource = z.infer<typeof encounter>;

export const condition = z.looseObject({
  ...resource,
  resourceType: z.literal('Condition'),
  clinicalStatus: concept.optional(),
  verificationStatus: concept.optional(),
  code: concept,
  subject: reference,
  encounter: reference.optional(),
  onsetDateTime: dateTime.optional(),
  abatementDateTime: dateTime.optional(),
  recordedDate: dateTime.optional(),
  note: z.array(z.looseObject({ text: z.string() })).optional(),
});
export type ConditionResource = z.infer<typeof condition>;

export const organization = z.looseObject({
  ...resource,
  resourceType: z.literal('Organization'),
  active: z.literal(true, 'expected an active organisation').optional(),
  identifier: z.array(identifier).optional(),
  type: z.array(concept).optional(),
  name: z.string().optional(),
  address: z.array(address).optional(),
});
export type OrganizationResource = z.infer<typeof organization>;

export const practitioner = z.looseObject({
  ...resource,
  resourceType: z.literal('Practitioner'),
  identifier: z.array(identifier).optional(),
  name: z.array(humanName).optional(),
});
export type PractitionerResource = z.infer<typeof practitioner>;

export const bundle = z.looseObject({
  ...resource,
  resourceType: z.literal('Bundle'),
  type: code,
  entry: z
    .array(
      z.looseObject({
        fullUrl: z.string().regex(/^\S+$/, 'expected a URL, without spaces').optional(),
        resource: z.looseObject({ resourceType: z.string() }).optional(),
        request: z.looseObject({ method: z.string() }).optional(),
      }),
    )
    .optional(),
});
export type BundleResource = z.infer<typeof bundle>;
