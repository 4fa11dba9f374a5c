/** The embedded PostgreSQL of a data folder, from attaching to the last user's turning it off. */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { VitrineError } from '../../ledger/core/error.js';
import type { DatabaseLog } from '../log.js';
import { attach, USERS_LOCK } from './attach.js';
import type { Attached, Installation } from './attach.js';
import { findBinaries } from './binaries.js';
import { isRunning, stopCluster } from './cluster.js';
import { makeCluster } from './make.js';
import { APP_ROLE, DATABASE, OWNER_ROLE, places, readAccess, readPostmaster, urlOf } from './places.js';
import { chooseUser, followFolder, requirePassable } from './run-as.js';
import type { RunAs } from './run-as.js';

/** Two ways in: as the owner of the tables, and as the application, which owns nothing. */
export interface Addresses {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

export interface Embedded extends Addresses {
  /** Stops PostgreSQL unless another process uses it. */
  close(): Promise<void>;
}

/**
 * Under root, PostgreSQL's user has to pass through the data folder to its own. The folder is ours, so the passage is
 * opened (nobody lists or reads by it); folders above are not ours, and are only checked.
 */
async function openPassage(folder: string, made: boolean, user: RunAs): Promise<void> {
  if (made) {
    await followFolder(folder);
    await chmod(folder, user === null ? 0o700 : 0o711);
  } else if (user !== null) {
    const { mode, uid } = await stat(folder);
    if (uid !== user.uid && (mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o7777) | 0o011);
  }
}

async function install(dataDir: string, log: DatabaseLog): Promise<Installation> {
  const at = places(resolve(dataDir));
  const user = await chooseUser(at.cluster);
  const made = await mkdir(dirname(at.root), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `can't make the data folder ${dataDir}: ${cause.code ?? cause.message}`,
      {
        cause,
      },
    );
  });
  await openPassage(dirname(at.root), made !== undefined, user);
  const binaries = await findBinaries();
  await requirePassable(dirname(at.root), user, 'the data folder');
  await requirePassable(dirname(binaries.postgres), user, 'the embedded PostgreSQL');
  await makeCluster(binaries, at, user);
  return { binaries, at, user, log };
}

/** Makes the application's login and the database; a crash between leaves nothing that the next start can't finish. */
async function furnish({ keeper, access }: Attached): Promise<void> {
  await keeper.query(`SELECT pg_advisory_lock(hashtextextended('vitrine embedded setup', 0))`);
  try {
    const role = await keeper.query<{ rolcanlogin: boolean }>(
      'SELECT rolcanlogin FROM pg_roles WHERE rolname = $1',
      [APP_ROLE],
    );
    const verb = role.rows[0] === undefined ? 'CREATE' : 'ALTER';
    if (role.rows[0]?.rolcanlogin !== true) {
      await keeper.query(`${verb} ROLE ${APP_ROLE} LOGIN PASSWORD '${access.appPassword}'`);
    }
    const database = await keeper.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (database.rowCount === 0) await keeper.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await keeper.query(`SELECT pg_advisory_unlock(hashtextextended('vitrine embedded setup', 0))`);
  }
}

async function leave(here: Installation, keeper: pg.Client): Promise<void> {
  try {
    await keeper.query(`SELECT pg_advisory_unlock_shared(${USERS_LOCK})`);
    const last = await keeper.query<{ alone: boolean }>(
      `SELECT pg_try_advisory_lock(${USERS_LOCK}) AS alone`,
    );
    const master = await readPostmaster(here.at);
    if (last.rows[0]?.alone === true && master !== undefined) {
      await stopCluster(here.binaries, here.at, master.pid, here.user);
      here.log.info({ pid: master.pid }, 'stopped the embedded PostgreSQL');
    }
  } finally {
    await keeper.end().catch(() => undefined);
  }
}

/** Holds the keeper's session, and gets a new one (with a new server, if need be) when it is lost. */
class Keeping {
  #attached: Attached;
  #closing = false;
  #renewal: Promise<void> | undefined;

  constructor(
    readonly here: Installation,
    attached: Attached,
  ) {
    this.#attached = attached;
    this.#watch(attached.keeper);
  }

  #watch(keeper: pg.Client): void {
    keeper.once('end', () => {
      if (!this.#closing) this.#renewal = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    this.here.log.error({}, 'the embedded PostgreSQL ended; bringing it back');
    const port = this.#attached.port;
    while (!this.#closing) {
      try {
        this.#attached = await attach(this.here);
        this.#watch(this.#attached.keeper);
        if (this.#attached.port !== port) {
          this.here.log.error({ port }, 'its port is taken by now: restart this process');
        }
        return;
      } catch (error) {
        this.here.log.error({ reason: (error as Error).message }, 'the embedded PostgreSQL is still away');
        await pause(1_000);
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#renewal;
    // A server that ended meanwhile needs no stopping.
    await leave(this.here, this.#attached.keeper).catch((error: unknown) => {
      if (error instanceof VitrineError) throw error;
      this.here.log.warn(
        { reason: (error as Error).message },
        'the embedded PostgreSQL was gone before its stop',
      );
    });
  }
}

/**
 * Opens the embedded PostgreSQL of a data folder: made at the first time, started when it doesn't run, shared when
 * another process has it.
 *
 * @throws VitrineError NOT_CONFIGURED or UNAVAILABLE, with what to do
 */
export async function openEmbedded(dataDir: string, log: DatabaseLog): Promise<Embedded> {
  const here = await install(dataDir, log);
  const attached = await attach(here);
  const keeping = new Keeping(here, attached);
  try {
    await furnish(attached);
  } catch (error) {
    await keeping.close();
    throw error;
  }
  return {
    ownerUrl: urlOf(attached.access, attached.port, OWNER_ROLE),
    appUrl: urlOf(attached.access, attached.port, APP_ROLE),
    close: () => keeping.close(),
  };
}

/** @throws VitrineError NOT_CONFIGURED when no embedded PostgreSQL was ever made in the data folder */
export async function requireMade(dataDir: string): Promise<void> {
  const at = places(resolve(dataDir));
  if (await stat(at.access).catch(() => undefined)) return;
  const message = `${resolve(dataDir)} holds no database: name its folder in DATA_DIR, or start vitrine first`;
  throw new VitrineError('NOT_CONFIGURED', message);
}

/**
 * How to reach the embedded PostgreSQL that runs on a data folder. Reads files only: it starts nothing.
 *
 * @throws VitrineError UNAVAILABLE when none runs there
 */
export async function databaseUrl(dataDir: string): Promise<Addresses> {
  const at = places(resolve(dataDir));
  const master = await readPostmaster(at);
  if (
    master === undefined ||
    !(await isRunning(master.pid)) ||
    !(await stat(at.access).catch(() => undefined))
  ) {
    throw new VitrineError('UNAVAILABLE', `no database is running in ${at.root}: start vitrine first`);
  }
  const access = await readAccess(at);
  return { ownerUrl: urlOf(access, master.port, OWNER_ROLE), appUrl: urlOf(access, master.port, APP_ROLE) };
}
