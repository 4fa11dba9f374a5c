/**
 * Puts a backup into an empty database. Every file is hashed before the database is touched, all rows come in one
 * transaction, and the whole log and every row are verified before the restore is done. Until then the database says of
 * itself that it isn't, and nothing starts on it; the same command again goes on.
 */
import { resolve } from 'node:path';
import type { Database, Table } from '../../database/index.js';
import {
  advanceSequences,
  connectOwner,
  filledTables,
  readMigrationsOf,
  readTables,
  writeRows,
} from '../../database/index.js';
import { VitrineError } from '../../ledger/core/error.js';
import { base64, originAt } from '../../ledger/core/index.js';
import type { KeyStore } from '../../ledger/index.js';
import { openKeyStore, openPin, systemRandom, verifyPinned } from '../../ledger/index.js';
import type { Config, Logger } from '../../server/index.js';
import { openBase } from '../../server/index.js';
import type { Finding } from '../verify.js';
import { verifyAll } from '../verify.js';
import { readLines, readManifest, requireFile } from './files.js';
import { importKeys } from './keys.js';
import { type Manifest, parseManifest } from './manifest.js';

type Owner = Awaited<ReturnType<typeof connectOwner>>;

export interface RestoreOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The backup's folder. */
  readonly from: string;
  /** Exported keys to put into an empty key folder first; left out: the keys are there. */
  readonly keysFrom?: string;
  readonly onProgress: (done: number, total: number, what: string) => void;
  readonly onFinding: (finding: Finding) => void;
}

/** What the pin of this machine says of the restored database, and so what a start does. */
export type Standing = 'READY' | 'ROLLED_BACK' | 'NO_PIN';

export interface RestoreSummary {
  readonly folder: string;
  readonly id: string;
  readonly origin: string;
  readonly size: bigint;
  readonly root: string;
  readonly rows: bigint;
  readonly findings: readonly Finding[];
  readonly standing: Standing;
  /** Entries that the pin knows; null without a pin. */
  readonly pinned: bigint | null;
}

/**
 * Restores a backup. With findings it isn't done, and nothing starts on the database.
 *
 * @throws VitrineError BAD_USER_INPUT for what is no backup or of a newer format, INTEGRITY_VIOLATION for a damaged
 *   one, NOT_CONFIGURED for another log's keys or another version's tables, CONFLICT when the database isn't empty
 */
export async function restore(options: RestoreOptions): Promise<RestoreSummary> {
  const { config, log, keysFrom } = options;
  const from = resolve(options.from);
  const { text, id } = await readManifest(from);
  const manifest = parseManifest(text);
  for (const [done, table] of manifest.tables.entries()) {
    options.onProgress(done, manifest.tables.length, `files compared with the manifest`);
    await requireFile(from, table);
  }
  if (keysFrom !== undefined) await importKeys(keysFrom, config.keysDir);
  const database = await openBase(config, log);
  try {
    const keys = await openKeyStore(config.keysDir, { query: database.prisma, random: systemRandom });
    requireOwn(keys, manifest);
    await load({ ...options, from }, database, manifest, id);
    const findings = await verify(options, manifest);
    if (findings.length === 0) await setState(database, id, 'done');
    const { size, root, origin } = manifest.log;
    const rows = manifest.tables.reduce((all, table) => all + BigInt(table.rows), 0n);
    const facts = { folder: from, id, origin, size: BigInt(size), root, rows, findings };
    return { ...facts, ...(await standingOf(config, keys, manifest)) };
  } finally {
    await database.close();
  }
}

