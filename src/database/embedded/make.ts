/** Making the embedded PostgreSQL's cluster, once for a data folder. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { VitrineError } from '../../ledger/core/error.js';
import type { Binaries } from './binaries.js';
import { environment, freePort, identity, isRunning } from './cluster.js';
import { newAccess, OWNER_ROLE, placesUnder, writeAccess } from './places.js';
import type { Places } from './places.js';
import { followFolder, handOver } from './run-as.js';
import type { RunAs } from './run-as.js';

async function initdb(binaries: Binaries, at: Places, password: string, user: RunAs): Promise<void> {
  const passwordFile = join(at.root, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await handOver(passwordFile, user);
  const args = [
    `--pgdata=${at.cluster}`,
    `--username=${OWNER_ROLE}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // One order of text on every machine, whatever its language.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const child = spawn(binaries.initdb, args, { ...identity(user), cwd: tmpdir(), ...environment() });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await rm(passwordFile, { force: true });
  if (code !== 0) {
    throw new VitrineError(
      'UNAVAILABLE',
      `PostgreSQL's initdb failed: ${said.trim().split('\n').slice(-3).join(' ')}`,
    );
  }
  // Passwords from this machine, nothing else: no local sockets, no replication, no IPv6.
  await writeFile(join(at.cluster, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n');
}

/** Halves that killed processes left; a living process's is its own. */
async function removeDrafts(at: Places): Promise<void> {
  const folder = dirname(at.root);
  const draft = new RegExp(`^${basename(at.root)}\\.new-(\\d+)-`);
  for (const name of await readdir(folder)) {
    const pid = draft.exec(name)?.[1];
    if (pid === undefined || (await isRunning(Number(pid)))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Makes the cluster unless there is one. It's made under another name and renamed when it is whole, so that neither a
 * crash halfway nor a second process leaves half a cluster.
 */
export async function makeCluster(binaries: Binaries, at: Places, user: RunAs): Promise<void> {
  if (await stat(at.access).catch(() => undefined)) return;
  await removeDrafts(at);
  const draft = placesUnder(`${at.root}.new-${String(process.pid)}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(draft.cluster, { recursive: true });
    // Others pass through, but read nothing: PostgreSQL's user has to reach its folder.
    await followFolder(draft.root);
    await chmod(draft.root, user === null ? 0o700 : 0o711);
    await chmod(draft.cluster, 0o700);
    await handOver(draft.cluster, user);
    const access = newAccess(await freePort());
    await initdb(binaries, draft, access.ownerPassword, user);
    await writeAccess(draft, access);
    await rename(draft.root, at.root);
  } catch (error) {
    await rm(draft.root, { recursive: true, force: true });
    // Another process was faster.
    if (await stat(at.access).catch(() => undefined)) return;
    throw error;
  }
}
