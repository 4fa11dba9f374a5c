/** Parts of a person's identity: names, addresses, contacts, insurance (HL7 FHIR R4 data types, cut to what is used). */
import { z } from 'zod';
import { list, maybe, text } from './values.js';

export const NAME_USES = ['USUAL', 'OFFICIAL', 'TEMP', 'NICKNAME', 'ANONYMOUS', 'OLD', 'MAIDEN'] as const;

export const ADDRESS_USES = ['HOME', 'WORK', 'TEMP', 'OLD', 'BILLING'] as const;

export const CONTACT_SYSTEMS = ['PHONE', 'EMAIL', 'FAX', 'PAGER', 'SMS', 'URL', 'OTHER'] as const;

export const CONTACT_USES = ['HOME', 'WORK', 'TEMP', 'OLD', 'MOBILE'] as const;

export const humanName = z
  .object({
    use: maybe(z.enum(NAME_USES)),
    /** The whole name as it is written. */
    text: maybe(text(300)),
    family: maybe(text(200)),
    given: list(text(200), 16),
    prefix: maybe(text(100)),
    suffix: maybe(text(100)),
  })
  .refine(
    (name) => name.text !== null || name.family !== null || name.given.length > 0,
    'expected a text, a family name or a given name',
  );

export type HumanNameValue = z.output<typeof humanName>;

export const address = z.object({
  use: maybe(z.enum(ADDRESS_USES)),
  lines: list(text(200), 8),
  city: maybe(text(100)),
  district: maybe(text(100)),
  state: maybe(text(100)),
  postalCode: maybe(text(20)),
  country: maybe(text(100)),
});

export type AddressValue = z.output<typeof address>;

export const contact = z.object({
  system: z.enum(CONTACT_SYSTEMS),
  value: text(256),
  use: maybe(z.enum(CONTACT_USES)),
});

export type ContactValue = z.output<typeof contact>;

export const insurance = z.object({ payer: text(200), memberNumber: maybe(text(64)) });

export type InsuranceValue = z.output<typeof insurance>;
