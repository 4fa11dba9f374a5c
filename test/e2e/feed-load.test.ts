/**
 * The live feed at its size: 500 subscribers on one server process while 20,000 entries are written, each given every
 * entry once and in order. One tenth of them are slow: they select ten times as much and stop reading for a while, so
 * the server has to tell them to resume. The server's memory stays under a bound that what they leave unread exceeds.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleEncounters, samplePatient } from '../../src/cli/sample/data.js';
import { Api, type Data, populate } from '../support/api.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { Deployment, type Running, until } from '../support/process.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const SUBSCRIBERS = 500;
const SLOW = 50;
const ENTRIES = 20_000;
const BATCH = 256;
const LONGEST_MS = 280_000;
/** Bytes of the server's resident memory: what the slow ones leave unread alone would be 2 GB. */
const MOST_MEMORY = 2 ** 30;

const FAST_QUERY = 'subscription ($after: BigInt) { auditTrail(after: $after) { index opening { op } } }';
const FILTER_QUERY =
  'subscription ($after: BigInt, $filter: EntryFilter) { auditTrail(after: $after, filter: $filter) { index leafHash } }';
const SLOW_QUERY =
  'subscription ($after: BigInt) { auditTrail(after: $after) { index leaf opening { bytes signature salt } } }';

interface Subscriber {
  readonly name: string;
  readonly authorization: string | null;
  readonly query: string;
  readonly variables: Data;
  readonly filtered: boolean;
  readonly after: number;
  readonly pace: { readonly first: number; readonly every: number; readonly pause: number } | null;
}

interface Result {
  readonly name: string;
  readonly events: number;
  readonly resumed: number;
}

/** Who follows, in turn: members of one standing share what is answered, and the writer itself is among them. */
const FAST: readonly (string | null)[] = [
  'auditor',
  'registrar.city',
  'auditor.two',
  'registrar.north',
  'regulator.two',
  'clerk.city',
  null,
];

let database: TestDatabase;
let deployment: Deployment;
let server: Running;
let api: Api;
let institution: string;

beforeAll(async () => {
  database = await freshDatabase();
  deployment = await Deployment.make({
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    FEED_STALL_MS: '1000',
  });
  server = deployment.run();
  api = new Api(await server.listening());
  const world = await populate(api);
  institution = world.city;
  const { data } = await api.ask('auditor', '{ me { institution { id } } }');
  const { institution: office } = data?.['me'] as { institution: { id: string } };
  for (const [subject, home, role] of [
    ['auditor.two', office.id, 'AUDITOR'],
    ['clerk.city', world.city, 'REGISTRAR'],
  ]) {
    const input = { institution: home, subject, name: subject, roles: [role] };
    await api.must('regulator.one', 'enrolMember', input, 'member { id }');
  }
});
afterAll(async () => {
  await deployment.end();
  await database.drop();
});

async function subscribers(after: number): Promise<Subscriber[]> {
  const made: Subscriber[] = [];
  for (let number = 0; number < SUBSCRIBERS; number += 1) {
    const slow = number % (SUBSCRIBERS / SLOW) === 0;
    const filtered = !slow && number % 10 === 5;
    const persona = slow || filtered ? 'auditor' : (FAST[number % FAST.length] ?? null);
    made.push({
      name: `${number} ${persona}${slow ? ', slow' : filtered ? ', filtered' : ''}`,
      authorization: persona === null ? null : `Bearer ${await api.token(persona)}`,
      query: slow ? SLOW_QUERY : filtered ? FILTER_QUERY : FAST_QUERY,
      variables: filtered ? { filter: { institution, op: 'encounter.record' } } : {},
      filtered,
      after,
      pace: slow ? { first: 50_000 + number * 1000, every: 4_000_000, pause: 100 } : null,
    });
  }
  return made;
}

/** Subscribers in a thread of their own. */
class Followers {
  slowest = 0;
  ready = false;
  readonly failed: string[] = [];
  results: readonly Result[] | null = null;
  readonly #worker: Worker;

  constructor(all: readonly Subscriber[], last: number) {
    const port = Number(new URL(api.url).port);
    this.#worker = new Worker(new URL('../support/followers.mjs', import.meta.url), {
      workerData: { port, last, subscribers: all },
    });
    this.#worker.on('message', (message: Partial<Followers> & { failed?: string }) => {
      const { failed, ...rest } = message;
      if (failed !== undefined) this.failed.push(failed);
      Object.assign(this, rest);
    });
    this.#worker.on('error', (error) => this.failed.push(String(error)));
  }

  read(): void {
    this.#worker.postMessage('read');
  }

  async stop(): Promise<void> {
    this.#worker.postMessage('stop');
    await new Promise((resolve) => this.#worker.once('exit', resolve));
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  const line = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text);
  return Number(line?.[1] ?? 0);
}

