/** Codes of clinical vocabularies and sums of money, as values of records. */
import { z } from 'zod';
import { maybe, text } from './values.js';

/** A concept: a code of a vocabulary, its wording, or both (HL7 FHIR R4, "Coding"). */
export const coding = z
  .object({ system: maybe(text(256)), code: maybe(text(64)), display: maybe(text(500)) })
  .refine((value) => value.code !== null || value.display !== null, 'expected a code or a display');

export type CodingValue = z.output<typeof coding>;

/** PostgreSQL's bigint holds it, and a sum of many still fits. */
const LARGEST = 1_000_000_000_000_000n;

/** A sum in minor units of a currency (ISO 4217), 0 or more, as a decimal string. */
export const money = z.object({
  amount: z
    .union([z.bigint(), z.string().regex(/^\d{1,16}$/, 'expected whole minor units, 0 or more')])
    .transform((value) => BigInt(value))
    .refine((value) => value >= 0n && value <= LARGEST, `expected 0 to ${LARGEST} minor units`)
    .transform(String),
  currency: z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code of three capital letters'),
});

export type MoneyValue = z.output<typeof money>;
