import { describe, expect, it } from 'vitest';
import { dueDate, isPeriod, parsePeriod } from '../../src/documents/period.js';

describe('parsePeriod', () => {
  it.each([
    ['2026', 'YEAR', '2026-01-01', '2026-12-31'],
    ['2026-Q1', 'QUARTER', '2026-01-01', '2026-03-31'],
    ['2026-Q4', 'QUARTER', '2026-10-01', '2026-12-31'],
    ['2024-02', 'MONTH', '2024-02-01', '2024-02-29'],
    ['2026-12', 'MONTH', '2026-12-01', '2026-12-31'],
  ] as const)('reads %s as a %s from %s to %s', (text, type, first, last) => {
    expect(parsePeriod(text, type)).toEqual({ first, last });
  });

  it.each([
    ['2026-1', 'MONTH'],
    ['2026-13', 'MONTH'],
    ['2026-00', 'MONTH'],
    ['2026-Q5', 'QUARTER'],
    ['2026-q1', 'QUARTER'],
    ['2026-01', 'QUARTER'],
    ['26', 'YEAR'],
    ['2026 ', 'YEAR'],
    ['0026', 'YEAR'],
    ['2026-01-01', 'MONTH'],
  ] as const)('refuses %j as a %s', (text, type) => {
    expect(parsePeriod(text, type)).toBeNull();
  });
});

describe('isPeriod', () => {
  it('takes a period of any type and nothing else', () => {
    expect(['2026', '2026-Q2', '2026-07'].every(isPeriod)).toBe(true);
    expect(['', '2026-Q', '2026-7', '%'].some(isPeriod)).toBe(false);
  });
});

describe('dueDate', () => {
  it('counts days across months and years', () => {
    expect(dueDate('2026-12-31', 30)).toBe('2027-01-30');
    expect(dueDate('2024-02-29', 0)).toBe('2024-02-29');
  });
});
