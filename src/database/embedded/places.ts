/**
 * Where the embedded PostgreSQL keeps things, below `<dataDir>/postgres`:
 * `cluster/` is PostgreSQL's own folder, `access.json` (0600) holds port and passwords, `server.log` what it says.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VitrineError } from '../../ledger/core/error.js';
import { followFolder } from './run-as.js';

export interface Places {
  readonly root: string;
  readonly cluster: string;
  readonly access: string;
  readonly log: string;
}

/** How to get in. The owner's role is `vitrine`, the application's `vitrine_app`; both come in by password only. */
export interface Access {
  readonly port: number;
  readonly ownerPassword: string;
  readonly appPassword: string;
}

/** What postmaster.pid says. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

export const OWNER_ROLE = 'vitrine';
export const APP_ROLE = 'vitrine_app';
export const DATABASE = 'vitrine';

export function placesUnder(root: string): Places {
  return {
    root,
    cluster: join(root, 'cluster'),
    access: join(root, 'access.json'),
    log: join(root, 'server.log'),
  };
}

export function places(dataDir: string): Places {
  return placesUnder(join(dataDir, 'postgres'));
}

export function newAccess(port: number): Access {
  const password = (): string => randomBytes(24).toString('base64url');
  return { port, ownerPassword: password(), appPassword: password() };
}

/** Replaces the file at once, so that a reader never meets half of it. */
export async function writeAccess(at: Places, access: Access): Promise<void> {
  const draft = `${at.access}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600, flush: true });
  await followFolder(draft);
  await rename(draft, at.access);
}

export async function readAccess(at: Places): Promise<Access> {
  const text = await readFile(at.access, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new VitrineError('NOT_CONFIGURED', `can't read ${at.access}: ${cause.code ?? cause.message}`, {
      cause,
    });
  });
  const read: unknown = JSON.parse(text);
  const { port, ownerPassword, appPassword } = read as Partial<Access>;
  if (typeof port !== 'number' || typeof ownerPassword !== 'string' || typeof appPassword !== 'string') {
    throw new VitrineError('NOT_CONFIGURED', `${at.access} lacks port, ownerPassword or appPassword`);
  }
  return { port, ownerPassword, appPassword };
}

/** Reads postmaster.pid; undefined when there is none or it isn't whole yet. */
export async function readPostmaster(at: Places): Promise<Postmaster | undefined> {
  const text = await readFile(join(at.cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0 ? { pid, port } : undefined;
}

/** The address of a role's login to one database of the cluster. */
export function urlOf(
  access: Access,
  port: number,
  role: typeof OWNER_ROLE | typeof APP_ROLE,
  database = DATABASE,
): string {
  const password = role === OWNER_ROLE ? access.ownerPassword : access.appPassword;
  return `postgresql://${role}:${password}@127.0.0.1:${String(port)}/${database}`;
}
