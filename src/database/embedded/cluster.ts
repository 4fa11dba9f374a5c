/** Starting and stopping one PostgreSQL cluster. It outlives us on a crash; `attach.ts` finds it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../../ledger/core/error.js';
import type { Binaries } from './binaries.js';
import { readPostmaster } from './places.js';
import type { Places } from './places.js';
import { followFolder } from './run-as.js';
import type { RunAs } from './run-as.js';

/** Beyond this the log of earlier runs is dropped at a start. */
const LOG_LIMIT = 10 * 1024 * 1024;
/** PostgreSQL ends a fast shutdown within seconds; a checkpoint on a slow disk may take longer. */
const STOP_LIMIT_MS = 60_000;

/**
 * PostgreSQL gets nothing of our environment: PGDATA and the like would lead it elsewhere, a language would colour its
 * messages. Windows programs don't start without theirs.
 */
export function environment(): { env?: NodeJS.ProcessEnv } {
  return process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
}

/** Whom a child runs as, for `spawn`. */
export function identity(user: RunAs): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

/** Asks the system for a free port on the loopback address; `wished` if that is free. */
export async function freePort(wished = 0): Promise<number> {
  const take = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => {
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      });
    });
  return take(wished).catch(() => take(0));
}

/** Settings of every start. Durability is PostgreSQL's default and said again, since everything rests on it. */
function settings(port: number): string[] {
  const megabytes = Math.max(32, Math.min(256, Math.floor(totalmem() / 2 ** 20 / 16)));
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: `${String(megabytes)}MB`,
    max_connections: '100',
    max_wal_size: '1GB',
    wal_compression: 'on',
    random_page_cost: '1.1',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    timezone: 'UTC',
    // The log names what went wrong, never a statement or a parameter: they may tell of people.
    logging_collector: 'off',
    log_timezone: 'UTC',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** On Windows pg_ctl sheds administrator rights, which postgres refuses to run with. */
function windowsCommand(binaries: Binaries, at: Places, port: number): string[] {
  const words = settings(port).map((word) => `"${word}"`);
  return [binaries.pgCtl, 'start', '-W', '-D', at.cluster, '-o', words.join(' ')];
}

/** A server that was just spawned. */
export interface Started {
  /** Fulfils when it ends, with what it said since its start. */
  readonly ended: Promise<string>;
}

/** Starts PostgreSQL on its own, so that neither our end nor a Ctrl-C in our terminal ends it midway. */
export async function startCluster(
  binaries: Binaries,
  at: Places,
  port: number,
  user: RunAs,
): Promise<Started> {
  const size = (await stat(at.log).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT) await truncate(at.log);
  const from = size > LOG_LIMIT ? 0 : size;
  const log = await open(at.log, 'a', 0o600);
  await followFolder(at.log);
  try {
    const windows = process.platform === 'win32';
    const command = windows
      ? windowsCommand(binaries, at, port)
      : [binaries.postgres, '-D', at.cluster, ...settings(port)];
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      ...identity(user),
      cwd: tmpdir(),
      ...environment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code) => {
        // pg_ctl leaves the server behind.
        if (windows && code === 0) return;
        const said = readFile(at.log).then((bytes) => bytes.subarray(from).toString().trim());
        said.then(resolve, () => {
          resolve('');
        });
      });
    });
    return { ended };
  } finally {
    await log.close();
  }
}

/** True while the process is there and isn't a zombie that a container's first process never collects. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) [ZX]/s.test(status);
}

/** Fast shutdown: sessions are ended, everything is written, the next start needs no recovery. */
export async function stopCluster(binaries: Binaries, at: Places, pid: number, user: RunAs): Promise<void> {
  if (process.platform === 'win32') {
    spawn(binaries.pgCtl, ['stop', '-m', 'fast', '-W', '-D', at.cluster], {
      ...identity(user),
      stdio: 'ignore',
    });
  } else {
    process.kill(pid, 'SIGINT');
  }
  const deadline = Date.now() + STOP_LIMIT_MS;
  while ((await isRunning(pid)) && (await readPostmaster(at))?.pid === pid) {
    if (Date.now() > deadline) {
      throw new VitrineError(
        'UNAVAILABLE',
        `PostgreSQL (process ${String(pid)}) did not stop within a minute; see ${at.log}`,
      );
    }
    await pause(20);
  }
  // Its file goes a moment before the process does; whoever removes the folder next shouldn't meet it.
  for (let waited = 0; waited < 2_000 && (await isRunning(pid)); waited += 20) await pause(20);
}
