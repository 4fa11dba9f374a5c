/**
 * A PostgreSQL that someone else runs: is it new enough, may we do what has to be done, and under which role does the
 * application work. Every refusal says what the administrator has to do.
 */
import pg from 'pg';
import { VitrineError } from '../ledger/core/error.js';
import type { DatabaseLog } from './log.js';
import { hostOf, parseDatabaseUrl, withSettings } from './url.js';

/** The application's role: may read and append, owns nothing (prisma/migrations, guards). */
export const APP_ROLE = 'vitrine_app';

/** PostgreSQL 15 is the first whose `public` schema isn't writable for everyone. */
const OLDEST = 150_000;

/** What the server and our role on it are. */
export interface Facts {
  readonly version: number;
  readonly version_text: string;
  readonly encoding: string;
  readonly schema: string | null;
  readonly durable: boolean;
  readonly role_exists: boolean;
  readonly may_create_role: boolean;
  readonly me: string;
}

export interface Prepared {
  readonly schema: string;
  /** With the search path set. */
  readonly ownerUrl: string;
  /** With search path and role set. */
  readonly appUrl: string;
}

/** Opens a session, or says where it couldn't; the password never shows. */
export async function connect(url: string, what: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'vitrine',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (cause) {
    const { message, code } = cause as { message: string; code?: string };
    throw new VitrineError(
      'UNAVAILABLE',
      `can't reach ${what} at ${hostOf(url)}: ${message || (code ?? 'no answer')}`,
      {
        cause,
      },
    );
  }
}

async function readFacts(owner: pg.Client): Promise<Facts> {
  const { rows } = await owner.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_text,
            current_setting('server_encoding') AS encoding, current_schema() AS schema,
            current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS durable,
            EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role_exists,
            (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may_create_role,
            current_user AS me`,
    [APP_ROLE],
  );
  const [facts] = rows;
  if (facts === undefined) throw new VitrineError('UNAVAILABLE', 'the database did not answer what it is');
  return facts;
}

/** @throws VitrineError NOT_CONFIGURED for a server that is too old or not in UTF8 */
export function requireServer(facts: Facts, log: DatabaseLog): void {
  if (facts.version < OLDEST) {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the database is PostgreSQL ${facts.version_text}; vitrine needs 15 or newer`,
    );
  }
  if (facts.encoding !== 'UTF8') {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the database's encoding is ${facts.encoding}; vitrine needs UTF8`,
    );
  }
  if (!facts.durable)
    log.warn({}, 'fsync or full_page_writes is off: a power cut can lose acknowledged entries');
}

async function requireSchema(owner: pg.Client, schema: string, me: string): Promise<void> {
  const { rows } = await owner.query<{ there: boolean; usable: boolean | null }>(
    `SELECT to_regnamespace(quote_ident($1)) IS NOT NULL AS there,
            has_schema_privilege(to_regnamespace(quote_ident($1))::oid, 'CREATE') AS usable`,
    [schema],
  );
  if (rows[0]?.there === true && rows[0].usable === true) return;
  const there = rows[0]?.there === true;
  if (!there) {
    const made = await owner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`).catch(() => undefined);
    if (made !== undefined) return;
  }
  // With grant option: the application's role needs its share of the schema too.
  const help = there
    ? `GRANT USAGE, CREATE ON SCHEMA "${schema}" TO "${me}" WITH GRANT OPTION`
    : `CREATE SCHEMA "${schema}" AUTHORIZATION "${me}"`;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the role ${me} may not create tables in the schema ${schema}; let an administrator run: ${help}`,
  );
}

