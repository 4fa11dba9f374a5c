import { describe, expect, it } from 'vitest';
import { isCaller, type Member, standingOf, watchedCaller } from '../../src/records/index.js';

const member: Member = {
  id: 'a',
  institution: 'city',
  roles: new Set(['CLINICIAN', 'REPORTER']),
  state: false,
  licensed: true,
  patient: null,
  authority: [1n, 2n],
};

describe('watchedCaller', () => {
  it('has the member’s standing, and notes nothing while only its standing is read', () => {
    const { caller, looked } = watchedCaller(member);
    expect([caller.institution, [...caller.roles], caller.state, caller.licensed, caller.patient]).toEqual([
      'city',
      ['CLINICIAN', 'REPORTER'],
      false,
      true,
      null,
    ]);
    expect(looked).toEqual({ personal: false, compared: new Set() });
  });

  it.each<[string, (caller: Member) => unknown]>([
    ['its id is read', ({ id }) => id],
    ['its authority is read', ({ authority }) => authority],
    ['it is copied', (caller) => ({ ...caller })],
  ])('notes that the answer is its own when %s', (_what, look) => {
    const { caller, looked } = watchedCaller(member);
    look(caller);
    expect(looked.personal).toBe(true);
  });

  it('is no member in particular, and notes which it was taken not to be', () => {
    const { caller, looked } = watchedCaller(member);
    expect([isCaller(caller, 'a'), isCaller(caller, 'b')]).toEqual([false, false]);
    expect(looked).toEqual({ personal: false, compared: new Set(['a', 'b']) });
  });
});

describe('isCaller', () => {
  it('knows a member by its id, and nobody as none', () => {
    expect([isCaller(member, 'a'), isCaller(member, 'b'), isCaller(null, 'a')]).toEqual([true, false, false]);
  });
});

describe('standingOf', () => {
  it('is equal for members who differ in nothing but who they are', () => {
    const other: Member = { ...member, id: 'b', authority: [7n], roles: new Set(['REPORTER', 'CLINICIAN']) };
    expect(standingOf(other)).toBe(standingOf(member));
  });

  it.each<[string, Partial<Member>]>([
    ['institution', { institution: 'north' }],
    ['roles', { roles: new Set(['CLINICIAN']) }],
    ['state', { state: true }],
    ['licence', { licensed: false }],
    ['patient', { patient: 'p' }],
  ])('differs by %s', (_what, change) => {
    expect(standingOf({ ...member, ...change })).not.toBe(standingOf(member));
    expect(standingOf(null)).not.toBe(standingOf(member));
  });
});
