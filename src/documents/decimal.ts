/** Exact decimal numbers as text: reports carry them as strings, so that no binary rounding touches a figure. */

/** The grammar of a number: no exponent, no leading zeros, no plus sign. */
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;
/** Characters of a number; enough for any amount or count that a state deals in. */
const LONGEST = 40;

/**
 * The one form of an integer written as text, or null when it isn't one.
 * @example parseInteger('-0') // '0'
 */
export function parseInteger(text: string): string | null {
  if (text.length > LONGEST || !INTEGER.test(text)) return null;
  return text === '-0' ? '0' : text;
}

/**
 * The one form of a decimal written as text (no trailing zeros), or null when it isn't one.
 * @example parseDecimal('1.50') // '1.5'
 */
export function parseDecimal(text: string): string | null {
  if (text.length > LONGEST || !DECIMAL.test(text)) return null;
  const shortest = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return shortest === '-0' ? '0' : shortest;
}

/**
 * Compares two decimals exactly.
 * @param a a decimal in the grammar above
 * @param b another
 * @returns negative, zero or positive as `a` is less than, equal to or greater than `b`
 */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(fractionDigits(a), fractionDigits(b));
  const difference = scaled(a, scale) - scaled(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function fractionDigits(text: string): number {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}

function scaled(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
