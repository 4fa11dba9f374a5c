/** Work that one process of all on a database shall do: a session-level advisory lock, taken over when its holder ends. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from './log.js';

/** How often a process that waits asks again. */
const ASK_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export interface TurnOptions {
  readonly url: string;
  /** What is done in turns; the same in every process. */
  readonly name: string;
  readonly log: DatabaseLog;
  /** Told when the turn comes, and when it was lost with the session. It isn't told of the end by `close`. */
  readonly onChange: (mine: boolean) => void;
}

/**
 * Waits for the turn in the background. A session that is lost without a word may leave two holders for a moment, so
 * what is done must be harmless twice.
 */
export class Turn {
  readonly #options: TurnOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Gives the turn up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let wait = 50; !this.#closing.signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        if (await this.#session()) wait = 50;
      } catch (error) {
        this.#options.log.warn({ reason: (error as Error).message }, 'no session to take turns in');
      }
      await this.#pause(wait);
    }
  }

  /** One session, from its beginning to its end; true when the turn came in it. */
  async #session(): Promise<boolean> {
    const { url, name, onChange } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: 'vitrine turn',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
      client.once('error', () => resolve());
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      if (!(await this.#take(client, name))) return false;
      onChange(true);
      await Promise.race([ended, this.#closed()]);
      if (!this.#closing.signal.aborted) onChange(false);
      return true;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #take(client: pg.Client, name: string): Promise<boolean> {
    while (!this.#closing.signal.aborted) {
      const sql = 'SELECT pg_try_advisory_lock(hashtextextended(current_schema() || $1, 0)) AS mine';
      const { rows } = await client.query<{ mine: boolean }>(sql, [` ${name}`]);
      if (rows[0]?.mine === true) return true;
      await this.#pause(ASK_MS);
    }
    return false;
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #closed(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
