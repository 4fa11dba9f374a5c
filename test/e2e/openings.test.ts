/**
 * Who reads the private half of an entry (class LEDGER): by its record's history, by position, in a list, in the
 * receipt of a write and on the feed, always the same. Where it isn't for the caller it is null without an error.
 */
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestVitrine } from '../support/vitrine.js';
import { askerOf, enact, EVERYONE, relationsTo, type Records } from './cast.js';
import { designLevel } from './design.js';

const OPENING =
  'opening { op request signature subject { kind id version } threads { id seq } detail actor { id } }';

interface Opening {
  readonly op: string;
  readonly subject: { readonly kind: string; readonly id: string };
}
interface Entry {
  readonly index: string;
  readonly leaf: string;
  readonly opening: Opening | null;
}

/** Who wrote each version of each record, newest first, in the cast and in the sample. */
const WRITERS: Readonly<Record<string, readonly string[]>> = {
  Patient: ['registrar.city'],
  Encounter: ['clinician.city'],
  northEncounter: ['registrar.north'],
  Institution: ['regulator.one'],
  Member: ['regulator.one'],
  Form: ['regulator.one'],
  Report: ['reporter.city', 'reporter.city'],
  Programme: ['regulator.one'],
  Subsidy: ['finance.city', 'regulator.one', 'regulator.two', 'regulator.one'],
};

let vitrine: TestVitrine;
let records: Records;
/** Positions of each record's versions, newest first. */
const positions = new Map<string, readonly string[]>();

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
  for (const name of Object.keys(WRITERS)) {
    const query = `{ node(id: "${records[name]}") { ... on Record { history { index } } } }`;
    const { data } = await vitrine.ask<{ node: { history: Entry[] } }>('auditor', query);
    positions.set(name, data?.node.history.map(({ index }) => index) ?? []);
  }
}, 120_000);
afterAll(() => vitrine.stop());

/** Whether the design gives `who` the opening of this version. */
function isFor(who: string | null, name: string, version: number): boolean {
  const wrote = who !== null && WRITERS[name]?.[version] === who;
  return designLevel(askerOf(who), relationsOf(name, who), 'LEDGER', wrote) === 'COPY';
}

/** North's encounter has North for its custodian, and City treats the patient no more. */
function relationsOf(name: string, who: string | null): string[] {
  if (name !== 'northEncounter') return relationsTo(name, who);
  if (who?.endsWith('.north') === true) return ['CUSTODIAN'];
  return who?.endsWith('.city') === true ? [] : relationsTo('Encounter', who);
}

const names = Object.keys(WRITERS);

describe('an opening', () => {
  it.each(EVERYONE.map((who) => ({ who, name: who ?? 'nobody' })))(
    'is by its position for $name what the matrix says, and null without an error otherwise',
    async ({ who }) => {
      const places = names.flatMap((name) =>
        (positions.get(name) ?? []).map((index, version) => ({ name, index, version })),
      );
      const asked = places.map(
        ({ index }) => `e${index}: entry(index: "${index}") { index leaf ${OPENING} }`,
      );
      const { data, codes, text } = await vitrine.ask<Record<string, Entry>>(who, `{ ${asked.join(' ')} }`);
      expect(codes, text).toEqual([]);
      for (const { name, index, version } of places) {
        const entry = data?.[`e${index}`];
        expect(entry?.leaf).not.toBe('');
        expect(entry?.opening !== null, `${name} ${version}`).toBe(isFor(who, name, version));
        // The public half says nothing of whom it is about; institutions are public.
        if (entry?.opening === null && name !== 'Institution')
          expect(Buffer.from(entry.leaf, 'base64').toString()).not.toContain(records[name]);
      }
    },
  );

  it.each(EVERYONE.map((who) => ({ who, name: who ?? 'nobody' })))(
    'is in lists, in histories and on the feed the same for $name',
    async ({ who }) => {
      const listed = await everyEntry(who);
      for (const name of names) {
        for (const [version, index] of (positions.get(name) ?? []).entries())
          expect(listed.get(index) !== null, `${name} ${version}`).toBe(isFor(who, name, version));
        const query = `{ node(id: "${records[name]}") { ... on Record { history { index ${OPENING} } } } }`;
        const { data } = await vitrine.ask<{ node: { history: Entry[] } | null }>(who, query);
        for (const { index, opening } of data?.node?.history ?? [])
          expect(opening).toEqual(listed.get(index));
      }
      expect(await feed(who)).toEqual(listed);
    },
  );

  it('is in the receipt of the one who wrote, and in no other’s', async () => {
    const select = `receipt { entry { index ${OPENING} } } encounter { id }`;
    const input = {
      patient: records['Patient'],
      class: 'AMB',
      status: 'IN_PROGRESS',
      start: '2025-12-03T09:00:00Z',
    };
    const answer = await vitrine.mutate<{
      recordEncounter: { receipt: { entry: Entry }; encounter: { id: string } };
    }>('registrar.north', 'recordEncounter', input, select);
    const written = answer.data?.recordEncounter;
    const entry = written?.receipt.entry;
    expect(entry?.opening).toMatchObject({
      op: 'encounter.record',
      subject: { kind: 'Encounter', id: written?.encounter.id },
    });
    const query = `{ entry(index: "${entry?.index}") { ${OPENING} } }`;
    const other = await vitrine.ask('second.north', query);
    expect([other.codes, other.data]).toEqual([[], { entry: { opening: null } }]);
  });

  it('is not opened by filtering the feed for what the subscriber can’t read', async () => {
    for (const filter of [
      '{ op: "patient.register" }',
      `{ thread: "${records['Patient']}" }`,
      `{ subject: { kind: "Patient", id: "${records['Patient']}" } }`,
    ]) {
      const events = await follow('clinician.north', `after: -1, filter: ${filter}`);
      const { value } = (await events.next()) as { value: { errors?: { extensions: { code: string } }[] } };
      expect(value.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
      await events.return?.();
    }
  });
});

/** The opening of every entry by its index, from the list. */
async function everyEntry(who: string | null): Promise<Map<string, Opening | null>> {
  const found = new Map<string, Opening | null>();
  let after = '';
  for (let more = true; more;) {
    const query = `{ entries(first: 100${after}) { edges { node { index ${OPENING} } } pageInfo { hasNextPage endCursor } } }`;
    const { data, text } = await vitrine.ask<{
      entries: { edges: { node: Entry }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }>(who, query);
    if (data === null) throw new Error(text);
    for (const { node } of data.entries.edges) found.set(node.index, node.opening);
    more = data.entries.pageInfo.hasNextPage;
    after = `, after: "${data.entries.pageInfo.endCursor}"`;
  }
  return found;
}

async function follow(who: string | null, args: string) {
  const client = createClient({
    url: `${vitrine.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: who === null ? {} : { authorization: `Bearer ${await vitrine.token(who)}` },
  });
  return client.iterate<{ auditTrail: Entry }>({
    query: `subscription { auditTrail(${args}) { index ${OPENING} } }`,
  });
}

/** The same from the feed. */
async function feed(who: string | null): Promise<Map<string, Opening | null>> {
  const size = vitrine.serving.ledger.trusted.size;
  const found = new Map<string, Opening | null>();
  for await (const { data, errors } of await follow(who, `after: -1, filter: { to: "${size}" }`)) {
    expect(errors).toBeUndefined();
    if (data) found.set(data.auditTrail.index, data.auditTrail.opening);
  }
  return found;
}
