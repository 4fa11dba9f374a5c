/**
 * Three peers over loopback under a policy of 2 of 3: north is honest, a process that copies the log; gone was a process
 * and is dead; evil signs anything, or claims anything. The log is a real server on an embedded PostgreSQL.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCheckpoint, parseNote, parsePolicy, verifyCosigned } from '../../src/ledger/core/index.js';
import { nativeVerify } from '../../src/ledger/native.js';
import { INSTITUTIONS } from '../../src/cli/sample/data.js';
import { Api } from '../support/api.js';
import { findingsOf } from '../support/drill.js';
import { FaultyWitness, holds } from '../support/faulty-witness.js';
import { Forked } from '../support/forked.js';
import { PeerProcess } from '../support/peers.js';
import { Deployment, ROOT, type Running, until } from '../support/process.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Receipt {
  readonly index: string;
  readonly state: string;
}

let deployment: Deployment;
let server: Running;
let api: Api;
let north: PeerProcess;
let gone: PeerProcess;
const evil = new FaultyWitness('evil');
let logKey: string;
let policy: string;

beforeAll(async () => {
  const base = await Deployment.make();
  [north, gone] = [await PeerProcess.make(base.folder, 'north'), await PeerProcess.make(base.folder, 'gone')];
  policy = [
    north.line,
    gone.line,
    `witness evil ${evil.vkey} ${await evil.listen()}`,
    'group two-of-three 2 north gone evil',
    'quorum two-of-three',
    '',
  ].join('\n');
  const file = join(base.folder, 'policy');
  await writeFile(file, policy);
  deployment = base.with({ WITNESS_POLICY: file });
  await start();
  logKey = await keyOf();
  await north.start(api.url, logKey);
  await gone.start(api.url, logKey);
  await gone.kill();
});
afterAll(async () => {
  await Promise.all([north?.end(), gone?.end(), evil.close()]);
  await deployment?.end();
});

async function start(): Promise<void> {
  server = deployment.run();
  api = new Api(await server.listening());
}

/** The log's verifier key. */
async function keyOf(): Promise<string> {
  const { data } = await api.ask('regulator.one', '{ checkpoint { key } }');
  return (data?.['checkpoint'] as { key: string }).key;
}

/** A start that ends by itself: with what code and what words. */
async function refused(...words: readonly string[]): Promise<{ code: number | null; said: string }> {
  const ended = await deployment.command('serve', ...words);
  expect(ended.said).not.toMatch(/^Vitrine listens/m);
  return ended;
}

/** A mutation that waits for the witnesses. */
async function write(waitMs = 8000): Promise<Receipt> {
  const selection = `receipt { index state(waitMs: ${waitMs}) }`;
  const clinic = { ...INSTITUTIONS.city, identifiers: [] };
  const payload = await api.must('regulator.one', 'registerInstitution', clinic, selection);
  return payload['receipt'] as Receipt;
}

/** The newest checkpoint, or the newest with a quorum. */
async function checkpoint(cosigned = false): Promise<{ size: number; note: string }> {
  const { data, errors } = await api.ask(
    'regulator.one',
    `{ checkpoint(cosigned: ${cosigned}) { size note } }`,
  );
  expect(errors).toEqual([]);
  const { size, note } = data?.['checkpoint'] as { size: string; note: string };
  return { size: Number(size), note };
}

/** Who of the policy cosigned a note, and whether they are enough. */
function cosigners(note: string): { names: string[]; satisfied: boolean } {
  const text = `log ${logKey}\n${policy}`;
  const { cosigned, satisfied } = verifyCosigned(note, parsePolicy(text), nativeVerify);
  return { names: cosigned.map(({ name }) => name), satisfied };
}

