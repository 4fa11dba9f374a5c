/**
 * The tampering table of the ledger's design: what stands beside records and entries, and what would become possible if
 * it were believed: standing, keys, requests, counters.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alarms, describeFindings, Keeping, value, verify } from '../../support/tampering.js';
import type { Answer } from '../../support/vitrine.js';
import { type Expected, forged, hold, requireFound } from './cases.js';
import { SIDE } from './side-cases.js';
import { file, makeWorld, type World } from './world.js';

let world: World;
let keeping: Keeping;
beforeAll(async () => {
  world = await makeWorld();
  keeping = await Keeping.of(world.vitrine);
});
afterAll(() => world.vitrine.stop());

const of = (sql: string) => value(world.vitrine, sql);
const size = () => of('SELECT size FROM log_head');

/** Tampers, tries something that must be refused, and sees that nothing was written and verify names the cause. */
async function refused(
  statements: readonly string[],
  attempt: () => Promise<Answer<unknown>>,
  code: string,
  expected: Expected,
): Promise<Answer<unknown>> {
  const [before, raised] = [await size(), await alarms(world.vitrine)];
  let answer: Answer<unknown> | undefined;
  await forged(world, keeping, statements, async () => {
    answer = await attempt();
    expect(answer.codes, answer.text).toEqual([code]);
    expect(await size()).toBe(before);
    if (code === 'INTEGRITY_VIOLATION') expect(await alarms(world.vitrine)).toBeGreaterThan(raised);
    await requireFound(world, expected);
  });
  if (answer === undefined) throw new Error('nothing was asked');
  return answer;
}

describe('standing against the owner of its database', () => {
  const me = (subject: string) => () => world.vitrine.ask(subject, '{ me { member { id } } }');

  it('lets no suspended member in by its row of before', async () => {
    const { suspended } = world;
    const entry = await of(`SELECT index FROM entry WHERE subject = '${suspended}' AND version = 1`);
    const back = [
      `UPDATE member SET state = 'ACTIVE', version = 1, entry = ${entry} WHERE id = '${suspended}'`,
    ];
    const expected = { what: 'a later entry replaced', where: `Member ${suspended}`, entry };
    await refused(back, me('clerk.city'), 'INTEGRITY_VIOLATION', expected);
  });

  it('lets no suspended member in by a changed state, or with its suspension removed', async () => {
    const { suspended } = world;
    const entry = await of(`SELECT entry FROM member WHERE id = '${suspended}'`);
    const where = `Member ${suspended}`;
    await refused(
      [`UPDATE member SET state = 'ACTIVE' WHERE id = '${suspended}'`],
      me('clerk.city'),
      'INTEGRITY_VIOLATION',
      { what: 'column state', where, entry },
    );
    const first = await of(`SELECT index FROM entry WHERE subject = '${suspended}' AND version = 1`);
    const remove = ['sealed', 'wrapped_key', 'thread_entry', 'upload_request'].map(
      (table) => `DELETE FROM ${table} WHERE entry = ${entry}`,
    );
    await refused(
      [
        ...remove,
        `DELETE FROM entry WHERE index = ${entry}`,
        `UPDATE member SET state = 'ACTIVE', version = 1, entry = ${first} WHERE id = '${suspended}'`,
      ],
      me('clerk.city'),
      'INTEGRITY_VIOLATION',
      { what: 'missing', where: `entry ${entry}`, entry },
    );
  });

  it('lets nobody in whose licence was taken, by the row of before', async () => {
    const { closed, clerk } = world;
    const entry = await of(`SELECT index FROM entry WHERE subject = '${closed}' AND version = 1`);
    await refused(
      [
        `UPDATE institution SET licence_state = 'ACTIVE', version = 1, entry = ${entry} WHERE id = '${closed}'`,
      ],
      me(clerk),
      'INTEGRITY_VIOLATION',
      { what: 'a later entry replaced', where: `Institution ${closed}`, entry },
    );
  });

  it("lets nobody in under another's subject", async () => {
    const regulator = await of(
      'SELECT id FROM member m WHERE EXISTS (SELECT FROM entry WHERE subject = m.id AND block = 0)',
    );
    const to = `UPDATE unique_key SET subject = '${regulator}' WHERE scope = 'member.subject' AND subject = '${world.suspended}'`;
    const key = `DELETE FROM unique_key WHERE subject = '${regulator}'`;
    await refused([key, to], me('clerk.city'), 'INTEGRITY_VIOLATION', {
      what: 'a unique key in member.subject that it does not have',
      where: `Member ${regulator}`,
    });
  });

  it('knows them for what they are when it is undone', async () => {
    expect((await me('clerk.city')()).codes).toEqual(['FORBIDDEN']);
    expect((await me(world.clerk)()).codes).toEqual(['LICENCE_INACTIVE']);
  });
});

