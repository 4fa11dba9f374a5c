/** FHIR's date and dateTime (R4, 2.24.0.1): partial dates stay partial, instants become UTC with milliseconds. */

const PARTIAL = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** Whether `text` is a year, a year and month, or a day of the calendar: `2013`, `2013-03`, `2013-03-11`. */
export function isPartialDate(text: string): boolean {
  const match = PARTIAL.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? '1'), Number(match[3] ?? '1')];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * Brings a FHIR instant to UTC: `2017-02-01T07:15:00+10:00` to `2017-01-31T21:15:00.000Z`. Digits below the
 * millisecond are cut off.
 *
 * @returns null when `text` is no instant: a date only, no offset, or no real time
 */
export function toInstant(text: string): string | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, day = '', hours = '', minutes = '', seconds = '', fraction = '', offset = ''] = match;
  if (!isPartialDate(day) || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  if (offset !== 'Z' && (Number(offset.slice(1, 3)) > 14 || Number(offset.slice(4)) > 59)) return null;
  const time = new Date(
    `${day}T${hours}:${minutes}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`,
  );
  const utc = Number.isNaN(time.getTime()) ? '' : time.toISOString();
  return utc.length === '2017-01-31T21:15:00.000Z'.length ? utc : null;
}

/** Whether `text` is a FHIR dateTime: a partial date or an instant. */
export function isDateTime(text: string): boolean {
  return isPartialDate(text) || toInstant(text) !== null;
}
