/**
 * The drill of schema/disaster.md with real processes: a backup, a peer, more work, the machine lost, a restore, what
 * refuses it and who accepts it, and what holds afterwards. Each step goes on from the one before.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyBundle } from '../../src/client/index.js';
import { Api, populate, type World } from '../support/api.js';
import { findingsOf } from '../support/drill.js';
import { samplePatient } from '../../src/cli/sample/data.js';
import { Deployment, isAlive, ROOT, Running, until } from '../support/process.js';

/** Entries after the backup: an erasure asked for, confirmed and done, and a patient. */
const LOST = 4n;
const PEER = /^peer (\S+) listening on (http:\S+)$/m;

let deployment: Deployment;
let server: Running;
let api: Api;
let world: World;
let peer: Running;
let peerAddress: string;
let port: number;
const peers: Running[] = [];
/** What was known before the disaster. */
const before = {
  key: '',
  size: 0n,
  bundle: '',
  record: '',
  lostBundle: '',
  lostRecord: '',
  checkpoint: '',
  erased: '',
};

const at = (...names: string[]): string => join(deployment.folder, ...names);
const main = (...words: string[]): string[] => [process.execPath, join(ROOT, 'dist', 'main.js'), ...words];

async function start(...words: string[]): Promise<void> {
  server = deployment.run(main('serve', ...words));
  api = new Api(await server.listening());
}

/** Starts a server that has to refuse, and gives how it ended. */
async function refused(...words: string[]): Promise<{ code: number | null; said: string }> {
  const running = deployment.run(main('serve', ...words));
  const listens = await running.listening().then(
    () => true,
    () => false,
  );
  if (listens) await running.stop();
  return { code: running.child.exitCode, said: running.said };
}

/** The peer at its place, which the server's policy names: a copy of that log, and its witness. */
async function startPeer(url: string, key: string): Promise<string> {
  const home = ['peer', '--home', at('peer'), '--port', String(port), '--poll-ms', '100'];
  const words = [...home, '--log', url, '--log-key', key];
  const openings = ['--institution', world.city, '--token-file', at('auditor')];
  const child = spawn(process.execPath, main(...words, ...openings).slice(1), {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  peer = new Running(child);
  peers.push(peer);
  const address = await until('the peer listens', () => PEER.exec(peer.said)?.[2] ?? !peer.alive, 60_000);
  if (typeof address !== 'string') throw new Error(peer.said);
  return address;
}

interface PeerHealth {
  readonly logs: readonly {
    readonly cosigned: string | null;
    readonly copy: { readonly size: string; readonly missingOpenings: number | null };
  }[];
}

/** Waits until the peer holds and cosigned that many entries, and has its institution's openings. */
const holds = (address: string, size: bigint) =>
  until(
    'the peer holds the log',
    async () => {
      const { logs } = (await (await fetch(`${address}/healthz`)).json()) as PeerHealth;
      const [log] = logs;
      return (
        log?.copy.size === size.toString() &&
        log.cosigned === size.toString() &&
        log.copy.missingOpenings === 0
      );
    },
    60_000,
  );

/** Offers a checkpoint to the witness as one of a log that it never saw. */
async function offer(address: string, note: string): Promise<number> {
  const { status } = await fetch(`${address}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${note}` });
  return status;
}

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port: free } = listening.address() as AddressInfo;
  listening.close();
  await once(listening, 'close');
  return free;
}

async function checkpoint(): Promise<{ key: string; size: bigint; note: string; origin: string }> {
  const { data } = await api.ask('auditor', '{ checkpoint { key size note origin } }');
  const found = data?.['checkpoint'] as { key: string; size: string; note: string; origin: string };
  return { ...found, size: BigInt(found.size) };
}

/** Registers a patient and gives its id. */
async function register(number: number): Promise<string> {
  const identifiers = [{ system: 'https://drill.invalid', value: String(number) }];
  const input = { ...samplePatient(number), identifiers };
  const made = await api.must('registrar.city', 'registerPatient', input, 'patient { id }');
  return (made['patient'] as { id: string }).id;
}

/** Erases a patient: its hospital asks, a regulator confirms. */
async function erase(id: string): Promise<void> {
  const wish = { kind: 'PATIENT', id, expectedVersion: 1, legalBasis: 'Article 17' };
  const asked = await api.must('registrar.city', 'eraseRecord', wish, 'erasure { id }');
  const { id: erasure } = asked['erasure'] as { id: string };
  await api.must('regulator.one', 'confirmErasure', { erasure, expectedVersion: 1 }, 'erasure { state }');
}

