import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  MemoryStore,
  type NewItem,
  Outbox,
  type OutboxEvent,
  type OutboxOptions,
  WrongMember,
} from '../../src/client/index.js';
import { FakeVitrine, type Reply } from './fake-vitrine.js';

const PATIENT = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER = '01890a5d-ac96-774b-bcce-b302099a8058';

const visit = (patient: string, more: object = {}) =>
  ({ patient, class: 'AMB', status: 'FINISHED', start: '2026-01-01T08:00:00Z', ...more }) as const;
const visits = (count: number, more: object = {}): NewItem[] =>
  Array.from({ length: count }, () => ({
    operation: 'recordEncounter',
    input: visit(randomUUID()),
    ...more,
  }));
const report = (period: string) => ({ form: 'beds', period, indicators: [] });

const open: Outbox[] = [];
afterEach(async () => {
  for (const outbox of open.splice(0)) await outbox.close();
});

async function scene(options: { store?: MemoryStore; server?: FakeVitrine } & Partial<OutboxOptions> = {}) {
  const { store = new MemoryStore(), server = new FakeVitrine(), ...others } = options;
  const outbox = await Outbox.open({
    store,
    endpoint: 'http://vitrine.test/graphql',
    token: () => server.token,
    fetch: server.fetch,
    atOnce: 1,
    firstDelay: 1,
    longestDelay: 4,
    random: () => 1,
    ...others,
  });
  open.push(outbox);
  const events: OutboxEvent[] = [];
  outbox.watch((event) => events.push(event));
  return { server, store, outbox, events };
}

/** Waits for hours after a failure. */
const HOURS = { firstDelay: 3_600_000, longestDelay: 3_600_000 };
const troubled = (outbox: Outbox) =>
  new Promise<void>((resolve) => outbox.watch(({ type }) => (type === 'trouble' ? resolve() : undefined)));
const states = (outbox: Outbox) => outbox.items().map(({ state }) => state);
const code = (error: unknown) => (error as { code?: string }).code;
async function codeOf(act: Promise<unknown>): Promise<string | undefined> {
  return act.then(() => 'none', code);
}

