import { describe, expect, it } from 'vitest';
import { RequestSet } from '../../src/ledger/request-set.js';

const part = (n: number) => ({
  institution: n % 2 === 0 ? null : 'i',
  member: 'm',
  request: `r${n}`,
  part: n % 5,
});

describe('the set of accepted requests', () => {
  it('holds what was added and nothing else, however often it grows', () => {
    const set = new RequestSet(7);
    for (let n = 0; n < 10_000; n++) set.add(part(n));
    for (let n = 0; n < 10_000; n++) expect(set.has(part(n))).toBe(true);
    for (let n = 10_000; n < 20_000; n++) expect(set.has(part(n))).toBe(false);
  });

  it('tells institution, member, request and part apart', () => {
    const set = new RequestSet(7);
    const one = { institution: 'i', member: 'm', request: 'r', part: 0 };
    set.add(one);
    for (const other of [{ institution: null }, { member: 'n' }, { request: 's' }, { part: 1 }])
      expect(set.has({ ...one, ...other })).toBe(false);
  });
});
