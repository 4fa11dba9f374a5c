import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/index.js';
import { type Ledger, openLedger } from '../../src/ledger/index.js';
import { silent } from '../support/database.js';
import { Bench, entry, amendment } from './support.js';

let bench: Bench;
let one: Ledger;
let two: Ledger;

beforeAll(async () => {
  ({ bench, ledger: one } = await Bench.create());
  two = await bench.open();
});
afterAll(() => bench.drop());

describe('two processes on one database', () => {
  it('append one chain without gap or fork', async () => {
    const counter = { id: `shared/${randomUUID()}`, delta: 1n, min: 0n, max: 50n, message: 'used up' };
    const thread = randomUUID();
    const wishes = await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        entry(i % 2 === 0 ? one : two, { counters: [counter], threads: [thread] }),
      ),
    );
    const results = await Promise.allSettled(
      wishes.map(async (wish, i) => {
        // In small waves, so that both append in turns.
        await new Promise((resolve) => setTimeout(resolve, Math.floor(i / 10) * 5));
        return (i % 2 === 0 ? one : two).append([wish]);
      }),
    );
    const accepted = results.filter((result) => result.status === 'fulfilled');
    expect(accepted).toHaveLength(50);
    const indexes = accepted.map(({ value }) => value[0]?.index);
    expect(new Set(indexes).size).toBe(50);
    expect(await one.sync()).toBe(await two.sync());
    expect(one.trusted.root).toEqual(two.trusted.root);
    expect(one.trusted.thread(thread)?.count).toBe(50);
    expect(await bench.audit(one)).toEqual([]);
  });

  it('hear of each other without asking', async () => {
    const heard = new Promise<bigint>((resolve) => two.onAdvance(resolve));
    const [at] = await one.append([await entry(one)]);
    expect(await heard).toBe((at?.index ?? 0n) + 1n);
  });

  it('give one receipt for a request that reaches both', async () => {
    const wish = await entry(one);
    const [a, b] = await Promise.all([one.append([wish]), two.append([wish])]);
    const places = [a, b].map((one) => one.map(({ index, block }) => ({ index, block })));
    expect(places[0]).toEqual(places[1]);
  });

  it('lose no update: of two amendments one is refused', async () => {
    const wish = await entry(one);
    const [at] = await one.append([wish]);
    await two.sync();
    const index = at?.index ?? 0n;
    const results = await Promise.allSettled([
      one.append([await amendment(one, wish, index)]),
      two.append([await amendment(two, wish, index)]),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('close in the middle of the other’s commits without a word', async () => {
    const warned: unknown[] = [];
    let ended = false;
    const busy = (async () => {
      while (!ended) {
        const wishes = await Promise.all(Array.from({ length: 64 }, () => entry(one)));
        await one.append(wishes);
      }
    })();
    for (let round = 0; round < 10; round += 1) {
      const { url, ownerUrl } = bench.test;
      const database = await openDatabase({
        url,
        ownerUrl,
        dataDir: bench.dataDir,
        log: silent,
        poolSize: 4,
      });
      const log = { ...silent, warn: (facts: object, message: string) => warned.push([message, facts]) };
      const third = await openLedger({ database, dataDir: bench.dataDir, log });
      await pause(round * 7);
      await third.close();
      await database.close();
    }
    ended = true;
    await busy;
    expect(warned).toEqual([]);
  });

  it('use keys that the other one made', async () => {
    const key = await one.keys.custodianKey('33333333-3333-4333-8333-333333333333');
    const wrapped = key.wrap(Uint8Array.of(1, 2, 3), 'entry/1');
    const same = await two.keys.custodianKeyById(key.id);
    expect(same.unwrap(wrapped, 'entry/1')).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => same.unwrap(wrapped, 'entry/2')).toThrowError(
      expect.objectContaining({ code: 'INTEGRITY_VIOLATION' }) as Error,
    );
  });
});
