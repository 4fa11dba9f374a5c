/** The way to the database: embedded or someone else's, with this program's tables in it. */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { VitrineError } from '../ledger/core/error.js';
import { openEmbedded, requireMade } from './embedded/embedded.js';
import { connect, prepare } from './external.js';
import type { Prepared } from './external.js';
import { PrismaClient } from './generated/client.js';
import { Listener } from './listener.js';
import type { Heard } from './listener.js';
import type { DatabaseLog } from './log.js';
import { migrate, requireMigrated } from './migrations.js';
import { PoolSql, type Sql } from './sql.js';
import { statementNames } from './statement-names.js';
import { Turn } from './turn.js';

export interface DatabaseOptions {
  /** The application's address of a PostgreSQL 15+; none: an embedded one below `dataDir`. */
  readonly url?: string | undefined;
  /** The address of the tables' owner, used for migrations alone; `url` when left out. */
  readonly ownerUrl?: string | undefined;
  readonly dataDir: string;
  readonly log: DatabaseLog;
  /** Look only: make no cluster, schema, role or table, and have every session refuse to write. */
  readonly readOnly?: boolean;
  /** Sessions that the pool may open; 16 when left out. */
  readonly poolSize?: number;
}

/** An open database. */
export interface Database {
  /** Works as the application's role: it reads and appends, and owns nothing. */
  readonly prisma: PrismaClient;
  /** The same sessions without Prisma, for what is asked with every request. */
  readonly sql: Sql;
  readonly ownerUrl: string;
  readonly appUrl: string;
  /**
   * Hears a NOTIFY channel. `heard` gets an empty payload when the session was lost and renewed: look again.
   *
   * @returns a function that stops it
   */
  listen(channel: string, heard: Heard): Promise<() => Promise<void>>;
  /**
   * Waits in the background for the turn to do something that one process of all shall do. `onChange` is told when it
   * comes and when it was lost.
   *
   * @returns a function that gives it up
   */
  turn(name: string, onChange: (mine: boolean) => void): () => Promise<void>;
  /** @throws VitrineError UNAVAILABLE when the database doesn't answer */
  ping(): Promise<void>;
  /** Ends all sessions, and stops the embedded PostgreSQL unless another process uses it. */
  close(): Promise<void>;
}

async function bringUpToDate(
  { ownerUrl, schema }: Prepared,
  { log, readOnly }: DatabaseOptions,
): Promise<void> {
  const owner = await connect(ownerUrl, 'the database');
  try {
    if (readOnly) await requireMigrated(owner);
    else await migrate(owner, ownerUrl, schema, log);
  } finally {
    await owner.end();
  }
}

interface Clients {
  readonly prisma: PrismaClient;
  readonly sql: Sql;
  readonly close: () => Promise<void>;
}

/** Prisma's client and the way past it, over one pool of sessions. */
function openClients({ appUrl, schema }: Prepared, options: DatabaseOptions): Clients {
  const pool = new pg.Pool({
    connectionString: appUrl,
    application_name: 'vitrine',
    max: options.poolSize ?? 16,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A process that was stopped while it holds the head's lock must not hold up everyone else's commits.
    idle_in_transaction_session_timeout: 30_000,
  });
  const lost = (error: Error): void => {
    options.log.warn({ reason: error.message }, 'a database session was lost');
  };
  pool.on('error', lost);
  const names = statementNames();
  const adapter = new PrismaPg(pool, { schema, onConnectionError: lost, statementNameGenerator: names });
  const prisma = new PrismaClient({
    adapter,
    errorFormat: 'minimal',
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
  });
  const close = async (): Promise<void> => {
    await prisma.$disconnect();
    await pool.end();
  };
  return { prisma, sql: new PoolSql(pool, names), close };
}

/**
 * Opens the database: starts or finds it, checks it, applies what migrations are missing.
 *
 * @throws VitrineError NOT_CONFIGURED or UNAVAILABLE, with what to do
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log, readOnly = false } = options;
  if (options.url === undefined && readOnly) await requireMade(options.dataDir);
  const embedded = options.url === undefined ? await openEmbedded(options.dataDir, log) : undefined;
  const url = embedded?.appUrl ?? options.url ?? '';
  const ownerUrl = embedded?.ownerUrl ?? options.ownerUrl ?? url;
  try {
    const prepared = await prepare({ url, ownerUrl, readOnly, log });
    await bringUpToDate(prepared, options);
    const { prisma, sql, close } = openClients(prepared, options);
    const listener = new Listener(prepared.appUrl, log);
    return {
      prisma,
      sql,
      ownerUrl: prepared.ownerUrl,
      appUrl: prepared.appUrl,
      listen: (channel, heard) => listener.listen(channel, heard),
      turn: (name, onChange) => {
        const turn = new Turn({ url: prepared.appUrl, name, log, onChange });
        return () => turn.close();
      },
      ping: () => ping(prisma),
      close: async () => {
        await listener.close();
        await close();
        await embedded?.close();
      },
    };
  } catch (error) {
    await embedded?.close();
    throw error;
  }
}

async function ping(prisma: PrismaClient): Promise<void> {
  try {
    await prisma.$queryRawUnsafe('SELECT 1');
  } catch (cause) {
    throw new VitrineError('UNAVAILABLE', 'the database does not answer', { cause });
  }
}
