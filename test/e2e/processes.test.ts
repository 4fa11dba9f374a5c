/**
 * Two server processes on one PostgreSQL, with mutations from both: one chain, no gap, no fork, no lost update, and each
 * sees at once what the other did (design: architecture, "Growing").
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import { Api, type Data, intent, type Intent, populate, type Reply, type World } from '../support/api.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { Feed } from '../support/feed.js';
import { Load } from '../support/load.js';
import { Deployment, type Running, until } from '../support/process.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let database: TestDatabase;
let deployment: Deployment;
let world: World;
const servers: Running[] = [];
const apis: Api[] = [];
const PATIENT = 'patient { id version } receipt { index }';
const SUBSIDY = 'subsidy { id version state } receipt { index }';

/** One of the two, by turns. */
const api = (number: number): Api => {
  const one = apis[number % apis.length];
  if (one === undefined) throw new Error('no server runs');
  return one;
};

async function start(number: number): Promise<void> {
  const server = deployment.run();
  servers[number] = server;
  apis[number] = new Api(await server.listening());
}

type Payloads = readonly (Reply & { readonly payload: Data | null })[];

/** Sends all at once, to the one server and to the other by turns. */
function race(intents: readonly Intent[]): Promise<Payloads> {
  return Promise.all(intents.map((one, number) => api(number).send(one)));
}

const accepted = (replies: Payloads): Data[] =>
  replies.flatMap(({ payload }) => (payload === null ? [] : [payload]));
const codes = (replies: Payloads): string[] => replies.flatMap(({ code }) => (code === null ? [] : [code]));

function idOf(payload: Data | undefined, record: string): string {
  return (payload?.[record] as { id: string }).id;
}

function person(value: string): Data {
  return {
    identifiers: [{ system: 'https://race.invalid', value }],
    names: [{ family: 'Race', given: ['A'] }],
    // Whoever also has the birth date learns whose the identifier is.
    birthDate: '1970-01-01',
  };
}

async function programme(budget: number): Promise<string> {
  const input = { code: `P-${randomUUID()}`, title: 'Race', budget: { amount: budget, currency: 'EUR' } };
  return idOf(await api(0).must('regulator.one', 'createProgramme', input, 'programme { id }'), 'programme');
}

async function proposed(of: string, amount: number): Promise<string> {
  const wish = { programme: of, payee: world.city, amount: { amount, currency: 'EUR' }, purpose: 'Race' };
  return idOf(await api(0).must('regulator.one', 'proposeSubsidy', wish, SUBSIDY), 'subsidy');
}

async function expectClean(): Promise<bigint> {
  const config = parseConfig({ ...deployment.environment, LOG_LEVEL: 'error' });
  const ignore = (): void => undefined;
  const { findings, entries } = await verifyAll(config, ignore, ignore);
  expect(findings).toEqual([]);
  return entries;
}

beforeAll(async () => {
  database = await freshDatabase();
  deployment = await Deployment.make({ DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl });
  // Both at once on an empty base: one of them begins the log.
  await Promise.all([start(0), start(1)]);
  world = await populate(api(0));
});
afterAll(async () => {
  await deployment.end();
  await database.drop();
});

describe('two processes that start together on an empty base', () => {
  it('begin one log', async () => {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    const { rows } = await client.query<{ op: string }>(
      `SELECT convert_from(opening, 'UTF8')::json->>'op' AS op FROM entry WHERE kind = 'Log' OR index < 3 ORDER BY index`,
    );
    await client.end();
    expect(rows.map(({ op }) => op)).toEqual(['log.genesis', 'institution.register', 'member.enrol']);
  });
});