describe('an outbox', () => {
  it('sends an item once and keeps its receipt, not what was uploaded', async () => {
    const { outbox, server } = await scene();
    const put = await outbox.put('fileReport', report('2026-01'));
    expect(put).toMatchObject({ state: 'WAITING', heldBy: [], trouble: null });
    await outbox.send();
    await outbox.send();
    expect(server.mutations).toHaveLength(1);
    const [sent] = server.mutations;
    expect(outbox.items()).toMatchObject([
      {
        id: put.id,
        state: 'ACCEPTED',
        input: null,
        receipts: [{ request: sent?.input.requestId, index: '0', leafHash: expect.stringMatching(/^0+$/) }],
        record: { id: expect.any(String), version: 1 },
      },
    ]);
  });

  it('sends up to 256 encounters of different patients in one request, each standing alone', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(300));
    await outbox.send();
    expect(server.mutations.map(({ input }) => [input.mode, input.encounters?.length])).toEqual([
      ['EACH', 256],
      ['EACH', 44],
    ]);
    expect(new Set(outbox.items().map(({ receipts }) => receipts[0]?.index)).size).toBe(300);
  });

  it('leaves room in the largest body that a server takes', async () => {
    const { outbox, server } = await scene();
    const note = 'ß'.repeat(20_000);
    await outbox.putAll(visits(40).map((one) => ({ ...one, input: { ...one.input, note } }) as NewItem));
    await outbox.send();
    expect(server.mutations.length).toBeGreaterThan(1);
    for (const { body } of server.mutations) expect(Buffer.byteLength(body)).toBeLessThan(1 << 20);
    expect(new Set(states(outbox))).toEqual(new Set(['ACCEPTED']));
  });

  it.each<[string, Reply]>([
    ['no answer', new TypeError('fetch failed')],
    ['half an answer', { cut: 60 }],
    ['a page of a proxy', { status: 200, body: '<html>Sign in to the hotel’s network</html>' }],
    ['a refusal by a proxy', { status: 403, body: 'Forbidden' }],
    ['a gateway without its server', { status: 502, body: '' }],
    ['a server that is busy', { status: 429, body: '{}' }],
    ['UNAVAILABLE', { code: 'UNAVAILABLE' }],
    ['a server that may not serve', { code: 'ROLLBACK_DETECTED' }],
    ['a fault that passes', { code: 'INTERNAL' }],
    ['a body that arrived cut', { status: 400, code: 'BAD_USER_INPUT', placeless: true }],
    ['the answer to another request', { otherRequest: true }],
  ])('sends the same bytes again after %s, and gets the receipt of the first time', async (_name, reply) => {
    const { outbox, server, events } = await scene();
    await outbox.putAll([...visits(3), { operation: 'fileReport', input: report('2026-01') }]);
    server.replies = [reply, reply, null];
    await outbox.send();
    expect(new Set(states(outbox))).toEqual(new Set(['ACCEPTED']));
    expect(server.mutations).toHaveLength(4);
    expect(new Set(server.mutations.map(({ body }) => body)).size).toBe(2);
    expect(events.filter(({ type }) => type === 'trouble')).toHaveLength(2);
    expect(server.entries).toBe(4);
  });

  it('sends the same bytes again after it was closed in the middle of a batch, though more was put in', async () => {
    const first = await scene();
    await first.outbox.putAll(visits(5));
    first.server.replies = [{ hang: true }];
    const sending = first.outbox.send();
    await first.server.asked(1);
    await first.outbox.putAll(visits(5));
    await first.outbox.close();
    await sending;
    const second = await scene({ store: first.store, server: first.server });
    expect(states(second.outbox)).toEqual([...Array(5).fill('SENT'), ...Array(5).fill('WAITING')]);
    await second.outbox.send();
    const [before, again, rest] = first.server.mutations.map(({ body }) => body);
    expect(again).toBe(before);
    expect(rest).not.toBe(before);
    expect(first.server.entries).toBe(10);
  });

  it('waits twice as long after each failure, up to the longest delay', async () => {
    const { outbox, server, events } = await scene();
    await outbox.put('fileReport', report('2026-01'));
    server.replies = Array<Reply>(4).fill(new TypeError('fetch failed'));
    await outbox.send();
    expect(events.flatMap((event) => (event.type === 'trouble' ? [event.again] : []))).toEqual([1, 2, 4, 4]);
    expect(outbox.items()[0]).toMatchObject({ state: 'ACCEPTED', trouble: null });
  });

  it.each([
    ['set back a year', -365 * 24 * 3_600_000],
    ['set forward a year', 365 * 24 * 3_600_000],
  ])('goes on when the clock is %s while it waits', async (_name, jump) => {
    let shift = 0;
    const { outbox, server } = await scene({ ...HOURS, clock: () => new Date(Date.now() + shift) });
    await outbox.put('fileReport', report('2026-01'));
    server.replies = [new TypeError('fetch failed')];
    const failed = troubled(outbox);
    const sending = outbox.send();
    await failed;
    shift = jump;
    await outbox.putAll(visits(1));
    await sending;
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
  });

  it('tells what goes wrong as long as it does, and goes on when it is woken', async () => {
    const { outbox, server } = await scene(HOURS);
    await outbox.put('fileReport', report('2026-01'));
    server.replies = [new TypeError('fetch failed')];
    const failed = troubled(outbox);
    const sending = outbox.send();
    await failed;
    await new Promise((resolve) => setTimeout(resolve));
    expect(outbox.items()).toMatchObject([{ state: 'SENT', trouble: { code: 'NETWORK' } }]);
    outbox.wake();
    await sending;
    expect(states(outbox)).toEqual(['ACCEPTED']);
  });
});

describe('an item that others have to approve', () => {
  const PENDING = { code: 'ENDORSEMENT_PENDING', path: [] } as const;

  it('doesn’t keep sending from its end, and is asked about the next time', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll([...visits(1), { operation: 'fileReport', input: report('2026-01') }]);
    server.refuse = (name) => (name === 'fileReport' ? PENDING : null);
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'SENT']);
    expect(outbox.items()[1]).toMatchObject({ pending: {}, trouble: { code: 'ENDORSEMENT_PENDING' } });
    server.refuse = () => null;
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect(outbox.items()[1]?.pending).toBeNull();
    expect(server.mutations[1]?.body).toBe(server.mutations[2]?.body);
  });

  it('holds none but its thread', async () => {
    const { outbox, server } = await scene({ atOnce: 1 });
    const change = { encounter: PATIENT, expectedVersion: 1 };
    await outbox.put('amendEncounter', change);
    await outbox.put('amendEncounter', { ...change, expectedVersion: 2 });
    await outbox.putAll(visits(1));
    server.refuse = (name) => (name === 'amendEncounter' ? PENDING : null);
    await outbox.send();
    expect(states(outbox)).toEqual(['SENT', 'WAITING', 'ACCEPTED']);
  });
});

