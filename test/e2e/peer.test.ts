/** `vitrine peer` as a process of its own, without PostgreSQL, on the log of a real server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { base64, parseNote, parseVkey, verifyNote } from '../../src/ledger/core/index.js';
import { nativeVerify } from '../../src/ledger/native.js';
import { ROOT, Running, until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

interface Health {
  readonly healthy: boolean;
  readonly witness: { readonly vkey: string };
  readonly logs: readonly {
    readonly cosigned: string | null;
    readonly copy: {
      readonly size: string;
      readonly missingOpenings: number | null;
      readonly uncheckedOpenings: number | null;
      readonly opened: boolean;
    };
  }[];
  readonly alarms: readonly { readonly code: string; readonly message: string }[];
}

const NAME = 'north.example/witness';
const LISTENS = /^peer (\S+) listening on (http:\S+)$/m;

let vitrine: TestVitrine;
let folder: string;
let institution: string;
let logKey: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  folder = await mkdtemp(join(tmpdir(), 'vitrine-peer-e2e-'));
  const { data } = await vitrine.ask<{ me: { institution: { id: string } }; checkpoint: { key: string } }>(
    'registrar.city',
    '{ me { institution { id } } checkpoint { key } }',
  );
  institution = data?.me.institution.id ?? '';
  logKey = data?.checkpoint.key ?? '';
}, 120_000);
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
afterAll(async () => {
  await vitrine.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the built program; no setting of a server or a database reaches it. */
function peer(...words: readonly string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.js'), 'peer', ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return new Running(child);
}

async function made(name: string): Promise<string> {
  const home = join(folder, name);
  const init = peer('--home', home, '--init', '--name', NAME);
  await init.ended;
  expect(init.child.exitCode, init.said).toBe(0);
  return home;
}

async function listening(running: Running): Promise<string> {
  const address = await until(
    'the peer listens',
    () => LISTENS.exec(running.said)?.[2] ?? !running.alive,
    60_000,
  );
  if (typeof address !== 'string') throw new Error(running.said);
  return address;
}

const healthOf = async (address: string): Promise<Health> =>
  (await (await fetch(`${address}/healthz`)).json()) as Health;

const caughtUp = (address: string) =>
  until(
    'it holds the log',
    async () => {
      const [log] = (await healthOf(address)).logs;
      const size = vitrine.serving.ledger.trusted.size.toString();
      return (
        log?.copy.size === size &&
        (log.copy.missingOpenings ?? 0) === 0 &&
        (log.copy.uncheckedOpenings ?? 0) === 0 &&
        log.copy.opened
      );
    },
    60_000,
  );

const write = () =>
  vitrine.mutate(
    'regulator.one',
    'registerInstitution',
    {
      name: 'Clinic',
      kind: 'HOSPITAL',
      ownership: 'PUBLIC',
      region: 'capital',
      identifiers: [],
      licence: { number: '7' },
    },
    'institution { id }',
  );

describe('vitrine peer', () => {
  it('makes its key for nobody else to read, and keeps it', async () => {
    const home = await made('key');
    const again = peer('--home', home, '--init', '--name', NAME);
    await again.ended;
    expect(parseVkey(again.said.trim())).toMatchObject({ name: NAME, type: 4 });
    expect((await stat(join(home, 'witness.key'))).mode & 0o777).toBe(0o600);
    const other = peer('--home', home, '--init', '--name', 'other.example/witness');
    await other.ended;
    expect(other.child.exitCode).toBe(78);
  }, 60_000);

  it('copies the log with its institution’s openings, cosigns, resumes after kill -9, and ends with 0', async () => {
    const home = await made('whole');
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, await vitrine.token('auditor'));
    const words = [
      '--home',
      home,
      '--log',
      vitrine.url,
      '--log-key',
      logKey,
      '--port',
      '0',
      '--poll-ms',
      '100',
    ];
    const own = ['--institution', institution, '--token-file', tokenFile];
    const first = peer(...words, ...own);
    const address = await listening(first);
    await caughtUp(address);
    expect((await healthOf(address)).alarms).toEqual([]);
    expect((await fetch(`${address}/log/checkpoint`).then((answer) => answer.text())).split('\n')[0]).toBe(
      vitrine.serving.ledger.origin,
    );

    const note = await fetch(`${vitrine.url}/log/checkpoint`).then((answer) => answer.text());
    const answer = await fetch(`${address}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${note}` });
    const { witness } = await healthOf(address);
    const line = await answer.text();
    verifyNote(parseNote(note + line), parseVkey(witness.vkey), nativeVerify);

    expect((await write()).codes).toEqual([]);
    await first.kill();
    expect((await write()).codes).toEqual([]);
    const second = peer(...words, ...own);
    const next = await listening(second);
    await caughtUp(next);
    const size = vitrine.serving.ledger.trusted.size;
    const old = BigInt(parseNote(note).text.split('\n')[1] ?? '0');
    const query = `{ consistencyProof(from: "${old}", to: "${size}") { hashes } }`;
    const proof = await vitrine.ask<{ consistencyProof: { hashes: string[] } }>(null, query);
    const hashes = proof.data?.consistencyProof.hashes.map((hash) => base64(Buffer.from(hash, 'hex'))) ?? [];
    const newer = await fetch(`${vitrine.url}/log/checkpoint`).then((found) => found.text());
    const extended = await fetch(`${next}/add-checkpoint`, {
      method: 'POST',
      body: [`old ${old}`, ...hashes, '', newer].join('\n'),
    });
    expect(extended.status).toBe(200);
    const stale = await fetch(`${next}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${newer}` });
    expect([stale.status, await stale.text()]).toEqual([409, `${size}\n`]);
    expect(await healthOf(next)).toMatchObject({ healthy: true, alarms: [] });

    const beside = peer(...words);
    await beside.ended;
    expect([beside.child.exitCode, beside.said]).toEqual([
      78,
      expect.stringContaining('is in use by process'),
    ]);
    expect(await second.stop()).toBe(0);
  }, 180_000);

  it('keeps every opening for an auditor', async () => {
    const home = await made('auditor');
    const tokenFile = join(folder, 'auditor.token');
    await writeFile(tokenFile, await vitrine.token('auditor'));
    const words = [
      '--home',
      home,
      '--log',
      vitrine.url,
      '--log-key',
      logKey,
      '--port',
      '0',
      '--poll-ms',
      '100',
    ];
    const running = peer(...words, '--openings', 'all', '--token-file', tokenFile);
    const address = await listening(running);
    await caughtUp(address);
    expect((await healthOf(address)).alarms).toEqual([]);
    expect(await running.stop()).toBe(0);
  }, 120_000);

  it.each([
    ['no log', []],
    ['no key of the log', ['--log', 'http://127.0.0.1:1']],
    ['a key that is none', ['--log', 'http://127.0.0.1:1', '--log-key', 'x+00000000+AAAA']],
    ['an address that is none', ['--log', 'ftp://x', '--log-key', 'KEY']],
    [
      'an institution that is none',
      ['--log', 'http://127.0.0.1:1', '--log-key', 'KEY', '--institution', 'x'],
    ],
    [
      'a witness key that is missing',
      ['--log', 'http://127.0.0.1:1', '--log-key', 'KEY', '--key', 'nowhere'],
    ],
  ])('ends with 78 when it is given %s', async (_, words) => {
    const home = join(folder, 'key');
    const running = peer('--home', home, '--port', '0', ...words.map((word) => word.replace('KEY', logKey)));
    await running.ended;
    expect(running.child.exitCode, running.said).toBe(78);
  });
});
