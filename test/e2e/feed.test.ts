/** The live feed over real sockets: who is given what, what a slow subscriber is told, and when a subscription ends. */
import { createClient, type Client } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { developmentToken } from '../../src/cli/token.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';
import { enact, EVERYONE, type Records } from './cast.js';

const SELECTION =
  'index time institution { name } opening { op subject { kind id } detail actor { id name subject institution { name } } }';
const STALL_MS = 300;

let vitrine: TestVitrine;
let records: Records;
let now: (() => Date) | null = null;
const clients: Client[] = [];
const sockets: WebSocket[] = [];

beforeAll(async () => {
  const settings = { FEED_STALL_MS: String(STALL_MS), FEED_BUFFER_BYTES: '16384' };
  vitrine = await TestVitrine.start({ settings, clock: () => now?.() ?? new Date() });
  records = await enact(vitrine);
}, 120_000);
afterEach(async () => {
  now = null;
  for (const client of clients.splice(0)) await client.dispose();
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(() => vitrine.stop());

const url = (): string => `${vitrine.url.replace('http', 'ws')}/graphql`;

async function signIn(who: string | null): Promise<{ authorization?: string }> {
  return who === null ? {} : { authorization: `Bearer ${await vitrine.token(who)}` };
}

interface Event {
  readonly data?: Readonly<Record<string, { readonly index: string } | null>> | null;
  readonly errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
  readonly extensions?: { readonly after?: string };
}

async function follow(
  who: string | null,
  query: string,
  variables: Record<string, unknown> = {},
  params?: { authorization: string },
): Promise<AsyncIterableIterator<Event>> {
  const client = createClient({
    url: url(),
    webSocketImpl: WebSocket,
    connectionParams: params ?? (await signIn(who)),
    retryAttempts: 0,
  });
  clients.push(client);
  return client.iterate({ query, variables }) as AsyncIterableIterator<Event>;
}

/** Everything until it ends. */
async function all(events: AsyncIterable<Event>): Promise<Event[]> {
  const found: Event[] = [];
  for await (const event of events) found.push(event);
  return found;
}

const codesOf = (events: readonly Event[]): unknown[] =>
  events.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions['code']) ?? []);

/** What everyone is given of every entry by its position. */
async function byPosition(who: string | null, size: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let from = 0; from < size; from += 20) {
    const asked = Array.from({ length: Math.min(20, size - from) }, (_, step) => from + step);
    const query = `{ ${asked.map((index) => `e${index}: entry(index: "${index}") { ${SELECTION} }`).join(' ')} }`;
    const { data } = await vitrine.ask<Record<string, unknown>>(who, query);
    found.push(...asked.map((index) => data?.[`e${index}`]));
  }
  return found;
}

