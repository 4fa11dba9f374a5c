/**
 * Two servers on one PostgreSQL under one load, of which one is killed at a step of a commit or of a snapshot, the head's
 * lock in its hands: the other goes on at once, and what was acknowledged by either is there, once.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../../src/ledger/index.js';
import { Api } from '../support/api.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { Drill } from '../support/drill.js';
import { age, anchored, EVERY, runFaulty, startFaulty, written } from '../support/faulty.js';
import { Deployment, type Running, until } from '../support/process.js';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

const WORKERS = 8;
/** How long the other may take to go on: PostgreSQL notices at once that the dead one's connections are closed. */
const GOES_ON_MS = 20_000;

let database: TestDatabase;
let drill: Drill;

beforeAll(async () => {
  database = await freshDatabase();
  const urls = { DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl };
  drill = await Drill.open(WORKERS, await Deployment.make(urls));
});
afterAll(async () => {
  await drill.end();
  await database.drop();
});

/** Half of the load goes to a server that dies at this step; then all of it to the one that goes on. */
async function killBeside(
  point: FaultPoint,
  every: number,
  goesOn: () => boolean | Promise<boolean>,
): Promise<void> {
  const { deployment, load, server, api } = drill;
  const doomed: Running = runFaulty(deployment, { point, times: every === 0 ? 6 : 1, every });
  const other = new Api(await doomed.listening());
  load.start((worker) => (worker % 2 === 0 && doomed.alive ? other : api));
  try {
    await until('one of them dies', () => !doomed.alive || load.refusals.length > 0, 90_000);
    const told = load.acknowledged.length;
    await until(
      'the other goes on',
      () => load.acknowledged.length >= told + 2 * WORKERS || load.refusals.length > 0,
      GOES_ON_MS,
    );
    await until('and does what the dead one left', goesOn, 60_000);
  } finally {
    await load.stop();
  }
  expect(load.refusals).toEqual([]);
  expect(server.alive).toBe(true);
}

describe('a server beside which another one is killed', () => {
  it.each(FAULT_POINTS)('%s goes on, and signs what is not signed', async (point) => {
    const since = drill.load.acknowledged.length;
    await killBeside(point, 0, () => true);
    await drill.expectNothingLost(since);
    const { data } = await drill.api.ask('auditor', '{ checkpoint { size } }');
    const { entries } = await drill.count();
    expect(data).toEqual({ checkpoint: { size: String(entries) } });
  });

  it('takes over the snapshots too', async () => {
    const since = drill.load.acknowledged.length;
    // In the place of the server that takes none: one that takes them as often as the doomed one does.
    await drill.server.stop();
    await startFaulty(drill, { point: 'none' });
    await age(drill.deployment);
    const before = (await anchored(drill.deployment)).length;
    await killBeside(
      'snapshot-chunk',
      EVERY,
      async () => (await anchored(drill.deployment)).length > before + 1,
    );
    const ids = (await anchored(drill.deployment)).map(({ id }) => id);
    // What the dead one had begun to write went with its transaction.
    await until('nothing else is kept', async () =>
      (await written(drill.deployment)).every((id) => ids.includes(id)),
    );
    await drill.expectNothingLost(since);
  });
});
