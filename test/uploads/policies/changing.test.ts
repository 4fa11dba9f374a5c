import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSONAS } from '../../../src/server/personas.js';
import { approved } from '../../support/approved.js';
import { TestVitrine } from '../../support/vitrine.js';

let vitrine: TestVitrine;
let members: Readonly<Record<string, string>>;
let houses: Readonly<Record<string, string>>;

const BOTH = ['regulator.one', 'regulator.two'] as const;
const ROLE = { rule: 'ROLE', role: 'REGULATOR', reason: 'A test asks for it' };
const REQUIREMENT = 'situation rule role count waitSeconds ownCounts policyIndex';

interface Changed {
  readonly changePolicy: {
    readonly policy: { readonly id: string; readonly version: number };
    readonly receipt: { readonly index: string };
  };
}

/** Changes a policy as both regulators, or gives the refusal. */
function change(input: object, personas: readonly [string, ...string[]] = BOTH) {
  return approved<Changed>(
    vitrine,
    personas,
    'changePolicy',
    { ...input },
    'policy { id version } receipt { index }',
  );
}

async function requirement(situation: string): Promise<unknown> {
  const { data } = await vitrine.ask<{ requirements: { situation: string }[] }>(
    null,
    `{ requirements { ${REQUIREMENT} } }`,
  );
  return data?.requirements.find((one) => one.situation === situation);
}

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  const { data } = await vitrine.ask<{
    members: { edges: { node: { id: string; name: string } }[] };
    institutions: { edges: { node: { id: string; name: string } }[] };
  }>(
    'regulator.one',
    '{ members(first: 100) { edges { node { id name } } } institutions { edges { node { id name } } } }',
  );
  const byName = (edges: readonly { node: { id: string; name: string } }[] = []) =>
    Object.fromEntries(edges.map(({ node }) => [node.name, node.id]));
  const named = byName(data?.members.edges);
  members = Object.fromEntries(PERSONAS.map(({ name, about }) => [name, named[about] ?? '']));
  houses = byName(data?.institutions.edges);
});

afterAll(() => vitrine.stop());

describe('the requirements that everyone may read', () => {
  it('are the defaults while no policy was recorded', async () => {
    expect(await requirement('institution.amend.account')).toEqual({
      situation: 'institution.amend.account',
      rule: 'ROLE',
      role: 'REGULATOR',
      count: 1,
      waitSeconds: 259_200,
      ownCounts: false,
      policyIndex: null,
    });
    expect(await requirement('encounter.record')).toMatchObject({ rule: 'AUTOMATIC', policyIndex: null });
    const { data } = await vitrine.ask(null, '{ policy(situation: "encounter.record") { id } }');
    expect(data).toEqual({ policy: null });
  });

  it('name no situation whose change may not wait', async () => {
    expect(await requirement('member.suspend')).toBeUndefined();
  });
});

describe('a policy that two regulators set', () => {
  it('is a public record, and takes the place of the default', async () => {
    const situation = 'programme.create';
    const { data, text } = await change({ ...ROLE, situation, count: 2, ownCounts: true });
    expect(data?.changePolicy.policy, text).toMatchObject({ version: 1 });
    const id = data?.changePolicy.policy.id ?? '';
    expect(await requirement(situation)).toMatchObject({
      rule: 'ROLE',
      count: 2,
      policyIndex: data?.changePolicy.receipt.index,
    });
    const read = await vitrine.ask(
      null,
      `{ policy(situation: "${situation}") { id version reason requirement { count } } node(id: "${id}") { id } }`,
    );
    expect(read.data).toEqual({
      policy: { id, version: 1, reason: ROLE.reason, requirement: { count: 2 } },
      node: { id },
    });
  });

  it('is replaced by the version after the one that was seen', async () => {
    const situation = 'form.define';
    const automatic = { situation, rule: 'AUTOMATIC', reason: 'As before' };
    expect((await change({ ...automatic, expectedVersion: 3 })).codes).toEqual(['CONFLICT']);
    expect((await change({ ...automatic, expectedVersion: 0 })).codes).toEqual([]);
    expect((await change({ ...automatic, expectedVersion: 0 })).codes).toEqual(['CONFLICT']);
    const { data } = await change({ ...ROLE, situation, ownCounts: true, expectedVersion: 1 });
    expect(data?.changePolicy.policy.version).toBe(2);
  });
});

