/**
 * Things that may be used once, whatever process they are shown to: the `jti` of a proof, a link to a page, a code. One
 * insert decides, and its primary key is what makes it so; nothing is read before. Only SHA-256 is kept of a value.
 *
 * Those who ask while an insert runs share the next one, so that what is spent with every request costs a busy server
 * a fraction of a commit.
 */
import { hash } from 'node:crypto';
import type { Sql } from './sql.js';

/** Most rows of one insert, and of one clean-up. */
const MOST_ROWS = 1000;

/** How many are spent between two clean-ups: each removes more than came since the last one. */
const CLEAN_EVERY = 500;

/** An expired row stays this long, since clocks of processes differ. */
const KEPT_MS = 60_000;

/** Sorted by hash: two processes that insert the same values in different orders would wait for each other. */
const INSERT = `
  INSERT INTO spent (scope, hash, expires)
  SELECT s, h, e FROM unnest($1::text[], $2::bytea[], $3::timestamptz[]) AS asked (s, h, e) ORDER BY s, h
  ON CONFLICT DO NOTHING RETURNING scope, encode(hash, 'hex') AS hash`;

/** One process at a time; who isn't that one leaves it at that. */
const CLEAN = `
  WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('vitrine spent', 0)) AS mine)
  DELETE FROM spent USING turn
  WHERE turn.mine AND spent.ctid = ANY (ARRAY(SELECT ctid FROM spent WHERE expires < $1 ORDER BY expires LIMIT $2))`;

interface Asked {
  readonly scope: string;
  /** SHA-256 of the value, hexadecimal. */
  readonly hash: string;
  readonly expires: Date;
  readonly tell: (first: boolean) => void;
  readonly fail: (error: unknown) => void;
}

export interface SpentOptions {
  readonly sql: Sql;
  readonly clock: () => Date;
  /** Told when expired rows could not be removed; they are next time. */
  readonly onFailure?: (error: unknown) => void;
}

export class Spent {
  readonly #options: SpentOptions;
  #waiting: Asked[] = [];
  #running = false;
  /** The first one cleans up what a former process left. */
  #sinceClean = CLEAN_EVERY;
  #cleaning: Promise<void> | null = null;

  constructor(options: SpentOptions) {
    this.#options = options;
  }

  /**
   * Uses `value` up, for everyone who shares the database.
   *
   * @param scope what it is used for
   * @param expires from when on nothing accepts the value any more, whether spent or not: who asks holds that itself,
   *   for the row is removed some time after
   * @returns true the first time, and never again before it expires
   * @throws when the database didn't say; whether it is spent isn't known then, and nothing may be done on it
   */
  spend(scope: string, value: string | Uint8Array, expires: Date): Promise<boolean> {
    return new Promise((tell, fail) => {
      this.#waiting.push({ scope, hash: hash('sha256', value, 'hex'), expires, tell, fail });
      if (!this.#running) void this.#run();
    });
  }

  /** Waits for a clean-up that runs; the database may be closed then. */
  async close(): Promise<void> {
    await this.#cleaning;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, MOST_ROWS);
      try {
        await this.#insert(asked);
      } catch (error) {
        for (const { fail } of asked) fail(error);
      }
    }
    this.#running = false;
  }

  async #insert(asked: readonly Asked[]): Promise<void> {
    const rows = await this.#options.sql.$queryRawUnsafe<{ scope: string; hash: string }[]>(
      INSERT,
      asked.map(({ scope }) => scope),
      asked.map(({ hash }) => Buffer.from(hash, 'hex')),
      asked.map(({ expires }) => expires.toISOString()),
    );
    const inserted = new Set(rows.map(({ scope, hash }) => `${hash} ${scope}`));
    // Of those who asked for one value at once, the first alone has it.
    for (const { scope, hash, tell } of asked) tell(inserted.delete(`${hash} ${scope}`));
    this.#sinceClean += asked.length;
    if (this.#sinceClean >= CLEAN_EVERY && this.#cleaning === null) this.#clean();
  }

  #clean(): void {
    this.#sinceClean = 0;
    const { sql, clock, onFailure } = this.#options;
    const before = new Date(clock().getTime() - KEPT_MS).toISOString();
    this.#cleaning = sql
      .$executeRawUnsafe(CLEAN, before, MOST_ROWS)
      .then(() => undefined, onFailure ?? (() => undefined))
      .finally(() => (this.#cleaning = null));
  }
}
