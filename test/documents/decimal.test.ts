import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, parseDecimal, parseInteger } from '../../src/documents/decimal.js';

describe('parseDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1.50', '1.5'],
    ['100', '100'],
    ['100.0', '100'],
    ['-12.034', '-12.034'],
  ])('brings %s into the form %s', (text, form) => {
    expect(parseDecimal(text)).toBe(form);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '1.',
    '.5',
    '1,5',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '١',
    '--1',
    '9'.repeat(41),
  ])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeNull();
  });
});

describe('parseInteger', () => {
  it('takes integers beyond 2^53 as they are', () => {
    expect(parseInteger('9007199254740993')).toBe('9007199254740993');
  });

  it.each(['1.0', '1e2', '', '-', '00'])('refuses %j', (text) => {
    expect(parseInteger(text)).toBeNull();
  });
});

describe('compareDecimals', () => {
  it('is exact where binary fractions are not', () => {
    expect(compareDecimals('0.1', '0.10')).toBe(0);
    expect(compareDecimals('9007199254740993', '9007199254740992')).toBe(1);
    expect(compareDecimals('-0.5', '-0.05')).toBe(-1);
  });

  it('agrees with integer arithmetic on hundredths', () => {
    const hundredths = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(hundredths, hundredths, (a, b) => {
        expect(Math.sign(compareDecimals(text(a), text(b)))).toBe(Math.sign(a - b));
      }),
    );
  });
});

/** 150 → 1.50 */
function text(hundredths: number): string {
  const digits = String(Math.abs(hundredths)).padStart(3, '0');
  return `${hundredths < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
