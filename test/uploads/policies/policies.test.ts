import { describe, expect, it } from 'vitest';
import type { RecordKind, Unrelated } from '../../../src/records/index.js';
import { institutionKind, memberKind } from '../../../src/standing/index.js';
import {
  defaultRequirement,
  Policies,
  policyIdOf,
  policyKind,
  type PolicyValues,
} from '../../../src/uploads/policies/index.js';

const MINISTRY = '00000000-0000-4000-8000-00000000000a';
const CITY = '00000000-0000-4000-8000-00000000000b';
const NORTH = '00000000-0000-4000-8000-00000000000c';
const ANN = '00000000-0000-4000-8000-00000000000d';

/** Records that the log has, by kind and id, each at the entry of its making. */
class Shelf {
  readonly #records = new Map<string, Unrelated<object>>();
  #next = 10n;
  reads = 0;

  put<V extends object>(kind: RecordKind<V>, id: string, values: V): bigint {
    const index = this.#next++;
    const version = (this.#records.get(`${kind.name}/${id}`)?.head.version ?? 0) + 1;
    this.#records.set(`${kind.name}/${id}`, {
      kind: kind.name,
      head: {
        kind: kind.name,
        schema: 1,
        id,
        version,
        custodian: MINISTRY,
        patient: null,
        jurisdiction: null,
        label: null,
        retention: null,
      },
      values,
      anchor: { index, block: index, time: '', leafHash: new Uint8Array(32), actor: ANN },
    });
    return index;
  }

  policies(): Policies {
    return new Policies({
      trusted: { hasSubject: (kind, id) => this.#records.has(`${kind}/${id}`) },
      fact: <V extends object>(kind: RecordKind<V>, id: string) => {
        this.reads += 1;
        return Promise.resolve((this.#records.get(`${kind.name}/${id}`) ?? null) as Unrelated<V> | null);
      },
      clock: () => new Date('2026-03-01T10:00:00.000Z'),
    });
  }

  policy(terms: Partial<PolicyValues> & { readonly situation: string }): bigint {
    const values = policyKind.values.parse({
      rule: 'ROLE',
      role: 'REGULATOR',
      count: 1,
      waitSeconds: 0,
      ownCounts: false,
      reason: 'r',
      ...terms,
    });
    return this.put(policyKind, policyIdOf(terms.situation), values);
  }

  institution(id: string, licence: 'ACTIVE' | 'SUSPENDED'): bigint {
    const values = institutionKind.values.parse({
      name: 'I',
      kind: 'HOSPITAL',
      ownership: 'PUBLIC',
      region: 'r',
      identifiers: [],
      licence: { number: '1', state: licence },
    });
    return this.put(institutionKind, id, values);
  }

  member(state: 'ACTIVE' | 'SUSPENDED'): bigint {
    const values = { institution: CITY, subject: 'ann', name: 'Ann', roles: ['FINANCE'], state };
    return this.put(memberKind, ANN, memberKind.values.parse(values));
  }
}

describe('the requirements of a situation', () => {
  it('are the default where the log has no policy, on the condition that none is made, without any reading', async () => {
    const shelf = new Shelf();
    const required = await shelf.policies().requiredFor({ op: 'encounter.record' });
    expect(required.requirements).toEqual([defaultRequirement('encounter.record')]);
    expect(required.authority).toEqual([]);
    expect(required.absent).toEqual([{ kind: 'Policy', id: policyIdOf('encounter.record') }]);
    expect(shelf.reads).toBe(0);
  });

  it('are those of the policy, on which the change then rests, and of its next version as soon as there is one', async () => {
    const shelf = new Shelf();
    const policies = shelf.policies();
    const first = shelf.policy({ situation: 'encounter.record', count: 2 });
    const required = await policies.requiredFor({ op: 'encounter.record' });
    expect(required).toMatchObject({ authority: [first], absent: [] });
    expect(required.requirements).toMatchObject([{ rule: 'ROLE', count: 2, policy: first.toString() }]);
    const second = shelf.policy({ situation: 'encounter.record', count: 3 });
    expect(await policies.requirementsOf('encounter.record')).toMatchObject([
      { count: 3, policy: second.toString() },
    ]);
  });

  it('are those of the finer situation where the change names one', async () => {
    const shelf = new Shelf();
    shelf.policy({ situation: 'report.amend', count: 3 });
    const policies = shelf.policies();
    const late = await policies.requiredFor({ op: 'report.amend', situation: 'report.amend.late' });
    expect(late.requirements).toEqual([defaultRequirement('report.amend.late')]);
  });

  it('of a change of a policy are those of changing policies and those of the policy that it replaces', async () => {
    const shelf = new Shelf();
    const entry = shelf.policy({ situation: 'form.define', waitSeconds: 60 });
    const change = { op: 'policy.change', besides: ['form.define'] };
    const required = await shelf.policies().requiredFor(change);
    expect(required.requirements).toMatchObject([
      defaultRequirement('policy.change'),
      { situation: 'form.define', waitSeconds: 60, policy: entry.toString() },
    ]);
    expect(required.authority).toEqual([entry]);
    expect(required.absent).toEqual([{ kind: 'Policy', id: policyIdOf('policy.change') }]);
  });

  it('of the change of the policy of changing policies are its own, once', async () => {
    const required = await new Shelf()
      .policies()
      .requiredFor({ op: 'policy.change', besides: ['policy.change'] });
    expect(required.requirements).toEqual([defaultRequirement('policy.change')]);
  });
});

describe('a policy that nobody can meet any more', () => {
  const change = { op: 'policy.change', besides: ['form.define'] };
  const waiting = { rule: 'AUTOMATIC', count: 0, waitSeconds: 7 * 86_400 };
  const onPerson = { situation: 'form.define', rule: 'PERSON', role: null, person: ANN } as const;

  it('has no say in its own change but a week, once the person it names is suspended', async () => {
    const shelf = new Shelf();
    const policy = shelf.policy(onPerson);
    shelf.institution(CITY, 'ACTIVE');
    shelf.member('ACTIVE');
    const policies = shelf.policies();
    expect((await policies.requiredFor(change)).requirements[1]).toMatchObject({ rule: 'PERSON' });
    const suspension = shelf.member('SUSPENDED');
    const required = await policies.requiredFor(change);
    expect(required.requirements[0]).toEqual(defaultRequirement('policy.change'));
    expect(required.requirements[1]).toMatchObject(waiting);
    expect(required.authority).toEqual([policy, suspension]);
  });

  it('has no say either when too few of its institutions may act', async () => {
    const shelf = new Shelf();
    shelf.policy({
      situation: 'form.define',
      rule: 'INSTITUTIONS',
      role: null,
      institutions: [CITY, NORTH],
      count: 2,
    });
    shelf.institution(NORTH, 'ACTIVE');
    const licence = shelf.institution(CITY, 'SUSPENDED');
    const required = await shelf.policies().requiredFor(change);
    expect(required.requirements[1]).toMatchObject(waiting);
    expect(required.authority).toContain(licence);
  });

  it('still holds for what it is about', async () => {
    const shelf = new Shelf();
    shelf.policy(onPerson);
    shelf.institution(CITY, 'ACTIVE');
    shelf.member('SUSPENDED');
    expect(await shelf.policies().requirementsOf('form.define')).toMatchObject([
      { rule: 'PERSON', count: 1 },
    ]);
  });
});

describe('the values of a policy', () => {
  const good = {
    situation: 'a.b',
    rule: 'ROLE',
    role: 'FINANCE',
    count: 1,
    waitSeconds: 0,
    ownCounts: false,
    reason: 'r',
  };

  it.each([
    ['no role with ROLE', { role: null }, 'role'],
    ['a role that only watches', { role: 'AUDITOR' }, 'role'],
    ['a role that speaks for itself', { role: 'PATIENT' }, 'role'],
    ['nobody to approve', { count: 0 }, 'count'],
    ['more than anyone gathers', { count: 17 }, 'count'],
    ['a wait beyond every statement', { waitSeconds: 29 * 86_400 }, 'waitSeconds'],
    ['a person beside a role', { person: ANN }, 'person'],
    ['PERSON without one', { rule: 'PERSON', role: null }, 'person'],
    ['PERSON counted twice', { rule: 'PERSON', role: null, person: ANN, count: 2 }, 'count'],
    ['INSTITUTIONS without any', { rule: 'INSTITUTIONS', role: null }, 'institutions'],
    [
      'more institutions than there are',
      { rule: 'INSTITUTIONS', role: null, institutions: [CITY], count: 2 },
      'count',
    ],
    ['an institution twice', { rule: 'INSTITUTIONS', institutions: [CITY, CITY] }, 'institutions'],
    ['AUTOMATIC with a count', { rule: 'AUTOMATIC', role: null }, 'count'],
    ['AUTOMATIC that waits', { rule: 'AUTOMATIC', role: null, count: 0, waitSeconds: 1 }, 'waitSeconds'],
  ] as const)('refuse %s', (_, terms, field) => {
    const parsed = policyKind.values.safeParse({ ...good, ...terms });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toContain(field);
  });

  it('have one form: institutions in order', () => {
    const parsed = policyKind.values.parse({ ...good, institutions: [NORTH, CITY] });
    expect(parsed.institutions).toEqual([CITY, NORTH]);
    expect(policyKind.values.parse(parsed)).toEqual(parsed);
  });
});