describe('auditTrail', () => {
  it('gives everyone who follows at the same time exactly what each may read', async () => {
    const size = Number(vitrine.serving.ledger.trusted.size);
    const query = `subscription ($after: BigInt, $to: BigInt!) { auditTrail(after: $after, filter: { to: $to }) { ${SELECTION} } }`;
    const variables = { after: '-1', to: String(size) };
    // Twice each: two subscribers of one member share what two members of one standing mustn't always.
    const followed = await Promise.all(
      [...EVERYONE, ...EVERYONE].map(async (who) => all(await follow(who, query, variables))),
    );
    for (const [place, who] of EVERYONE.entries()) {
      const expected = await byPosition(who, size);
      for (const events of [followed[place], followed[place + EVERYONE.length]]) {
        expect(
          events?.map(({ data }) => data?.['auditTrail']),
          String(who),
        ).toEqual(expected);
        expect(events?.map(({ extensions }) => extensions?.after)).toEqual(
          expected.map((_entry, index) => String(index)),
        );
      }
    }
  }, 120_000);

  it('gives those who differ in their filters each what it asked for', async () => {
    const to = String(vitrine.serving.ledger.trusted.size);
    const filters = [
      { op: 'patient.register' },
      { op: 'encounter.record' },
      { thread: records['Patient'] },
      { subject: { kind: 'Report', id: records['Report'] } },
      { institution: null },
    ];
    const query =
      'subscription ($filter: EntryFilter) { auditTrail(after: -1, filter: $filter) { index opening { op } } }';
    await Promise.all(
      filters.map(async (filter) => {
        const events = await all(await follow('auditor', query, { filter: { ...filter, to } }));
        const list =
          'query ($filter: EntryFilter, $after: String) { entries(first: 100, after: $after, filter: $filter) { edges { node { index opening { op } } } pageInfo { hasNextPage endCursor } } }';
        const expected: unknown[] = [];
        for (let after: string | null = null, more = true; more;) {
          const { data }: { data: Listed | null } = await vitrine.ask<Listed>('auditor', list, {
            filter: { ...filter, to },
            after,
          });
          expected.push(...(data?.entries.edges.map(({ node }) => node) ?? []));
          more = data?.entries.pageInfo.hasNextPage ?? false;
          after = data?.entries.pageInfo.endCursor ?? null;
        }
        expect(events.map(({ data }) => data?.['auditTrail'])).toEqual(expected);
        expect(expected.length).toBeGreaterThan(0);
      }),
    );
  });
});

interface Listed {
  readonly entries: {
    readonly edges: readonly { readonly node: unknown }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

/** A client that keeps its socket in its own hands, to stop reading. */
class Slow {
  readonly events = new Map<string, Event[]>();
  readonly completed = new Set<string>();
  constructor(readonly socket: WebSocket) {
    socket.on('message', (bytes: Buffer) => {
      const { id, type, payload } = JSON.parse(bytes.toString()) as {
        id: string;
        type: string;
        payload: Event;
      };
      if (type === 'next') this.events.set(id, [...(this.events.get(id) ?? []), payload]);
      if (type === 'complete') this.completed.add(id);
    });
  }

  static async open(who: string): Promise<Slow> {
    const socket = new WebSocket(url(), 'graphql-transport-ws');
    sockets.push(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    const slow = new Slow(socket);
    const acknowledged = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ type: 'connection_init', payload: await signIn(who) }));
    await acknowledged;
    return slow;
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
  }

  indexes(id: string): number[] {
    return (this.events.get(id) ?? []).flatMap(({ data }) => {
      const index = data?.['auditTrail']?.index;
      return index === undefined ? [] : [Number(index)];
    });
  }
}

