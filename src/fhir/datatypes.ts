/** The FHIR R4 data types that are taken (2.24). Members that aren't listed are left alone. */
import { z } from 'zod';
import { isDateTime, isPartialDate, toInstant } from './time.js';

const text = z.string();

export const id = z
  .string()
  .regex(/^[A-Za-z0-9\-.]{1,64}$/, 'expected an id of 1 to 64 letters, digits, "-" and "."');

export const code = z.string().regex(/^\S+( \S+)*$/, 'expected a code, without spaces around it');

const uri = z.string().regex(/^\S+$/, 'expected a URI, without spaces');

export const date = z.string().refine(isPartialDate, 'expected a date: YYYY, YYYY-MM or YYYY-MM-DD');

export const dateTime = z
  .string()
  .refine(isDateTime, 'expected a dateTime: a date, or a date and time with an offset');

/** A dateTime that has to be a point in time. A date alone isn't one, and guessing the time would falsify it. */
export const instant = z
  .string()
  .refine(
    (value) => toInstant(value) !== null,
    'expected a date and time with an offset: a date alone is no point in time',
  );

/** Items of a primitive list; null stands where only an extension is (checked by `rules.ts`). */
const texts = z.array(text.nullable());

export const identifier = z.looseObject({
  use: z.enum(['usual', 'official', 'temp', 'secondary', 'old']).optional(),
  system: uri.optional(),
  value: text.optional(),
});
export type Identifier = z.infer<typeof identifier>;

export const humanName = z.looseObject({
  use: z.enum(['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden']).optional(),
  text: text.optional(),
  family: text.optional(),
  given: texts.optional(),
  prefix: texts.optional(),
  suffix: texts.optional(),
});
export type HumanName = z.infer<typeof humanName>;

export const contactPoint = z.looseObject({
  system: z.enum(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']).optional(),
  value: text.optional(),
  use: z.enum(['home', 'work', 'temp', 'old', 'mobile']).optional(),
});
export type ContactPoint = z.infer<typeof contactPoint>;

export const address = z.looseObject({
  use: z.enum(['home', 'work', 'temp', 'old', 'billing']).optional(),
  text: text.optional(),
  line: texts.optional(),
  city: text.optional(),
  district: text.optional(),
  state: text.optional(),
  postalCode: text.optional(),
  country: text.optional(),
});
export type Address = z.infer<typeof address>;

export const coding = z.looseObject({
  system: uri.optional(),
  code: code.optional(),
  display: text.optional(),
  userSelected: z.boolean().optional(),
});
export type Coding = z.infer<typeof coding>;

export const concept = z.looseObject({ coding: z.array(coding).optional(), text: text.optional() });
export type Concept = z.infer<typeof concept>;

export const reference = z.looseObject({
  reference: text.optional(),
  type: uri.optional(),
  identifier: identifier.optional(),
  display: text.optional(),
});
export type Reference = z.infer<typeof reference>;
