import { describe, expect, it } from 'vitest';
import type { Member, Relation, Role, Unrelated } from '../../src/records/index.js';
import {
  institutionKind,
  institutionValues,
  licence,
  licenceActive,
  licenceState,
  memberKind,
  memberValues,
  type MemberValues,
} from '../../src/standing/index.js';

const EVERY_WORK = ['OUTPATIENT', 'INPATIENT', 'EMERGENCY', 'HOME', 'REMOTE', 'REPORTING'];

const HOME = '01890000-0000-7000-8000-000000000001';
const OTHER = '01890000-0000-7000-8000-000000000002';
const ONE = '01890000-0000-7000-8000-00000000000a';
const PATIENT = '01890000-0000-7000-8000-00000000000b';

const INSTITUTION = {
  name: ' City Hospital ',
  kind: 'HOSPITAL',
  ownership: 'PUBLIC',
  region: 'North',
  identifiers: [{ system: 'urn:register', value: '1' }],
  licence: { number: 'L-1' },
};

const MEMBER = { institution: HOME, subject: 'sub', name: 'Ann', roles: ['CLINICIAN'], state: 'ACTIVE' };

function caller(roles: Role[], facts: Partial<Member> = {}): Member {
  return {
    id: ONE,
    institution: HOME,
    roles: new Set(roles),
    state: false,
    licensed: true,
    patient: null,
    authority: [],
    ...facts,
  };
}

function record<V>(kind: string, id: string, custodian: string, values: V): Unrelated<V> {
  const head = {
    kind,
    schema: 1,
    id,
    version: 1,
    custodian,
    patient: null,
    jurisdiction: null,
    label: null,
    retention: null,
  };
  const anchor = {
    index: 1n,
    block: 1n,
    time: '2026-01-01T00:00:00.000Z',
    leafHash: new Uint8Array(32),
    actor: '',
  };
  return { kind, head, values, anchor };
}

const NO_LOOKUPS = {
  now: () => new Date(0),
  treated: () => Promise.resolve(new Set<string>()),
  linked: () => Promise.resolve(new Map<string, ReadonlySet<string>>()),
  keepers: () => Promise.resolve(new Map<string, string>()),
  consents: () => Promise.resolve(new Map<string, never[]>()),
  viewed: () => Promise.resolve(new Map<string, never[]>()),
};

