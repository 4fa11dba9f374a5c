/** A form's indicators and the check of a report's values against them. */
import type { InputPath, Problem } from '../ledger/core/index.js';
import { compareDecimals, parseDecimal, parseInteger } from './decimal.js';

/** What an indicator's value may be. Values travel as text, so that no figure is rounded on its way. */
export const INDICATOR_TYPES = ['INTEGER', 'DECIMAL', 'BOOLEAN', 'TEXT'] as const;

export type IndicatorType = (typeof INDICATOR_TYPES)[number];

/** One figure that a form asks for. */
export interface Indicator {
  readonly code: string;
  readonly label: string;
  readonly type: IndicatorType;
  /** `beds`, `EUR`, `%`; null for none. */
  readonly unit: string | null;
  readonly required: boolean;
  /** Least and greatest value of an INTEGER or DECIMAL, inclusive; least and greatest length of a TEXT. */
  readonly min: string | null;
  readonly max: string | null;
}

/** One figure of a report; null says that the institution has none to give. */
export interface IndicatorValue {
  readonly code: string;
  readonly value: string | null;
}

/** Characters of a TEXT value when its indicator sets no limit. */
export const LONGEST_TEXT = 4_000;

/** What is wrong with one value, or its one form. */
type Checked = { readonly value: string } | { readonly problem: string };

/**
 * Checks a form's definitions: codes told apart, limits of the right type and in order.
 * @returns every problem at once; none when the definitions hold
 */
export function checkDefinitions(indicators: readonly Indicator[], at: InputPath): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  indicators.forEach((indicator, i) => {
    if (seen.has(indicator.code))
      problems.push({
        path: [...at, i, 'code'],
        message: `expected a code of its own, got ${indicator.code} again`,
      });
    seen.add(indicator.code);
    problems.push(...checkLimits(indicator, [...at, i]));
  });
  return problems;
}

function checkLimits(indicator: Indicator, at: InputPath): Problem[] {
  const { type, min, max } = indicator;
  const problems: Problem[] = [];
  for (const [name, limit] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (limit === null) continue;
    if (type === 'BOOLEAN') problems.push({ path: [...at, name], message: 'expected no limit on a BOOLEAN' });
    else if (!isLimit(type, limit))
      problems.push({ path: [...at, name], message: `expected ${limitOf(type)} as the limit of ${type}` });
  }
  if (problems.length === 0 && min !== null && max !== null && compareDecimals(min, max) > 0)
    problems.push({ path: [...at, 'max'], message: `expected at least min, which is ${min}, got ${max}` });
  return problems;
}

function isLimit(type: IndicatorType, limit: string): boolean {
  if (type === 'DECIMAL') return parseDecimal(limit) !== null;
  if (parseInteger(limit) === null) return false;
  if (type === 'INTEGER') return true;
  return compareDecimals(limit, '0') >= 0 && compareDecimals(limit, String(LONGEST_TEXT)) <= 0;
}

function limitOf(type: IndicatorType): string {
  return type === 'DECIMAL'
    ? 'a decimal such as 12.5'
    : type === 'INTEGER'
      ? 'an integer'
      : `a length up to ${LONGEST_TEXT}`;
}

/** The definition with its limits in their one form; call it on definitions that `checkDefinitions` passed. */
export function canonicalLimits(indicator: Indicator): Indicator {
  const limit = (text: string | null): string | null => (text === null ? null : (parseDecimal(text) ?? text));
  return { ...indicator, min: limit(indicator.min), max: limit(indicator.max) };
}

/**
 * Checks a report's values against its form: each indicator known and given once, each value of its type and within its
 * limits, each required one there.
 * @param form the form's indicators
 * @param given the values as the client sent them
 * @param at where in the input the values stand
 * @returns the values in the form's order and in their one form, and every problem at once
 */
export function checkIndicators(
  form: readonly Indicator[],
  given: readonly IndicatorValue[],
  at: InputPath,
): { readonly values: IndicatorValue[]; readonly problems: Problem[] } {
  const known = new Map(form.map((indicator) => [indicator.code, indicator]));
  const values = new Map<string, string | null>();
  const problems: Problem[] = [];
  given.forEach(({ code, value }, i) => {
    const indicator = known.get(code);
    if (indicator === undefined)
      problems.push({ path: [...at, i, 'code'], message: 'expected the code of an indicator of the form' });
    else if (values.has(code))
      problems.push({ path: [...at, i, 'code'], message: `expected one value for ${code}, got another` });
    else if (value === null) values.set(code, null);
    else {
      const checked = checkValue(indicator, value);
      if ('problem' in checked)
        problems.push({ path: [...at, i, 'value'], message: `${code}: ${checked.problem}` });
      values.set(code, 'value' in checked ? checked.value : value);
    }
  });
  for (const { code, required } of form) {
    if (required && (values.get(code) ?? null) === null)
      problems.push({ path: at, message: `expected a value for ${code}, which the form requires` });
  }
  const ordered = form.filter(({ code }) => values.has(code));
  return { values: ordered.map(({ code }) => ({ code, value: values.get(code) ?? null })), problems };
}

// The messages name the expectation, not the value: errors reach logs and proxies that reports shouldn't.
function checkValue(indicator: Indicator, text: string): Checked {
  switch (indicator.type) {
    case 'BOOLEAN':
      return text === 'true' || text === 'false' ? { value: text } : { problem: 'expected true or false' };
    case 'INTEGER':
      return checkNumber(indicator, parseInteger(text), 'an integer');
    case 'DECIMAL':
      return checkNumber(indicator, parseDecimal(text), 'a decimal such as 12.5');
    case 'TEXT':
      return checkText(indicator, text);
  }
}

function checkNumber({ min, max }: Indicator, value: string | null, expected: string): Checked {
  if (value === null) return { problem: `expected ${expected}` };
  if (min !== null && compareDecimals(value, min) < 0) return { problem: `expected at least ${min}` };
  if (max !== null && compareDecimals(value, max) > 0) return { problem: `expected at most ${max}` };
  return { value };
}

function checkText({ min, max }: Indicator, value: string): Checked {
  const least = min === null ? 1 : Number(min);
  const most = max === null ? LONGEST_TEXT : Number(max);
  const length = [...value].length;
  if (/\p{Surrogate}/u.test(value)) return { problem: 'expected well-formed Unicode' };
  if (length < least || length > most) return { problem: `expected ${least} to ${most} characters` };
  return { value };
}
