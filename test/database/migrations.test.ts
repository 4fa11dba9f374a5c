import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/index.js';
import type { DatabaseLog } from '../../src/database/index.js';
import { freshDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Client;
let said: string[];

const log: DatabaseLog = {
  info: (_facts, message) => said.push(message),
  warn: () => undefined,
  error: () => undefined,
};

beforeAll(async () => {
  database = await freshDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
});

beforeEach(() => {
  said = [];
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

/** Opens and closes; gives what was applied. */
async function openOnce(url = database.url, ownerUrl = database.ownerUrl): Promise<void> {
  const opened = await openDatabase({ url, ownerUrl, dataDir: '/nowhere', log });
  await opened.ping();
  await opened.close();
}

/** A schema of its own, without tables. */
function inSchema(name: string): [string, string] {
  return [`${database.url}?schema=${name}`, `${database.ownerUrl}?schema=${name}`];
}

describe('migrations', () => {
  it('are those of the *.prisma files', async () => {
    const check = promisify(execFile)(process.execPath, ['prisma/migration.mjs', '--check']);
    await expect(check).resolves.toMatchObject({ stderr: '' });
  });

  it('apply once, and a second time without effect', async () => {
    const [url, ownerUrl] = inSchema('twice');
    await openOnce(url, ownerUrl);
    expect(said).toEqual(['applied migrations']);
    await openOnce(url, ownerUrl);
    expect(said).toEqual(['applied migrations']);
    const { rows } = await owner.query('SELECT migration_name FROM twice._prisma_migrations');
    expect(rows).toHaveLength(2);
  });

  it('apply once when several processes open an empty schema at the same time', async () => {
    const [url, ownerUrl] = inSchema('race');
    await owner.query('CREATE SCHEMA race');
    await Promise.all([openOnce(url, ownerUrl), openOnce(url, ownerUrl), openOnce(url, ownerUrl)]);
    expect(said).toEqual(['applied migrations']);
  });

  it('guard their own schema', async () => {
    const [url, ownerUrl] = inSchema('apart');
    await openOnce(url, ownerUrl);
    await owner.query(`INSERT INTO apart.checkpoint VALUES (1, 'note')`);
    await expect(owner.query('DELETE FROM apart.checkpoint')).rejects.toMatchObject({ code: 'VT001' });
    const citing = `INSERT INTO apart.sealed VALUES (7, 'Encounter', gen_random_uuid(), 1, '', '')`;
    await expect(owner.query(citing)).rejects.toMatchObject({ code: 'VT002' });
  });

  it.each([
    [
      'newer than the program',
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
       VALUES ('odd', '', '99990101000000_later', now())`,
      `doesn't know`,
    ],
    [
      'failed before',
      `INSERT INTO _prisma_migrations (id, checksum, migration_name)
       VALUES ('odd', '', '00000000000001_init')`,
      'failed in this database before',
    ],
    [
      'of another build',
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
       VALUES ('odd', '00', '00000000000001_init', now())`,
      'another build',
    ],
  ])('refuse a database whose migration is %s', async (_name, insert, message) => {
    await owner.query(insert);
    try {
      await expect(openOnce()).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
      await expect(openOnce()).rejects.toThrow(message);
    } finally {
      await owner.query(`DELETE FROM _prisma_migrations WHERE id = 'odd'`);
    }
    await openOnce();
  });

  it('work for an owner that is no superuser', async () => {
    const name = `clerk_${randomBytes(4).toString('hex')}`;
    const url = new URL(database.ownerUrl);
    url.username = name;
    url.password = 'secret';
    await owner.query(
      `CREATE ROLE ${name} LOGIN PASSWORD 'secret'; CREATE SCHEMA ${name} AUTHORIZATION ${name}`,
    );
    try {
      url.searchParams.set('schema', name);
      await expect(openOnce(url.toString(), url.toString())).rejects.toThrow(
        `GRANT vitrine_app TO "${name}"`,
      );
      await owner.query(`GRANT vitrine_app TO ${name}`);
      await openOnce(url.toString(), url.toString());
    } finally {
      await owner.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    }
  });
});
