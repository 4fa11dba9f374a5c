/**
 * Getting at the embedded PostgreSQL of a data folder: attach to the one that runs (another process's, or an orphan whose
 * process was killed), else start it. Faults this meets: a stale postmaster.pid, its number given to another process
 * since, a zombie, a server that is still starting, recovering or stopping, two processes starting at once.
 */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { VitrineError } from '../../ledger/core/error.js';
import type { DatabaseLog } from '../log.js';
import type { Binaries } from './binaries.js';
import { freePort, isRunning, startCluster } from './cluster.js';
import type { Started } from './cluster.js';
import { OWNER_ROLE, readAccess, readPostmaster, urlOf, writeAccess } from './places.js';
import type { Access, Places, Postmaster } from './places.js';
import type { RunAs } from './run-as.js';

/** Recovery after a power cut replays up to `max_wal_size` of log. */
const ATTACH_LIMIT_MS = 120_000;
/**
 * Every process holds this lock shared, for as long as it uses the server; who gets it alone at its close is the last
 * and stops the server. Sessions end with their process, so a killed one counts no more.
 */
export const USERS_LOCK = "hashtextextended('vitrine embedded users', 0)";

export interface Installation {
  readonly binaries: Binaries;
  readonly at: Places;
  readonly user: RunAs;
  readonly log: DatabaseLog;
}

/** A session on the server that holds the users' lock, and the port it was found at. */
export interface Attached {
  readonly keeper: pg.Client;
  readonly access: Access;
  readonly port: number;
}

/** Errors that pass by waiting: starting up, shutting down, too many connections, and what sockets say meanwhile. */
const PASSING = new Set(['57P03', '57P01', '57P02', '53300', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

function passes(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return PASSING.has(code ?? '') || /terminated unexpectedly|not queryable/.test(message ?? '');
}

async function keep(access: Access, port: number): Promise<pg.Client> {
  const keeper = new pg.Client({
    connectionString: urlOf(access, port, OWNER_ROLE, 'postgres'),
    application_name: 'vitrine keeper',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener a lost connection would end the process; the caller sets its own later.
  keeper.on('error', () => undefined);
  try {
    await keeper.connect();
    await keeper.query(`SELECT pg_advisory_lock_shared(${USERS_LOCK})`);
    return keeper;
  } catch (error) {
    await keeper.end().catch(() => undefined);
    throw error;
  }
}

/** Process numbers are reused, in containers soon: is it a PostgreSQL at all? */
async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const line = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(async () => {
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({
      stdout: '',
    }));
    return stdout;
  });
  return line.includes('postgres');
}

/** Something answers to this number, so PostgreSQL would refuse to start beside it, yet it isn't our server. */
async function isMistaken({ pid }: Postmaster): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !(await isRunning(pid)) || !(await isPostgres(pid));
}

async function start(here: Installation, access: Access): Promise<Started> {
  const port = await freePort(access.port);
  if (port !== access.port) await writeAccess(here.at, { ...access, port });
  here.log.info({ port, folder: here.at.cluster }, 'starting the embedded PostgreSQL');
  return startCluster(here.binaries, here.at, port, here.user);
}

/** Another process's server in this folder, or the rest of one that is still ending: look again. */
function startsAgain(said: string): boolean {
  return /lock file "postmaster.pid" already exists|pre-existing shared memory block|could not bind/.test(
    said,
  );
}

/**
 * Attaches to the server of this folder, starting it when none runs.
 *
 * @throws VitrineError UNAVAILABLE with PostgreSQL's own words when it doesn't start
 */
export async function attach(here: Installation): Promise<Attached> {
  const deadline = Date.now() + ATTACH_LIMIT_MS;
  let last = 'no answer';
  let ended: string | undefined;
  let starting = false;
  while (Date.now() < deadline) {
    const master = await readPostmaster(here.at);
    if (master !== undefined && (await isMistaken(master))) {
      here.log.warn({ pid: master.pid }, 'removing a stale postmaster.pid');
      await rm(join(here.at.cluster, 'postmaster.pid'), { force: true });
      continue;
    }
    if (master !== undefined && (await isRunning(master.pid))) {
      const access = await readAccess(here.at);
      try {
        return { keeper: await keep(access, master.port), access, port: master.port };
      } catch (error) {
        if (!passes(error)) throw refused(here.at, error);
        last = (error as Error).message;
      }
    } else if (ended !== undefined && !startsAgain(ended)) {
      throw new VitrineError('UNAVAILABLE', `PostgreSQL did not start: ${lastLines(ended)} (${here.at.log})`);
    } else if (!starting) {
      starting = true;
      ended = undefined;
      const { ended: end } = await start(here, await readAccess(here.at));
      void end.then((said) => {
        ended = said;
        starting = false;
      });
    }
    await pause(25);
  }
  throw new VitrineError(
    'UNAVAILABLE',
    `PostgreSQL in ${here.at.cluster} can't be reached: ${last} (${here.at.log})`,
  );
}

function lastLines(said: string): string {
  const lines = said.split('\n').filter((line) => /FATAL|ERROR|HINT|DETAIL|PANIC|error|cannot/.test(line));
  return (lines.length > 0 ? lines : said.split('\n')).slice(-3).join(' ') || 'it said nothing';
}

function refused(at: Places, cause: unknown): VitrineError {
  const { code, message } = cause as { code?: string; message: string };
  return code === '28P01'
    ? new VitrineError(
        'NOT_CONFIGURED',
        `PostgreSQL in ${at.cluster} doesn't accept the password of ${at.access}`,
        { cause },
      )
    : new VitrineError('UNAVAILABLE', `PostgreSQL in ${at.cluster} refuses: ${message}`, { cause });
}
