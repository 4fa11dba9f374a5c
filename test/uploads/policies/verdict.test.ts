import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../../src/records/index.js';
import {
  confirmableFromOf,
  mayEndorse,
  mayRefuse,
  POLICY_RULES,
  verdict,
  type Endorser,
  type Requirement,
} from '../../../src/uploads/policies/index.js';

const ASKED = '2026-03-01T10:00:00.000Z';
const NOW = new Date('2026-03-01T11:00:00.000Z');
const MEMBERS = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
const HOUSES = ['i1', 'i2', 'i3', 'i4'];

function requirement(terms: Partial<Requirement>): Requirement {
  return {
    situation: 'thing.do',
    rule: 'AUTOMATIC',
    role: null,
    institutions: [],
    person: null,
    count: 0,
    waitSeconds: 0,
    ownCounts: false,
    policy: null,
    ...terms,
  };
}

function endorser(member: string, institution: string | null, ...roles: Role[]): Endorser {
  return { member, institution, roles: new Set(roles), state: roles.includes('REGULATOR') };
}

function isConfirmed(
  requirements: readonly Requirement[],
  uploader: Endorser,
  endorsements: readonly Endorser[],
  now = NOW,
): boolean {
  return verdict(requirements, uploader, endorsements, ASKED, now).state === 'CONFIRMED';
}

const reporter = endorser('m1', 'i1', 'REPORTER');
const one = endorser('m2', 'i2', 'REGULATOR');
const two = endorser('m3', 'i2', 'REGULATOR');

describe('verdict', () => {
  it('confirms at once what nobody must approve', () => {
    expect(verdict([], reporter, [], ASKED, NOW)).toEqual({ state: 'CONFIRMED' });
    expect(verdict([requirement({})], reporter, [], ASKED, NOW)).toEqual({ state: 'CONFIRMED' });
  });

  it('asks for as many different members of the role as the requirement says', () => {
    const asked = [requirement({ rule: 'ROLE', role: 'REGULATOR', count: 2 })];
    expect(verdict(asked, reporter, [one, one], ASKED, NOW)).toEqual({
      state: 'VALIDATING',
      missing: '1 more of 2 by a REGULATOR',
      confirmableFrom: null,
    });
    expect(isConfirmed(asked, reporter, [one, two])).toBe(true);
  });

  it('takes nobody for a regulator who is not one of the state', () => {
    const stranger: Endorser = { ...one, state: false };
    expect(
      isConfirmed([requirement({ rule: 'ROLE', role: 'REGULATOR', count: 1 })], reporter, [stranger]),
    ).toBe(false);
  });

  it('counts members of certain institutions alone where the requirement names them', () => {
    const asked = [requirement({ rule: 'ROLE', role: 'FINANCE', count: 1, institutions: ['i3'] })];
    expect(isConfirmed(asked, reporter, [endorser('m2', 'i2', 'FINANCE')])).toBe(false);
    expect(isConfirmed(asked, reporter, [endorser('m2', 'i3', 'FINANCE')])).toBe(true);
  });

  it('asks for k of n institutions, whoever speaks for them', () => {
    const asked = [requirement({ rule: 'INSTITUTIONS', count: 2, institutions: ['i2', 'i3', 'i4'] })];
    const twice = [endorser('m2', 'i2', 'CLINICIAN'), endorser('m3', 'i2', 'REGISTRAR')];
    expect(isConfirmed(asked, reporter, twice)).toBe(false);
    expect(isConfirmed(asked, reporter, [...twice, endorser('m4', 'i4', 'VENDOR')])).toBe(true);
  });

  it("doesn't let a colleague of the uploader stand in for its institution", () => {
    const terms = { rule: 'INSTITUTIONS', count: 1, institutions: ['i1', 'i2'] } as const;
    const colleague = endorser('m5', 'i1', 'REGISTRAR');
    expect(isConfirmed([requirement(terms)], reporter, [colleague])).toBe(false);
    expect(mayEndorse([requirement(terms)], colleague, reporter)).toBe(false);
    expect(isConfirmed([requirement({ ...terms, ownCounts: true })], reporter, [])).toBe(true);
  });

  it("takes the approval of the person that is named, and nobody else's", () => {
    const asked = [requirement({ rule: 'PERSON', person: 'm3', count: 1 })];
    expect(isConfirmed(asked, reporter, [one])).toBe(false);
    expect(isConfirmed(asked, reporter, [two])).toBe(true);
  });

  it("counts the uploader's own standing only where the requirement says so", () => {
    const terms = { rule: 'ROLE', role: 'REGULATOR', count: 1 } as const;
    expect(isConfirmed([requirement(terms)], one, [one])).toBe(false);
    expect(isConfirmed([requirement({ ...terms, ownCounts: true })], one, [])).toBe(true);
    expect(isConfirmed([requirement({ ...terms, ownCounts: true })], reporter, [])).toBe(false);
  });

  it('waits to the millisecond, however many endorse', () => {
    const asked = [requirement({ rule: 'ROLE', role: 'REGULATOR', count: 1, waitSeconds: 3600 })];
    const from = '2026-03-01T11:00:00.000Z';
    expect(verdict(asked, reporter, [one, two], ASKED, new Date(Date.parse(from) - 1))).toEqual({
      state: 'VALIDATING',
      missing: `the waiting time until ${from}`,
      confirmableFrom: from,
    });
    expect(isConfirmed(asked, reporter, [one], new Date(from))).toBe(true);
    expect(isConfirmed(asked, reporter, [], new Date(from))).toBe(false);
  });

  it('asks for everything where there are several requirements', () => {
    const asked = [
      requirement({ rule: 'ROLE', role: 'REGULATOR', count: 1 }),
      requirement({ rule: 'INSTITUTIONS', institutions: ['i3'], count: 1, waitSeconds: 60 }),
    ];
    expect(verdict(asked, reporter, [], ASKED, NOW)).toEqual({
      state: 'VALIDATING',
      missing: '1 more of 1 by a REGULATOR and 1 more of 1 of 1 institutions',
      confirmableFrom: '2026-03-01T10:01:00.000Z',
    });
    expect(isConfirmed(asked, reporter, [one, endorser('m4', 'i3', 'CLINICIAN')])).toBe(true);
  });
});

