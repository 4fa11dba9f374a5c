/**
 * Whom PostgreSQL runs as. It refuses root, so under root it runs as another user: the owner of the data folder when
 * that isn't root (a later start without root then finds its own files), else the system's `postgres` user.
 */
import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { VitrineError } from '../../ledger/core/error.js';

/** A user to run as; null means: as ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number; readonly name: string } | null;

const run = promisify(execFile);

/** The owner of `path`, or of the nearest folder above it that exists. */
async function ownerOf(path: string): Promise<{ uid: number; gid: number }> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined) return { uid: found.uid, gid: found.gid };
  }
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  const { stdout } = await run('id', [flag, name]);
  return Number.parseInt(stdout, 10);
}

async function systemUser(name: string): Promise<RunAs> {
  try {
    return { uid: await idOf('-u', name), gid: await idOf('-g', name), name };
  } catch {
    return null;
  }
}

async function createUser(): Promise<RunAs> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'];
  await run('useradd', options).catch(() => undefined);
  return systemUser('postgres');
}

/**
 * Chooses whom PostgreSQL runs as.
 *
 * @param cluster - the cluster's folder, whose owner is kept to once it exists
 * @throws VitrineError NOT_CONFIGURED when nobody fits
 */
export async function chooseUser(cluster: string): Promise<RunAs> {
  const self = process.getuid?.();
  if (self === undefined) return null;
  const owner = await ownerOf(cluster);
  if (self !== 0) {
    const made = await stat(cluster).catch(() => undefined);
    if (made === undefined || made.uid === self) return null;
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the database in ${cluster} belongs to user ${String(made.uid)}, and this process runs as user ${String(self)}: start it as that user or as root, or hand the folder over with chown -R`,
    );
  }
  if (owner.uid !== 0) return { ...owner, name: `user ${String(owner.uid)}` };
  const user = (await systemUser('postgres')) ?? (await createUser()) ?? (await systemUser('nobody'));
  if (user !== null) return user;
  throw new VitrineError(
    'NOT_CONFIGURED',
    'PostgreSQL refuses to run as root, and no user "postgres" could be found or made: start as another user, or set DATABASE_URL',
  );
}

/** The permission digit that applies to the user: owner's, group's or everyone's. */
function digit(mode: number, file: { uid: number; gid: number }, user: { uid: number; gid: number }): number {
  if (file.uid === user.uid) return (mode >> 6) & 7;
  return file.gid === user.gid ? (mode >> 3) & 7 : mode & 7;
}

/**
 * Every folder from the root down to `path` must let the user through.
 *
 * @param what - what stands there, for the message: "the data folder"
 * @throws VitrineError NOT_CONFIGURED naming the folder that doesn't
 */
export async function requirePassable(path: string, user: RunAs, what: string): Promise<void> {
  if (user === null) return;
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined && (digit(found.mode, found, user) & 1) === 0) {
      throw new VitrineError(
        'NOT_CONFIGURED',
        `PostgreSQL can't run as root and runs as ${user.name}, who may not pass ${at} (mode ${(found.mode & 0o777).toString(8)}) on the way to ${what}: chmod a+x ${at}, choose another place${what === 'the data folder' ? ' by DATA_DIR' : ''}, start as another user, or set DATABASE_URL`,
      );
    }
    if (dirname(at) === at) return;
  }
}

/** Under root, gives a new file or folder to the owner of the folder it is in, who can then use it without root. */
export async function followFolder(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
}

/** Hands a path to the user. */
export async function handOver(path: string, user: RunAs): Promise<void> {
  if (user !== null) await chown(path, user.uid, user.gid);
}
