/**
 * Uploads over bad links: twenty outboxes send two thousand reports and encounters through a proxy that drops, delays,
 * cuts, repeats and reorders, to a server that is killed ten times meanwhile. Everything arrives, once; and clients and
 * server agree on every receipt.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FileStore } from '../../src/cli/outbox/file-store.js';
import { Outbox, type OutboxItem, verifyReceipt } from '../../src/client/index.js';
import { fromHex, hex, leafHash } from '../../src/ledger/core/index.js';
import { Api, populate } from '../support/api.js';
import { BadLinks, HARMS, seeded } from '../support/bad-links.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { findingsOf } from '../support/drill.js';
import { Deployment, type Running, until } from '../support/process.js';
import { makeSenders, type Sender } from '../support/senders.js';

const SIZE = { hospitals: 4, reporters: 8, clinicians: 12, each: 100 };
const ALL = (SIZE.reporters + SIZE.clinicians) * SIZE.each;
const KILLS = 10;
const SEED = Number(process.env['BAD_LINKS_SEED'] ?? Date.now() % 1_000_000);

vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

let database: TestDatabase;
let deployment: Deployment;
let folder: string;
let links: BadLinks;
let server: Running;
let api: Api;
let senders: Sender[];
const outboxes: Outbox[] = [];
const tokens = new Map<string, string>();
/** Answers that said that a token is over, as they should. */
let renewals = 0;

async function start(): Promise<void> {
  server = deployment.run();
  const address = await server.listening();
  links.lead(address);
  api = new Api(address);
}

