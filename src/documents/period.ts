/** Reporting periods: `2026`, `2026-Q1`, `2026-01`, with the days they span. */

/** How often a form is due. */
export const PERIOD_TYPES = ['MONTH', 'QUARTER', 'YEAR'] as const;

export type PeriodType = (typeof PERIOD_TYPES)[number];

const GRAMMAR: Readonly<Record<PeriodType, RegExp>> = {
  MONTH: /^([12]\d{3})-(0[1-9]|1[0-2])$/,
  QUARTER: /^([12]\d{3})-Q([1-4])$/,
  YEAR: /^([12]\d{3})$/,
};

const EXAMPLE: Readonly<Record<PeriodType, string>> = { MONTH: '2026-01', QUARTER: '2026-Q1', YEAR: '2026' };

/** Months of each type. */
const MONTHS: Readonly<Record<PeriodType, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

/** A period's days, both included, as ISO dates. */
export interface Period {
  readonly first: string;
  readonly last: string;
}

/**
 * Reads a period of a form.
 * @param text as the client wrote it
 * @param type the form's
 * @returns null when the text isn't a period of this type
 * @example parsePeriod('2026-Q1', 'QUARTER') // { first: '2026-01-01', last: '2026-03-31' }
 */
export function parsePeriod(text: string, type: PeriodType): Period | null {
  const match = GRAMMAR[type].exec(text);
  if (match === null) return null;
  const year = Number(match[1]);
  const month = type === 'YEAR' ? 0 : (Number(match[2]) - 1) * MONTHS[type];
  return { first: isoDate(Date.UTC(year, month, 1)), last: isoDate(Date.UTC(year, month + MONTHS[type], 0)) };
}

/** Whether the text is a period of some type: what a filter may ask for. */
export function isPeriod(text: string): boolean {
  return PERIOD_TYPES.some((type) => GRAMMAR[type].test(text));
}

/** What a period of this type looks like, for refusals. */
export function periodExample(type: PeriodType): string {
  return EXAMPLE[type];
}

/**
 * The last day on which a report for a period isn't late.
 * @param last the period's last day, ISO
 * @param days days that the form allows after it
 */
export function dueDate(last: string, days: number): string {
  const date = new Date(`${last}T00:00:00Z`);
  return isoDate(date.setUTCDate(date.getUTCDate() + days));
}

function isoDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
