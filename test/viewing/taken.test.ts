/** Trying numbers by registering them: that one is taken is told, and costs and leaves behind what looking it up does. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGETS } from '../../src/access/index.js';
import { ViewWorld } from './views-world.js';

const SYSTEM = 'urn:test:taken';
const BORN = '1951-03-07';
const PER_HOUR = BUDGETS.CLINICIAN?.LISTED?.[0] ?? 0;

let world: ViewWorld;
/** City's, with a login of its own. */
let patient: string;
const numbers = Array.from({ length: PER_HOUR + 1 }, () => randomUUID());
const [number = ''] = numbers;

beforeAll(async () => {
  world = await ViewWorld.start({ settings: { UPLOAD_DENIALS: '1000' } });
  const identifiers = numbers.map((value) => ({ system: SYSTEM, value }));
  // As many as one patient may have each.
  for (let at = 0; at < identifiers.length; at += 20) {
    const id = await world.patient({ identifiers: identifiers.slice(at, at + 20) });
    if (at === 0) patient = id;
  }
  const member = { subject: 'patient.self', roles: ['PATIENT'], patient };
  await world.vitrine.mutate('registrar.city', 'enrolMember', member, 'member { id }');
});
afterAll(() => world.stop());

async function left(who: string): Promise<number> {
  const { data } = await world.vitrine.ask<{
    me: { budgets: { act: string; holder: string; window: string; left: number }[] };
  }>(who, '{ me { budgets { act holder window left } } }');
  const of = data?.me.budgets.find(
    (one) => one.act === 'LISTED' && one.holder === 'MEMBER' && one.window === 'HOUR',
  );
  return of?.left ?? 0;
}

const register = (who: string, value: string | null, birthDate = '1960-01-01') =>
  world.vitrine.mutate(
    who,
    'registerPatient',
    {
      ...(value === null ? { unidentified: true } : { identifiers: [{ system: SYSTEM, value }] }),
      names: [{ family: 'Probe', use: 'TEMP' }],
      birthDate,
    },
    'patient { id }',
  );

const looked = async () => {
  const { data } = await world.vitrine.ask<{
    accessLog: { edges: { node: { act: string; institution: { id: string } } }[] };
  }>('patient.self', `{ accessLog(patient: "${patient}") { edges { node { act institution { id } } } } }`);
  return data?.accessLog.edges.map(({ node }) => `${node.act} ${node.institution.id}`) ?? [];
};

describe('a number that another institution’s patient has', () => {
  it('is charged as a lookup, once, and names nobody', async () => {
    const before = await left('registrar.north');
    const { ledger } = world.vitrine.serving;
    const size = await ledger.sync();
    for (let time = 0; time < 2; time++) {
      const { codes, text } = await register('registrar.north', number);
      expect(codes).toEqual(['CONFLICT']);
      expect(text).not.toContain(patient);
    }
    expect(await left('registrar.north')).toBe(before - 1);
    const ops: string[] = [];
    for await (const { opening } of ledger.trusted.entries(size, await ledger.sync())) ops.push(opening.op);
    expect(ops.filter((op) => op === 'view.list')).toHaveLength(2);
    expect(await looked()).toEqual([]);
  });

  it('with the birth date is one that was found: the patient sees who asked', async () => {
    const { codes, text } = await register('registrar.north', number, BORN);
    expect(codes).toEqual(['CONFLICT']);
    expect(text).toContain(patient);
    expect(await looked()).toEqual([`LISTED ${world.ids.north}`]);
  });

  it('given to one’s own patient costs the same', async () => {
    const own = await world.patient({}, 'registrar.north');
    const before = await left('registrar.north');
    const amended = await world.vitrine.mutate(
      'registrar.north',
      'amendPatient',
      { patient: own, expectedVersion: 1, identifiers: [{ system: SYSTEM, value: numbers[1] }] },
      'patient { id }',
    );
    expect(amended.codes).toEqual(['CONFLICT']);
    expect(amended.text).not.toContain(patient);
    expect(await left('registrar.north')).toBe(before - 1);
  });

  it('costs nobody anything whose own patient has it', async () => {
    const before = await left('registrar.city');
    const { codes, text } = await register('registrar.city', number);
    expect(codes).toEqual(['CONFLICT']);
    expect(text).toContain(patient);
    expect(await left('registrar.city')).toBe(before);
  });
});

describe('whoever has no lookups left', () => {
  it('registers no numbers, taken or free, and goes on without them, until the budget refills', async () => {
    const who = 'clinician.harbour';
    const tries = await Promise.all(numbers.map((value) => register(who, value)));
    const codes = tries.flatMap((answer) => answer.codes);
    expect(codes.filter((code) => code === 'CONFLICT').length).toBeLessThanOrEqual(PER_HOUR);
    expect(codes).toContain('BUDGET_EXHAUSTED');
    const [taken, free] = [await register(who, number), await register(who, randomUUID())];
    expect(taken.codes).toEqual(['BUDGET_EXHAUSTED']);
    expect(taken.text).toBe(free.text);
    expect((await register(who, null)).codes).toEqual([]);
    world.move(60 * 60_000);
    expect((await register(who, randomUUID())).codes).toEqual([]);
  });

  it('was told by an alert before', async () => {
    await world.vitrine.restart();
    const rules = async () => {
      const { data } = await world.vitrine.ask<{ accessAlerts: { edges: { node: { rule: string } }[] } }>(
        'auditor',
        '{ accessAlerts(first: 10) { edges { node { rule } } } }',
      );
      return data?.accessAlerts.edges.map(({ node }) => node.rule) ?? [];
    };
    await expect.poll(rules, { timeout: 5_000 }).toContain('MISSES');
  });
});