function problemsOf(
  schema: { safeParse(value: unknown): { error?: { issues: { path: PropertyKey[] }[] } | undefined } },
  value: unknown,
) {
  return (schema.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('an institution’s values', () => {
  it('take their one form, and keep it', () => {
    const values = institutionValues.parse({
      ...INSTITUTION,
      name: ' Cafe\u0301 ',
      account: { iban: 'de89 3704 0044 0532 0130 00', holder: 'City' },
    });
    expect(values).toEqual({
      ...INSTITUTION,
      name: 'Café',
      licence: {
        number: 'L-1',
        state: 'ACTIVE',
        validFrom: null,
        validUntil: null,
        work: EVERY_WORK,
        remark: null,
      },
      capacity: null,
      account: { iban: 'DE89370400440532013000', holder: 'City' },
    });
    expect(institutionValues.parse(values)).toEqual(values);
  });

  it.each<[string, object, string]>([
    ['an empty name', { name: '  ' }, 'name'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'name'],
    ['a lone surrogate', { name: 'x\ud800' }, 'name'],
    ['a control character', { region: 'a\u0007b' }, 'region'],
    [
      'an identifier twice',
      { identifiers: [INSTITUTION.identifiers[0], INSTITUTION.identifiers[0]] },
      'identifiers.1',
    ],
    ['a system with |', { identifiers: [{ system: 'a|b', value: '1' }] }, 'identifiers.0.system'],
    [
      'a licence that ends before it begins',
      { licence: { number: '1', validFrom: '2026-02-02', validUntil: '2026-02-01' } },
      'licence.validUntil',
    ],
    ['a day that doesn’t exist', { licence: { number: '1', validFrom: '2026-02-30' } }, 'licence.validFrom'],
    ['a derived licence state', { licence: { number: '1', state: 'EXPIRED' } }, 'licence.state'],
    ['beds below 0', { capacity: { beds: -1 } }, 'capacity.beds'],
    ['half a bed', { capacity: { beds: 0.5 } }, 'capacity.beds'],
    [
      'an IBAN whose check digits fail',
      { account: { iban: 'DE88370400440532013000', holder: 'x' } },
      'account.iban',
    ],
  ])('refuse %s, at its place', (_what, change, path) => {
    expect(problemsOf(institutionValues, { ...INSTITUTION, ...change })).toEqual([path]);
  });
});

describe('a licence', () => {
  const parse = (value: object) => licence.parse({ number: '1', ...value });

  it.each<[object, string, string, boolean]>([
    [{}, '2026-01-01', 'ACTIVE', true],
    [{ validUntil: '2026-01-01' }, '2026-01-01', 'ACTIVE', true],
    [{ validUntil: '2026-01-01' }, '2026-01-02', 'EXPIRED', false],
    [{ validFrom: '2026-01-02' }, '2026-01-01', 'ACTIVE', false],
    [{ state: 'SUSPENDED', validUntil: '2020-01-01' }, '2026-01-01', 'SUSPENDED', false],
    [{ state: 'REVOKED' }, '2026-01-01', 'REVOKED', false],
  ])('%j on %s is %s, and working is %s', (value, today, state, active) => {
    expect(licenceState(parse(value), today)).toBe(state);
    expect(licenceActive(parse(value), today)).toBe(active);
  });
});

describe('a member’s values', () => {
  it('hold each role once, in the declared order', () => {
    const values = memberValues.parse({ ...MEMBER, roles: ['REGISTRAR', 'CLINICIAN', 'REGISTRAR'] });
    expect(values.roles).toEqual(['CLINICIAN', 'REGISTRAR']);
    expect(memberValues.parse(values)).toEqual(values);
  });

  it.each<[string, object, string[]]>([
    ['no role', { roles: [] }, ['roles']],
    [
      'PATIENT beside another role',
      { roles: ['PATIENT', 'CLINICIAN'], institution: null, patient: PATIENT },
      ['roles'],
    ],
    ['PATIENT without a patient', { roles: ['PATIENT'], institution: null }, ['patient']],
    ['PATIENT in an institution', { roles: ['PATIENT'], patient: PATIENT }, ['institution']],
    ['a patient that isn’t PATIENT', { patient: PATIENT }, ['patient']],
    ['no institution', { institution: null }, ['institution']],
    ['no name', { name: null }, ['name']],
    ['a key of another length', { publicKey: 'AAAA' }, ['publicKey']],
  ])('refuse %s', (_what, change, paths) => {
    expect(problemsOf(memberValues, { ...MEMBER, ...change })).toEqual(paths);
  });

  it('claim the subject for one member alone', () => {
    const values = memberValues.parse(MEMBER);
    const { head } = record('Member', ONE, HOME, values);
    expect(memberKind.uniqueKeys?.(values, head)).toEqual([
      { scope: 'member.subject', value: 'sub', path: ['input', 'subject'] },
    ]);
  });
});

describe('relations of the registry', () => {
  const institution = record('Institution', HOME, HOME, institutionValues.parse(INSTITUTION));
  const staff = record('Member', OTHER, HOME, memberValues.parse(MEMBER));
  const patient = record(
    'Member',
    OTHER,
    HOME,
    memberValues.parse({ ...MEMBER, institution: null, roles: ['PATIENT'], patient: PATIENT }),
  );
  const toInstitution = async (who: Member | null) => [
    ...((await institutionKind.relations(who, [institution], NO_LOOKUPS))[0] ?? []),
  ];
  const toMember = async (who: Member | null, whom: Unrelated<MemberValues>) => [
    ...((await memberKind.relations(who, [whom], NO_LOOKUPS))[0] ?? []),
  ];

  it.each<[string, Member | null, Relation[]]>([
    ['nobody', null, []],
    ['its own member', caller(['FINANCE']), ['CUSTODIAN', 'PAYEE', 'MEMBER']],
    ['the state', caller(['REGULATOR'], { institution: OTHER, state: true }), ['STATE', 'PAYER', 'MEMBER']],
    ['an auditor', caller(['AUDITOR'], { institution: OTHER }), ['AUDITOR', 'MEMBER']],
    ['a member of another', caller(['CLINICIAN'], { institution: OTHER }), ['MEMBER']],
    [
      'a member of another without a licence',
      caller(['CLINICIAN'], { institution: OTHER, licensed: false }),
      [],
    ],
    ['a patient', caller(['PATIENT'], { institution: null, patient: PATIENT, licensed: false }), []],
  ])('of %s to an institution', async (_who, who, relations) => {
    expect(await toInstitution(who)).toEqual(relations);
  });

  it.each<[string, Member | null, Relation[], Relation[]]>([
    ['nobody', null, [], []],
    ['itself', caller(['CLINICIAN'], { id: OTHER, institution: null }), ['SELF'], ['SELF']],
    ['a colleague', caller(['CLINICIAN']), ['CUSTODIAN'], ['CUSTODIAN']],
    ['the state', caller(['REGULATOR'], { institution: OTHER, state: true }), ['STATE'], []],
    ['an auditor', caller(['AUDITOR'], { institution: OTHER }), ['AUDITOR'], ['AUDITOR']],
    ['a member of another institution', caller(['CLINICIAN'], { institution: OTHER }), [], []],
  ])('of %s to a member, and to a patient’s membership', async (_who, who, toStaff, toPatient) => {
    expect(await toMember(who, staff)).toEqual(toStaff);
    expect(await toMember(who, patient)).toEqual(toPatient);
  });
});
