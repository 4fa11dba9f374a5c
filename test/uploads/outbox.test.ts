/** An outbox with a member's own key, and what waits for others, over real HTTP. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  FetchedFacts,
  MemoryStore,
  type NewItem,
  Outbox,
  type OutboxItem,
  type OutboxOptions,
  Uploader,
  VitrineClient,
  WrongMember,
} from '../../src/client/index.js';
import { newSigner } from '../support/own-key.js';
import { DAY, ids, keys, must, open, time, vitrine } from './signing.js';

/** Milliseconds that the server's clock, and the devices' with it, have been set forward. */
let forward = 0;
const MINUTE = 60_000;

/** Later, as the server sees it. Tokens live for an hour. */
function later(milliseconds: number): void {
  forward += milliseconds;
  vitrine.renewTokens();
}

let policy: string;
beforeAll(async () => {
  Object.defineProperty(time, 'now', { get: () => Date.now() + forward });
  await open();
  policy = `log ${vitrine.serving.ledger.verifierKey}\nquorum none\n`;
  const code = { code: 'beds', label: 'Beds', type: 'INTEGER', required: true };
  const form = { code: 'beds', title: 'Beds', period: 'MONTH', dueDays: 5, indicators: [code] };
  await must('regulator.one', 'defineForm', form, 'form');
}, 120_000);
afterAll(() => vitrine.stop());

/** What the network does with mutations, in their order: `lose` the answer, `drop` the request; nothing: neither. */
let harm: ('lose' | 'drop' | 'none')[] = [];
/** Bodies of mutations, as they were sent. */
let sent: string[] = [];
let beforeMutation: () => void = () => undefined;
beforeEach(() => {
  [harm, sent] = [[], []];
  beforeMutation = () => undefined;
});

const throughHarm: typeof fetch = async (url, init) => {
  const body = String(init?.body);
  if (!body.includes('"query":"mutation')) return answered(url, init);
  sent.push(body);
  const what = harm.shift() ?? 'none';
  beforeMutation();
  if (what === 'drop') throw new TypeError('fetch failed');
  const answer = await answered(url, init);
  if (what === 'none') return answer;
  throw new TypeError('fetch failed');
};

/** What the server answers, at the time that its clock is set to. */
async function answered(...words: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...words);
  const headers = { date: new Date(time.now).toUTCString() };
  return new Response(await response.text(), { status: response.status, headers });
}

async function outboxOf(member: string, more: Partial<OutboxOptions> = {}): Promise<Outbox> {
  const signer = keys[member];
  return Outbox.open({
    store: new MemoryStore(),
    endpoint: `${vitrine.url}/graphql`,
    token: await vitrine.token(member),
    fetch: throughHarm,
    clock: () => new Date(time.now),
    firstDelay: 1,
    longestDelay: 4,
    ...(signer !== undefined && { signing: { signer, policy, life: 20 * MINUTE } }),
    ...more,
  });
}

let visits = 0;
const visit = (more: object = {}): NewItem => {
  const start = new Date(Date.UTC(2024, 0, 1, 0, visits++)).toISOString();
  const patient = ids['patient'] ?? '';
  return {
    operation: 'recordEncounter',
    input: { patient, class: 'AMB', status: 'FINISHED', start },
    ...more,
  };
};

let months = 0;
/** A report of a month long ago, filed under the institution's delegated key: what changes it is late. */
async function oldReport(): Promise<string> {
  const period = `20${String(10 + Math.floor(months / 12))}-${String((months++ % 12) + 1).padStart(2, '0')}`;
  return must(
    'reporter',
    'fileReport',
    { form: 'beds', period, indicators: [{ code: 'beds', value: '1' }] },
    'report',
  );
}
const amendReport = (report: string): NewItem => ({
  operation: 'amendReport',
  input: { report, expectedVersion: 1, indicators: [{ code: 'beds', value: '2' }], reason: 'counted twice' },
});

/** Under whose key the entries stand that an outbox has receipts of. */
async function modes(items: readonly OutboxItem[], member = 'clinician'): Promise<unknown[]> {
  return Promise.all(
    items
      .flatMap(({ receipts }) => receipts)
      .map(async ({ index }) => {
        const query = 'query ($index: BigInt!) { entry(index: $index) { opening { mode } } }';
        const { data } = await vitrine.ask<{ entry: { opening: { mode: string } } }>(member, query, {
          index,
        });
        return data?.entry.opening.mode;
      }),
  );
}
const size = () => Number(vitrine.serving.ledger.trusted.size);
const states = (outbox: Outbox) => outbox.items().map(({ state }) => state);
const requestIds = () =>
  sent.map(
    (body) => (JSON.parse(body) as { variables: { input: { requestId: string } } }).variables.input.requestId,
  );

