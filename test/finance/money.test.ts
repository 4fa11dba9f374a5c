import { describe, expect, it } from 'vitest';
import { isCurrency, LARGEST_AMOUNT, moneyInput } from '../../src/finance/money.js';

describe('isCurrency', () => {
  it('takes codes in use', () => {
    expect(['EUR', 'USD', 'UAH', 'JPY', 'XOF'].every(isCurrency)).toBe(true);
  });

  it.each(['', 'eur', 'EU', 'EURO', 'XXX', 'XAU', 'DEM', 'BGN ', 'toString'])('refuses %j', (code) => {
    expect(isCurrency(code)).toBe(false);
  });
});

describe('moneyInput', () => {
  it('takes one minor unit and the largest amount', () => {
    for (const amount of [1n, LARGEST_AMOUNT])
      expect(moneyInput.safeParse({ amount, currency: 'EUR' }).success).toBe(true);
  });

  it.each([0n, -1n, LARGEST_AMOUNT + 1n])('refuses %s minor units', (amount) => {
    const parsed = moneyInput.safeParse({ amount, currency: 'EUR' });
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['amount']]);
  });
});
