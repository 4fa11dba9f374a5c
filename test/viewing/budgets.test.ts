/** Budgets of different patients: never more than allowed, by whichever process, and each patient once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGETS, TERMS_IN_CODE } from '../../src/access/index.js';
import { parseConfig } from '../../src/config.js';
import { createLog, serve, type Serving } from '../../src/server/index.js';
import { approved } from '../support/approved.js';
import { MINUTE, opened, ViewWorld } from './views-world.js';

let world: ViewWorld;
let second: Serving;
let patients: string[];

const PER_HOUR = BUDGETS.REGISTRAR?.OPENED?.[0] ?? 0;
const DAY = 24 * 60 * MINUTE;
const LOOKUPS = BUDGETS.CLINICIAN?.LISTED?.[0] ?? 0;

beforeAll(async () => {
  world = await ViewWorld.start();
  const { environment } = world.vitrine;
  second = await serve({ config: parseConfig(environment), log: createLog('silent'), clock: world.clock });
  patients = await Promise.all(Array.from({ length: 100 }, () => world.patient()));
});
afterAll(async () => {
  await second.stop();
  await world.stop();
});

interface Budget {
  readonly act: string;
  readonly holder: string;
  readonly window: string;
  readonly left: number;
  readonly refills: string;
}

async function left(who: string, act: string): Promise<Readonly<Record<string, number>>> {
  const { data } = await world.vitrine.ask<{ me: { budgets: Budget[] } }>(
    who,
    '{ me { budgets { act holder window most left refills } } }',
  );
  const budgets = (data?.me.budgets ?? []).filter((budget) => budget.act === act);
  return Object.fromEntries(budgets.map((budget) => [`${budget.holder} ${budget.window}`, budget.left]));
}

/** Opens a patient for COVERAGE at either server. */
async function open(who: string, patient: string, at: string): Promise<string> {
  const response = await fetch(`${at}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await world.vitrine.token(who)}`,
    },
    body: JSON.stringify({
      query: 'mutation ($input: OpenViewInput!) { openView(input: $input) { receipt { index } } }',
      variables: {
        input: { requestId: randomUUID(), subject: { kind: 'PATIENT', id: patient }, purpose: 'COVERAGE' },
      },
    }),
  });
  const body = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return body.errors?.[0]?.extensions.code ?? 'opened';
}

