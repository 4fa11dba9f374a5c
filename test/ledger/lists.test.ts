import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/index.js';
import type { OpenLedger } from '../../src/ledger/ledger.js';
import { uuidBytes } from '../../src/ledger/head-map.js';
import { amendment, Bench, entry } from './support.js';

const EVERY = 20;
const THREAD = randomUUID();

let bench: Bench;
let ledger: Ledger;
/** Forms on the thread, in the order of their entries, and the log's size with each. */
const listed: { readonly id: string; readonly size: bigint }[] = [];

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create({ snapshotEvery: EVERY }));
  await grow(ledger, 30);
});
afterAll(() => bench.drop());

/** Appends forms of which every second begins on the thread, and amends some. */
async function grow(by: Ledger, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const id = randomUUID();
    const on = i % 2 === 0;
    const form = await entry(by, {
      subject: { kind: 'Form', id, version: 1 },
      threads: on ? [id, THREAD] : [id],
    });
    const [position] = await by.append([form]);
    if (on) listed.push({ id, size: position!.index + 1n });
    if (i % 3 === 0) await by.append([await amendment(by, form, position!.index)]);
  }
  await (by as OpenLedger).snapshots.settled();
}

function bytesOf(ids: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.concat([...ids].sort().map(uuidBytes)));
}

function check({ trusted }: Ledger, ids: readonly string[], size = trusted.size) {
  return trusted.checkList('Form', THREAD, size, bytesOf(ids));
}

/** What a process has to say of the list, whole, short, long and forged, now and at each size before. */
function expectVerdicts(by: Ledger): void {
  const ids = listed.map(({ id }) => id);
  const count = ids.length;
  expect(check(by, ids)).toEqual({ count, holds: true });
  expect(check(by, ids.slice(1))).toEqual({ count, holds: false });
  expect(check(by, [...ids, randomUUID()])).toEqual({ count, holds: false });
  expect(check(by, [...ids.slice(1), randomUUID()])).toEqual({ count, holds: false });
  expect(check(by, [...ids.slice(1), ids[1]!])).toEqual({ count, holds: false });
  expect(by.trusted.checkList('Patient', THREAD, by.trusted.size, bytesOf(ids))?.holds).toBe(false);
  expect(by.trusted.checkList('Form', randomUUID(), by.trusted.size, new Uint8Array())?.holds).toBe(true);
}

describe('a list of what began on a thread', () => {
  it('holds with all its records and with no others', () => expectVerdicts(ledger));

  it('holds as of each size that the log had', () => {
    const ids = listed.map(({ id }) => id);
    listed.forEach(({ size }, place) => {
      expect(check(ledger, ids.slice(0, place + 1), size)).toEqual({ count: place + 1, holds: true });
      expect(check(ledger, ids.slice(0, place + 1), size - 1n)).toEqual({ count: place, holds: false });
    });
  });

  it('has the same verdicts in a process that starts from a snapshot, and in one that replays everything', async () => {
    expect(ledger.trusted.state.snapshotSize).toBeGreaterThan(0n);
    for (const options of [{}, { readOnly: true }]) expectVerdicts(await bench.open(options));
  });

  it('has them in a process that follows another', async () => {
    const other = await bench.open({ snapshotEvery: 0 });
    await grow(other, 6);
    await ledger.sync();
    expectVerdicts(ledger);
    expectVerdicts(other);
  });

  it('gives no more than a sum of a keyed hash to whoever reads the snapshots', async () => {
    const { prisma } = await bench.database();
    const [row] = await prisma.$queryRawUnsafe<{ found: boolean }[]>(
      `SELECT bool_or(position('\\x${Buffer.from(ledger.keys.counterMac('vitrine/lists/v1', 0n)).toString('hex')}'::bytea
        IN bytes) > 0) AS found FROM snapshot`,
    );
    expect(row).toEqual({ found: false });
  });
});
