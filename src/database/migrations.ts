/**
 * Brings a database to the tables of this program: `prisma/migrations`, in order, each wholly or not at all, by one
 * process at a time.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationDirectory } from '@prisma/schema-engine-wasm';
import type pg from 'pg';
import { VitrineError } from '../ledger/core/error.js';
import type { DatabaseLog } from './log.js';
import { withSchemaEngine } from './schema-engine.js';

/** Beside `src` and `dist` alike. */
const FOLDER = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

interface Migration {
  readonly name: string;
  readonly sql: string;
}

interface Applied {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
  readonly rolled_back_at: Date | null;
}

async function readMigrations(): Promise<readonly Migration[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names
      .sort()
      .map(async (name) => ({ name, sql: await readFile(join(FOLDER, name, 'migration.sql'), 'utf8') })),
  );
}

async function readApplied(owner: pg.Client): Promise<readonly Applied[]> {
  const table = await owner.query<{ there: boolean }>(
    `SELECT to_regclass(quote_ident(current_schema()) || '._prisma_migrations') IS NOT NULL AS there`,
  );
  if (table.rows[0]?.there !== true) return [];
  const { rows } = await owner.query<Applied>(
    'SELECT migration_name, checksum, finished_at, rolled_back_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows;
}

/** A database that this program doesn't fit is left alone, with the reason. */
function requireFitting(applied: readonly Applied[], known: readonly Migration[]): void {
  for (const { migration_name: name, checksum, finished_at: finished } of applied) {
    const migration = known.find((one) => one.name === name);
    if (migration === undefined) {
      throw new VitrineError(
        'NOT_CONFIGURED',
        `the database has the migration ${name}, which this version of vitrine doesn't know: use a newer one`,
      );
    }
    if (finished === null) {
      throw new VitrineError(
        'NOT_CONFIGURED',
        `the migration ${name} failed in this database before: restore it, or remove its row from _prisma_migrations to try again`,
      );
    }
    if (createHash('sha256').update(migration.sql).digest('hex') !== checksum) {
      throw new VitrineError(
        'NOT_CONFIGURED',
        `the migration ${name} in this database isn't the one of this version of vitrine: the database was made by another build`,
      );
    }
  }
}

/**
 * For those who only look. It applies nothing.
 *
 * @throws VitrineError NOT_CONFIGURED when a migration is missing
 */
export async function requireMigrated(owner: pg.Client): Promise<void> {
  const known = await readMigrations();
  const applied = await readApplied(owner);
  requireFitting(applied, known);
  if (applied.length === known.length) return;
  throw new VitrineError(
    'NOT_CONFIGURED',
    applied.length === 0
      ? 'the database holds no log: begin one with `vitrine init`'
      : 'the tables are those of an older version of vitrine: start the server once, which brings them up to date',
  );
}

function directoryOf({ name, sql }: Migration): MigrationDirectory {
  return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } } };
}

/**
 * Applies what is missing. A second run finds nothing to do.
 *
 * @param owner - a session of the tables' owner
 * @returns names of the migrations that were applied now
 */
export async function migrate(
  owner: pg.Client,
  url: string,
  schema: string,
  log: DatabaseLog,
): Promise<readonly string[]> {
  const known = await readMigrations();
  const lock = `hashtextextended('vitrine migrations', 0)`;
  await owner.query(`SELECT pg_advisory_lock(${lock})`);
  try {
    const applied = await readApplied(owner);
    requireFitting(applied, known);
    if (applied.length === known.length) return [];
    const names = await withSchemaEngine(url, schema, async (engine) => {
      const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' };
      const list = {
        baseDir: FOLDER,
        lockfile,
        shadowDbInitScript: '',
        migrationDirectories: known.map(directoryOf),
      };
      const filters = { externalTables: [], externalEnums: [] };
      return (await engine.applyMigrations({ migrationsList: list, filters })).appliedMigrationNames;
    });
    log.info({ migrations: names }, 'applied migrations');
    return names;
  } finally {
    await owner.query(`SELECT pg_advisory_unlock(${lock})`).catch(() => undefined);
  }
}
