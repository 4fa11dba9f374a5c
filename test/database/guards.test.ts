import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

const ID = '6f1c1e6e-0c55-4d5c-9d43-3f1c53b9d1aa';
const APPEND_ONLY = ['entry', 'block', 'checkpoint', 'cosignature', 'thread_entry', 'upload_request'];
const SIDE_TABLES = [
  'access_read',
  'log_head',
  'unique_key',
  'search_word',
  'counter',
  'wrapped_key',
  'custodian_key',
  'signing_key',
  'alarm',
  'spent',
  'restore',
];
/** Written and removed whole, never changed. */
const REPLACED = ['snapshot'];

let database: TestDatabase;
let owner: pg.Client;
let app: pg.Client;

function insertEntry(index: number): string {
  return `INSERT INTO entry (index, block, leaf, opening, salt, kind, subject, version, actor)
          VALUES (${String(index)}, 1, '', '', '', 'Encounter', '${ID}', 1, '${ID}')`;
}

function insertSealed(entry: number): string {
  return `INSERT INTO sealed (entry, kind, id, version, nonce, bytes)
          VALUES (${String(entry)}, 'Encounter', '${ID}', 1, '', '')`;
}

/** Runs the statements in one transaction and gives the code of what went wrong. */
async function codeOf(client: pg.Client, ...statements: readonly string[]): Promise<string | undefined> {
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
    return undefined;
  } catch (error) {
    await client.query('ROLLBACK');
    return (error as { code?: string }).code;
  }
}

beforeAll(async () => {
  database = await freshDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  app = new pg.Client({ connectionString: database.url });
  await Promise.all([owner.connect(), app.connect()]);
  await app.query('BEGIN');
  await app.query(insertEntry(0));
  await app.query(insertSealed(0));
  await app.query(`INSERT INTO block VALUES (1, '', 0, 1)`);
  await app.query(`INSERT INTO checkpoint VALUES (1, 'note')`);
  await app.query(`INSERT INTO cosignature VALUES (1, 'key', 'line')`);
  await app.query(`INSERT INTO thread_entry VALUES ('${ID}', 1, 0)`);
  await app.query(`INSERT INTO upload_request VALUES ('', '${ID}', '${ID}', 0, 'h', 0)`);
  await app.query('COMMIT');
});

afterAll(async () => {
  await owner.end();
  await app.end();
  await database.drop();
});