describe('a refusal', () => {
  it('is kept with its code, its message and its place in the item', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(3));
    server.refuse = (_name, part) =>
      part === 1 ? { code: 'NOT_FOUND', path: ['input', 'encounters', 1, 'patient'] } : null;
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'REFUSED', 'ACCEPTED']);
    expect(outbox.items()[1]?.refusals).toEqual([
      { part: null, code: 'NOT_FOUND', message: 'no', path: ['input', 'patient'] },
    ]);
    expect(server.mutations).toHaveLength(1);
  });

  it('of a whole batch that was put in as one names every problem', async () => {
    const { outbox, server } = await scene();
    const input = { encounters: [visit(PATIENT), visit(OTHER)], mode: 'ALL' as const };
    await outbox.put('recordEncounters', input);
    server.refuse = () => ({ code: 'BAD_USER_INPUT', path: ['input', 'encounters', 1, 'start'] });
    await outbox.send();
    expect(outbox.items()).toMatchObject([
      { state: 'REFUSED', refusals: [{ code: 'BAD_USER_INPUT', path: ['input', 'encounters', 1, 'start'] }] },
    ]);
    expect(server.mutations).toHaveLength(1);
  });

  it('of parts of such a batch with EACH stands beside the receipts of the others', async () => {
    const { outbox, server } = await scene();
    const input = { encounters: [visit(PATIENT), visit(OTHER)], mode: 'EACH' as const };
    await outbox.put('recordEncounters', input);
    server.refuse = (_name, part) => (part === 0 ? { code: 'CONFLICT', path: [] } : null);
    await outbox.send();
    expect(outbox.items()).toMatchObject([
      { state: 'REFUSED', receipts: [{ index: '0' }], refusals: [{ part: 0, code: 'CONFLICT' }] },
    ]);
  });

  it('of a batch’s form takes the items apart: only those that it names are refused', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(4));
    server.form = (input) => {
      const encounters = input.encounters ?? [input];
      const at = encounters.findIndex((one) => one['patient'] === bad);
      return at < 0 ? null : input.encounters === undefined ? ['input'] : ['input', 'encounters', at];
    };
    const bad = outbox.items()[2]?.input?.['patient'];
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED', 'REFUSED', 'ACCEPTED']);
    expect(server.mutations.map(({ input }) => input.encounters?.length ?? 1)).toEqual([4, 3, 1]);
  });

  it('by a fault that doesn’t pass comes after a while', async () => {
    const { outbox, server } = await scene();
    await outbox.put('fileReport', report('2026-01'));
    server.replies = Array<Reply>(20).fill({ code: 'INTERNAL' });
    await outbox.send();
    expect(outbox.items()[0]?.refusals).toMatchObject([{ code: 'INTERNAL' }]);
    expect(server.mutations).toHaveLength(8);
  });

  it('of one part that may pass keeps the others’ receipts and asks for that one again', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(3));
    let times = 0;
    server.refuse = (_name, part) => (part === 2 && times++ === 0 ? { code: 'UNAVAILABLE', path: [] } : null);
    await outbox.send();
    expect(new Set(states(outbox))).toEqual(new Set(['ACCEPTED']));
    expect(server.mutations).toHaveLength(2);
    expect(server.mutations[0]?.body).toBe(server.mutations[1]?.body);
    expect(server.entries).toBe(3);
  });
});