describe('a budget', () => {
  it('is not overspent by a hundred different patients at once on two servers', async () => {
    const servers = [world.vitrine.url, second.address];
    const outcomes = await Promise.all(
      patients.map((patient, at) => open('registrar.north', patient, servers[at % 2] ?? '')),
    );
    expect(outcomes.filter((one) => one === 'opened')).toHaveLength(PER_HOUR);
    expect(outcomes.filter((one) => one === 'BUDGET_EXHAUSTED')).toHaveLength(100 - PER_HOUR);
    expect(await left('registrar.north', 'OPENED')).toMatchObject({ 'MEMBER HOUR': 0 });
  });

  it('says when it refills, and does then', async () => {
    const outcomes = await Promise.all(
      patients.map((patient) => open('registrar.north', patient, second.address)),
    );
    // Those that were opened already count no more.
    expect(outcomes.filter((one) => one === 'opened')).toHaveLength(PER_HOUR);
    const shut = patients[outcomes.indexOf('BUDGET_EXHAUSTED')] ?? '';
    const { codes, errors } = await world.look('registrar.north', shut, 'COVERAGE');
    expect(codes).toEqual(['BUDGET_EXHAUSTED']);
    const refills = Date.parse(String(errors[0]?.extensions.details?.['refills']));
    expect(refills - world.clock().getTime()).toBeLessThanOrEqual(60 * MINUTE);
    expect(refills % (60 * MINUTE)).toBe(0);
  });

  it('counts a patient once, however often and at once it is opened', async () => {
    await world.enrol('second.north', world.ids.north, 'REGISTRAR');
    const [patient = ''] = patients;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        open('second.north', patient, at % 2 === 0 ? world.vitrine.url : second.address),
      ),
    );
    expect(outcomes.every((one) => one === 'opened')).toBe(true);
    expect(await left('second.north', 'OPENED')).toMatchObject({ 'MEMBER HOUR': PER_HOUR - 1 });
  });

  it('counts lookups by identifier, found or not, and each of them is on the log', async () => {
    const lookup = (value: string) =>
      world.vitrine.ask(
        'clinician.harbour',
        `{ patientByIdentifier(system: "urn:test:views", value: "${value}", birthDate: "1951-03-07") { id } }`,
      );
    const values = Array.from({ length: LOOKUPS + 5 }, (_, at) => `guess-${at}`);
    const before = await world.vitrine.serving.ledger.sync();
    const outcomes = await Promise.all(values.map(lookup));
    const codes = outcomes.map(({ codes: [code] }) => code);
    expect(codes.filter((code) => code === 'NOT_FOUND')).toHaveLength(LOOKUPS);
    expect(codes.filter((code) => code === 'BUDGET_EXHAUSTED')).toHaveLength(5);
    expect((await world.vitrine.serving.ledger.sync()) - before).toBe(BigInt(LOOKUPS));
    // The same guess again costs nothing, but stands on the log again.
    const again = values[codes.indexOf('NOT_FOUND')] ?? '';
    expect((await lookup(again)).codes).toEqual(['NOT_FOUND']);
    expect(await left('clinician.harbour', 'LISTED')).toMatchObject({ 'MEMBER HOUR': 0 });
  });

  it('is full again in the next hour', async () => {
    world.move(60 * MINUTE);
    expect(await left('registrar.north', 'OPENED')).toMatchObject({ 'MEMBER HOUR': PER_HOUR });
    opened(await world.look('registrar.north', patients[1] ?? '', 'COVERAGE'));
    expect(await left('registrar.north', 'OPENED')).toMatchObject({ 'MEMBER HOUR': PER_HOUR - 1 });
  });

  it('is noticed when somebody with the database gives itself more', async () => {
    await world.vitrine.tamper("UPDATE counter SET value = 0 WHERE id LIKE 'opened/member/%/3600'");
    expect((await world.look('registrar.north', patients[2] ?? '', 'COVERAGE')).codes).toEqual([
      'INTEGRITY_VIOLATION',
    ]);
  });

  it('is a member’s and its institution’s, by the hour and by the day, each for itself', async () => {
    const most = { memberHour: 2, memberDay: 3, institutionHour: 3, institutionDay: 5 };
    const budgets = TERMS_IN_CODE.budgets.map((row) =>
      row.role === 'REGISTRAR' && row.act === 'OPENED' ? { ...row, ...most } : row,
    );
    const regulators = ['regulator.one', 'regulator.two'] as const;
    const input = { budgets, reason: 'A small clinic' };
    const set = await approved<object>(world.vitrine, regulators, 'setAccessPolicy', input, 'requestId');
    expect(set.codes, set.text).toEqual([]);
    for (const who of ['a', 'b', 'c']) await world.enrol(`${who}.harbour`, world.ids.harbour, 'REGISTRAR');
    const look = async (who: string, at: number) =>
      (await world.look(`${who}.harbour`, patients[at] ?? '', 'COVERAGE')).codes[0] ?? 'opened';
    // Five past midnight: nothing was opened that day.
    world.move(DAY - (world.clock().getTime() % DAY) + 5 * MINUTE);
    expect([await look('a', 0), await look('a', 1)]).toEqual(['opened', 'opened']);
    expect(await look('a', 2), 'a member’s hour').toBe('BUDGET_EXHAUSTED');
    expect(await look('b', 3)).toBe('opened');
    expect(await look('b', 4), 'the institution’s hour').toBe('BUDGET_EXHAUSTED');
    expect(await look('b', 0), 'whom a colleague opened').toBe('opened');
    world.move(60 * MINUTE);
    expect(await look('a', 2)).toBe('opened');
    expect(await look('a', 5), 'a member’s day').toBe('BUDGET_EXHAUSTED');
    expect(await look('b', 5)).toBe('opened');
    expect(await look('c', 6), 'the institution’s day').toBe('BUDGET_EXHAUSTED');
    expect(await left('c.harbour', 'OPENED')).toMatchObject({
      'MEMBER HOUR': 2,
      'MEMBER DAY': 3,
      'INSTITUTION HOUR': 1,
      'INSTITUTION DAY': 0,
    });
  });
});
