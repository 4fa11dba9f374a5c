/**
 * Stopping and starting again as a user does: `npm start`, a signal, `npm start`. Nothing stays running, nothing is lost,
 * and the next start is quick.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import { Api, type Reply, type World } from '../support/api.js';
import { Load } from '../support/load.js';
import { Deployment, descendants, isAlive, type Running, until } from '../support/process.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** The promise is 5 s on a machine that does nothing else; the tests run beside others. */
const START_LIMIT_MS = 15_000;
const NPM_START = ['npm', 'start'];
const HEAD = '{ checkpoint { size root note } patients(first: 100) { edges { node { id version } } } }';

let deployment: Deployment;

interface Started {
  readonly npm: Running;
  readonly api: Api;
  /** npm's own processes and PostgreSQL's. */
  readonly pids: readonly number[];
}

async function npmStart(of: Deployment): Promise<Started> {
  const npm = of.run(NPM_START, { SAMPLE: 'true' });
  const api = new Api(await npm.listening());
  return { npm, api, pids: await everything(of, npm) };
}

async function everything(of: Deployment, npm: Running): Promise<number[]> {
  const postmaster = await of.postmaster();
  return [npm.pid, ...descendants(npm.pid), ...(postmaster === undefined ? [] : [postmaster])];
}

async function expectNothingRuns(of: Deployment, { npm, pids }: Omit<Started, 'api'>): Promise<void> {
  await npm.ended;
  // npm's end and that of what it started are one moment, not one event.
  await until('all processes have ended', () => !pids.some(isAlive), 5_000).catch(() => undefined);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await of.postmaster()).toBeUndefined();
}

async function expectClean(of: Deployment): Promise<void> {
  const ignore = (): void => undefined;
  const config = parseConfig({ ...of.environment, LOG_LEVEL: 'error' });
  expect((await verifyAll(config, ignore, ignore)).findings).toEqual([]);
}

/** The sample's institutions and a programme with room, for a load. */
async function sampleWorld(api: Api): Promise<{ world: World; programme: string }> {
  const { data } = await api.ask(
    'regulator.one',
    '{ institutions(first: 20) { edges { node { id name } } } }',
  );
  const { edges } = data?.['institutions'] as { edges: { node: { id: string; name: string } }[] };
  const named = (name: string): string => edges.find(({ node }) => node.name === name)?.node.id ?? '';
  const input = { code: 'LOAD', title: 'Load', budget: { amount: 1_000_000_000, currency: 'EUR' } };
  const made = await api.must('regulator.one', 'createProgramme', input, 'programme { id }');
  const { id: programme } = made['programme'] as { id: string };
  return { world: { city: named('City Hospital'), north: named('Northern Hospital') }, programme };
}

beforeAll(async () => {
  deployment = await Deployment.make();
});
afterAll(() => deployment.end());

describe.skipIf(process.platform === 'win32')('npm start', () => {
  let started: Started;
  let before: Reply;

  it('loads the sample and stops whole on a signal to npm', async () => {
    started = await npmStart(deployment);
    before = await started.api.ask('registrar.city', HEAD);
    expect(before.errors).toEqual([]);
    expect(started.pids.length).toBeGreaterThanOrEqual(3);
    expect(await started.npm.stop()).toBe(0);
    await expectNothingRuns(deployment, started);
  });

  it('starts again with everything, in seconds', async () => {
    const from = performance.now();
    started = await npmStart(deployment);
    const took = performance.now() - from;
    process.stdout.write(`npm start with the sample loaded: ${(took / 1000).toFixed(1)} s\n`);
    expect(took).toBeLessThan(START_LIMIT_MS);
    const after = await started.api.ask('registrar.city', HEAD);
    expect(after.data).toEqual(before.data);
  });

  it('loses nothing that was acknowledged when it is stopped under load', async () => {
    const { world, programme } = await sampleWorld(started.api);
    const load = new Load(8, world, programme);
    load.start(() => started.api);
    await until('the load is under way', () => load.acknowledged.length >= 40 || load.refusals.length > 0);
    expect(await started.npm.stop()).toBe(0);
    await load.stop();
    await expectNothingRuns(deployment, started);
    started = await npmStart(deployment);
    for (const { intent, indexes } of load.acknowledged) {
      const { payload } = await started.api.send(intent);
      const { receipt, receipts } = payload as {
        receipt?: { index: string };
        receipts?: { index: string }[];
      };
      expect((receipts ?? [receipt]).map((one) => Number(one?.index))).toEqual(indexes);
    }
    await load.settle(() => started.api);
    expect(load.refusals).toEqual([]);
    await expectClean(deployment);
  });

  it('stops whole on a Ctrl-C, which reaches npm and the server at once', async () => {
    // A terminal signals the group in its foreground: npm and what it started, and not PostgreSQL.
    process.kill(-started.npm.pid, 'SIGINT');
    await expectNothingRuns(deployment, started);
  });

  it('stops whole while it is starting', async () => {
    for (const after of [300, 900, 1500]) {
      const npm = deployment.run(NPM_START);
      await pause(after);
      const pids = await everything(deployment, npm);
      await npm.stop();
      await expectNothingRuns(deployment, { npm, pids });
    }
    await expectClean(deployment);
  });

  it('completes a sample whose loading was stopped', async () => {
    const fresh = await Deployment.make();
    try {
      const npm = fresh.run(NPM_START, { SAMPLE: 'true' });
      await until('the loading begins', () => npm.said.includes('loading the sample') || !npm.alive, 60_000);
      await pause(500); // some of it is written by then
      const pids = await everything(fresh, npm);
      await npm.stop();
      await expectNothingRuns(fresh, { npm, pids });
      const { api } = await npmStart(fresh);
      const { data } = await api.ask('registrar.city', HEAD);
      const { edges } = data?.['patients'] as { edges: unknown[] };
      const whole = before.data?.['patients'] as { edges: unknown[] };
      expect(edges).toHaveLength(whole.edges.length);
      await expectClean(fresh);
    } finally {
      await fresh.end();
    }
  });
});