describe('mutations from two processes', () => {
  it('make one chain without a gap, of which both show the same checkpoint', async () => {
    const load = new Load(8, world, await programme(1_000_000_000));
    load.start(api);
    await until('both have worked', () => load.acknowledged.length >= 150 || load.refusals.length > 0);
    await load.stop();
    await load.settle(api);
    expect(load.refusals).toEqual([]);
    const indexes = load.acknowledged.flatMap((one) => one.indexes).sort((a, b) => a - b);
    expect(new Set(indexes).size).toBe(indexes.length);
    const heads = await Promise.all(
      [0, 1].map((one) => api(one).ask('auditor', '{ checkpoint { size root note } }')),
    );
    expect(heads[0]?.data).not.toBeNull();
    expect(heads[0]?.data).toEqual(heads[1]?.data);
    const { size } = heads[0]?.data?.['checkpoint'] as { size: string };
    expect(await expectClean()).toBe(BigInt(size));
    // With a server running on each side nothing else writes: what was acknowledged is all there is behind the first.
    const [first = 0] = indexes;
    expect(indexes).toEqual(Array.from({ length: Number(size) - first }, (_, step) => first + step));
  });

  it('let one of several amendments of one version win', async () => {
    const registered = await api(0).must('registrar.city', 'registerPatient', person(randomUUID()), PATIENT);
    const patient = idOf(registered, 'patient');
    for (let version = 1; version <= 5; version += 1) {
      const replies = await race(
        Array.from({ length: 6 }, (_, number) =>
          intent(
            'registrar.city',
            'amendPatient',
            { patient, expectedVersion: version, language: ['en', 'de', 'fr', 'uk', 'bg', 'sq'][number] },
            PATIENT,
          ),
        ),
      );
      expect(accepted(replies)).toHaveLength(1);
      expect(codes(replies)).toEqual(Array(5).fill('CONFLICT'));
      expect(accepted(replies)[0]?.['patient']).toEqual({ id: patient, version: version + 1 });
    }
  });

  it('register an identifier once, and name its patient to everyone else', async () => {
    for (let round = 0; round < 5; round += 1) {
      const value = randomUUID();
      const replies = await race(
        Array.from({ length: 6 }, (_, number) =>
          intent(
            number % 3 === 0 ? 'registrar.north' : 'registrar.city',
            'registerPatient',
            person(value),
            PATIENT,
          ),
        ),
      );
      const [winner] = accepted(replies);
      expect(accepted(replies)).toHaveLength(1);
      const refused = replies.filter(({ payload }) => payload === null);
      expect(refused.map(({ errors }) => errors[0]?.extensions)).toEqual(
        Array(5).fill(
          expect.objectContaining({
            code: 'CONFLICT',
            details: expect.objectContaining({ kind: 'Patient', id: idOf(winner, 'patient') }) as unknown,
          }),
        ),
      );
    }
  });

  it('register an identifier once in one batch of one process', async () => {
    const value = randomUUID();
    const wishes = Array.from({ length: 8 }, () =>
      intent('registrar.city', 'registerPatient', person(value), PATIENT),
    );
    const replies = await Promise.all(wishes.map((one) => api(1).send(one)));
    const [winner] = accepted(replies);
    expect(accepted(replies)).toHaveLength(1);
    const named = replies.flatMap(({ errors }) => errors.map((error) => error.extensions.details?.['id']));
    expect(named).toEqual(Array(7).fill(idOf(winner, 'patient')));
  });

  it('never approve more than the budget', async () => {
    const of = await programme(1000);
    const subsidies = await Promise.all(Array.from({ length: 8 }, () => proposed(of, 300)));
    const replies = await race(
      subsidies.map((subsidy) =>
        intent('regulator.two', 'approveSubsidy', { subsidy, expectedVersion: 1 }, SUBSIDY),
      ),
    );
    expect(accepted(replies)).toHaveLength(3);
    expect(codes(replies)).toEqual(Array(5).fill('CONFLICT'));
    const query = 'query ($id: ID!) { programme(id: $id) { committed { amount } } }';
    for (const one of [0, 1]) {
      const { data } = await api(one).ask('regulator.one', query, { id: of });
      expect(Number((data?.['programme'] as { committed: { amount: string } }).committed.amount)).toBe(900);
    }
  });

  it('approve, pay and confirm a subsidy once each', async () => {
    const subsidy = await proposed(await programme(1000), 500);
    const steps = [
      ['regulator.two', 'approveSubsidy', {}],
      ['regulator.one', 'disburseSubsidy', { reference: 'PO-1' }],
      ['finance.city', 'confirmSubsidy', {}],
    ] as const;
    for (const [place, [persona, name, more]] of steps.entries()) {
      const input = { subsidy, expectedVersion: place + 1, ...more };
      const replies = await race(Array.from({ length: 4 }, () => intent(persona, name, input, SUBSIDY)));
      expect(accepted(replies)).toHaveLength(1);
      expect(codes(replies)).toEqual(Array(3).fill('CONFLICT'));
    }
  });

  it('give one request that comes to both the same receipt', async () => {
    for (let round = 0; round < 5; round += 1) {
      const one = intent('registrar.city', 'registerPatient', person(randomUUID()), `${PATIENT} repeated`);
      const replies = await race([one, one, one, one]);
      const payloads = accepted(replies);
      expect(payloads).toHaveLength(4);
      expect(
        new Set(payloads.map((payload) => JSON.stringify([payload['patient'], payload['receipt']]))).size,
      ).toBe(1);
      expect(payloads.filter((payload) => payload['repeated'] === false)).toHaveLength(1);
    }
  });

  it('give one step that comes to both the same receipt, though it changes what it is checked against', async () => {
    const subsidy = await proposed(await programme(1000), 500);
    const registered = await api(0).must('registrar.city', 'registerPatient', person(randomUUID()), PATIENT);
    const patient = idOf(registered, 'patient');
    for (const one of [
      intent('regulator.two', 'approveSubsidy', { subsidy, expectedVersion: 1 }, SUBSIDY),
      intent('regulator.one', 'disburseSubsidy', { subsidy, expectedVersion: 2, reference: 'PO-2' }, SUBSIDY),
      intent('registrar.city', 'amendPatient', { patient, expectedVersion: 1, language: 'en' }, PATIENT),
    ]) {
      const replies = await race(Array.from({ length: 6 }, () => one));
      expect(codes(replies)).toEqual([]);
      expect(new Set(accepted(replies).map((payload) => JSON.stringify(payload))).size).toBe(1);
    }
  });

  it('take one of two contents under one request id', async () => {
    const one = intent('registrar.city', 'registerPatient', person(randomUUID()), PATIENT);
    const other = { ...one, input: { ...person(randomUUID()), requestId: one.input.requestId } };
    const replies = await race([one, other]);
    expect(accepted(replies)).toHaveLength(1);
    expect(codes(replies)).toEqual(['CONFLICT']);
  });
});

