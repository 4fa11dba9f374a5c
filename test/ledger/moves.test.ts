import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidBytes } from '../../src/ledger/head-map.js';
import { FAULT_POINTS, type FaultPoint, type Ledger, type PendingEntry } from '../../src/ledger/index.js';
import type { OpenLedger } from '../../src/ledger/ledger.js';
import { refuseMove } from '../../src/ledger/move-entry.js';
import { encodeLeaf, encodeOpening, linkHash, parseLeaf, parseOpening } from '../../src/ledger/core/index.js';
import { amendment, Bench, entry } from './support.js';

const [A, B, C] = [randomUUID(), randomUUID(), randomUUID()];

let bench: Bench;
let ledger: Ledger;
let broken: FaultPoint | undefined;

beforeAll(async () => {
  const faults = (point: FaultPoint) => {
    if (point !== broken) return;
    broken = undefined;
    throw new Error(`broken ${point}`);
  };
  ({ bench, ledger } = await Bench.create({ snapshotEvery: 4, faults }));
});
afterAll(() => bench.drop());

/** A record's newest version. */
interface At {
  readonly of: PendingEntry;
  readonly index: bigint;
}

async function append(of: PendingEntry): Promise<At> {
  const [position] = await ledger.append([of]);
  return { of, index: position!.index };
}

async function begun(thread: string): Promise<At> {
  const id = randomUUID();
  return append(await entry(ledger, { subject: { kind: 'Form', id, version: 1 }, threads: [id, thread] }));
}

/** The transfer of a version; `wish`: what is wrong with it. */
function transfer({ of, index }: At, from: string, to: string, wish: Partial<PendingEntry> = {}) {
  const { id, version } = of.subject;
  return entry(ledger, {
    op: 'form.transfer',
    subject: { kind: 'Form', id, version: version + 1 },
    supersedes: index,
    threads: [id, from, to],
    detail: { moved: { from, to } },
    ...wish,
  });
}

/** Amends a record that is on a thread. */
async function amended({ of, index }: At, thread: string): Promise<At> {
  const next = await amendment(ledger, { ...of, threads: [of.subject.id, thread] }, index);
  return append(next);
}

function check({ trusted }: Ledger, thread: string, records: readonly At[], size = trusted.size) {
  const ids = records.map(({ of }) => of.subject.id).sort();
  return trusted.checkList('Form', thread, size, new Uint8Array(Buffer.concat(ids.map(uuidBytes))));
}

