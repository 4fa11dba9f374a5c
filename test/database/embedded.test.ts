import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { databaseUrl, openDatabase } from '../../src/database/index.js';
import type { Database } from '../../src/database/index.js';
import { mendLinks } from '../../src/database/embedded/binaries.js';
import { silent } from '../support/database.js';

// Each test makes a cluster of its own, with every write flushed: slow on a busy disk.
vi.setConfig({ testTimeout: 120_000 });

const root = process.getuid?.() === 0;

let dataDir: string;
let open: Database[];
let children: ChildProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vitrine-embedded-'));
  open = [];
  children = [];
});

/** Whatever a test left, this stops: the holders first, then the server by the last close. */
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const rest = await serverProcess();
  if (open.length === 0 && rest !== undefined) await start();
  for (const database of open) await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Database> {
  const database = await openDatabase({ dataDir, log: silent });
  open.push(database);
  return database;
}

async function stop(database: Database): Promise<void> {
  open = open.filter((one) => one !== database);
  await database.close();
}

/** A process of its own that has the database open, and has written `fact` there. */
async function hold(fact: string): Promise<ChildProcess> {
  const words = ['test/support/run-ts.mjs', 'test/database/holder.ts', dataDir, fact];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const ready = await Promise.race([
    once(child.stdout, 'data').then(String),
    once(child, 'exit').then(() => 'ended'),
  ]);
  expect(ready).toBe('ready\n');
  return child;
}

async function serverProcess(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').catch(
    () => undefined,
  );
  return text === undefined ? undefined : Number(text.split('\n')[0]);
}

async function facts(database: Database): Promise<string[]> {
  return (await database.prisma.alarm.findMany({ orderBy: { id: 'asc' } })).map(({ what }) => what);
}

async function until<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 20_000; ; await pause(50)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

describe('the embedded database', () => {
  it('keeps data, port and passwords over a stop, and leaves no server behind', async () => {
    const first = await start();
    await first.prisma.alarm.create({ data: { code: 'INTERNAL', what: 'kept' } });
    await stop(first);
    expect(await serverProcess()).toBeUndefined();
    await expect(databaseUrl(dataDir)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const second = await start();
    expect(await facts(second)).toEqual(['kept']);
    expect(second.appUrl).toBe(first.appUrl);
    expect(second.ownerUrl).toContain((await databaseUrl(dataDir)).ownerUrl);
  });

  it('is taken over with its data after its process was killed, and stopped in the end', async () => {
    const holder = await hold('written before the kill');
    const server = await serverProcess();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const database = await start();
    expect(await serverProcess()).toBe(server);
    expect(await facts(database)).toEqual(['written before the kill']);
    await stop(database);
    expect(await serverProcess()).toBeUndefined();
  });

  it('keeps running until its last user closes, whoever started it', async () => {
    const holder = await hold('holder');
    const guest = await start();
    holder.stdin?.write('close\n');
    await once(holder, 'exit');
    expect(await facts(guest)).toEqual(['holder']);
    await stop(guest);
    expect(await serverProcess()).toBeUndefined();
  });

  it('is made and started once when two processes come at the same time', async () => {
    const [, database] = await Promise.all([hold('holder'), start(), start()]);
    expect(await facts(database)).toEqual(['holder']);
  });

  it('comes back with its data when the server itself is killed', async () => {
    const database = await start();
    await database.prisma.alarm.create({ data: { code: 'INTERNAL', what: 'kept' } });
    const server = await serverProcess();
    process.kill(server ?? 0, 'SIGKILL');
    const renewed = await until(async () => {
      const now = await serverProcess();
      if (now === undefined || now === server) throw new Error('no new server yet');
      return facts(database);
    });
    expect(renewed).toEqual(['kept']);
  });

  it('starts although a left postmaster.pid names a process that lives by now', async () => {
    await stop(await start());
    const lines = [
      process.pid,
      join(dataDir, 'postgres/cluster'),
      '1700000000',
      '1',
      '',
      '127.0.0.1',
      '0 0',
      'ready',
    ];
    await writeFile(join(dataDir, 'postgres/cluster/postmaster.pid'), lines.join('\n'));
    await (await start()).ping();
    expect(await serverProcess()).not.toBe(process.pid);
  });

  it('keeps its passwords to its owner and listens on the loopback address alone', async () => {
    const database = await start();
    const { mode } = await stat(join(dataDir, 'postgres/access.json'));
    expect(mode & 0o777).toBe(0o600);
    const rows = await database.prisma.$queryRawUnsafe<{ setting: string }[]>(
      `SELECT setting FROM pg_settings
        WHERE name IN ('listen_addresses', 'fsync', 'full_page_writes', 'synchronous_commit')
        ORDER BY name`,
    );
    expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on', '127.0.0.1', 'on']);
  });

  it.runIf(root)(
    "says which folder PostgreSQL can't pass when it runs as another user than root",
    async () => {
      const closed = join(dataDir, 'closed');
      await mkdir(closed, { mode: 0o700 });
      await chmod(dataDir, 0o711);
      const opening = openDatabase({ dataDir: join(closed, 'data'), log: silent });
      await expect(opening).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
      await expect(opening).rejects.toThrow(`may not pass ${closed} (mode 700)`);
    },
  );
});

describe('mendLinks', () => {
  it('makes the library links that an omitted install script left out, and keeps those there are', async () => {
    await mkdir(join(dataDir, 'native/lib'), { recursive: true });
    await writeFile(join(dataDir, 'native/lib/libpq.so.5.18'), 'library');
    const links = ['native/lib/libpq.so', 'native/lib/libpq.so.5'];
    const list = links.map((target) => ({ source: 'native/lib/libpq.so.5.18', target }));
    await writeFile(join(dataDir, 'native/pg-symlinks.json'), JSON.stringify(list));
    await symlink('libpq.so.5.18', join(dataDir, 'native/lib/libpq.so'));
    await mendLinks(dataDir);
    await mendLinks(dataDir);
    for (const link of links) expect(await readFile(join(dataDir, link), 'utf8')).toBe('library');
    expect(await readlink(join(dataDir, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
  });
});