describe('keys and words against the owner of their database', () => {
  /** The patient as it was registered. */
  let person: { identifiers: { system: string; value: string }[]; birthDate: string };
  beforeAll(async () => {
    const { data } = await world.vitrine.ask<{ patient: typeof person }>(
      'clinician.city',
      'query ($id: ID!) { patient(id: $id) { identifiers { system value } birthDate } }',
      { id: world.patient },
    );
    person = data?.patient ?? person;
  });
  const search = () =>
    world.vitrine.ask(
      'clinician.city',
      `query ($system: String!, $value: String!, $birthDate: PartialDate!)
        { patientByIdentifier(system: $system, value: $value, birthDate: $birthDate) { id } }`,
      { ...person.identifiers[0], birthDate: person.birthDate },
    );
  const register = () =>
    world.vitrine.mutate('registrar.city', 'registerPatient', { ...person, names: [] }, 'patient { id }');
  const holder = () =>
    of(`SELECT subject FROM unique_key WHERE scope = 'patient.identifier' AND subject = '${world.patient}'`);
  const repoint = () => [
    `UPDATE unique_key SET subject = '${world.other}', entry = (SELECT entry FROM patient WHERE id = '${world.other}')
      WHERE scope = 'patient.identifier' AND subject = '${world.patient}'`,
  ];
  const lie = () => ({
    what: 'a unique key in patient.identifier that it does not have',
    where: `Patient ${world.other}`,
  });

  it('find no other patient by a repointed identifier', async () => {
    expect(await holder()).toBe(world.patient);
    const { data } = await refused(repoint(), search, 'INTEGRITY_VIOLATION', lie());
    expect(data).toEqual({ patientByIdentifier: null });
  });

  it('name no other patient in a conflict', async () => {
    expect((await register()).codes).toEqual(['CONFLICT']);
    await refused(repoint(), register, 'INTEGRITY_VIOLATION', lie());
  });

  it('find nobody by a key that was given to another kind', () =>
    refused(
      [
        `UPDATE unique_key SET kind = 'Encounter' WHERE scope = 'patient.identifier' AND subject = '${world.patient}'`,
      ],
      search,
      'INTEGRITY_VIOLATION',
      { what: 'its unique key in patient.identifier is missing', where: `Patient ${world.patient}` },
    ));

  it.each(SIDE.map((one) => [one.name, one] as const))('are found in an audit: %s', (_, one) =>
    hold(world, keeping, one),
  );

  it('find no other patient by a repointed word of a name', async () => {
    const sql = `INSERT INTO search_word SELECT scope, word, key_id, kind, '${world.other}', entry FROM search_word
      WHERE subject = '${world.patient}' ON CONFLICT DO NOTHING`;
    const named = 'query ($id: ID!) { patient(id: $id) { names { family } } }';
    const { data } = await world.vitrine.ask<{ patient: { names: { family: string }[] } }>(
      'clinician.city',
      named,
      {
        id: world.patient,
      },
    );
    await refused(
      [sql],
      () =>
        world.vitrine.ask(
          'clinician.city',
          'query ($name: String!) { patients(first: 50, filter: { name: $name }) { edges { node { id } } } }',
          { name: data?.patient.names[0]?.family },
        ),
      'INTEGRITY_VIOLATION',
      { what: 'a search word in', where: `Patient ${world.other}` },
    );
  });

  it('list nobody under a role that only a search word gives', () =>
    refused(
      [
        `INSERT INTO search_word SELECT scope, word, key_id, kind, '${world.suspended}', entry FROM search_word
           WHERE scope = 'member.role' AND word IN (SELECT word FROM search_word WHERE scope = 'member.role'
             GROUP BY word HAVING count(*) = 1) AND word NOT IN (SELECT word FROM search_word WHERE subject = '${world.suspended}')`,
      ],
      () =>
        world.vitrine.ask(
          'regulator.one',
          '{ members(first: 50, filter: { role: AUDITOR }) { edges { node { id } } } }',
        ),
      'INTEGRITY_VIOLATION',
      { what: 'a search word in member.role', where: `Member ${world.suspended}` },
    ));
});