describe("what one process decides about a member's standing", () => {
  it("works at the other's next request, both ways", async () => {
    const input = {
      institution: world.city,
      subject: 'clinician.city',
      name: 'Clinician',
      roles: ['CLINICIAN'],
    };
    const member = idOf(await api(0).must('regulator.one', 'enrolMember', input, 'member { id }'), 'member');
    const mine = '{ me { licensed } }';
    for (let round = 0; round < 3; round += 1) {
      expect((await api(1).ask('clinician.city', mine)).code).toBeNull();
      await api(0).must('regulator.one', 'suspendMember', { member, reason: 'Inquiry' }, 'member { id }');
      expect((await api(1).ask('clinician.city', mine)).code).toBe('FORBIDDEN');
      await api(1).must('regulator.one', 'reinstateMember', { member, reason: 'Closed' }, 'member { id }');
      expect((await api(0).ask('clinician.city', mine)).code).toBeNull();
    }
  });
});

describe('auditTrail over two processes', () => {
  it('gives every entry once and in order, across reconnects, kills and restarts', async () => {
    const load = new Load(4, world, await programme(1_000_000_000));
    load.start(api);
    const feeds = [0, 1].map((first) => new Feed((turn) => api(first + turn), 'auditor'));
    for (const feed of feeds) feed.start();
    for (const [round, killed] of [0, 1, 0, 1].entries()) {
      const goal = load.acknowledged.length + 15;
      await until('the load goes on', () => load.acknowledged.length >= goal || load.refusals.length > 0);
      const server = servers[killed];
      await (round < 2 ? server?.kill() : server?.stop());
      await start(killed);
      for (const feed of feeds) feed.reconnect();
    }
    await load.stop();
    await load.settle(api);
    expect(load.refusals).toEqual([]);
    const size = Number(await expectClean());
    for (const feed of feeds) {
      await until('the feed has everything', () => feed.indexes.length >= size);
      await feed.stop();
      expect(feed.indexes).toEqual(Array.from({ length: size }, (_, index) => index));
      expect(feed.connections).toBeGreaterThan(4);
    }
  });
});
