/**
 * A disk that is full under a load of mutations (design: ledger, "Tests that this deserves"): database, keys and pin on
 * a small file system of their own, filled to its last byte and emptied again.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canMount, fill, mount, unmount } from '../support/disk.js';
import { Drill } from '../support/drill.js';
import { Deployment, until } from '../support/process.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const WORKERS = 8;

const possible = canMount();
const title = possible
  ? 'a disk that fills up'
  : 'a disk that fills up (skipped: no file system may be mounted)';

describe.skipIf(!possible)(title, () => {
  let drill: Drill;
  let ballast: string;

  beforeAll(async () => {
    const deployment = await Deployment.make();
    if (!mount(deployment.folder, '256m')) throw new Error('expected to mount a file system as before');
    chmodSync(deployment.folder, 0o711);
    ballast = join(deployment.folder, 'ballast');
    drill = await Drill.open(WORKERS, deployment);
  });
  afterAll(async () => {
    rmSync(ballast, { force: true });
    const { folder } = drill.deployment;
    await drill.deployment.end().catch(() => undefined); // the mount point itself can't be removed yet
    unmount(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses nothing that was acknowledged, and goes on by itself when there is room again', async () => {
    for (let round = 0; round < 3; round += 1) {
      const since = drill.load.acknowledged.length;
      await drill.loadUntil(20, async () => {
        fill(ballast);
        await until('mutations wait', () => drill.load.lost > 0 || !drill.server.alive, 60_000);
        rmSync(ballast);
        const told = drill.load.acknowledged.length;
        await until(
          'mutations are accepted again',
          () => drill.load.acknowledged.length >= told + WORKERS,
          90_000,
        );
      });
      await drill.load.stop();
      drill.load.lost = 0;
      expect(drill.server.alive).toBe(true);
      await drill.expectNothingLost(since);
    }
  });

  it('starts again after a kill on the full disk, once there is room', async () => {
    const since = drill.load.acknowledged.length;
    await drill.loadUntil(10, async () => {
      fill(ballast);
      await until('mutations wait', () => drill.load.lost > 0, 60_000);
      await drill.server.kill();
    });
    await drill.load.stop();
    const refused = drill.deployment.run();
    const address = await Promise.race([
      refused.listening().catch(() => null),
      refused.ended.then(() => null),
    ]);
    if (address !== null) await refused.kill();
    else expect(refused.said).toMatch(/no space|could not|UNAVAILABLE|NOT_CONFIGURED/i);
    rmSync(ballast);
    await drill.start();
    await drill.expectNothingLost(since);
  });
});