describe('a subscriber that stops reading', () => {
  const resumes = async (): Promise<number> => {
    const text = await (await fetch(`${vitrine.url}/metrics`)).text();
    return Number(/^vitrine_feed_ends_total\{code="RESUME_REQUIRED"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  // Many KB an event, so that what the kernels keep for a connection is soon full.
  const copies = Array.from({ length: 28 }, (_, copy) => `b${copy}: bytes`).join(' ');
  const heavy = `subscription ($after: BigInt, $to: BigInt!) { auditTrail(after: $after, filter: { to: $to }) { index opening { ${copies} } } }`;

  it('is told to resume, gets every entry once and in order, and keeps its other operations', async () => {
    const size = Number(vitrine.serving.ledger.trusted.size);
    const slow = await Slow.open('auditor');
    const begun = await resumes();
    slow.subscribe('newest', 'subscription { checkpoints { size } }');
    await until('the other operation runs', () => (slow.events.get('newest')?.length ?? 0) > 0);
    slow.socket.pause();
    const ids = Array.from({ length: 12 }, (_, number) => `s${number}`);
    for (const id of ids) slow.subscribe(id, heavy, { after: '-1', to: String(size) });
    await until('all were given up', async () => (await resumes()) - begun === ids.length);
    slow.socket.resume();
    for (const id of ids) {
      await until('it is told', () => slow.completed.has(id));
      const last = slow.events.get(id)?.at(-1);
      const extensions = last?.errors?.[0]?.extensions;
      const given = slow.indexes(id);
      expect(given).toEqual(Array.from({ length: given.length }, (_, index) => index));
      expect(given.length).toBeLessThan(size);
      expect(extensions).toMatchObject({
        code: 'RESUME_REQUIRED',
        details: { after: String(given.length - 1) },
      });
      const again = `${id} again`;
      slow.subscribe(again, heavy, { after: String(given.length - 1), to: String(size) });
      await until('it has the rest', () => slow.completed.has(again));
      const both = [...given, ...slow.indexes(again)];
      expect(both).toEqual(Array.from({ length: size }, (_, index) => index));
    }
    const seen = slow.events.get('newest')?.length ?? 0;
    slow.subscribe('question', '{ me { roles } }');
    await vitrine.mutate('regulator.one', 'registerInstitution', INSTITUTION, 'requestId');
    await until('the other operation goes on', () => (slow.events.get('newest')?.length ?? 0) > seen);
    await until('and questions are answered', () => slow.completed.has('question'));
    expect(slow.events.get('question')).toEqual([{ data: { me: { roles: ['AUDITOR'] } } }]);
  }, 60_000);
});

const INSTITUTION = {
  name: 'Clinic',
  kind: 'HOSPITAL',
  ownership: 'PUBLIC',
  region: 'capital',
  identifiers: [],
  licence: { number: '7' },
};

describe('an idle subscription ends by itself', () => {
  // The first gives nothing, the second only what is new.
  const idle = [
    'subscription { auditTrail(filter: { from: 1000000 }) { index } }',
    'subscription { checkpoints { size } }',
  ];

  /** Subscribed, with a first event where there is one. */
  async function open(who: string, params?: { authorization: string }): Promise<{ ended: Promise<Event[]> }> {
    const found = await Promise.all(idle.map((query) => follow(who, query, {}, params)));
    let count = 0;
    const ended = Promise.all(
      found.map(async (events) => {
        const seen: Event[] = [];
        for await (const event of events) {
          seen.push(event);
          count += 1;
        }
        return seen;
      }),
    );
    await until('they are open', async () => {
      const text = await (await fetch(`${vitrine.url}/metrics`)).text();
      return /^vitrine_feed_subscriptions 1$/m.test(text) && count > 0;
    });
    return { ended: ended.then((lists) => lists.flat()) };
  }

  it('when its token ends', async () => {
    const begun = Date.now();
    // It is asked for almost twelve hours ago, and ends in two seconds.
    now = () => new Date(Date.now() - 12 * 3_600_000 + 2000);
    const { token } = await developmentToken(vitrine.url, 'reporter.city');
    now = null;
    const { ended } = await open('reporter.city', { authorization: `Bearer ${token}` });
    expect(codesOf(await ended)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect(Date.now() - begun).toBeGreaterThan(1000);
  });

  it('when its member is suspended', async () => {
    const { data } = await vitrine.ask<{ me: { member: { id: string } } }>(
      'finance.city',
      '{ me { member { id } } }',
    );
    const { ended } = await open('finance.city');
    const member = data?.me.member.id;
    const { codes } = await vitrine.mutate(
      'registrar.city',
      'suspendMember',
      { member, reason: 'Inquiry' },
      'requestId',
    );
    expect(codes).toEqual([]);
    expect(codesOf(await ended)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('when the licence of its institution is', async () => {
    const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
      'finance.harbour',
      '{ me { institution { id } } }',
    );
    const institution = data?.me.institution.id;
    const { ended } = await open('finance.harbour');
    const licence = { number: 'L', state: 'SUSPENDED' };
    const { codes } = await vitrine.mutate(
      'regulator.one',
      'changeLicence',
      { institution, licence },
      'requestId',
    );
    expect(codes).toEqual([]);
    expect(codesOf(await ended)).toEqual(['LICENCE_INACTIVE', 'LICENCE_INACTIVE']);
  });
});
