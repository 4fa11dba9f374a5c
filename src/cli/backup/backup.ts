/**
 * Makes a backup of the running deployment: one snapshot of the database, the log in it verified first, every table
 * written out, hashed and flushed. Keys aren't in it, nor is the pin: that is this machine's memory of how far the log
 * went, and a memory that came back together with the database would agree with any database.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Table } from '../../database/index.js';
import { connectOwner, readMigrationsOf, readRows, readTables } from '../../database/index.js';
import { base64 } from '../../ledger/core/index.js';
import type { KeyStore, LogPosition } from '../../ledger/index.js';
import { flushFolder, openKeyStore, openPin, systemRandom, verifyLogPosition } from '../../ledger/index.js';
import type { Config, Logger } from '../../server/index.js';
import { openBase } from '../../server/index.js';
import { MANIFEST, SUM, writeFolder, writeLines, writeText } from './files.js';
import { exportKeys, requireApart } from './keys.js';
import { BACKUP_FORMAT, type Manifest, type TableFile } from './manifest.js';

type Owner = Awaited<ReturnType<typeof connectOwner>>;

export interface BackupOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The backup's folder, which isn't there yet. */
  readonly to: string;
  /** Where the keys are copied to as well, on another medium; left out: nowhere. */
  readonly keysTo?: string;
  readonly onProgress: (done: number, total: number, what: string) => void;
}

export interface BackupSummary {
  readonly folder: string;
  /** SHA-256 of the manifest: names this backup, and every byte of it. */
  readonly id: string;
  readonly origin: string;
  readonly size: bigint;
  /** RFC 6962 root in base64. */
  readonly root: string;
  readonly tables: number;
  readonly rows: bigint;
  readonly bytes: bigint;
  readonly keys: string | null;
}

/** Longest that verifying the log's newest part may take. */
const LONGEST_MS = 3_600_000;

/**
 * Writes a backup. It stands whole under its name, or not at all.
 *
 * @throws VitrineError CONFLICT when the folder is there already; what a start throws when the log doesn't verify
 */
export async function backUp(options: BackupOptions): Promise<BackupSummary> {
  const { config, log, to, keysTo } = options;
  if (keysTo !== undefined) await requireApart(keysTo, to);
  const database = await openBase(config, log, true);
  try {
    const keys = await openKeyStore(config.keysDir, { query: database.prisma, random: systemRandom });
    let summary: Omit<BackupSummary, 'folder' | 'keys'> | undefined;
    await writeFolder(to, async (folder) => {
      summary = await writeBackup(options, database, keys, folder);
    });
    if (keysTo !== undefined) await exportKeys(config.keysDir, keysTo);
    if (summary === undefined) throw new Error('the backup was not written');
    return { ...summary, folder: to, keys: keysTo ?? null };
  } finally {
    await database.close();
  }
}

async function writeBackup(
  options: BackupOptions,
  database: Database,
  keys: KeyStore,
  folder: string,
): Promise<Omit<BackupSummary, 'folder' | 'keys'>> {
  const owner = await connectOwner(database.ownerUrl);
  try {
    // Before the snapshot: what is pinned was committed by then.
    const pin = await openPin(options.config.dataDir, keys).read();
    await owner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const time = new Date().toISOString();
    const position = await verifySnapshot(owner, database, {
      keys,
      pin,
      dataDir: options.config.dataDir,
      random: systemRandom,
    });
    const tables = await writeTables(owner, folder, options.onProgress);
    const manifest: Manifest = {
      vitrine: 'backup',
      format: BACKUP_FORMAT,
      time,
      migrations: [...(await readMigrationsOf(owner))],
      log: describeLog(position),
      tables,
    };
    const id = await writeManifest(folder, manifest);
    return { id, ...summaryOf(manifest) };
  } finally {
    await owner.end();
  }
}

/** Verifies the log in exactly the snapshot that is written out, whatever is committed meanwhile. */
async function verifySnapshot(
  owner: Owner,
  { prisma }: Database,
  options: Omit<Parameters<typeof verifyLogPosition>[0], 'query'>,
): Promise<LogPosition> {
  const { rows } = await owner.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
  return prisma.$transaction(
    async (query) => {
      await query.$executeRawUnsafe(`SET TRANSACTION SNAPSHOT '${rows[0]?.id ?? ''}'`);
      return verifyLogPosition({ ...options, query });
    },
    { isolationLevel: 'RepeatableRead', timeout: LONGEST_MS },
  );
}

async function writeTables(
  owner: Owner,
  folder: string,
  onProgress: BackupOptions['onProgress'],
): Promise<TableFile[]> {
  const tables = await readTables(owner);
  const written: TableFile[] = [];
  await mkdir(join(folder, 'tables'), { mode: 0o700 });
  for (const table of tables) {
    let rows = 0n;
    const lines = counted(owner, table, (more) => {
      rows += BigInt(more);
      onProgress(written.length, tables.length, `tables, ${rows} rows of ${table.name}`);
    });
    const file = `tables/${table.name}.jsonl.gz`;
    const { bytes, sha256 } = await writeLines(join(folder, file), lines);
    const { name, columns } = table;
    written.push({
      name,
      file,
      columns: [...columns],
      rows: rows.toString(),
      bytes: bytes.toString(),
      sha256,
    });
  }
  await flushFolder(join(folder, 'tables'));
  onProgress(tables.length, tables.length, 'tables');
  return written;
}

async function* counted(
  owner: Owner,
  table: Table,
  count: (more: number) => void,
): AsyncGenerator<readonly string[]> {
  for await (const lines of readRows(owner, table)) {
    count(lines.length);
    yield lines;
  }
}

function describeLog({ origin, size, root, checkpoint }: LogPosition): Manifest['log'] {
  return { origin, size: size.toString(), root: base64(root), checkpoint };
}

async function writeManifest(folder: string, manifest: Manifest): Promise<string> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const id = createHash('sha256').update(text).digest('hex');
  await writeText(join(folder, MANIFEST), text);
  await writeText(join(folder, SUM), `${id}  ${MANIFEST}\n`);
  return id;
}

function summaryOf({ log, tables }: Manifest): Omit<BackupSummary, 'folder' | 'keys' | 'id'> {
  const sum = (of: 'rows' | 'bytes'): bigint => tables.reduce((all, table) => all + BigInt(table[of]), 0n);
  const { origin, size, root } = log;
  return { origin, size: BigInt(size), root, tables: tables.length, rows: sum('rows'), bytes: sum('bytes') };
}
