/**
 * Schemas of the values that records are made of, each with one form: text in NFC, moments in UTC with milliseconds,
 * real calendar dates. They run on what a client sent and again before sealing, so each accepts its own output.
 */
import { z } from 'zod';
import { isCalendarDate, normalDateTime } from './times.js';

/** Years outside these are typing errors, not dates of anyone's care. */
const FIRST_YEAR = 1850;
const LAST_YEAR = 2200;

// A lone surrogate has no UTF-8 form; in `u` mode the class matches unpaired ones only.
const LONE_SURROGATE = /\p{Cs}/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
// Notes may have lines and tabs.
const CONTROL_IN_NOTE = /(?![\t\n])\p{Cc}/u;

function string(max: number, forbidden: RegExp) {
  return z
    .string('expected text')
    .refine((value) => !LONE_SURROGATE.test(value), 'expected well-formed Unicode, got a lone surrogate')
    .overwrite((value) => value.replaceAll('\r\n', '\n').normalize('NFC').trim())
    .min(1, 'expected text, got nothing')
    .max(max, `expected at most ${max} characters`)
    .refine((value) => !forbidden.test(value), 'expected no control characters');
}

/** One line of text: NFC, trimmed, not empty, at most `max` UTF-16 units, no control characters. */
export function text(max: number) {
  return string(max, CONTROL);
}

/** Text that may have line breaks and tabs. */
export function note(max: number) {
  return string(max, CONTROL_IN_NOTE);
}

/** A value that may be missing; missing is null. */
export function maybe<S extends z.ZodType>(schema: S) {
  return schema.nullable().default(null);
}

/** A list that may be missing; missing is empty. */
export function list<S extends z.ZodType>(schema: S, max: number) {
  return z
    .array(schema, 'expected a list')
    .max(max, `expected at most ${max} items`)
    .nullish()
    .transform((items) => items ?? []);
}

/** The items of a list, none when it was erased: an erased field reads null, whatever its type says. */
export function orEmpty<T>(items: readonly T[] | null): readonly T[] {
  return items ?? [];
}

/** A record id. */
export const uuid = z
  .string('expected an id')
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a UUID in lower-case hexadecimal');

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.number(expected).int(expected).min(min, expected).max(max, expected);
}

/** Whether the year that a date or time begins with is one that care is recorded of: 1850 to 2200. */
export function isRecordedYear(iso: string): boolean {
  const year = Number(iso.slice(0, 4));
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

/** A day: `YYYY-MM-DD`, on the calendar, 1850 to 2200. */
export const day = z
  .string('expected a date')
  .refine(
    (value) => isCalendarDate(value) && isRecordedYear(value),
    `expected a real date YYYY-MM-DD, ${FIRST_YEAR} to ${LAST_YEAR}`,
  );

/** A moment: RFC 3339 with an offset, brought to UTC with milliseconds. */
export const moment = z.string('expected a date and time').transform((value, context) => {
  const utc = normalDateTime(value);
  if (utc !== null && isRecordedYear(utc)) return utc;
  context.addIssue({
    code: 'custom',
    message: `expected a real RFC 3339 time with an offset, ${FIRST_YEAR} to ${LAST_YEAR}`,
  });
  return z.NEVER;
});

/** A business identifier: a number that an issuer (`system`, a URI) gave. */
export const identifier = z.object({
  system: text(256).refine((value) => !/[\s|]/.test(value), 'expected a URI without spaces or |'),
  value: text(256),
});

export type Identifier = z.output<typeof identifier>;

/** The one text of an identifier, for unique keys: a system holds no `|`. */
export function identifierKey(value: Identifier): string {
  return `${value.system}|${value.value}`;
}

/** Identifiers of one record: each once. */
export const identifiers = list(identifier, 32).superRefine((items, context) => {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const key = identifierKey(item);
    if (seen.has(key))
      context.addIssue({ code: 'custom', path: [index], message: 'expected each identifier once' });
    seen.add(key);
  });
});