describe('guards', () => {
  describe.each(APPEND_ONLY)('on %s', (table) => {
    it.each([
      ['update', `UPDATE ${table} SET ${table === 'checkpoint' ? 'note = note' : 'ctid = ctid'}`],
      ['delete', `DELETE FROM ${table}`],
      ['truncate', `TRUNCATE ${table}`],
    ])('refuse %s to the application and to the owner', async (verb, statement) => {
      const columns: Record<string, string> = {
        entry: 'leaf',
        block: 'header',
        checkpoint: 'note',
        cosignature: 'line',
        thread_entry: 'entry',
        upload_request: 'entry',
      };
      const column = columns[table] ?? '';
      const sql = verb === 'update' ? `UPDATE ${table} SET ${column} = ${column}` : statement;
      expect(await codeOf(app, sql)).toBe('42501');
      expect(await codeOf(owner, sql)).toBe('VT001');
    });
  });

  it('refuse to delete or truncate sealed records', async () => {
    expect(await codeOf(app, 'DELETE FROM sealed')).toBe('42501');
    expect(await codeOf(owner, 'DELETE FROM sealed')).toBe('VT001');
    expect(await codeOf(owner, 'TRUNCATE sealed')).toBe('VT001');
  });

  it('accept a row that cites an entry of its own transaction, before or after it', async () => {
    expect(await codeOf(app, insertEntry(10), insertSealed(10))).toBeUndefined();
    expect(await codeOf(app, insertSealed(11), insertEntry(11))).toBeUndefined();
  });

  it('accept a row and its entry from different savepoints', async () => {
    const statements = [
      'SAVEPOINT a',
      insertEntry(12),
      'RELEASE a',
      'SAVEPOINT b',
      insertSealed(12),
      'RELEASE b',
    ];
    expect(await codeOf(app, ...statements)).toBeUndefined();
  });

  it('refuse a row that cites an older entry, inside a savepoint too', async () => {
    expect(await codeOf(app, insertEntry(20))).toBeUndefined();
    expect(await codeOf(app, insertSealed(20))).toBe('VT002');
    expect(await codeOf(app, 'SAVEPOINT a', insertSealed(20), 'RELEASE a')).toBe('VT002');
    expect(await codeOf(app, insertEntry(21), insertSealed(20))).toBe('VT002');
  });

  it('refuse a row whose entry was rolled back to a savepoint', async () => {
    const statements = ['SAVEPOINT a', insertEntry(30), 'ROLLBACK TO a', insertSealed(30)];
    expect(await codeOf(app, ...statements)).toBe('VT002');
  });

  it('refuse an update of a row without a new entry', async () => {
    expect(await codeOf(app, 'UPDATE sealed SET version = 2 WHERE entry = 0')).toBe('VT002');
  });

  it('are not fooled by a temporary table of the same name', async () => {
    const fake =
      'CREATE TEMPORARY TABLE entry (index bigint, txid xid8 DEFAULT pg_current_xact_id()) ON COMMIT DROP';
    expect(await codeOf(app, fake, 'INSERT INTO pg_temp.entry (index) VALUES (99)', insertSealed(99))).toBe(
      'VT002',
    );
  });

  it('refuse a txid that the writer made up', async () => {
    const made = insertEntry(40).replace('actor)', 'actor, txid)').replace(/\)$/, `, '1'::xid8)`);
    expect(await codeOf(app, made)).toBe('42501');
  });

  it('stand on every table: append-only, record or a named side table', async () => {
    const { rows } = await owner.query<{ name: string; triggers: string[] | null }>(
      `SELECT c.relname AS name, array_agg(t.tgname::text ORDER BY t.tgname) FILTER (WHERE t.tgname IS NOT NULL) AS triggers
         FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
        GROUP BY c.relname`,
    );
    const record = ['vitrine_entry', 'vitrine_no_delete', 'vitrine_no_truncate'];
    for (const { name, triggers } of rows) {
      let expected: string[] | null = record;
      if (APPEND_ONLY.includes(name)) expected = ['vitrine_no_change', 'vitrine_no_truncate'];
      if (REPLACED.includes(name)) expected = ['vitrine_no_truncate', 'vitrine_no_update'];
      if (SIDE_TABLES.includes(name)) expected = null;
      expect([name, triggers]).toEqual([name, expected]);
    }
  });

  it('let a snapshot be written and removed whole, never changed', async () => {
    const write = `INSERT INTO snapshot (id, part, bytes) VALUES ('${ID}', 0, '\\x00')`;
    expect(await codeOf(app, write)).toBeUndefined();
    expect(await codeOf(app, `UPDATE snapshot SET bytes = '\\x01'`)).toBe('42501');
    expect(await codeOf(owner, `UPDATE snapshot SET bytes = '\\x01'`)).toBe('VT001');
    expect(await codeOf(owner, 'TRUNCATE snapshot')).toBe('VT001');
    expect(await codeOf(app, 'DELETE FROM snapshot')).toBeUndefined();
  });
});

describe('the application role', () => {
  it.each([
    'ALTER TABLE entry DISABLE TRIGGER ALL',
    'ALTER TABLE sealed ADD COLUMN extra text',
    'DROP TRIGGER vitrine_no_change ON entry',
    'DROP TABLE entry',
    'DROP FUNCTION vitrine_refuse CASCADE',
    'CREATE OR REPLACE FUNCTION vitrine_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    'CREATE TABLE own (id int)',
    `SET session_replication_role = 'replica'`,
    'SET ROLE vitrine',
    `SELECT vitrine_guard_record('counter')`,
    'UPDATE _prisma_migrations SET checksum = checksum',
    `UPDATE restore SET state = 'done'`,
    `INSERT INTO restore (backup, state) VALUES ('x', 'done')`,
    'DELETE FROM restore',
  ])('may not %s', async (statement) => {
    expect(await codeOf(app, statement)).toBe('42501');
  });
});
