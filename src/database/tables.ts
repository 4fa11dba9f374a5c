/**
 * Whole tables as lines of JSON, out of a database and into one, in bounded memory: what backups are made of. Columns
 * stand by name, and PostgreSQL itself writes and reads the values, so no type is lost on the way.
 */
import pg from 'pg';
import { VitrineError } from '../ledger/core/error.js';
import { connect } from './external.js';

/** A table and the columns of it that are kept, in the order in which they were made. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A migration that a database has, by name and SHA-256. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** What belongs to one database and means nothing in another: which migrations it has, and how it came to its rows. */
const OWN_TABLES = ['_prisma_migrations', 'restore'];

/** Rows asked for at once, as long as they are small. */
const MOST_ROWS = 256;
/** Characters of rows that are held at once, unless one row alone is longer. */
const BATCH = 1024 * 1024;

/** A session of the tables' owner, whose dates and numbers read the same everywhere. */
export async function connectOwner(ownerUrl: string): Promise<pg.Client> {
  const client = await connect(ownerUrl, 'the database');
  await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1`);
  return client;
}

/**
 * Every table that a backup keeps, by name. A column of the type `xid8` names a transaction of its own cluster: it is
 * left out, and a restored row gets the restoring transaction's.
 */
export async function readTables(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name,
            (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
               AND a.atttypid <> 'xid8'::regtype) AS columns
     FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
       AND c.relname <> ALL ($1) ORDER BY c.relname`,
    [OWN_TABLES],
  );
  return rows;
}

/** The migrations that were applied, in order. */
export async function readMigrationsOf(client: pg.Client): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows;
}

/** Names of tables that hold rows already. */
export async function filledTables(client: pg.Client, tables: readonly Table[]): Promise<readonly string[]> {
  const filled: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ any: boolean }>(
      `SELECT EXISTS (SELECT FROM ${quoted(name)}) AS any`,
    );
    if (rows[0]?.any === true) filled.push(name);
  }
  return filled;
}

/** Rows of a table in the order of its key, each one line of JSON, a batch at a time. Only inside a transaction. */
export async function* readRows(client: pg.Client, table: Table): AsyncGenerator<readonly string[]> {
  const columns = table.columns.map(quoted).join(', ');
  await client.query(
    `DECLARE vitrine_rows NO SCROLL CURSOR FOR
     SELECT row_to_json(r)::text AS line
     FROM (SELECT ${columns} FROM ${quoted(table.name)}${await orderOf(client, table)}) r`,
  );
  // From few rows on: how long they are is known when the first have come.
  for (let count = 16; ;) {
    const { rows } = await client.query<{ line: string }>(`FETCH ${count} FROM vitrine_rows`);
    if (rows.length === 0) break;
    const longest = rows.reduce((most, { line }) => Math.max(most, line.length), 1);
    count = Math.max(1, Math.min(MOST_ROWS, count * 2, Math.floor(BATCH / longest)));
    yield rows.map(({ line }) => line);
  }
  await client.query('CLOSE vitrine_rows');
}

/** Puts lines that `readRows` gave into a table. Throws INTEGRITY_VIOLATION for a line that isn't a row of it. */
export async function writeRows(
  client: pg.Client,
  table: Table,
  lines: AsyncIterable<string>,
): Promise<bigint> {
  const columns = table.columns.map(quoted).join(', ');
  const insert = `INSERT INTO ${quoted(table.name)} (${columns})
    SELECT ${columns} FROM json_populate_recordset(NULL::${quoted(table.name)}, $1::json)`;
  let [written, batch, length] = [0n, [] as string[], 0];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const { rowCount } = await client.query(insert, [`[${batch.join(',')}]`]).catch((cause: unknown) => {
      throw refusedRows(table, cause);
    });
    written += BigInt(rowCount ?? 0);
    [batch, length] = [[], 0];
  };
  for await (const line of lines) {
    batch.push(line);
    length += line.length;
    if (length >= BATCH) await flush();
  }
  await flush();
  return written;
}

/** Sets the counters of numbered columns behind the numbers that the rows have. */
export async function advanceSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; column: string; sequence: string }>(
    `SELECT c.relname AS name, a.attname::text AS column,
            pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
       AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL`,
  );
  for (const { name, column, sequence } of rows) {
    await client.query(
      `SELECT setval($1::regclass, max(${quoted(column)})) FROM ${quoted(name)} HAVING count(*) > 0`,
      [sequence],
    );
  }
}

/** By the primary key, so that the same rows give the same lines. */
async function orderOf(client: pg.Client, { name }: Table): Promise<string> {
  const { rows } = await client.query<{ column: string }>(
    `SELECT a.attname::text AS column FROM pg_index i
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)`,
    [quoted(name)],
  );
  return rows.length === 0 ? '' : ` ORDER BY ${rows.map(({ column }) => quoted(column)).join(', ')}`;
}

function quoted(name: string): string {
  return pg.escapeIdentifier(name);
}

/** PostgreSQL's message may repeat a value of the row, so its code alone is told. */
function refusedRows({ name }: Table, cause: unknown): unknown {
  const { code } = cause as { code?: string };
  if (code === undefined || !/^(?:22|23|42)/.test(code)) return cause;
  const message = `the backup's rows of the table ${name} don't fit it: PostgreSQL refuses them (${code})`;
  return new VitrineError('INTEGRITY_VIOLATION', message, { cause });
}
