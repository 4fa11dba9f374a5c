/** What a validator believes of the end of a request: what its own copy of the log says, held against real proofs. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeLeaf, leafHash, parseLeaf } from '../../src/ledger/core/index.js';
import { nativeHash } from '../../src/ledger/native.js';
import { Home } from '../../src/peer/home.js';
import { Alarms } from '../../src/peer/monitor/alarms.js';
import { Monitor } from '../../src/peer/monitor/monitor.js';
import { LeafStore } from '../../src/peer/replica/leaf-store.js';
import { Copy } from '../../src/peer/validator/copy.js';
import { DecisionStore } from '../../src/peer/validator/decision-store.js';
import type { ShownUpload } from '../../src/peer/validator/link.js';
import { parseRules } from '../../src/peer/validator/rules.js';
import { createDecisionKey } from '../../src/peer/validator/signing-key.js';
import { Successors } from '../../src/peer/validator/successors.js';
import { Validator } from '../../src/peer/validator/validator.js';
import { State } from '../support/state.js';
import { asked } from '../uploads/requests/wish.js';

const ORIGIN = 'state.test/log';
const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };
const replica = { contradiction: () => Promise.resolve(undefined) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-ended-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Adds leaves to a store, as a replica does once they are verified. */
async function keep(store: LeafStore, leaves: readonly Uint8Array[]): Promise<void> {
  const next = store.draft();
  const filled = leaves.flatMap((leaf) => next.append(leafHash(leaf, nativeHash)));
  await store.commit(leaves, next, filled);
}

describe('which entry replaced which', () => {
  const LEAF = { v: 1, time: '2026-06-15T12:00:00.000Z', institution: null, content: null, fields: null };
  const leafOf = (block: number, supersedes: number | null) =>
    encodeLeaf({
      ...{ ...LEAF, v: 1 as const, block: BigInt(block), link: new Uint8Array(32) },
      supersedes: supersedes === null ? null : BigInt(supersedes),
    });
  /** Every third entry replaces an earlier one, each of those once. */
  const replaced = (index: number) => (index % 3 === 2 ? Math.floor(index / 3) * 2 : null);
  const leaves = Array.from({ length: 1500 }, (_, index) => leafOf(index, replaced(index)));

  it('is known without reading the copy, for what was told; the rest is read once', async () => {
    const store = new LeafStore(join(folder, 'leaves'));
    await keep(store, leaves);
    const successors = new Successors();
    const copy = new Copy({ store, successors, replica, cosigned: () => undefined });
    const told = leaves.slice(0, 1490);
    told.forEach((bytes, index) => successors.take(BigInt(index), parseLeaf(bytes)));
    // Told again at a second start, and out of turn: nothing changes.
    successors.take(3n, parseLeaf(leafOf(3, 1)));
    successors.take(1499n, parseLeaf(leafOf(1499, 1)));
    const reads = vi.spyOn(store, 'leaves');
    const expected = new Map(leaves.flatMap((_, index) => [[replaced(index), index] as const]));
    for (let index = 0; index < leaves.length; index++) {
      const by = expected.get(index);
      expect(await copy.supersededBy(BigInt(index))).toBe(by === undefined ? null : BigInt(by));
    }
    expect(reads).toHaveBeenCalledTimes(10);
    expect(await copy.supersededBy(1500n)).toBeNull();
  });
});