describe('requests and counters against the owner of their database', () => {
  const repeat = () =>
    world.vitrine.mutate('registrar.city', 'recordEncounter', world.request, 'receipt { index }');
  const where = () => `request = '${String(world.request['requestId'])}'`;
  const accepted = () => of(`SELECT entry FROM upload_request WHERE ${where()}`);

  it('give the same receipt while nobody touches them', async () => {
    const before = await size();
    const { data, errors } = await world.vitrine.mutate<{ recordEncounter: { receipt: { index: string } } }>(
      'registrar.city',
      'recordEncounter',
      world.request,
      'receipt { index }',
    );
    expect(errors).toEqual([]);
    expect(String(data?.recordEncounter.receipt.index)).toBe(await accepted());
    expect(await size()).toBe(before);
  });

  it.each([
    ['removed', () => `DELETE FROM upload_request WHERE ${where()}`],
    ['under another id', () => `UPDATE upload_request SET request = '${randomUUID()}' WHERE ${where()}`],
    ["of another member's", () => `UPDATE upload_request SET member = '${randomUUID()}' WHERE ${where()}`],
    ['another part', () => `UPDATE upload_request SET part = 3 WHERE ${where()}`],
    ['another entry', () => `UPDATE upload_request SET entry = ${world.first} WHERE ${where()}`],
    ['another input', () => `UPDATE upload_request SET input_hash = repeat('0', 64) WHERE ${where()}`],
  ])('do nothing twice with the row of a request %s', async (_, sql) => {
    const entry = await accepted();
    await refused([sql()], repeat, 'INTEGRITY_VIOLATION', {
      what: 'request',
      where: `entry ${entry}`,
      entry,
    });
  });

  const counter = () => `id IN (SELECT id FROM counter WHERE id LIKE '%${world.programme}%')`;
  const approve = () =>
    world.vitrine.mutate(
      'regulator.two',
      'approveSubsidy',
      { subsidy: world.proposed, expectedVersion: 1 },
      'receipt { index }',
    );

  it('refuse to spend more than the budget', async () => {
    expect((await approve()).codes).toEqual(['CONFLICT']);
  });

  it.each([
    ['lowered', () => `UPDATE counter SET value = 0 WHERE ${counter()}`],
    ['removed', () => `DELETE FROM counter WHERE ${counter()}`],
    ['given to another entry', () => `UPDATE counter SET entry = 1, value = 0 WHERE ${counter()}`],
  ])('refuse to spend with a counter %s', async (_, sql) => {
    const mover = await of(`SELECT entry FROM counter WHERE ${counter()}`);
    const expected = { what: 'counter', where: `entry ${mover}`, entry: mover };
    await refused([sql()], approve, 'INTEGRITY_VIOLATION', expected);
    const asked = () =>
      world.vitrine.ask(
        'regulator.one',
        'query ($id: ID!) { programme(id: $id) { code committed { amount } } }',
        {
          id: world.programme,
        },
      );
    const { data } = await refused([sql()], asked, 'INTEGRITY_VIOLATION', expected);
    expect(data).toEqual({ programme: { code: 'TAMPER', committed: null } });
  });

  it('hold as before when it is undone', async () => {
    expect((await approve()).codes).toEqual(['CONFLICT']);
    expect(
      (await world.vitrine.ask('clinician.city', file(world.patient).query, { id: world.patient })).errors,
    ).toEqual([]);
    await world.vitrine.restart();
    expect(describeFindings((await verify(world.vitrine)).findings)).toBe('');
  });
});
