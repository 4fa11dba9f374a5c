/**
 * SQL straight to the pool's sessions, for what is asked with every request: Prisma's raw queries take 110 us of
 * processor each and 8 us a kilobyte of parameters, the driver below them 27 us and 0.7 us. Same pool, same sessions,
 * same values: numbers of 64 bits are bigint, bytes are Uint8Array.
 */
import pg from 'pg';

/** Statements with parameters, in a transaction or each in its own; the same shape as Prisma's. */
export interface SqlQuery {
  $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T>;
  /** Gives how many rows were changed. */
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>;
}

export interface Sql extends SqlQuery {
  /**
   * Runs `work` in one READ COMMITTED transaction on one session: committed when it returns, rolled back when it throws.
   * What throws then may concern the commit itself: its outcome isn't known.
   */
  transaction<T>(work: (query: SqlQuery) => Promise<T>): Promise<T>;
}

/** A transaction that takes longer is given up, and its session with it. */
const LONGEST_MS = 60_000;

/** Object ids of types, fixed in PostgreSQL's catalog (pg_type.dat), and what their text form becomes. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  [17, parseBytes],
  [20, BigInt],
  [21, Number],
  [23, Number],
  [25, String],
]);

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) =>
    PARSERS.get(oid) ?? (pg.types.getTypeParser(oid) as (text: string) => unknown),
};

/** Bytes of PostgreSQL's hexadecimal form, `\x…`. */
function parseBytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2);
  Buffer.from(bytes.buffer).write(text.slice(2), 'hex');
  return bytes;
}

export type StatementNames = (query: { readonly sql: string }) => string;

export class PoolSql implements Sql {
  constructor(
    private readonly pool: pg.Pool,
    private readonly names: StatementNames,
  ) {}

  async $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T> {
    const { rows } = await this.pool.query(this.statement(sql, values));
    return rows as T; // what the statement yields is its caller's to say
  }

  async $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number> {
    return (await this.pool.query(this.statement(sql, values))).rowCount ?? 0;
  }

  async transaction<T>(work: (query: SqlQuery) => Promise<T>): Promise<T> {
    const session = await this.pool.connect();
    // A session that is lost between two statements has nobody else to tell; the next statement fails by it.
    const lost = (): void => undefined;
    session.on('error', lost);
    const limit = setTimeout(() => void session.end().catch(lost), LONGEST_MS);
    let broken: Error | undefined;
    try {
      await session.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const result = await work(this.within(session));
      const { command } = await session.query('COMMIT');
      // PostgreSQL answers so when a statement failed before and nobody heeded it.
      if (command !== 'COMMIT') throw new Error(`expected COMMIT, the database said ${command}`);
      return result;
    } catch (error) {
      await session.query('ROLLBACK').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error('the rollback failed');
      });
      throw error;
    } finally {
      clearTimeout(limit);
      session.removeListener('error', lost);
      session.release(broken);
    }
  }

  private within(session: pg.PoolClient): SqlQuery {
    return {
      $queryRawUnsafe: async <T>(sql: string, ...values: unknown[]) =>
        (await session.query(this.statement(sql, values))).rows as T,
      $executeRawUnsafe: async (sql, ...values) =>
        (await session.query(this.statement(sql, values))).rowCount ?? 0,
    };
  }

  private statement(sql: string, values: unknown[]): pg.QueryConfig {
    return { name: this.names({ sql }), text: sql, values, types };
  }
}