describe('a thread', () => {
  it('is sent in the order of putting in: never two of it at once', async () => {
    const { outbox, server } = await scene({ atOnce: 4 });
    await outbox.putAll(
      [PATIENT, PATIENT, OTHER, PATIENT].map((patient) => ({
        operation: 'recordEncounter',
        input: visit(patient),
      })),
    );
    expect(outbox.items().map(({ heldBy }) => heldBy.length)).toEqual([0, 1, 0, 1]);
    await outbox.send();
    expect(server.mutations.map(({ input }) => input.encounters?.length ?? 1)).toEqual([2, 1, 1]);
    const places = outbox.items().map(({ receipts }) => Number(receipts[0]?.index));
    expect(places[0]).toBeLessThan(places[1] ?? 0);
    expect(places[1]).toBeLessThan(places[3] ?? 0);
  });

  it('goes on behind a refusal: today’s visit doesn’t depend on yesterday’s', async () => {
    const { outbox, server } = await scene();
    await outbox.put('recordEncounter', visit(PATIENT, { note: 'bad' }));
    await outbox.put('recordEncounter', visit(PATIENT));
    server.refuse = (_name, _part, input) =>
      input['note'] === 'bad' ? { code: 'BAD_USER_INPUT', path: ['input', 'note'] } : null;
    await outbox.send();
    expect(states(outbox)).toEqual(['REFUSED', 'ACCEPTED']);
  });

  it('holds an amendment that builds on a refused one, until that one is accepted', async () => {
    const { outbox, server } = await scene();
    const change = { encounter: PATIENT, expectedVersion: 1 };
    const first = await outbox.put('amendEncounter', { ...change, note: 'one' });
    const second = await outbox.put('amendEncounter', { ...change, expectedVersion: 2, note: 'two' });
    expect(second.after).toEqual([first.id]);
    let isBad = true;
    server.refuse = () => (isBad ? { code: 'FORBIDDEN', path: [] } : null);
    await outbox.send();
    expect(states(outbox)).toEqual(['REFUSED', 'WAITING']);
    expect(outbox.item(second.id)?.heldBy).toEqual([first.id]);
    expect(await codeOf(outbox.drop(first.id))).toBe('CONFLICT');
    isBad = false;
    expect((await outbox.retry(first.id)).map(({ id }) => id)).toEqual([first.id]);
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect(server.mutations[0]?.body).toBe(server.mutations[1]?.body);
  });
});