describe('a request that ended', () => {
  let state: State;
  let home: Home;
  beforeAll(async () => {
    state = await State.open();
    home = await Home.take(folder);
  });
  afterAll(async () => {
    await home.release();
    await state.close();
  });

  /** What the API shows of a request to regulator.two. */
  async function shownOf(id: string): Promise<ShownUpload> {
    const source = `{ uploadRequest(id: "${id}") { state mayEndorse endorsements { memberId } proof { bundle } } }`;
    const { data } = await state.run('regulator.two', source);
    const found = data['uploadRequest'] as {
      state: string;
      mayEndorse: boolean;
      endorsements: { memberId: string }[];
      proof: { bundle: string };
    };
    const decided = found.endorsements.some(({ memberId }) => memberId === state.ids['regulator.two']);
    return { ...found, decided, keyEntries: [], bundle: found.proof.bundle };
  }

  async function copied(store: LeafStore): Promise<void> {
    const { trusted } = state.system.ledger;
    const leaves: Uint8Array[] = [];
    for await (const { leafBytes } of trusted.entries(store.size, trusted.size)) leaves.push(leafBytes);
    await keep(store, leaves);
  }

  async function validator(name: string, upload: string) {
    let now = state.now;
    const clock = () => now;
    await rm(home.path('alarms.jsonl'), { force: true });
    const alarms = await Alarms.open({ home, clock, log: LOG });
    const at = join(folder, name);
    const monitor = new Monitor({ origin: ORIGIN, folder: at, alarms, clock, stallMs: 3e5, behindMs: 6e4 });
    const leafStore = new LeafStore(join(at, 'copy'));
    await copied(leafStore);
    const copy = new Copy({
      ...{ store: leafStore, successors: new Successors(), replica, cosigned: () => undefined },
    });
    const store = await DecisionStore.open(join(at, 'decisions'), now);
    await store.see(upload, 7n, now);
    const self = { member: state.ids['regulator.two'] ?? '', institution: state.ids['ministry'] ?? '' };
    let shown: ShownUpload | null = null;
    const one = new Validator({
      ...{ origin: ORIGIN, institution: self.institution, rules: parseRules('{"rules": []}', 'rules') },
      ...{ key: await createDecisionKey(join(folder, `${name}.key`)), store, copy, alarms, monitor, clock },
      link: {
        async *steps() {
          await Promise.resolve();
        },
        look: () => Promise.resolve({ self, shown }),
        send: () => Promise.reject(new Error('it sends nothing')),
      },
      ...{ revocation: () => undefined, isHeld: () => true, signal: new AbortController().signal },
      ...{ log: LOG, random: () => 0.5, pollMs: 1000, longestMs: 60_000 },
    });
    /** Looks at it as it is shown then; gives what it keeps, and which alarms stand. */
    const round = async (next: ShownUpload | null) => {
      shown = next;
      now = new Date(now.getTime() + 120_000);
      await one.round();
      const { state: kept, outcome } = store.find(upload) ?? {};
      return [kept, outcome, ...alarms.standing.map(({ code }) => code)];
    };
    return { round, leafStore };
  }

  const forged = (shown: ShownUpload): ShownUpload => ({
    ...shown,
    bundle: (shown.bundle ?? '').replaceAll('programme.create', 'programme.credit'),
  });
  const endorse = (by: string, upload: string) =>
    state.mutate(by, 'endorseUpload', { upload }, 'requestId', randomUUID());

  it('is let go of once the copy holds its end, and an alarm about it with it, without a person', async () => {
    const { id } = await asked(state, 'E-1');
    const { round, leafStore } = await validator('ended', id);
    const before = await shownOf(id);
    expect(await round(forged(before))).toEqual(['seen', null, 'request']);
    // Said to have ended, and proven to be what it was.
    expect(await round({ ...before, state: 'DENIED', mayEndorse: false })).toEqual(['seen', null, 'request']);
    const deny = { upload: id, reasons: ['no'] };
    expect((await state.mutate('regulator.one', 'denyUpload', deny, 'requestId')).codes).toEqual([]);
    const after = await shownOf(id);
    expect(after.state).toBe('DENIED');
    expect(await round({ ...after, bundle: null })).toEqual(['seen', null, 'request']);
    // Not copied so far.
    expect(await round(after)).toEqual(['seen', null, 'request']);
    await copied(leafStore);
    expect(await round(forged(after))).toEqual(['seen', null, 'request']);
    expect(await round(after)).toEqual(['done', 'DENIED']);
  });

  it('is an alarm where the API alone says that it ended, or that this member has decided', async () => {
    const { id } = await asked(state, 'E-2');
    const { round, leafStore } = await validator('alone', id);
    const before = await shownOf(id);
    expect(await round({ ...before, state: 'EXPIRED' })).toEqual(['seen', null, 'request']);
    expect(await round({ ...before, decided: true })).toEqual(['seen', null, 'request']);
    expect((await endorse('regulator.two', id)).codes).toEqual([]);
    await copied(leafStore);
    expect(await round(await shownOf(id))).toEqual(['done', 'STANDS']);
  });

  it('is left to a person where it isn’t shown any more: that proves nothing', async () => {
    const { id } = await asked(state, 'E-3');
    const { round } = await validator('gone', id);
    expect(await round(forged(await shownOf(id)))).toEqual(['seen', null, 'request']);
    expect(await round(null)).toEqual(['done', 'GONE', 'request']);
  });
});