async function bundleOf(id: string): Promise<string> {
  const query = 'query ($id: ID!) { patient(id: $id) { proof { bundle } } }';
  const { data } = await api.ask('registrar.city', query, { id });
  return (data?.['patient'] as { proof: { bundle: string } }).proof.bundle;
}

/** Ends what is left of the embedded PostgreSQL, and removes its folder: the database is gone. */
async function loseDatabase(): Promise<void> {
  const postmaster = await deployment.postmaster();
  if (postmaster !== undefined) {
    process.kill(postmaster, 'SIGQUIT');
    await until('PostgreSQL ends', () => !isAlive(postmaster));
  }
  await rm(join(deployment.dataDir, 'postgres'), { recursive: true });
}

const accept = (...words: string[]) =>
  deployment.command('accept-rollback', '--reason', 'the disk burnt', ...words);

const both = (): string[] => ['--token-file', at('regulator.one'), '--token-file', at('regulator.two')];

beforeAll(async () => {
  const settings: Record<string, string> = {};
  deployment = await Deployment.make(settings);
  port = await freePort();
  const init = deployment.run(
    main('peer', '--home', at('peer'), '--init', '--name', 'north.example/witness'),
  );
  await init.ended;
  const policy = `witness north ${init.said.trim()} http://127.0.0.1:${port}\nquorum north\n`;
  settings['WITNESS_POLICY'] = at('policy');
  await writeFile(at('policy'), policy);
  await start();
  world = await populate(api);
  before.record = await register(1);
  before.bundle = await bundleOf(before.record);
  before.erased = await register(4);
  before.key = (await checkpoint()).key;
  for (const who of ['regulator.one', 'regulator.two', 'registrar.city', 'auditor'])
    await writeFile(at(who), await api.token(who));
  peerAddress = await startPeer(api.url, before.key);
}, 120_000);

afterAll(async () => {
  for (const one of peers) await one.kill();
  await deployment.end();
}, 60_000);