async function size(): Promise<number> {
  const { data } = await api.ask('auditor', '{ checkpoint { size } }');
  return Number((data?.['checkpoint'] as { size: string }).size);
}

/** Entries from an index on that the log wrote about itself. */
async function snapshots(from: number): Promise<number> {
  let after = String(from - 1);
  for (let found = 0; ;) {
    const query = `{ entries(first: 100, after: "${after}", filter: { op: "log.snapshot" }) { edges { cursor } pageInfo { hasNextPage endCursor } } }`;
    const { data } = await api.ask('auditor', query);
    const page = data?.['entries'] as {
      edges: unknown[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    found += page.edges.length;
    if (!page.pageInfo.hasNextPage) return found;
    after = page.pageInfo.endCursor;
  }
}

/** Encounters of one patient after the other, 256 to a block. */
async function write(patient: string, count: number): Promise<void> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      const part = Math.min(BATCH, count - begun);
      begun += part;
      const encounters = sampleEncounters(patient, begun, part).map(({ identifier: _own, ...rest }) => rest);
      await api.must('registrar.city', 'recordEncounters', { encounters, mode: 'ALL' }, 'refused { code }');
    }
  };
  await Promise.all([worker(), worker()]);
}

describe(`${SUBSCRIBERS} subscribers of auditTrail on one process`, () => {
  it(`get ${ENTRIES} entries, each once and in order, one tenth of them slow, in bounded memory`, async () => {
    const person = {
      ...samplePatient(1),
      identifiers: [{ system: 'https://feed.invalid', value: randomUUID() }],
    };
    const registered = await api.must('registrar.city', 'registerPatient', person, 'patient { id }');
    const first = await size();
    const all = await subscribers(first - 1);
    const last = first + ENTRIES - 1;
    const followers = [0, 1].map(
      (part) =>
        new Followers(
          all.filter((_one, place) => place % 2 === part),
          last,
        ),
    );
    const unwritten: string[] = [];
    const failures = (): readonly string[] => [...unwritten, ...followers.flatMap(({ failed }) => failed)];
    await until(
      'all have subscribed',
      async () => (await metric('vitrine_feed_subscriptions')) === SUBSCRIBERS,
    );
    const memory: number[] = [];
    const sample = setInterval(
      () =>
        void metric('process_resident_memory_bytes').then(
          (bytes) => memory.push(bytes),
          () => undefined,
        ),
      250,
    );
    const begun = performance.now();
    const written = write((registered['patient'] as { id: string }).id, ENTRIES);
    const wrote = written.then(
      () => performance.now() - begun,
      (error: unknown) => void unwritten.push(String(error)),
    );
    await until(
      'the slow ones were told to resume',
      async () => failures().length > 0 || (await metric('vitrine_feed_ends_total')) >= SLOW,
      LONGEST_MS,
    );
    for (const one of followers) one.read();
    await until(
      'all have everything',
      () => failures().length > 0 || followers.every(({ results }) => results !== null),
      LONGEST_MS,
    );
    clearInterval(sample);
    expect(failures()).toEqual([]);
    const took = performance.now() - begun;
    const results = followers.flatMap((one) => one.results ?? []);
    const seconds = (ms: number | undefined): number => Math.round((ms ?? 0) / 1000);
    const most = Math.round(Math.max(...memory) / 2 ** 20);
    const cpu = Math.round(await metric('process_cpu_seconds_total'));
    console.log(
      `written in ${seconds(await wrote)} s, all delivered after ${seconds(took)} s, server: ${cpu} s of CPU, at most ${most} MB`,
    );
    const others = await snapshots(first);
    expect(results.map(({ name, events }) => [name, events])).toEqual(
      results.map(({ name }) => [name, name.endsWith('filtered') ? ENTRIES - others : ENTRIES]),
    );
    const slow = results.filter(({ name }) => name.endsWith('slow'));
    expect(slow.filter(({ resumed }) => resumed > 0)).toHaveLength(SLOW);
    expect(Math.max(...memory)).toBeLessThan(MOST_MEMORY);
    await Promise.all(followers.map((one) => one.stop()));
  });
});
