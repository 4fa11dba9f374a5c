/** A PostgreSQL that isn't ours: the system's own binaries (Debian's place for them), a cluster in a temporary folder. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from './process.js';

const ROOT = '/usr/lib/postgresql';

/** Folder of the newest system PostgreSQL's programs; null when there is none. */
export function systemPostgres(): string | null {
  if (process.platform === 'win32' || !existsSync(ROOT)) return null;
  const versions = readdirSync(ROOT).sort((a, b) => Number(b) - Number(a));
  const found = versions.map((version) => join(ROOT, version, 'bin'));
  return found.find((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

/** PostgreSQL doesn't run as root. */
function runAs(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const of = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: of('-u'), gid: of('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface ForeignPostgres {
  /** Runs SQL as the administrator. */
  administer(sql: string, database?: string): Promise<void>;
  /** The address of a login that `administer` made with its own name as password. */
  url(login: string, database: string): string;
  stop(): Promise<void>;
}

/** Makes a cluster and starts it on a free loopback port. */
export async function startForeignPostgres(binaries: string): Promise<ForeignPostgres> {
  const user = runAs();
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-foreign-'));
  const password = randomBytes(12).toString('hex');
  writeFileSync(join(folder, 'password'), password);
  chmodSync(join(folder, 'password'), 0o644);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const as = { ...user, cwd: folder, encoding: 'utf8' as const };
  const cluster = join(folder, 'cluster');
  const words = ['-D', cluster, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '-U', 'admin'];
  const made = spawnSync(join(binaries, 'initdb'), [...words, `--pwfile=${join(folder, 'password')}`], as);
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  const child = spawn(
    join(binaries, 'postgres'),
    ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: folder, stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const url = (login: string, database: string): string =>
    `postgresql://${login}:${login === 'admin' ? password : login}@127.0.0.1:${port}/${database}`;
  const administer = async (sql: string, database = 'postgres'): Promise<void> => {
    const client = new pg.Client({ connectionString: url('admin', database) });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await until('PostgreSQL answers', () =>
    administer('SELECT 1')
      .then(() => true)
      .catch(() => false),
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { administer, url, stop };
}
