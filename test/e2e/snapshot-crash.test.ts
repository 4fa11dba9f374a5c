/**
 * `kill -9` of a server at each step of a snapshot and of a commit, while mutations are on their way (design: ledger,
 * "Tests that this deserves"): the next start uses the newest sound snapshot, everything verifies, and nothing that was
 * acknowledged is lost. And snapshots whose bytes were damaged or removed, met by a whole server.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAULT_POINTS, SNAPSHOT_FAULT_POINTS } from '../../src/ledger/index.js';
import { Drill, findingsOf } from '../support/drill.js';
import {
  age,
  anchored,
  asOwner,
  loadUntilDeath,
  pinned,
  startBuilt,
  startFaulty,
  written,
} from '../support/faulty.js';
import { until } from '../support/process.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const WORKERS = 8;

let drill: Drill;

/** Runs the load on a server that takes snapshots, until that many more are anchored and nothing older is kept. */
async function takeSnapshots(more: number): Promise<void> {
  await age(drill.deployment);
  const before = (await anchored(drill.deployment)).length;
  await startFaulty(drill, { point: 'none' });
  drill.load.start(() => drill.api);
  await until(
    'snapshots are anchored',
    async () => {
      const anchors = await anchored(drill.deployment);
      const kept = anchors.slice(0, 2).map(({ id }) => id);
      const there = await written(drill.deployment);
      return anchors.length >= before + more && there.sort().join() === kept.sort().join();
    },
    120_000,
  );
  await drill.load.stop();
  await drill.server.kill();
}

beforeAll(async () => {
  drill = await Drill.open(WORKERS);
  await drill.server.kill();
  await takeSnapshots(2);
});
afterAll(() => drill.end());

describe('a server that is killed while it takes a snapshot', () => {
  it.each(SNAPSHOT_FAULT_POINTS)(
    'at %s starts again from the newest sound one, and loses nothing',
    async (point) => {
      const { deployment, load } = drill;
      const since = load.acknowledged.length;
      const before = await anchored(deployment);
      const known = await written(deployment);
      await age(deployment);
      await startFaulty(drill, { point });
      await loadUntilDeath(drill);
      expect(load.refusals).toEqual([]);
      const after = await anchored(deployment);
      const strays = (await written(deployment)).filter(
        (id) => !known.includes(id) && !after.some((one) => one.id === id),
      );
      const isAnchored = point === 'snapshot-anchored' || point === 'snapshot-dropped';
      expect(after.length - before.length).toBe(isAnchored ? 1 : 0);
      // The bytes are committed whole before they are anchored, or not at all.
      expect(strays).toHaveLength(point === 'snapshot-written' ? 1 : 0);
      const pin = await pinned(deployment);
      const newest = after.find(({ entry }) => entry < pin);
      expect(newest).toBe(after[0]); // what is anchored is acknowledged, so it is pinned
      const { snapshot, said } = await startBuilt(drill);
      expect(snapshot).toBe(newest?.size);
      expect(said).not.toContain('INTEGRITY_VIOLATION');
      await drill.expectNothingLost(since);
      await drill.server.kill();
    },
  );

  it('leaves nothing behind that the next snapshots do not clear away', async () => {
    await takeSnapshots(2);
    const kept = (await anchored(drill.deployment)).slice(0, 2).map(({ id }) => id);
    expect((await written(drill.deployment)).sort()).toEqual(kept.sort());
    await startBuilt(drill);
    await drill.expectClean();
    await drill.server.kill();
  });
});

describe('a server that is killed at a step of a commit', () => {
  it.each(FAULT_POINTS)('%s keeps what was acknowledged, and answers the rest once', async (point) => {
    const since = drill.load.acknowledged.length;
    await startFaulty(drill, { point, times: 6, every: 0 });
    await loadUntilDeath(drill);
    await startBuilt(drill);
    await drill.expectNothingLost(since);
    await drill.server.kill();
  });
});

describe('a PostgreSQL that is killed while its server takes snapshots', () => {
  it('comes back, and the server takes the next ones', async () => {
    const { deployment, load } = drill;
    await age(deployment);
    await startFaulty(drill, { point: 'none', every: 20 });
    for (let kill = 0; kill < 3; kill++) {
      const since = load.acknowledged.length;
      const postmaster = (await deployment.postmaster()) ?? 0;
      await drill.loadUntil(5 + 9 * kill, async () => {
        process.kill(postmaster, 'SIGKILL');
        const told = load.acknowledged.length;
        await until('mutations are accepted again', () => load.acknowledged.length >= told + WORKERS, 60_000);
      });
      await load.stop();
      expect(drill.server.alive).toBe(true);
      await drill.expectNothingLost(since);
    }
    await drill.server.kill();
    await takeSnapshots(2);
    const since = load.acknowledged.length;
    const [newest] = await anchored(deployment);
    expect(await startBuilt(drill)).toMatchObject({ snapshot: newest?.size });
    await drill.expectNothingLost(since);
    await drill.server.kill();
  });
});

describe('a snapshot that is damaged while no server runs', () => {
  const DAMAGES = {
    'a changed byte': `UPDATE snapshot SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) WHERE part = 1 AND id = $1`,
    'a removed chunk': 'DELETE FROM snapshot WHERE part = 1 AND id = $1',
    'all of it removed': 'DELETE FROM snapshot WHERE id = $1',
  };

  it.each(Object.entries(DAMAGES))(
    'is noticed with %s; the start takes the one before',
    async (_name, damage) => {
      const { deployment, load } = drill;
      const since = load.acknowledged.length;
      const [newest, older] = await anchored(deployment);
      await asOwner(deployment, damage, newest?.id);
      const { snapshot, said } = await startBuilt(drill);
      expect(snapshot).toBe(older?.size);
      expect(said).toMatch(/INTEGRITY_VIOLATION.*snapshot/);
      expect((await findingsOf(deployment)).findings).toEqual([
        expect.objectContaining({ what: expect.stringContaining('snapshot') as unknown }),
      ]);
      // It serves all the same; and when newer ones took its place, nothing is wrong any more.
      await drill.loadUntil(WORKERS, () => load.stop());
      expect(load.refusals).toEqual([]);
      await drill.server.kill();
      await takeSnapshots(2);
      await startBuilt(drill);
      await drill.expectNothingLost(since);
      await drill.server.kill();
    },
  );

  it('makes the start replay everything when none is left', async () => {
    await asOwner(drill.deployment, 'DELETE FROM snapshot');
    const since = drill.load.acknowledged.length;
    const { snapshot } = await startBuilt(drill);
    expect(snapshot).toBe(0);
    await drill.loadUntil(WORKERS, () => drill.load.stop());
    await drill.server.kill();
    await takeSnapshots(2);
    await startBuilt(drill);
    await drill.expectNothingLost(since);
  });
});