describe('the drill', { timeout: 120_000 }, () => {
  it('takes a backup while the server runs, and goes on working', async () => {
    const { code, said } = await deployment.command('backup', '--to', at('backup'), '--keys', at('keys'));
    expect([code, said]).toEqual([0, expect.stringContaining('keep them apart from the backup') as string]);
    await erase(before.erased);
    before.lostRecord = await register(2);
    before.lostBundle = await bundleOf(before.lostRecord);
    const { size, note } = await checkpoint();
    before.size = size;
    before.checkpoint = note;
    await holds(peerAddress, size);
  });

  it('loses the machine, all but its data folder', async () => {
    await server.kill();
    await loseDatabase();
    // An empty database beside a pin isn't a new one.
    const { code, said } = await refused();
    expect([code, said]).toEqual([1, expect.stringContaining('ROLLBACK_DETECTED') as string]);
    await loseDatabase();
  });

  it('restores the backup, which says that it is behind the pin', async () => {
    const { code, said } = await deployment.command('restore', '--from', at('backup'));
    expect([code, said]).toEqual([0, expect.stringContaining('everything holds') as string]);
    expect(said).toContain('accept-rollback');
  });

  it('refuses to start on it, with what to do, and signs nothing', async () => {
    const pin = await readFile(join(deployment.dataDir, 'pin'), 'utf8');
    const { code, said } = await refused();
    expect(code).toBe(1);
    expect(said).toContain('ROLLBACK_DETECTED');
    expect(said).toContain('accept-rollback');
    expect((await refused('--trust-first')).said).toContain('ROLLBACK_DETECTED');
    expect(await readFile(join(deployment.dataDir, 'pin'), 'utf8')).toBe(pin);
  });

  it.each([
    ['one regulator', ['regulator.one'], 'BAD_USER_INPUT'],
    ['one regulator twice', ['regulator.one', 'regulator.one'], 'BAD_USER_INPUT'],
    ['somebody of a hospital', ['regulator.one', 'registrar.city'], 'FORBIDDEN'],
    ['an auditor', ['regulator.one', 'auditor'], 'FORBIDDEN'],
  ])('is not accepted by %s', async (_who, tokens, refusal) => {
    const { code, said } = await accept(...tokens.flatMap((who) => ['--token-file', at(who)]));
    expect([code, said]).toEqual([1, expect.stringContaining(refusal) as string]);
  });

  it('is refused by the witness when the pin is gone too, whatever a person believes', async () => {
    await rename(join(deployment.dataDir, 'pin'), at('pin'));
    for (const words of [[], ['--trust-first']]) {
      const { code, said } = await refused(...words);
      expect(code).toBe(1);
      expect(said).toContain('ROLLBACK_DETECTED');
      expect(said).toContain('witness');
    }
    const { said } = await accept(...both());
    expect(said).toContain('--lost-checkpoint');
  });

  it('is accepted by two regulators, with a report of what was lost from the copy of a peer', async () => {
    const [slug = ''] = await readdir(at('peer', 'logs'));
    const { code, said } = await accept(
      ...both(),
      '--lost-from',
      at('peer', 'logs', slug),
      '--report',
      at('lost'),
    );
    expect([code, said]).toEqual([0, expect.stringContaining('/restored-') as string]);
    const lines = (await readFile(at('lost'), 'utf8')).trim().split('\n');
    const lost = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lost.map(({ index }) => Number(index))).toEqual(
      [4, 3, 2, 1].map((back) => Number(before.size) - back),
    );
    expect(lost.at(-1)).toMatchObject({
      index: String(before.size - 1n),
      institution: world.city,
      op: 'patient.register',
      subject: { kind: 'Patient', id: before.lostRecord, version: 1 },
    });
    expect((await accept(...both())).said).toContain('nothing was lost');
  });

  it('starts again under another name and key, verifies clean, and takes work', async () => {
    await start();
    const { origin, key, size } = await checkpoint();
    expect(origin).toBe(`vitrine.test/log/restored-${before.size - LOST}`);
    expect(key).not.toBe(before.key);
    // What was left, the entry that accepts the loss, and the erasure that was done again.
    expect(size).toBe(before.size - LOST + 2n);
    expect((await findingsOf(deployment)).findings).toEqual([]);
    const query = '{ entries(filter: { op: "log.acceptRollback" }, first: 2) { edges { node { index } } } }';
    const { data, errors } = await api.ask('auditor', query);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ entries: { edges: [{ node: { index: String(before.size - LOST) } }] } });
    const erased = await api.ask(
      'registrar.city',
      `{ patient(id: "${before.erased}") { names { family } erased { whole } } }`,
    );
    expect(erased.data).toEqual({ patient: { names: null, erased: { whole: true } } });
    // What was lost is entered again.
    expect(await register(2)).not.toBe(before.lostRecord);
    const found = await api.ask('registrar.city', `{ patient(id: "${before.lostRecord}") { id } }`);
    expect(found.data).toEqual({ patient: null });
  });

  it('is copied and cosigned by a witness that was given the new key; the old log stays as it was', async () => {
    const { key, size, note } = await checkpoint();
    // Until it is given the new key it knows no such log.
    expect(await offer(peerAddress, note)).toBe(404);
    await peer.stop();
    const address = await startPeer(api.url, key);
    await holds(address, size);
    expect(await offer(address, before.checkpoint)).toBe(404);
    const { logs, alarms } = (await (await fetch(`${address}/healthz`)).json()) as {
      logs: unknown[];
      alarms: unknown[];
    };
    expect([logs.length, alarms]).toEqual([1, []]);
    const slugs = await readdir(at('peer', 'logs'));
    const notes = await Promise.all(
      slugs.map((slug) => readFile(at('peer', 'logs', slug, 'checkpoint'), 'utf8')),
    );
    const [text] = before.checkpoint.split('\n\n');
    expect(notes.map((one) => one.split('\n\n')[0])).toContain(text);
  });

  it('leaves old proofs good under the old key, and gives new ones under the new key', async () => {
    const old = `log ${before.key}\nquorum none\n`;
    expect(verifyBundle(before.bundle, old)).toMatchObject({
      signature: 'valid',
      head: { id: before.record },
    });
    // It was on the log that is lost: evidence, for whoever holds it.
    expect(verifyBundle(before.lostBundle, old).head.id).toBe(before.lostRecord);
    const now = `log ${(await checkpoint()).key}\nquorum none\n`;
    const fresh = await bundleOf(before.record);
    expect(verifyBundle(fresh, now)).toMatchObject({ signature: 'valid', head: { id: before.record } });
    expect(() => verifyBundle(fresh, old)).toThrow('signature of a log of the policy');
    expect(() => verifyBundle(before.bundle, now)).toThrow('signature of a log of the policy');
    const after = await bundleOf(await register(3));
    expect(verifyBundle(after, now).signature).toBe('valid');
  });

  it('survives the next restart and the next backup', async () => {
    expect(await server.stop()).toBe(0);
    await start();
    const { code } = await deployment.command('backup', '--to', at('second'));
    expect(code).toBe(0);
    expect((await findingsOf(deployment)).findings).toEqual([]);
    expect(await server.stop()).toBe(0);
  });
});