/** The backup is of the log whose keys are here, and says of it what its own checkpoint allows. */
function requireOwn(keys: KeyStore, { log }: Manifest): void {
  if (originAt(log.origin, 0n) !== keys.genesisOrigin) {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the backup is of the log ${log.origin}, the keys are those of ${keys.genesisOrigin}`,
    );
  }
  let signed: { readonly size: bigint; readonly root: Uint8Array };
  try {
    signed = verifyPinned(keys, log.checkpoint);
  } catch (cause) {
    const message = `the backup's checkpoint isn't signed by the log key that is here: put the keys of ${log.origin} in place`;
    throw new VitrineError('NOT_CONFIGURED', message, { cause });
  }
  if (signed.size === BigInt(log.size) && base64(signed.root) === log.root) return;
  throw new VitrineError(
    'INTEGRITY_VIOLATION',
    "the backup is damaged: its size and root aren't its checkpoint's",
  );
}

/** Loads every table in one transaction, unless an earlier run of the same restore has. */
async function load(
  options: RestoreOptions,
  database: Database,
  manifest: Manifest,
  id: string,
): Promise<void> {
  const owner = await connectOwner(database.ownerUrl);
  try {
    // Two restores at once would wait for one another's rows; the second one finds a database that isn't empty.
    await owner.query(`SELECT pg_advisory_lock(hashtextextended('vitrine restore', 0))`);
    const tables = await requireSameTables(owner, manifest);
    const state = await stateOf(owner, id);
    if (state === 'loaded') return;
    const filled = await filledTables(owner, tables);
    if (filled.length > 0 || state === 'done') {
      const what = filled.length > 0 ? `${filled.length} of its tables hold rows` : 'it was restored before';
      throw new VitrineError('CONFLICT', `restore needs an empty database, and ${what}: use a new one`);
    }
    await owner.query(`INSERT INTO restore (backup, state) VALUES ($1, 'loading') ON CONFLICT DO NOTHING`, [
      id,
    ]);
    await owner.query('BEGIN');
    await loadTables(owner, options, manifest);
    await advanceSequences(owner);
    await owner.query(`UPDATE restore SET state = 'loaded' WHERE backup = $1`, [id]);
    await owner.query('COMMIT');
    await owner.query('ANALYZE').catch(() => undefined);
  } finally {
    await owner.end();
  }
}

async function loadTables(
  owner: Owner,
  { from, onProgress }: RestoreOptions,
  manifest: Manifest,
): Promise<void> {
  const total = manifest.tables.reduce((all, { rows }) => all + Number(rows), 0);
  let done = 0;
  for (const table of manifest.tables) {
    const lines = async function* (): AsyncGenerator<string> {
      for await (const line of readLines(from, table)) {
        done += 1;
        if (done % 256 === 0) onProgress(done, total, `rows loaded, ${table.name}`);
        yield line;
      }
    };
    const rows = await writeRows(owner, table, lines());
    if (rows === BigInt(table.rows)) continue;
    const message = `the backup is damaged: ${table.file}: expected ${table.rows} rows, got ${rows}`;
    throw new VitrineError('INTEGRITY_VIOLATION', message);
  }
}

/** A state that another backup's restore left is told; undefined when this database was never restored into. */
async function stateOf(owner: Owner, id: string): Promise<string | undefined> {
  const { rows } = await owner.query<{ backup: string; state: string }>('SELECT backup, state FROM restore');
  const [row] = rows;
  if (row === undefined || row.backup === id) return row?.state;
  if (row.state === 'loading') {
    // Nothing of it was committed.
    await owner.query('DELETE FROM restore');
    return undefined;
  }
  throw new VitrineError(
    'CONFLICT',
    `the backup ${row.backup} was restored into this database: use a new one`,
  );
}

/** Restoring translates nothing between versions: the program that made a backup, or one with the same tables. */
async function requireSameTables(owner: Owner, manifest: Manifest): Promise<readonly Table[]> {
  const here = await readMigrationsOf(owner);
  const theirs = manifest.migrations;
  const same = here.length === theirs.length && here.every((one, i) => one.checksum === theirs[i]?.checksum);
  const tables = await readTables(owner);
  const shape = (all: readonly Table[]): string =>
    JSON.stringify(all.map(({ name, columns }) => [name, columns]));
  if (same && shape(tables) === shape(manifest.tables)) return tables;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the backup's tables are those of ${theirs.at(-1)?.name ?? 'no migration'} of another build: restore it with the ` +
      'version of vitrine that made it, then start the newer one',
  );
}

/** What was loaded holds, and is the log that the backup's checkpoint signs: another one could hold by itself too. */
async function verify(
  { config, onFinding, onProgress }: RestoreOptions,
  { log }: Manifest,
): Promise<readonly Finding[]> {
  const found = await verifyAll(config, onFinding, onProgress, { pinned: false });
  const { entries, root, findings } = found;
  if (root === null || (entries === BigInt(log.size) && root === log.root)) return findings;
  const what = `expected the ${log.size} entries that the backup's checkpoint signs, got ${entries} others`;
  const finding = { what, where: 'log', entry: null };
  onFinding(finding);
  return [...findings, finding];
}

async function setState({ ownerUrl }: Database, id: string, state: 'done'): Promise<void> {
  const owner = await connectOwner(ownerUrl);
  try {
    await owner.query('UPDATE restore SET state = $2 WHERE backup = $1', [id, state]);
  } finally {
    await owner.end();
  }
}

/** Compares the backup with what this machine remembers. The restore changes nothing about the pin. */
async function standingOf(
  config: Config,
  keys: KeyStore,
  { log }: Manifest,
): Promise<Pick<RestoreSummary, 'standing' | 'pinned'>> {
  const note = await openPin(config.dataDir, keys).read();
  if (note === undefined) return { standing: 'NO_PIN', pinned: null };
  const pinned = verifyPinned(keys, note).size;
  return { standing: pinned > BigInt(log.size) ? 'ROLLED_BACK' : 'READY', pinned };
}