/** Offers a body to north itself. */
async function offer(body: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${north.direct}/add-checkpoint`, { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}

const forked = async (size: number): Promise<Forked> =>
  Forked.of(api.url, size, join(deployment.dataDir, 'keys', 'log.json'));

const ready = async (): Promise<number> => (await fetch(`${api.url}/readyz`)).status;

describe('three peers, one of them dead, one malicious', () => {
  it('make the quorum: a mutation becomes COSIGNED, and anyone can check by whom', async () => {
    const receipt = await until('it is cosigned', async () => {
      const written = await write();
      return written.state === 'COSIGNED' && written;
    });
    const { note, size } = await checkpoint(true);
    expect(size).toBeGreaterThan(Number(receipt.index));
    expect(cosigners(note)).toEqual({ names: ['north', 'evil'], satisfied: true });
    expect(await ready()).toBe(200);
  });

  it('give a fork by the log’s own key no second cosignature, and the honest one raises the alarm', async () => {
    expect((await write()).state).toBe('COSIGNED');
    const { size } = await checkpoint(true);
    const fork = await forked(size);
    expect(parseNote(fork.note(size, size)).text).toBe(parseNote((await checkpoint()).note).text);
    const tries: readonly [string, string, string, number][] = [
      ['another root of the size held', fork.request(size, size, size - 1), fork.note(size, size - 1), 409],
      [
        'one that parts below and goes on',
        fork.request(size, size + 3, size - 2),
        fork.note(size + 3, size - 2),
        422,
      ],
      [
        'one that says where it parts',
        fork.request(size - 2, size + 3, size - 2),
        fork.note(size + 3, size - 2),
        409,
      ],
      ['one from nothing', fork.request(0, size + 3, 0), fork.note(size + 3, 0), 409],
      ['a smaller one', fork.request(size, size - 1, size - 2), fork.note(size - 1, size - 2), 400],
    ];
    for (const [what, body, note, status] of tries) {
      const { status: said, text } = await offer(body);
      expect([said, text.includes('—')], what).toEqual([status, false]);
      expect(cosigners(note + evil.line(note)), what).toEqual({ names: ['evil'], satisfied: false });
    }
    const health = (await (await fetch(`${north.direct}/healthz`)).json()) as { alarms: { code: string }[] };
    expect(health.alarms.map(({ code }) => code)).toContain('fork');
    expect((await write()).state).toBe('COSIGNED');
  });

  it('may lose one more, to lies: the state stays SEALED, nothing else changes, and it ends with the lies', async () => {
    evil.behave = holds(1_000_000_000);
    const { index, state } = await write(1500);
    expect(state).toBe('SEALED');
    expect(await ready()).toBe(200);
    evil.behave = (asked, response) => evil.sign(asked, response);
    await until('it is cosigned', async () => (await checkpoint(true)).size > Number(index), 90_000);
  });
});

describe('a peer that is killed with signal 9', () => {
  it.each(['before-persist', 'after-persist'] as const)(
    '%s of a checkpoint signs that one again afterwards, and no other of its size',
    async (place) => {
      const { size: before } = await checkpoint(true);
      await north.kill();
      await north.startMortal(logKey, place);
      const { index } = await write(0);
      await north.died();
      const { size, note: whole } = await checkpoint();
      expect(size).toBeGreaterThan(Number(index));
      const note = `${parseNote(whole).text}\n${whole.split('\n').find((line) => line.startsWith('—'))}\n`;
      const fork = await forked(size);
      await north.start(api.url, logKey);
      const held = place === 'after-persist' ? size : before;
      await until('it is cosigned', async () => (await checkpoint(true)).size >= size, 90_000);
      const again = await offer(`old ${size}\n\n${note}`);
      expect([again.status, cosigners(note + again.text).names], again.text).toEqual([200, ['north']]);
      expect((await offer(fork.request(size, size, size - 1))).status).toBe(409);
      expect((await offer(fork.request(held - 1, size, size))).status).toBe(409);
      expect(parseCheckpoint(parseNote(note).text).size).toBe(BigInt(size));
    },
  );
});

describe('a database that is restored from a backup', () => {
  const cluster = (): string => join(deployment.dataDir, 'postgres', 'cluster');
  const beside = (name: string): string => `${cluster()}.${name}`;
  const pin = (): string => join(deployment.dataDir, 'pin');
  let sizes: { old: number; newest: number };
  let kept: string;

  beforeAll(async () => {
    const { size: old } = await checkpoint();
    expect(await server.stop()).toBe(0);
    expect(spawnSync('cp', ['-a', cluster(), beside('backup')]).status).toBe(0);
    await start();
    await until('it goes on', async () => (await write()).state === 'COSIGNED');
    sizes = { old, newest: (await checkpoint()).size };
    expect(await server.stop()).toBe(0);
    kept = await readFile(pin(), 'utf8');
    await rename(cluster(), beside('newest'));
    await rename(beside('backup'), cluster());
  });

  it('is refused by the pin, with what to do', async () => {
    const { code, said } = await refused();
    expect(code).toBe(1);
    expect(said).toContain(`the database holds ${sizes.old} entries, but ${sizes.newest} were pinned`);
    expect(said).toContain('Restore its newest state');
    expect(await readFile(pin(), 'utf8')).toBe(kept);
  });

  it.each([
    ['', []],
    [', although a person believes it', ['--trust-first']],
  ])('is refused by one honest witness when the pin is gone too%s', async (_, words) => {
    await rm(pin(), { force: true });
    const { code, said } = await refused(...words);
    expect(code).toBe(1);
    expect(said).toContain(`north cosigned ${sizes.newest} entries, but the database holds ${sizes.old}`);
    expect(said).toMatch(/Restore its newest state.*accept-rollback/);
    expect(existsSync(pin())).toBe(false);
  });

  it('gets no second cosignature when its operator goes on with it, without pin and witnesses for a while', async () => {
    const serve = [process.execPath, join(ROOT, 'dist', 'main.js'), 'serve', '--trust-first'];
    server = deployment.run(serve, { WITNESS_POLICY: '' });
    api = new Api(await server.listening());
    while ((await checkpoint()).size <= sizes.newest) expect((await write()).state).toBe('SEALED');
    expect(await server.stop()).toBe(0);
    await start();
    expect((await write(1500)).state).toBe('SEALED');
    const found = await until('evil signed it', async () => {
      const newest = cosigners((await checkpoint()).note);
      return newest.names.length > 0 && newest;
    });
    expect(found).toEqual({ names: ['evil'], satisfied: false });
    // What was cosigned last is the beginning that both have: nothing of the fork.
    expect((await checkpoint(true)).size).toBeLessThanOrEqual(sizes.old);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toMatch(/vitrine_witness_answers_total\{witness="north",answer="422"\} [1-9]/);
    expect(await server.stop()).toBe(0);
    await rm(pin());
  });

  it('is served again in its newest state, without a pin, since the quorum vouches for it; all of it verifies', async () => {
    await rm(cluster(), { recursive: true });
    await rename(beside('newest'), cluster());
    await start();
    expect((await checkpoint(true)).size).toBe(sizes.newest);
    expect(existsSync(pin())).toBe(true);
    await until('it is cosigned', async () => (await write()).state === 'COSIGNED');
    expect((await findingsOf(deployment)).findings).toEqual([]);
  });
});