describe('mayRefuse', () => {
  const asked = [requirement({ rule: 'ROLE', role: 'REGULATOR', count: 1 })];

  it("lets the uploader's institution stop what is asked in its name", () => {
    expect(mayRefuse(asked, endorser('m5', 'i1', 'CLINICIAN'), reporter)).toBe(true);
    expect(mayRefuse(asked, reporter, reporter)).toBe(true);
    expect(mayRefuse(asked, one, reporter)).toBe(true);
  });

  it('gives no say to auditors and to other institutions', () => {
    expect(mayRefuse(asked, endorser('m5', 'i1', 'AUDITOR'), reporter)).toBe(false);
    expect(mayRefuse(asked, endorser('m5', 'i3', 'FINANCE'), reporter)).toBe(false);
    const patient = endorser('m6', null, 'PATIENT');
    expect(mayRefuse(asked, patient, endorser('m5', null, 'PATIENT'))).toBe(false);
  });
});

const endorsers: fc.Arbitrary<Endorser> = fc.record({
  member: fc.constantFrom(...MEMBERS),
  institution: fc.constantFrom(...HOUSES, null),
  roles: fc.subarray([...ROLES], { minLength: 1, maxLength: 3 }).map((roles) => new Set(roles)),
  state: fc.boolean(),
});

const requirements: fc.Arbitrary<readonly Requirement[]> = fc.array(
  fc.record({
    situation: fc.constant('thing.do'),
    rule: fc.constantFrom(...POLICY_RULES),
    role: fc.constantFrom('REGULATOR', 'FINANCE', 'CLINICIAN', null),
    institutions: fc.subarray(HOUSES),
    person: fc.constantFrom(...MEMBERS, null),
    count: fc.nat(3),
    waitSeconds: fc.constantFrom(0, 60, 7200),
    ownCounts: fc.boolean(),
    policy: fc.constant(null),
  }),
  { maxLength: 3 },
);

const asking = { requirements, uploader: endorsers, endorsements: fc.array(endorsers, { maxLength: 8 }) };
const MUCH_LATER = new Date('2027-01-01T00:00:00.000Z');

describe('verdict, of any requirements and endorsements', () => {
  it('is monotone: one more endorsement never takes a confirmation back', () => {
    fc.assert(
      fc.property(fc.record({ ...asking, more: endorsers, place: fc.nat(8) }), (given) => {
        const { requirements, uploader, endorsements, more, place } = given;
        fc.pre(isConfirmed(requirements, uploader, endorsements));
        return isConfirmed(requirements, uploader, endorsements.toSpliced(place, 0, more));
      }),
      { numRuns: 2000 },
    );
  });

  it('is monotone in time, and never confirms before the waiting time is over', () => {
    fc.assert(
      fc.property(fc.record(asking), ({ requirements, uploader, endorsements }) => {
        const from = confirmableFromOf(requirements, ASKED) ?? ASKED;
        const early = new Date(Date.parse(from) - 1);
        if (from !== ASKED) expect(isConfirmed(requirements, uploader, endorsements, early)).toBe(false);
        const onTime = isConfirmed(requirements, uploader, endorsements, new Date(from));
        expect(isConfirmed(requirements, uploader, endorsements, MUCH_LATER)).toBe(onTime);
      }),
      { numRuns: 1000 },
    );
  });

  it("counts no member and no institution twice, and doesn't mind their order", () => {
    fc.assert(
      fc.property(fc.record(asking), ({ requirements, uploader, endorsements }) => {
        const expected = isConfirmed(requirements, uploader, endorsements, MUCH_LATER);
        const repeated = [...endorsements, ...endorsements].reverse();
        expect(isConfirmed(requirements, uploader, repeated, MUCH_LATER)).toBe(expected);
        if (!expected) return;
        const members = new Set([...endorsements, uploader].map(({ member }) => member));
        const houses = new Set([...endorsements, uploader].map(({ institution }) => institution));
        for (const { rule, count } of requirements)
          expect(count).toBeLessThanOrEqual(rule === 'INSTITUTIONS' ? houses.size : members.size);
      }),
      { numRuns: 2000 },
    );
  });

  it('never counts the uploader where its own standing does not', () => {
    fc.assert(
      fc.property(fc.record(asking), ({ requirements, uploader, endorsements }) => {
        const others = endorsements.filter(({ member }) => member !== uploader.member);
        const strict = requirements.map((one) => ({ ...one, ownCounts: false }));
        const itself: Endorser[] = HOUSES.map((institution) => ({ ...uploader, institution }));
        const bare = isConfirmed(strict, uploader, others, MUCH_LATER);
        expect(isConfirmed(strict, uploader, [...others, ...itself], MUCH_LATER)).toBe(bare);
        expect(mayEndorse(requirements, { ...uploader, institution: 'i9' }, uploader)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("isn't changed by those who may not endorse", () => {
    fc.assert(
      fc.property(fc.record(asking), ({ requirements, uploader, endorsements }) => {
        const entitled = endorsements.filter((one) => mayEndorse(requirements, one, uploader));
        const expected = verdict(requirements, uploader, entitled, ASKED, MUCH_LATER);
        expect(verdict(requirements, uploader, endorsements, ASKED, MUCH_LATER)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