describe('an outbox with the member’s own key', () => {
  it('signs batches, batches that were put in as one, new records and amendments', async () => {
    const outbox = await outboxOf('clinician');
    await outbox.putAll([visit({ threads: [] }), visit({ threads: [] }), visit({ threads: [] })]);
    const encounters = [visit(), visit()].map(({ input }) => input) as never;
    await outbox.put('recordEncounters', { encounters, mode: 'ALL' });
    await outbox.send();
    const encounter = await must('clinician', 'recordEncounter', visit().input, 'encounter');
    await outbox.put('amendEncounter', { encounter, expectedVersion: 1, note: 'Better.' });
    await outbox.send();
    expect(states(outbox)).toEqual(Array(5).fill('ACCEPTED'));
    expect(await modes(outbox.items())).toEqual(Array(6).fill('OWN'));
    expect(sent).toHaveLength(3);
  });

  it('sends the same bytes until it is answered, also when it was closed meanwhile', async () => {
    const store = new MemoryStore();
    const first = await outboxOf('clinician', { store, longestDelay: 60_000, firstDelay: 60_000 });
    await first.putAll([visit({ threads: [] }), visit({ threads: [] })]);
    harm = ['drop'];
    const stop = new AbortController();
    first.watch(({ type }) => (type === 'trouble' ? stop.abort() : undefined));
    await first.send({ signal: stop.signal });
    await first.close();
    harm = ['lose'];
    const second = await outboxOf('clinician', { store });
    await second.send();
    expect(states(second)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect([sent.length, new Set(sent).size]).toEqual([3, 1]);
  });

  it.each<['lose' | 'drop', string]>([
    ['drop', 'had not arrived'],
    ['lose', 'had arrived, its answer lost'],
  ])('signs anew what was over before it was answered (%s: it %s): one entry, one receipt', async (what) => {
    const encounter = await must('clinician', 'recordEncounter', visit().input, 'encounter');
    for (const item of [
      visit(),
      { operation: 'amendEncounter', input: { encounter, expectedVersion: 1, note: 'x' } } as NewItem,
    ]) {
      const store = new MemoryStore();
      const first = await outboxOf('clinician', { store, longestDelay: 60_000, firstDelay: 60_000 });
      await first.putAll([item]);
      [harm, sent] = [[what], []];
      const before = size();
      const stop = new AbortController();
      first.watch(({ type }) => (type === 'trouble' ? stop.abort() : undefined));
      await first.send({ signal: stop.signal });
      await first.close();
      later(30 * MINUTE);
      const second = await outboxOf('clinician', { store });
      await second.send();
      expect(second.items()).toMatchObject([{ state: 'ACCEPTED', refusals: [] }]);
      expect(size()).toBe(before + 1);
      expect(new Set(requestIds()).size).toBe(1);
      expect(await modes(second.items())).toEqual(['OWN']);
    }
  });

  it('signs anew what was over when it arrived', async () => {
    const outbox = await outboxOf('clinician');
    await outbox.putAll([visit(), visit({ threads: [] })]);
    beforeMutation = () => {
      if (sent.length === 1) later(30 * MINUTE);
    };
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect([sent.length, new Set(sent).size, new Set(requestIds()).size]).toEqual([2, 2, 1]);
  });

  it('refuses what can’t be signed with its place, and sends the others of its batch', async () => {
    const outbox = await outboxOf('clinician');
    const bad = visit({ threads: [] });
    await outbox.putAll([
      visit({ threads: [] }),
      { ...bad, input: { ...bad.input, start: 'yesterday' } } as NewItem,
    ]);
    await outbox.send();
    expect(outbox.items()).toMatchObject([
      { state: 'ACCEPTED' },
      { state: 'REFUSED', refusals: [{ code: 'BAD_USER_INPUT', path: ['input', 'start'] }] },
    ]);
    expect(sent).toHaveLength(1);
  });

  it('stops before anything is sent when the key isn’t the member’s: nothing is denied for good', async () => {
    const before = size();
    const store = new MemoryStore();
    const outbox = await outboxOf('clinician', { store, signing: { signer: newSigner() } });
    const { id } = (await outbox.putAll([visit()]))[0] ?? { id: '' };
    await expect(outbox.send()).rejects.toThrow(WrongMember);
    expect([sent.length, size()]).toEqual([0, before]);
    await outbox.close();
    const right = await outboxOf('clinician', { store });
    expect(right.item(id)?.state).toBe('SENT');
    await right.send();
    expect(states(right)).toEqual(['ACCEPTED']);
  });

  it('tells that a key is missing, and lets go what was never sent', async () => {
    const store = new MemoryStore();
    const outbox = await outboxOf('clinician', { store, signing: { signer: newSigner() } });
    const [item] = await outbox.putAll([visit()]);
    await outbox.send().catch(() => undefined);
    await outbox.close();
    const keyless = await Outbox.open({
      store,
      endpoint: `${vitrine.url}/graphql`,
      token: await vitrine.token('clinician'),
    });
    const stop = new AbortController();
    keyless.watch(({ type }) => (type === 'trouble' ? stop.abort() : undefined));
    await keyless.send({ signal: stop.signal });
    expect(keyless.items()).toMatchObject([{ state: 'SENT', trouble: { code: 'NOT_CONFIGURED' } }]);
    await keyless.drop(item?.id ?? '');
    expect([keyless.items(), sent.length]).toEqual([[], 0]);
  });
});

describe('a device whose clock is wrong', () => {
  it.each([-400, 400])('signs by the server’s (%i days off)', async (days) => {
    const clock = () => new Date(time.now + days * DAY);
    const outbox = await outboxOf('clinician', { clock });
    await outbox.putAll([visit()]);
    await outbox.send();
    expect(outbox.items()).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(await modes(outbox.items())).toEqual(['OWN']);
  });
});

describe('an item that others have to approve', () => {
  /** Decides as the state's regulator, from an outbox too. */
  async function decide(item: NewItem): Promise<void> {
    const outbox = await outboxOf('regulator.one');
    await outbox.putAll([item]);
    await outbox.send();
    expect(outbox.items()).toMatchObject([{ state: 'ACCEPTED', record: { version: 2 } }]);
  }

  it.each([true, false])(
    'waits, is sent when it is confirmed, and never twice (own key: %s)',
    async (own) => {
      const store = new MemoryStore();
      const options = { store, ...(own ? {} : { signing: undefined as never }) };
      const outbox = await outboxOf('reporter', options);
      await outbox.putAll([amendReport(await oldReport())]);
      await outbox.send();
      const upload = outbox.items()[0]?.pending?.upload ?? '';
      expect(outbox.items()).toMatchObject([
        {
          state: 'SENT',
          pending: {
            upload: expect.stringMatching(/^[0-9a-f-]{36}$/),
            waitsFor: expect.stringMatching(/REGULATOR/),
            until: expect.any(String),
          },
        },
      ]);
      await outbox.close();
      const again = await outboxOf('reporter', options);
      await again.send();
      expect(again.items()).toMatchObject([{ state: 'SENT', pending: { upload } }]);
      // What it waits for is asked by a query of its own, not by sending all of it.
      expect(sent).toHaveLength(1);
      await decide({ operation: 'endorseUpload', input: { upload } });
      sent = [];
      harm = ['lose'];
      await again.send();
      expect(again.items()).toMatchObject([{ state: 'ACCEPTED', pending: null }]);
      expect([sent.length, new Set(sent).size]).toEqual([2, 1]);
      expect(await modes(again.items(), 'reporter')).toEqual([own ? 'OWN' : 'DELEGATED']);
    },
  );

  it('is refused with the reasons when it is denied, and asked for under another id when it is sent again', async () => {
    const outbox = await outboxOf('reporter');
    await outbox.putAll([amendReport(await oldReport())]);
    await outbox.send();
    const upload = outbox.items()[0]?.pending?.upload ?? '';
    await decide({ operation: 'denyUpload', input: { upload, reasons: ['no-evidence'] } });
    await outbox.send();
    const [item] = outbox.items();
    expect(item).toMatchObject({ state: 'REFUSED', pending: null, refusals: [{ code: 'UPLOAD_DENIED' }] });
    expect(item?.refusals[0]?.message).toContain('no-evidence');
    await outbox.retry(item?.id ?? '');
    await outbox.send();
    const next = outbox.items()[0]?.pending?.upload ?? '';
    expect(next).not.toBe(upload);
    await decide({ operation: 'endorseUpload', input: { upload: next } });
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED']);
  });

  it('is refused when its time is over', async () => {
    const outbox = await outboxOf('reporter');
    await outbox.putAll([amendReport(await oldReport())]);
    await outbox.send();
    later(30 * MINUTE);
    await outbox.send();
    expect(outbox.items()).toMatchObject([{ state: 'REFUSED', refusals: [{ code: 'UPLOAD_EXPIRED' }] }]);
  });

  it('may be asked for beforehand: the request and what it loads share their id, one behind the other', async () => {
    const signer = keys['reporter'] ?? newSigner();
    const client = new VitrineClient({
      endpoint: `${vitrine.url}/graphql`,
      token: await vitrine.token('reporter'),
    });
    const facts = new FetchedFacts({ client, policy });
    const uploader = new Uploader({
      origin: 'vitrine.test/log',
      institution: ids['city'] ?? '',
      signer,
      facts,
      clock: () => new Date(time.now),
    });
    const requestId = randomUUID();
    const { input } = amendReport(await oldReport());
    const signed = await uploader.sign('amendReport', { ...input, requestId } as never);
    const outbox = await outboxOf('reporter');
    const statements = [signed.signed?.statement ?? ''];
    const [asking] = await outbox.putAll([
      { operation: 'requestUpload', input: { requestId, statements, situation: 'report.amend.late' } },
    ]);
    const load = await outbox.put('amendReport', signed);
    expect(load.after).toEqual([asking?.id]);
    await expect(outbox.put('requestUpload', { requestId, statements })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await outbox.send();
    expect(outbox.items()).toMatchObject([{ state: 'ACCEPTED' }, { state: 'SENT', pending: {} }]);
    const upload = outbox.items()[1]?.pending?.upload ?? '';
    expect(outbox.items()[0]?.record?.id).toBe(upload);
    await decide({ operation: 'endorseUpload', input: { upload } });
    await outbox.send();
    expect(states(outbox)).toEqual(['ACCEPTED', 'ACCEPTED']);
  });
});
