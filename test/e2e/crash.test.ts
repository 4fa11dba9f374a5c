/**
 * Crashes: `kill -9` of the server and of its PostgreSQL while mutations are on their way, and restarts of PostgreSQL
 * (design: ledger, "Tests that this deserves"). Whatever the moment: what was acknowledged is there, nothing is there
 * twice, everything verifies.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Drill, findingsOf } from '../support/drill.js';
import { Feed } from '../support/feed.js';
import { Deployment, isAlive, until } from '../support/process.js';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

const KILLS = 20;
const WORKERS = 8;

let drill: Drill;

beforeAll(async () => {
  drill = await Drill.open(WORKERS);
});
afterAll(() => drill.end());

describe('a server that is killed during a load of mutations', () => {
  it(`keeps every acknowledged mutation, once, over ${KILLS} kills, and takes its PostgreSQL over`, async () => {
    const postmaster = await drill.deployment.postmaster();
    expect(postmaster).toBeDefined();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const since = drill.load.acknowledged.length;
      await drill.loadUntil(4 + ((kill * 5) % 24), async () => {
        await pause((kill * 7) % 23); // another moment of a commit each time
        await drill.server.kill();
      });
      await drill.load.stop();
      await drill.start();
      expect(await drill.deployment.postmaster()).toBe(postmaster);
      await drill.expectNothingLost(since);
    }
    expect(drill.load.acknowledged.length).toBeGreaterThan(KILLS * 4);
  });

  it('gives every request of all those rounds the receipt that it got first', async () => {
    const before = await drill.expectClean();
    await drill.expectSameReceipts(drill.load.acknowledged);
    expect(await drill.expectClean()).toBe(before);
  });

  it('verifies by the command too, with a server that is killed and none that runs', async () => {
    const since = drill.load.acknowledged.length;
    await drill.loadUntil(10, () => drill.server.kill());
    await drill.load.stop();
    const { code, said } = await drill.deployment.command('verify');
    expect(said).toContain('everything holds');
    expect(code).toBe(0);
    await drill.start();
    await drill.expectNothingLost(since);
  });

  it('starts again when it was killed while it started', async () => {
    for (const after of [200, 500, 800, 1100, 1400]) {
      await drill.server.kill();
      drill.server = drill.deployment.run();
      await pause(after);
    }
    await drill.server.kill();
    await drill.start();
    await drill.expectNothingLost(drill.load.acknowledged.length);
  });
});

describe('an embedded PostgreSQL that is killed during a load of mutations', () => {
  it('comes back under the same server, which answers everything that was open and goes on with its feed', async () => {
    const feed = new Feed(() => drill.api, 'auditor');
    feed.start();
    for (let kill = 0; kill < 3; kill += 1) {
      const since = drill.load.acknowledged.length;
      const before = await drill.deployment.postmaster();
      await drill.loadUntil(10 + kill * 7, async () => {
        process.kill(before ?? 0, 'SIGKILL');
        const renewed = () =>
          drill.deployment.postmaster().then((now) => now !== undefined && now !== before);
        await until('PostgreSQL runs again', renewed);
        const told = drill.load.acknowledged.length;
        await until('mutations are accepted again', () => drill.load.acknowledged.length >= told + WORKERS);
      });
      await drill.load.stop();
      expect(drill.server.alive).toBe(true);
      await drill.expectNothingLost(since);
    }
    const { entries } = await drill.count();
    await until('the feed has everything', () => feed.indexes.length >= entries);
    await feed.stop();
    expect(feed.indexes).toEqual(Array.from({ length: entries }, (_, index) => index));
  });

  it.each([
    ['fast (SIGINT)', 'SIGINT'],
    ['immediate (SIGQUIT)', 'SIGQUIT'],
  ] as const)('is restarted under the load: %s shutdown', async (_name, signal) => {
    const since = drill.load.acknowledged.length;
    const before = (await drill.deployment.postmaster()) ?? 0;
    await drill.loadUntil(20, async () => {
      process.kill(before, signal);
      const told = drill.load.acknowledged.length;
      const renewed = () => drill.deployment.postmaster().then((now) => now !== undefined && now !== before);
      await until('PostgreSQL runs again', renewed);
      const enough = () => drill.load.acknowledged.length >= told + 2 * WORKERS;
      await until('mutations are accepted again', enough);
    });
    await drill.load.stop();
    expect(drill.server.alive).toBe(true);
    await drill.expectNothingLost(since);
  });

  it('comes back with the next server when both are killed at once', async () => {
    const since = drill.load.acknowledged.length;
    const before = (await drill.deployment.postmaster()) ?? 0;
    await drill.loadUntil(12, async () => {
      process.kill(before, 'SIGKILL');
      await drill.server.kill();
    });
    await drill.load.stop();
    await drill.start();
    expect(isAlive(before)).toBe(false);
    await drill.expectNothingLost(since);
  });
});

describe('a first start that is killed', () => {
  it('is completed by the next one, whenever it was killed', async () => {
    const fresh = await Deployment.make();
    try {
      for (const after of [150, 400, 700, 1000, 1300, 1600, 1900]) {
        const first = fresh.run();
        await pause(after);
        await first.kill();
      }
      await fresh.run().listening();
      expect(await findingsOf(fresh)).toEqual({ findings: [], entries: 3n });
    } finally {
      await fresh.end();
    }
  });
});