/** Without it every table seems to be missing, whatever is granted on the tables. */
async function requireUsage(owner: pg.Client, schema: string): Promise<void> {
  const isUsable = async (): Promise<boolean> => {
    const { rows } = await owner.query<{ usable: boolean }>(
      `SELECT has_schema_privilege($1, $2, 'USAGE') AS usable`,
      [APP_ROLE, schema],
    );
    return rows[0]?.usable === true;
  };
  if (await isUsable()) return;
  const help = `GRANT USAGE ON SCHEMA "${schema}" TO ${APP_ROLE}`;
  // PostgreSQL only warns when the right to grant is missing, so the outcome is asked for.
  await owner.query(help).catch(() => undefined);
  if (await isUsable()) return;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the role ${APP_ROLE} may not look into the schema ${schema}; let an administrator run: ${help}`,
  );
}

/** The role belongs to the whole server; another vitrine's database may have made it. */
async function requireRole(owner: pg.Client, facts: Facts): Promise<void> {
  if (facts.role_exists) return;
  if (facts.may_create_role) {
    await owner.query(`CREATE ROLE ${APP_ROLE} NOLOGIN`).catch((error: { code?: string }) => {
      if (error.code !== '42710' && error.code !== '23505') throw error;
    });
    return;
  }
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the role ${facts.me} may not create the role ${APP_ROLE} (no CREATEROLE); let an administrator run: CREATE ROLE ${APP_ROLE} NOLOGIN; GRANT ${APP_ROLE} TO "${facts.me}" — or give the owner's address in DATABASE_OWNER_URL`,
  );
}

/** The application's login has to be able to work as the application's role. */
async function requireMembership(owner: pg.Client, login: string, version: number): Promise<void> {
  const may = version >= 160_000 ? 'SET' : 'MEMBER';
  const { rows } = await owner.query<{ member: boolean }>('SELECT pg_has_role($1, $2, $3) AS member', [
    login,
    APP_ROLE,
    may,
  ]);
  if (rows[0]?.member === true) return;
  await owner.query(`GRANT ${APP_ROLE} TO "${login.replaceAll('"', '""')}"`).catch((cause: unknown) => {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the role ${login} may not work as ${APP_ROLE}; let an administrator run: GRANT ${APP_ROLE} TO "${login}"`,
      { cause },
    );
  });
}

/** Who the application's address signs in as, and that it is the same database that the owner's address means. */
async function requireSameDatabase(appUrl: string, owner: pg.Client): Promise<string> {
  const app = await connect(appUrl, 'the database (DATABASE_URL)');
  try {
    const question = `SELECT session_user AS login, current_database() AS database,
      (SELECT system_identifier::text FROM pg_control_system()) AS server`;
    const short = 'SELECT session_user AS login, current_database() AS database';
    const ask = (
      client: pg.Client,
    ): Promise<pg.QueryResult<{ login: string; database: string; server?: string }>> =>
      client.query(question).catch(() => client.query(short));
    const [mine, owners] = [(await ask(app)).rows[0], (await ask(owner)).rows[0]];
    const differs =
      mine?.server !== undefined && owners?.server !== undefined && mine.server !== owners.server;
    if (mine === undefined || mine.database !== owners?.database || differs) {
      throw new VitrineError(
        'NOT_CONFIGURED',
        'DATABASE_URL and DATABASE_OWNER_URL lead to different databases',
      );
    }
    return mine.login;
  } finally {
    await app.end();
  }
}

export interface PrepareOptions {
  readonly url: string;
  readonly ownerUrl: string;
  /** Make nothing; every session refuses to write. */
  readonly readOnly: boolean;
  readonly log: DatabaseLog;
}

/**
 * Checks the server and prepares schema and role, before any table is made.
 *
 * @throws VitrineError NOT_CONFIGURED with what the administrator has to do, UNAVAILABLE when it can't be reached
 */
export async function prepare({ url, ownerUrl, readOnly, log }: PrepareOptions): Promise<Prepared> {
  const app = parseDatabaseUrl(url, 'DATABASE_URL');
  const owning = parseDatabaseUrl(ownerUrl, 'DATABASE_OWNER_URL');
  const owner = await connect(owning.url, 'the database');
  try {
    const facts = await readFacts(owner);
    requireServer(facts, log);
    const schema = app.schema ?? owning.schema ?? facts.schema ?? 'public';
    if (!readOnly) await requireSchema(owner, schema, facts.me);
    const login = await requireSameDatabase(app.url, owner);
    const isApp = login === APP_ROLE;
    if (!isApp && !readOnly) {
      await requireRole(owner, facts);
      await requireMembership(owner, login, facts.version);
    }
    if (!readOnly) await requireUsage(owner, schema);
    const path = { search_path: `"${schema}"`, ...(readOnly && { default_transaction_read_only: 'on' }) };
    return {
      schema,
      ownerUrl: withSettings(owning.url, path),
      appUrl: withSettings(app.url, isApp || !facts.role_exists ? path : { ...path, role: APP_ROLE }),
    };
  } finally {
    await owner.end();
  }
}
