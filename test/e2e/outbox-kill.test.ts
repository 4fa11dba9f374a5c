/** `vitrine outbox send` is killed in the middle of what it sends, again and again, and run to its end at last. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { viewHome } from '../../src/cli/outbox/home.js';
import { makeKey } from '../../src/cli/outbox/key.js';
import { Deployment, ROOT, until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const KILLS = 4;
const VISITS = 300;
const THREADS = 6;

let vitrine: TestVitrine;
let deployment: Deployment;
let folder: string;
let patient: string;
let institution: string;

beforeAll(async () => {
  deployment = await Deployment.make();
  vitrine = await TestVitrine.start();
  folder = await mkdtemp(join(tmpdir(), 'vitrine-outbox-kill-'));
  const query = '{ me { institution { id } } patients(first: 1) { edges { node { id } } } }';
  const { data } = await vitrine.ask<{
    me: { institution: { id: string } };
    patients: { edges: { node: { id: string } }[] };
  }>('registrar.city', query);
  patient = data?.patients.edges[0]?.node.id ?? '';
  institution = data?.me.institution.id ?? '';
});
afterAll(async () => {
  await deployment.end();
  await vitrine.stop();
  await rm(folder, { recursive: true });
});

/** Visits at times of their own, in threads of their own. */
const visitsOf = (year: number) =>
  Array.from({ length: VISITS }, (_, visit) => ({
    operation: 'recordEncounter',
    input: {
      patient,
      class: 'AMB',
      status: 'FINISHED',
      start: new Date(Date.UTC(year, 0, 1, 0, visit)).toISOString(),
      note: 'x'.repeat(200),
    },
    threads: visit % 10 === 0 ? [`thread ${visit % THREADS}`] : [],
  }));

const size = () => Number(vitrine.serving.ledger.trusted.size);

/** Entries by their index. */
async function leafHash(subject: string, index: string): Promise<unknown> {
  const query = 'query ($index: BigInt!) { entry(index: $index) { leafHash opening { mode } } }';
  const { data } = await vitrine.ask<{ entry: { leafHash: string; opening: { mode: string } } }>(
    subject,
    query,
    {
      index,
    },
  );
  return [data?.entry.leafHash, data?.entry.opening.mode];
}

describe('vitrine outbox send', () => {
  it.each([
    ['the institution’s key', 'DELEGATED', 2021],
    ['a key of its own', 'OWN', 2022],
  ])('sends each once, under %s, though it is killed again and again', async (_name, mode, year) => {
    const isOwn = mode === 'OWN';
    const home = join(folder, mode);
    const files = { items: join(folder, `${mode}.json`), token: join(folder, `${mode}.token`) };
    const key = join(folder, `${mode}.pem`);
    const subject = isOwn ? 'clinician.key' : 'clinician.city';
    if (isOwn) {
      const { publicKey } = await makeKey(key);
      const input = { institution, subject, name: 'K', roles: ['CLINICIAN'], publicKey };
      expect((await vitrine.mutate('regulator.one', 'enrolMember', input, 'member { id }')).codes).toEqual(
        [],
      );
    }
    await writeFile(files.items, JSON.stringify(visitsOf(year)));
    await writeFile(files.token, await vitrine.token(subject));
    expect((await deployment.command('outbox', 'put', '--home', home, files.items)).code).toBe(0);
    const words = ['--home', home, '--endpoint', `${vitrine.url}/graphql`, '--token-file', files.token];
    const command = [process.execPath, join(ROOT, 'dist', 'main.js'), 'outbox', 'send', ...words];
    if (isOwn) command.push('--signing-key', key);
    const before = size();
    for (let kill = 1; kill <= KILLS; kill++) {
      const running = deployment.run(command);
      const goal = before + (VISITS * kill) / (KILLS + 2);
      await until('some have arrived', () => size() > goal || !running.alive, 60_000);
      await running.kill();
    }
    const left = (await viewHome(home)).items().filter(({ state }) => state !== 'ACCEPTED');
    expect(left.length).toBeGreaterThan(0);
    const last = deployment.run(command);
    await last.ended;
    expect([last.child.exitCode, last.said]).toEqual([
      0,
      expect.stringContaining(`${VISITS} accepted, 0 refused`),
    ]);
    const items = (await viewHome(home)).items();
    const receipts = items.flatMap((item) => item.receipts);
    expect(size()).toBe(before + VISITS);
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(VISITS);
    for (const receipt of receipts.filter((_, place) => place % 9 === 0))
      expect(await leafHash(subject, receipt.index)).toEqual([receipt.leafHash, mode]);
  });
});
