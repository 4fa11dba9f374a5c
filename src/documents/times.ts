/** Dates and times as text, in one form each (RFC 3339 section 5.6; the proleptic Gregorian calendar). */

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;
/** The one form of `normalDateTime`; what exists of it comes out of a Date as it went in. */
const NORMAL = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Tells whether a text is a day that exists: `2024-02-29` is one, `2023-02-29` isn't. Years from 0001. */
export function isCalendarDate(text: string): boolean {
  const match = DAY.exec(text);
  if (match === null || match[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}

/** Tells whether a text is a day, a month or a year that exists. */
export function isPartialDate(text: string): boolean {
  if (/^\d{4}$/.test(text)) return isCalendarDate(`${text}-01-01`);
  if (/^\d{4}-\d{2}$/.test(text)) return isCalendarDate(`${text}-01`);
  return isCalendarDate(text);
}

/**
 * The one form of a moment: UTC with milliseconds. Null when the text isn't an RFC 3339 time with an offset, when its
 * day or time doesn't exist, or when it is finer than a millisecond: digits aren't dropped in silence. A leap second
 * (RFC 3339 section 5.7) is refused: PostgreSQL and JavaScript can't hold it.
 */
export function normalDateTime(text: string): string | null {
  if (NORMAL.test(text)) {
    const moment = new Date(text);
    if (!Number.isNaN(moment.getTime()) && moment.toISOString() === text) return text;
  }
  const match = MOMENT.exec(text);
  if (match === null) return null;
  const [, day = '', hour = '', minute = '', second = '', , offset = ''] = match;
  if (!isCalendarDate(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (offset !== 'Z' && (Number(offset.slice(1, 3)) > 23 || Number(offset.slice(4)) > 59)) return null;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return null;
  const normal = moment.toISOString();
  // An offset can carry a time of the year 9999 into the year 10000, whose ISO form has a sign.
  return MOMENT.test(normal) ? normal : null;
}