describe('a change of a policy is refused', () => {
  const person = (name: string) => ({ rule: 'PERSON', role: null, person: members[name] });
  const city = () => houses['City Hospital'];

  it.each([
    ['to who is no regulator', () => ({ ...ROLE, situation: 'form.define' }), 'FORBIDDEN', 'registrar.city'],
    ['about what nobody does', () => ({ ...ROLE, situation: 'form.burn' }), 'BAD_USER_INPUT'],
    ['about what never waits', () => ({ ...ROLE, situation: 'member.suspend' }), 'BAD_USER_INPUT'],
    [
      'with more regulators than there are',
      () => ({ ...ROLE, situation: 'report.file', count: 3 }),
      'CONFLICT',
    ],
    [
      'with as many as there are, of whom one must ask',
      () => ({ ...ROLE, situation: 'institution.licence', count: 2 }),
      'CONFLICT',
    ],
    [
      'with a role that nobody carries',
      () => ({ ...ROLE, situation: 'report.file', role: 'VENDOR', institutions: [city()] }),
      'CONFLICT',
    ],
    [
      'with an institution that is none',
      () => ({
        situation: 'report.file',
        rule: 'INSTITUTIONS',
        institutions: [members['registrar.city']],
        reason: 'r',
      }),
      'NOT_FOUND',
    ],
    [
      'with a person that is none',
      () => ({ ...ROLE, situation: 'report.file', rule: 'PERSON', role: null, person: city() }),
      'NOT_FOUND',
    ],
    [
      'that puts enrolments into one person’s hands',
      () => ({ ...ROLE, ...person('registrar.city'), situation: 'member.enrol' }),
      'BAD_USER_INPUT',
    ],
    [
      'that needs every regulator to enrol another',
      () => ({ ...ROLE, situation: 'member.enrol.oversight', count: 2, ownCounts: true }),
      'CONFLICT',
    ],
    [
      'that lets one alone change policies',
      () => ({ ...ROLE, situation: 'policy.change', ownCounts: true }),
      'BAD_USER_INPUT',
    ],
    [
      'that lets anyone change policies',
      () => ({ situation: 'policy.change', rule: 'AUTOMATIC', reason: 'r' }),
      'BAD_USER_INPUT',
    ],
    [
      'that lets anyone change budgets of access',
      () => ({ situation: 'accessPolicy.set', rule: 'AUTOMATIC', reason: 'r' }),
      'BAD_USER_INPUT',
    ],
    [
      'that lets one regulator alone change budgets of access',
      () => ({ situation: 'accessPolicy.set', ...ROLE, ownCounts: true }),
      'BAD_USER_INPUT',
    ],
  ] as const)('%s', async (_, input, code, who: string = 'regulator.one') => {
    const { size } = vitrine.serving.ledger.trusted;
    const answer = await change(input(), [who]);
    expect(answer.codes, answer.text).toEqual([code]);
    const policies = (
      await vitrine.ask<{ policies: { edges: object[] } }>(null, '{ policies { edges { cursor } } }')
    ).data;
    expect(policies?.policies.edges.length).toBeLessThanOrEqual(2);
    expect(vitrine.serving.ledger.trusted.size - size).toBeLessThanOrEqual(1n);
  });

  it('with a person that is suspended', async () => {
    const input = { ...person('finance.city'), situation: 'report.file', reason: 'r' };
    const member = members['finance.city'];
    const suspended = await vitrine.mutate(
      'regulator.one',
      'suspendMember',
      { member, reason: 'r' },
      'requestId',
    );
    expect(suspended.codes).toEqual([]);
    expect((await change(input)).codes).toEqual(['CONFLICT']);
    await vitrine.mutate('regulator.one', 'reinstateMember', { member, reason: 'r' }, 'requestId');
    expect((await change(input)).codes).toEqual([]);
  });
});