describe('what may be done to an item', () => {
  it('is to send a refused one again in the request that it was refused in', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(3));
    let isBad = true;
    server.refuse = (_name, part) => (isBad && part > 0 ? { code: 'NOT_FOUND', path: [] } : null);
    await outbox.send();
    isBad = false;
    const [, second, third] = outbox.items();
    const going = await outbox.retry(second?.id ?? '');
    expect(going.map(({ id }) => id)).toEqual([second?.id, third?.id]);
    await outbox.send();
    expect(new Set(states(outbox))).toEqual(new Set(['ACCEPTED']));
    expect(server.mutations[0]?.body).toBe(server.mutations[1]?.body);
    expect(server.entries).toBe(3);
  });

  it('is not to send again what was refused since its request id was used for something else', async () => {
    const { outbox, server } = await scene();
    const { id } = await outbox.put('fileReport', report('2026-01'));
    server.refuse = () => ({ code: 'CONFLICT', path: ['input', 'requestId'] });
    await outbox.send();
    expect(await codeOf(outbox.retry(id))).toBe('CONFLICT');
    await outbox.drop(id);
    expect(outbox.items()).toEqual([]);
  });

  it.each(['UPLOAD_DENIED', 'UPLOAD_EXPIRED'])(
    'is to ask under another request id for what the log has ended for good (%s)',
    async (code) => {
      const { outbox, server } = await scene();
      const { id } = await outbox.put('fileReport', report('2026-01'));
      server.refuse = () => ({ code, path: [] });
      await outbox.send();
      server.refuse = () => null;
      expect(await outbox.retry(id)).toMatchObject([{ id, state: 'WAITING', refusals: [] }]);
      await outbox.send();
      expect(states(outbox)).toEqual(['ACCEPTED']);
      const [first, second] = server.mutations.map(({ input }) => input);
      expect(second?.requestId).not.toBe(first?.requestId);
      expect({ ...second, requestId: '' }).toEqual({ ...first, requestId: '' });
    },
  );

  it('is to send again what a rule refused, though that stands on the log as denied', async () => {
    const { outbox, server } = await scene();
    const { id } = await outbox.put('fileReport', report('2026-01'));
    server.refuse = () => ({ code: 'LICENCE_INACTIVE', path: [] });
    await outbox.send();
    const denied = server.mutations[0]?.input.requestId;
    server.refuse = (_name, _part, input) =>
      input.requestId === denied ? { code: 'UPLOAD_DENIED', path: [] } : null;
    await outbox.retry(id);
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED']);
    expect(server.mutations.map(({ input }) => input.requestId === denied)).toEqual([true, true, false]);
  });

  it('is to drop what waits or was refused, and what was sent only knowingly', async () => {
    const { outbox, server } = await scene();
    const first = await outbox.put('fileReport', report('2026-01'));
    server.replies = [{ hang: true }];
    const stop = new AbortController();
    const sending = outbox.send({ signal: stop.signal });
    await server.asked(1);
    const second = await outbox.put('fileReport', report('2026-02'));
    await outbox.drop(second.id);
    stop.abort();
    await sending;
    expect(await codeOf(outbox.drop(first.id))).toBe('CONFLICT');
    await outbox.drop(first.id, { evenSent: true });
    await outbox.send();
    expect(outbox.items()).toEqual([]);
    expect(server.mutations).toHaveLength(1);
  });

  it('is to forget receipts that aren’t needed any more', async () => {
    const { outbox, store } = await scene();
    await outbox.putAll(visits(3));
    await outbox.send();
    expect(await outbox.forget()).toBe(3);
    expect(outbox.items()).toEqual([]);
    expect([...(await store.load()).keys()]).toEqual(['binding']);
  });

  it.each([
    ['no operation', { operation: 'dropTables', input: {} }, 'BAD_USER_INPUT'],
    ['a requestId that is none', { operation: 'fileReport', input: { requestId: '1' } }, 'BAD_USER_INPUT'],
    ['an unknown item before it', { operation: 'fileReport', input: {}, after: [PATIENT] }, 'NOT_FOUND'],
  ])('is not to put in %s', async (_name, item, expected) => {
    const { outbox } = await scene();
    expect(await codeOf(outbox.putAll([...visits(1), item as NewItem]))).toBe(expected);
    expect(outbox.items()).toEqual([]);
  });

  it('is to put the same in again without effect, but not another under its requestId', async () => {
    const { outbox } = await scene();
    const [id, requestId] = [randomUUID(), randomUUID()];
    await outbox.put('fileReport', { ...report('2026-01'), requestId }, { id });
    await outbox.put('fileReport', { ...report('2026-01'), requestId }, { id });
    expect(outbox.items()).toHaveLength(1);
    expect(await codeOf(outbox.put('fileReport', { ...report('2026-02'), requestId }))).toBe('CONFLICT');
  });

  it('is to put in what is signed: it goes alone and as it is', async () => {
    const { outbox, server } = await scene();
    const requestId = randomUUID();
    const signed = { statement: 'e30.e30.AA', seed: 'AA' };
    await outbox.putAll([
      ...visits(2),
      { operation: 'recordEncounter', input: { ...visit(PATIENT), requestId, signed } },
    ]);
    await outbox.send();
    expect(server.mutations.map(({ input }) => input.encounters?.length)).toEqual([2, undefined]);
    expect(server.mutations[1]?.input).toEqual({ ...visit(PATIENT), requestId, signed });
  });
});

describe('the token', () => {
  it('is asked for before each request: one that is over is told, and the next one goes on', async () => {
    const { outbox, server, events } = await scene();
    await outbox.putAll(visits(1));
    server.token = 'over';
    const told = new Promise<void>((resolve) =>
      outbox.watch((event) => {
        if (event.type === 'trouble' && event.trouble.code === 'UNAUTHENTICATED') resolve();
      }),
    );
    const sending = outbox.send();
    await told;
    server.token = 'one';
    await sending;
    expect(states(outbox)).toEqual(['ACCEPTED']);
    expect(events.at(-1)?.type).toBe('accepted');
  });

  it('of another member stops it before anything is sent', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(1));
    await outbox.send();
    await outbox.putAll(visits(1));
    server.token = 'two';
    await expect(outbox.send()).rejects.toThrow(WrongMember);
    expect(server.mutations).toHaveLength(1);
    expect(states(outbox)).toEqual(['ACCEPTED', 'SENT']);
    server.token = 'one';
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
  });

  it('for another log stops it, but not for the same log after a disaster', async () => {
    const { outbox, server } = await scene();
    await outbox.putAll(visits(1));
    await outbox.send();
    await outbox.putAll(visits(1));
    server.origin = 'vitrine.test/log/restored-7';
    server.token = 'one again';
    await outbox.send();
    await outbox.putAll(visits(1));
    server.origin = 'elsewhere.test/log';
    server.token = 'one';
    await expect(outbox.send()).rejects.toThrow(WrongMember);
  });
});
