import { describe, expect, it } from 'vitest';
import { programmeKind, subsidyKind, type SubsidyValues } from '../../src/finance/index.js';
import type { Caller, Member, RecordKind, Relation, Role } from '../../src/records/index.js';
import { formKind, reportKind } from '../../src/reporting/index.js';

const HOME = '00000000-0000-7000-8000-000000000001';
const OTHER = '00000000-0000-7000-8000-000000000002';
const LOOKUPS = {
  now: () => new Date(0),
  treated: () => Promise.resolve(new Set<string>()),
  linked: () => Promise.resolve(new Map<string, ReadonlySet<string>>()),
  keepers: () => Promise.resolve(new Map<string, string>()),
  consents: () => Promise.resolve(new Map<string, never[]>()),
  viewed: () => Promise.resolve(new Map<string, never[]>()),
};

function member(role: Role, more: Partial<Member> = {}): Member {
  return {
    id: '00000000-0000-7000-8000-00000000000a',
    institution: HOME,
    roles: new Set([role]),
    state: false,
    licensed: true,
    patient: null,
    authority: [],
    ...more,
  };
}

async function relationsTo(
  kind: RecordKind<never>,
  caller: Caller,
  custodian: string | null,
  values: object = {},
): Promise<Relation[]> {
  const head = {
    kind: kind.name,
    schema: 1,
    id: '00000000-0000-7000-8000-0000000000ff',
    version: 1,
    custodian,
    patient: null,
    jurisdiction: null,
    label: null,
    retention: null,
  };
  const anchor = { index: 0n, block: 0n, time: '', leafHash: new Uint8Array(32), actor: custodian ?? '' };
  const records = [{ kind: kind.name, head, values: values as never, anchor }];
  const [relations] = await kind.relations(caller, records, LOOKUPS);
  return [...(relations ?? [])].sort();
}

describe('relations to a report', () => {
  const to = (caller: Caller, custodian = HOME) => relationsTo(reportKind as never, caller, custodian);

  it.each<[string, Caller, string, Relation[]]>([
    ['nobody signed in', null, HOME, []],
    ['a reporter of the institution', member('REPORTER'), HOME, ['CUSTODIAN', 'MEMBER']],
    ['a member of another one', member('REPORTER'), OTHER, ['MEMBER']],
    ['a member without a licence', member('REPORTER', { licensed: false }), OTHER, []],
    ['a regulator', member('REGULATOR', { state: true }), OTHER, ['MEMBER', 'STATE']],
    ['an auditor', member('AUDITOR'), OTHER, ['AUDITOR', 'MEMBER']],
    ['the institution’s own auditor', member('AUDITOR'), HOME, ['AUDITOR', 'MEMBER']],
    ['a patient', member('PATIENT', { institution: null, licensed: false }), HOME, []],
  ])('makes %s what it is', async (_who, caller, custodian, expected) => {
    expect(await to(caller, custodian)).toEqual(expected);
  });
});

describe('relations to a form', () => {
  it('gives strangers none, and needs none: forms are public', async () => {
    expect(await relationsTo(formKind as never, null, OTHER)).toEqual([]);
    expect(formKind.existence).toBe('PUBLIC');
    expect(new Set(Object.values(formKind.fields))).toEqual(new Set(['PUBLIC']));
  });
});

describe('relations to programmes and subsidies', () => {
  const payee: Partial<SubsidyValues> = { payee: HOME };

  it('makes members of the payer PAYER', async () => {
    const regulator = member('REGULATOR', { state: true });
    expect(await relationsTo(programmeKind as never, regulator, HOME)).toEqual(['MEMBER', 'PAYER', 'STATE']);
    expect(await relationsTo(subsidyKind as never, regulator, HOME, { payee: OTHER })).toEqual([
      'MEMBER',
      'PAYER',
      'STATE',
    ]);
  });

  it('makes members of the payee PAYEE, and nobody CUSTODIAN', async () => {
    expect(await relationsTo(subsidyKind as never, member('FINANCE'), OTHER, payee)).toEqual([
      'MEMBER',
      'PAYEE',
    ]);
  });

  it('lends an auditor of the payer neither PAYER nor STATE', async () => {
    expect(await relationsTo(subsidyKind as never, member('AUDITOR'), HOME, { payee: OTHER })).toEqual([
      'AUDITOR',
      'MEMBER',
    ]);
  });
});

describe('the unique key of a report', () => {
  const values = { code: 'beds', period: '2026-01' };
  const head = { custodian: HOME };
  const keys = (state: string) => reportKind.uniqueKeys?.({ ...values, state } as never, head as never) ?? [];

  it('is the institution, the form and the period', () => {
    expect(keys('FILED')).toEqual(keys('AMENDED'));
    expect(keys('FILED').map(({ value }) => value)).toEqual([JSON.stringify([HOME, 'beds', '2026-01'])]);
  });

  it('is given back by a retracted report', () => {
    expect(keys('RETRACTED')).toEqual([]);
  });
});