describe('a record that moves', () => {
  it('is on the new list and not on the old one, in every process, and was where it was', async () => {
    const [stays, goes] = [await begun(A), await begun(A)];
    const before = ledger.trusted.size;
    const moved = await append(await transfer(goes, A, B));
    const again = await append(await transfer(await amended(moved, B), B, C));
    const back = await append(await transfer(again, C, A));
    await append(await transfer(back, A, B));
    await (ledger as OpenLedger).snapshots.settled();
    expect(ledger.trusted.state.snapshotSize).toBeGreaterThan(0n);
    for (const one of [ledger, await bench.open(), await bench.open({ readOnly: true })]) {
      expect(check(one, A, [stays])).toEqual({ count: 1, holds: true });
      expect(check(one, A, [stays, goes])).toEqual({ count: 1, holds: false });
      expect(check(one, B, [goes])).toEqual({ count: 1, holds: true });
      expect(check(one, B, [])).toEqual({ count: 1, holds: false });
      expect(check(one, C, [])).toEqual({ count: 0, holds: true });
    }
    expect(check(ledger, A, [stays, goes], before)).toEqual({ count: 2, holds: true });
    expect(check(ledger, C, [goes], again.index + 1n)).toEqual({ count: 1, holds: true });
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it('is followed by a process that was running before', async () => {
    const other = await bench.open();
    const thread = randomUUID();
    const record = await begun(thread);
    await other.sync();
    await append(await transfer(record, thread, C));
    await other.sync();
    expect(check(other, thread, [])).toEqual({ count: 0, holds: true });
    expect(other.trusted.moves).toBeGreaterThan(0);
  });

  it('moves once, of two transfers and an amendment of the same version', async () => {
    const record = await begun(A);
    const wishes = await Promise.all([
      transfer(record, A, B),
      transfer(record, A, C),
      amendment(ledger, record.of, record.index),
    ]);
    const outcomes = await Promise.allSettled(wishes.map((wish) => ledger.append([wish])));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it.each(FAULT_POINTS)('moves whole or not at all, and once, when %s fails', async (point) => {
    const [from, to] = [randomUUID(), randomUUID()];
    const record = await begun(from);
    const wish = await transfer(record, from, to);
    broken = point;
    await ledger.append([wish]).catch(() => undefined);
    const next = await bench.open();
    const isThere = next.trusted.subject('Form', record.of.subject.id)?.count === 2;
    expect(check(next, from, isThere ? [] : [record])?.holds).toBe(true);
    expect(check(next, to, isThere ? [record] : [])?.holds).toBe(true);
    await ledger.append([wish]);
    expect(check(ledger, to, [record])).toEqual({ count: 1, holds: true });
    expect(await bench.audit(ledger)).toEqual([]);
  });
});

/** Transfers that no log may have, made from a record on thread A whose version before is `of`. */
const BOGUS: readonly [string, (of: At) => Promise<PendingEntry>, RegExp][] = [
  ['that declares no move', (of) => transfer(of, A, B, { detail: null }), /says from where to where/],
  [
    'that says more than it may',
    (of) => transfer(of, A, B, { detail: { moved: { from: A, to: B, then: C } } }),
    /says from where to where/,
  ],
  ['from where it is not', (of) => transfer(of, C, B), /from where the record is/],
  ['to where it is', (of) => transfer(of, A, A, { threads: [of.of.subject.id, A] }), /to another list/],
  [
    'without a place on the thread that it leaves',
    (of) => transfer(of, A, B, { threads: [B] }),
    /on the threads/,
  ],
  [
    'without a place on the thread that it joins',
    (of) => transfer(of, A, B, { threads: [A] }),
    /on the threads/,
  ],
  ['to its own thread', (of) => transfer(of, A, of.of.subject.id, { threads: [of.of.subject.id, A] }), /own/],
  [
    'at its beginning',
    () => {
      const id = randomUUID();
      const subject = { kind: 'Form', id, version: 1 };
      return transfer({ of: { subject } as PendingEntry, index: 0n }, A, B, { subject, supersedes: null });
    },
    /a version that can be read/,
  ],
];

describe('a transfer', () => {
  it.each(BOGUS)('%s is not appended', async (_what, make, message) => {
    const wish = await make(await begun(A));
    const refused = await ledger.append([wish]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INTERNAL' });
    expect(String(refused)).toMatch(message);
  });

  it('is not taken twice: from where a record has left', async () => {
    const moved = await append(await transfer(await begun(A), A, B));
    await expect(ledger.append([await transfer(moved, A, C)])).rejects.toThrowError(
      /from where the record is/,
    );
  });

  it('of a version of another record is refused', async () => {
    const [one, other] = [await begun(A), await begun(A)];
    const { opening } = await ledger.trusted.entryAt((await append(await transfer(one, A, B))).index);
    expect(refuseMove(opening, await ledger.trusted.entryAt(other.index))).toMatch(/of the same record/);
    expect(refuseMove(opening, null)).toMatch(/can be read/);
    expect(refuseMove(opening, await ledger.trusted.entryAt(one.index))).toBeNull();
  });

  it('that was changed in the database is found by the audit, and by a process that reads the log anew', async () => {
    const moved = await append(await transfer(await begun(A), A, B));
    const { prisma } = await bench.database();
    const [row] = await prisma.$queryRawUnsafe<{ leaf: Uint8Array; opening: Uint8Array; salt: Uint8Array }[]>(
      'SELECT leaf, opening, salt FROM entry WHERE index = $1',
      moved.index,
    );
    const { leaf, opening, salt } = row!;
    const forged = { ...parseOpening(opening), detail: { moved: { from: C, to: B } } };
    const threads = forged.threads.map((place) => (place.id === A ? { ...place, id: C } : place));
    const bytes = encodeOpening({ ...forged, threads });
    const write = (leafBytes: Uint8Array, openingBytes: Uint8Array) =>
      bench.tamper(
        'UPDATE entry SET leaf = $2, opening = $3 WHERE index = $1',
        moved.index.toString(),
        Buffer.from(leafBytes),
        Buffer.from(openingBytes),
      );
    await write(encodeLeaf({ ...parseLeaf(leaf), link: linkHash(salt, bytes) }), bytes);
    const findings = await bench.audit(ledger);
    expect(findings).toContainEqual(
      expect.objectContaining({
        what: 'thread',
        index: moved.index,
        message: expect.stringMatching(/where the record is/),
      }),
    );
    await expect(bench.open({ readOnly: true })).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    await write(leaf, opening);
    expect(await bench.audit(ledger)).toEqual([]);
  });
});