beforeAll(async () => {
  console.log(`bad links: BAD_LINKS_SEED=${SEED}`);
  database = await freshDatabase();
  deployment = await Deployment.make({ DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl });
  folder = await mkdtemp(join(tmpdir(), 'vitrine-outboxes-'));
  links = await BadLinks.lay(SEED);
  await start();
  await populate(api);
  senders = await makeSenders(api, SIZE);
  for (const { subject } of senders) tokens.set(subject, await api.token(subject));
});
afterAll(async () => {
  for (const outbox of outboxes) await outbox.close();
  await links.end();
  await deployment.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function open(number: number): Promise<Outbox> {
  const { subject = '' } = senders[number] ?? {};
  // The token of every fifth is over until the outbox has said so: on these links the answer that tells it may be lost.
  let isOver = number % 5 === 0;
  const outbox = await Outbox.open({
    store: await FileStore.open(join(folder, String(number))),
    endpoint: `${links.address}/graphql`,
    token: () => (isOver ? 'over' : (tokens.get(subject) ?? '')),
    timeout: 3_000,
    firstDelay: 50,
    longestDelay: 1_000,
    random: seeded(SEED + number),
  });
  outbox.watch((event) => {
    if (event.type !== 'trouble' || event.trouble.code !== 'UNAUTHENTICATED') return;
    isOver = false;
    renewals += 1;
  });
  return outbox;
}

/** Sends one outbox to its end; it is closed and opened again from its folder a few times on the way. */
async function drive(number: number): Promise<void> {
  const random = seeded(SEED * 31 + number);
  const items = senders[number]?.items ?? [];
  let outbox = await open(number);
  // Half of it before the first sending, the rest meanwhile.
  await outbox.putAll(items.slice(0, items.length / 2));
  for (let turn = 0; ; turn++) {
    const stop = new AbortController();
    const sending = outbox.send({ signal: stop.signal });
    if (turn === 0) await outbox.putAll(items.slice(items.length / 2));
    if (turn >= 3) {
      await sending;
      break;
    }
    const before = settled(outbox);
    const goal = before + 1 + Math.floor(random() * 20);
    await Promise.race([sending, until('some are settled', () => settled(outbox) >= goal, 120_000)]);
    stop.abort();
    await outbox.close();
    await sending;
    outbox = await open(number);
  }
  outboxes[number] = outbox;
}

const settled = (outbox: Outbox): number =>
  outbox.items().filter(({ state }) => state === 'ACCEPTED' || state === 'REFUSED').length;

interface OnLog {
  readonly index: string;
  readonly actor: string;
  readonly op: string;
  readonly request: string;
  readonly leaf: Buffer;
}

/** What the entries themselves say, not the table that the server looks requests up in. */
async function entriesOn(owner: string): Promise<OnLog[]> {
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  try {
    const { rows } = await client.query<OnLog>(
      `SELECT index::text, actor::text, leaf, o->>'op' AS op, o->>'request' AS request
       FROM (SELECT *, convert_from(opening, 'UTF8')::json AS o FROM entry) e ORDER BY e.index`,
    );
    return rows;
  } finally {
    await client.end();
  }
}

describe('twenty outboxes behind bad links', () => {
  it(`bring ${ALL} reports and encounters to a server that is killed ${KILLS} times`, async () => {
    const began = Date.now();
    const sending = Promise.all(senders.map((_, number) => drive(number)));
    let done = false;
    void sending.then(
      () => (done = true),
      () => (done = true),
    );
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    const count = async () =>
      Number((await client.query<{ count: string }>('SELECT count(*) FROM entry')).rows[0]?.count);
    const first = await count();
    let kills = 0;
    for (; kills < KILLS && !done; kills++) {
      const goal = first + ((kills + 0.5) * ALL) / (KILLS + 1);
      await until('some have arrived', async () => done || (await count()) >= goal, 120_000);
      await server.kill();
      await start();
    }
    await client.end();
    await sending;
    expect(kills).toBe(KILLS);
    await links.calm();
    console.log(`bad links: ${((Date.now() - began) / 1000).toFixed(0)} s; ${JSON.stringify(links.done)}`);
    for (const harm of HARMS) expect(links.done[harm], harm).toBeGreaterThan(5);
  });

  it('told whoever gave a token that was over, and went on with the next one', () => {
    expect(renewals).toBeGreaterThanOrEqual(4);
  });

  it('settled everything: one item of each was refused, for its reason', () => {
    for (const [number, { items }] of senders.entries()) {
      const kept = outboxes[number]?.items() ?? [];
      expect(kept).toHaveLength(items.length);
      const refused = kept.filter(({ state }) => state === 'REFUSED');
      expect(refused.map(({ refusals }) => refusals.map(({ code, path }) => [code, path]))).toEqual([
        [['NOT_FOUND', ['input', number < SIZE.reporters ? 'form' : 'patient']]],
      ]);
      const accepted = kept.filter(({ state }) => state === 'ACCEPTED');
      expect(accepted.flatMap(({ receipts }) => receipts)).toHaveLength(SIZE.each);
      // What was in one request with the refused one is kept for its sake; of the rest only the receipts.
      const kin = new Set(refused.map(({ sending }) => sending));
      expect(accepted.filter(({ input, sending }) => input !== null && !kin.has(sending))).toEqual([]);
    }
  });

  it('left each on the log once, under the receipt that its sender has', async () => {
    const members = new Map(senders.map(({ member }, number) => [member, number]));
    const entries = (await entriesOn(database.ownerUrl)).filter(({ actor }) => members.has(actor));
    expect(entries).toHaveLength(ALL);
    const onLog = entries.map(({ index, actor, request, op, leaf }) => [
      members.get(actor),
      op,
      index,
      request,
      hex(leafHash(leaf)),
    ]);
    const ops = (number: number) => (number < SIZE.reporters ? 'report.file' : 'encounter.record');
    const inHand = outboxes.flatMap((outbox, number) =>
      receiptsOf(outbox.items()).map(({ index, request, leafHash: hash }) => [
        number,
        ops(number),
        index,
        request,
        hash,
      ]),
    );
    const byIndex = (a: unknown[], b: unknown[]) => Number(a[2]) - Number(b[2]);
    expect(inHand.sort(byIndex)).toEqual(onLog);
  });

  it('kept the order of each patient’s encounters', () => {
    const ordered = outboxes.filter((_, number) => number >= SIZE.reporters && number % 3 === 0);
    expect(ordered.length).toBeGreaterThan(2);
    for (const outbox of ordered) {
      const accepted = outbox.items().filter(({ state }) => state === 'ACCEPTED');
      for (const patient of new Set(accepted.flatMap(({ threads }) => threads))) {
        const own = accepted.filter(({ threads }) => threads.includes(patient));
        const places = own.map(({ receipts }) => Number(receipts[0]?.index));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
    }
  });

  it('shows each by the API, as it was put in', async () => {
    for (const [number, { subject, items }] of senders.entries()) {
      const isReporter = number < SIZE.reporters;
      const found = await (isReporter ? periodsOf(number) : startsOf(subject, number));
      const put = items.flatMap(({ operation, input }) => {
        if (operation === 'fileReport') return input.form.startsWith('no-') ? [] : [input.period];
        if (operation === 'recordEncounters') return input.encounters.map(({ start: at }) => at);
        return operation === 'recordEncounter' && input.note !== undefined ? [input.start] : [];
      });
      expect(found.sort()).toEqual(put.sort());
    }
  });

  it('has a proof of every receipt', async () => {
    const { data } = await api.ask('auditor', '{ checkpoint { key } }');
    const policy = `log ${(data?.['checkpoint'] as { key: string }).key}\nquorum none\n`;
    const receipts = outboxes.flatMap((outbox) => receiptsOf(outbox.items()));
    for (let at = 0; at < receipts.length; at += 25) {
      const some = receipts.slice(at, at + 25);
      const query = some.map(({ index }, place) => `p${place}: inclusionProof(index: "${index}") { text }`);
      const answer = await api.ask('auditor', `{ ${query.join(' ')} }`);
      for (const [place, { index, leafHash: hash }] of some.entries()) {
        const { text } = answer.data?.[`p${place}`] as { text: string };
        expect(verifyReceipt(text, { leafHash: fromHex(hash) }, policy).index).toBe(BigInt(index));
      }
    }
  });

  it('left a log and rows in which everything holds', async () => {
    const { findings } = await findingsOf(deployment);
    expect(findings).toEqual([]);
  });
});

function receiptsOf(items: readonly OutboxItem[]) {
  return items.flatMap(({ receipts }) => receipts);
}

type Page<T> = Record<
  string,
  { edges: { node: T }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
>;

async function list<T>(persona: string, query: string, variables: object): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | null = null; ;) {
    const { data, errors } = await api.ask(persona, query, { ...variables, after });
    expect(errors).toEqual([]);
    const [page] = Object.values(data as Page<T>);
    if (page === undefined) return found;
    found.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return found;
    after = page.pageInfo.endCursor;
  }
}

/** Periods that a reporter's institution has filed on the reporter's form. */
async function periodsOf(number: number): Promise<string[]> {
  const filter = {
    institution: senders[number]?.institution,
    form: `form-${Math.floor(number / SIZE.hospitals)}`,
  };
  const query = `query ($filter: ReportFilter, $after: String) { reports(filter: $filter, first: 100, after: $after) {
    edges { node { period } } pageInfo { hasNextPage endCursor } } }`;
  const found = await list<{ period: string }>(senders[number]?.subject ?? '', query, { filter });
  return found.map(({ period }) => period);
}

/** Starts of the encounters of this person's day, in the institution's patients. */
async function startsOf(subject: string, number: number): Promise<string[]> {
  const day = (more: number) => new Date(Date.UTC(2020, 0, 1 + number + more)).toISOString();
  const filter = { start: { from: day(0), to: day(1) } };
  const query = `query ($filter: EncounterFilter, $after: String) { encounters(filter: $filter, first: 100, after: $after) {
    edges { node { start } } pageInfo { hasNextPage endCursor } } }`;
  const found = await list<{ start: string }>(subject, query, { filter });
  return found.map(({ start: at }) => at);
}
