/** How a validator's decision gets to the log: past a full disk of its own, and past a denial by a rule that was mended since. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Home } from '../../src/peer/home.js';
import { Alarms } from '../../src/peer/monitor/alarms.js';
import { Monitor } from '../../src/peer/monitor/monitor.js';
import { LeafStore } from '../../src/peer/replica/leaf-store.js';
import { Copy } from '../../src/peer/validator/copy.js';
import { DecisionStore } from '../../src/peer/validator/decision-store.js';
import { signDecision } from '../../src/peer/validator/decision.js';
import { provenKeys } from '../../src/peer/validator/key-book.js';
import type { Link, Sent } from '../../src/peer/validator/link.js';
import { parseRules } from '../../src/peer/validator/rules.js';
import { createDecisionKey, type DecisionKey } from '../../src/peer/validator/signing-key.js';
import { Successors } from '../../src/peer/validator/successors.js';
import { Validator } from '../../src/peer/validator/validator.js';

const ORIGIN = 'vitrine.test/log';
const CITY = '11111111-1111-4111-8111-111111111111';
const MEMBER = '33333333-3333-4333-8333-333333333333';
const UPLOAD = '66666666-6666-4666-8666-666666666666';
const MINUTE = 60_000;
const SELF = { member: MEMBER, institution: CITY };
const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

let folder: string;
let home: Home;
let key: DecisionKey;
let copy: Copy;
let alarms: Alarms;
let monitor: Monitor;
let now: Date;
const clock = () => now;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-sending-'));
  home = await Home.take(folder);
  key = await createDecisionKey(join(folder, 'validator.key'));
  const replica = { contradiction: () => Promise.resolve(undefined) };
  copy = new Copy({
    ...{ store: new LeafStore(join(folder, 'copy')), successors: new Successors() },
    ...{ replica, cosigned: () => undefined },
  });
});
afterAll(async () => {
  await home.release();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  now = new Date('2026-06-15T12:00:00.000Z');
  await rm(home.path('alarms.jsonl'), { force: true });
  alarms = await Alarms.open({ home, clock, log: LOG });
  monitor = new Monitor({ origin: ORIGIN, folder, alarms, clock, stallMs: 300_000, behindMs: 60_000 });
});

/** A validator that has decided on one request; the log's answers to its sending, in order, null when it is taken. */
async function validator(name: string, answers: (Awaited<ReturnType<Link['send']>> | undefined)[] = []) {
  const store = await DecisionStore.open(join(folder, name), now);
  await store.see(UPLOAD, 7n, now);
  const [seen] = store.open;
  if (seen === undefined) throw new Error('nothing was seen');
  const text = { key, self: SELF, origin: ORIGIN, upload: UPLOAD, statements: ['a.b.c'], reasons: [], now };
  const endorsement = signDecision({ ...text, decision: 'endorse' });
  await store.put({ ...seen, state: 'decided', decision: 'endorse', rule: 'late', endorsement });
  const sent: Sent[] = [];
  const shown = { state: 'VALIDATING', mayEndorse: true, decided: false, keyEntries: [], bundle: null };
  const link: Link = {
    async *steps() {
      await Promise.resolve();
    },
    look: () => Promise.resolve({ self: SELF, shown }),
    send: (decision) => {
      sent.push(decision);
      return Promise.resolve(answers.shift() ?? null);
    },
  };
  const one = new Validator({
    ...{ origin: ORIGIN, institution: CITY, rules: parseRules('{"rules": []}', 'validator.json'), key },
    ...{ store, link, copy, alarms, monitor, clock, log: LOG, random: () => 0.5 },
    ...{ revocation: () => undefined, isHeld: () => false, signal: new AbortController().signal },
    ...{ pollMs: 1000, longestMs: MINUTE },
  });
  /** Looks at everything again, after as long as it may want to wait. */
  const round = async () => {
    now = new Date(now.getTime() + 2 * MINUTE);
    await one.round();
  };
  return { one, store, sent, round };
}

describe('a decision that is on the disk', () => {
  it('goes, and the alarm with it, once the disk that was full takes something again', async () => {
    const { one, store, sent, round } = await validator('full');
    const { put } = store;
    store.put = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    await round();
    expect(alarms.standing.map(({ code, severity }) => [code, severity])).toEqual([['disk', 'critical']]);
    store.put = put;
    await round();
    expect(store.find(UPLOAD)).toMatchObject({ state: 'done', outcome: 'STANDS' });
    expect(alarms.standing).toEqual([]);
    expect(one.state.failure).toBeNull();
    expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(1);
  });

  it('stays while there is doubt about the log', async () => {
    const { store, sent, round } = await validator('doubt');
    await monitor.raise('fork', 'x', 'critical', 'the log forked', {});
    await round();
    expect(sent).toEqual([]);
    expect(store.find(UPLOAD)?.state).toBe('decided');
    await monitor.clear('fork', 'x');
    await round();
    expect(store.find(UPLOAD)?.state).toBe('done');
  });

  it('goes under another request id once the log has denied the one before, also after a crash', async () => {
    const first = await validator('denied', ['LICENCE_INACTIVE', 'UPLOAD_DENIED']);
    await first.round();
    await first.round();
    const [one, two] = first.sent;
    expect(two?.requestId).toBe(one?.requestId);
    const kept = await DecisionStore.open(join(folder, 'denied'), now);
    expect(kept.find(UPLOAD)).toMatchObject({ state: 'decided', denied: 1 });
    await first.round();
    expect(first.sent).toHaveLength(3);
    expect(first.sent[2]?.requestId).not.toBe(one?.requestId);
    expect(first.sent[2]?.endorsement).toBe(one?.endorsement);
    expect(first.store.find(UPLOAD)).toMatchObject({ state: 'done', outcome: 'STANDS' });
  });
});

describe('an entry about a key that isn’t copied yet', () => {
  it('is waited for: it may revoke the key', async () => {
    const given = [{ index: 9n, bytes: new Uint8Array(), salt: new Uint8Array(16) }];
    const keys = await provenKeys(given, { copy, revocation: () => undefined, isHeld: () => false });
    expect(keys).toEqual({ later: "entry 9, which is about a key, isn't copied yet" });
  });
});
