/**
 * One embedded PostgreSQL a test run, in a folder of its own, with a template database that has all migrations; each
 * test file copies the template. As Vitest's global setup it starts and stops the server; in test files it gives
 * databases.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/database/index.js';
import type { DatabaseLog } from '../../src/database/index.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly ownerUrl: string;
    readonly appUrl: string;
  }
}

/** Drops what it is told. */
export const silent: DatabaseLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A database of one's own. */
export interface TestDatabase {
  /** The application's address. */
  readonly url: string;
  /** The owner's address. */
  readonly ownerUrl: string;
  drop(): Promise<void>;
}

function at(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  changed.search = '';
  return changed.toString();
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Copies the template; the copy is gone after `drop`, or at the end of the run. */
export async function freshDatabase(): Promise<TestDatabase> {
  const { inject } = await import('vitest');
  const [owner, app] = [inject('ownerUrl'), inject('appUrl')];
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = at(owner, 'postgres');
  await ask(server, `CREATE DATABASE ${name} TEMPLATE vitrine STRATEGY wal_log`);
  return {
    url: at(app, name),
    ownerUrl: at(owner, name),
    drop: () => ask(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Vitest's global setup: gives the function that ends everything. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  // A run as root: PostgreSQL's own user has to get in.
  await chmod(folder, 0o711);
  const database = await openDatabase({ dataDir: join(folder, 'data'), log: silent });
  // A template may have no sessions while it is copied.
  await database.prisma.$disconnect();
  project.provide('ownerUrl', database.ownerUrl);
  project.provide('appUrl', database.appUrl);
  return async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  };
}
