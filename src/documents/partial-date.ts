/**
 * Dates as people remember them: a year, a month or a day (HL7 FHIR R4, "date" and "dateTime"). Each has one text,
 * kept at the precision in which it was given.
 */
import { z } from 'zod';
import { isPartialDate, normalDateTime } from './times.js';
import { isRecordedYear } from './values.js';

// A day is someone's local day: a moment may fall on the day after its UTC day, or on the one before.
const EASTMOST_HOURS = 14;
const WESTMOST_HOURS = -12;
const HOUR_MILLISECONDS = 3_600_000;
const DAY_LENGTH = 10;

/** Whether the first certainly comes before the second, as far as their precision tells. */
export function certainlyBefore(first: string, second: string): boolean {
  const early =
    first.length > DAY_LENGTH && second.length <= DAY_LENGTH ? shifted(first, EASTMOST_HOURS) : first;
  const late =
    second.length > DAY_LENGTH && first.length <= DAY_LENGTH ? shifted(second, WESTMOST_HOURS) : second;
  const length = Math.min(early.length, late.length);
  return early.slice(0, length) < late.slice(0, length);
}

function shifted(moment: string, hours: number): string {
  return new Date(Date.parse(moment) + hours * HOUR_MILLISECONDS).toISOString();
}

/** Whether a date or time certainly lies in the future of `now`. */
export function certainlyAfter(value: string, now: Date): boolean {
  return certainlyBefore(now.toISOString(), value);
}

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. */
export const partialDate = z
  .string('expected a date')
  .refine(
    (value) => isPartialDate(value) && isRecordedYear(value),
    'expected a real date YYYY, YYYY-MM or YYYY-MM-DD, 1850 to 2200',
  );

/** A partial date, or an RFC 3339 moment, which is brought to UTC with milliseconds. */
export const partialMoment = z.string('expected a date or a time').transform((value, context) => {
  const utc = isPartialDate(value) ? value : normalDateTime(value);
  if (utc !== null && isRecordedYear(utc)) return utc;
  context.addIssue({
    code: 'custom',
    message:
      'expected a real date YYYY, YYYY-MM or YYYY-MM-DD, or an RFC 3339 time with a zone, 1850 to 2200',
  });
  return z.NEVER;
});
