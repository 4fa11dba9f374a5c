/**
 * Reads that are written down before their answer leaves, until a sealed batch holds them. What they say is `viewing`'s;
 * here they are rows that some process takes for a batch and removes once that batch is on the log.
 *
 * A row that was taken stays with its batch: a process that dies in between leaves batch and rows behind, and whoever
 * finds them appends the same batch again, which the log has once whatever happens.
 */
import type { Sql } from './sql.js';

export interface ReadRow {
  readonly id: string;
  readonly institution: string | null;
  readonly lines: number;
  readonly body: string;
  readonly mac: string;
}

/** Rows that one batch is to hold. */
export interface TakenReads {
  readonly batch: string;
  readonly rows: readonly ReadRow[];
}

/** Most rows of one insert, and of one batch. */
const MOST_ROWS = 1000;

const COLUMNS = 'id::text, institution::text, lines, body, mac';

const INSERT = `
  INSERT INTO access_read (id, institution, lines, body, mac)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[])`;

/** Rows of one institution that nobody takes at the moment, oldest first, as many as the batch may have lines. */
const TAKE = `
  UPDATE access_read SET batch = $1::uuid WHERE batch IS NULL AND id IN (
    SELECT id FROM (
      SELECT id, sum(lines) OVER (ORDER BY id) AS upto FROM (
        SELECT id, lines FROM access_read WHERE batch IS NULL AND institution IS NOT DISTINCT FROM $2::uuid
        ORDER BY id LIMIT ${MOST_ROWS} FOR UPDATE SKIP LOCKED) AS waiting) AS counted
    WHERE upto <= $3::integer)
  RETURNING ${COLUMNS}`;

interface Waiting {
  readonly rows: readonly ReadRow[];
  readonly tell: () => void;
  readonly fail: (error: unknown) => void;
}

export class Reads {
  readonly #sql: Sql;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Writes rows down. Those who ask while an insert runs share the next one. */
  keep(rows: readonly ReadRow[]): Promise<void> {
    return new Promise((tell, fail) => {
      this.#waiting.push({ rows, tell, fail });
      if (!this.#running) void this.#run();
    });
  }

  /** Institutions with rows that no batch has; null: rows of nobody's. */
  async waiting(): Promise<readonly (string | null)[]> {
    const rows = await this.#sql.$queryRawUnsafe<{ institution: string | null }[]>(
      'SELECT DISTINCT institution::text FROM access_read WHERE batch IS NULL',
    );
    return rows.map(({ institution }) => institution);
  }

  /**
   * Takes rows of an institution for a batch; no other batch gets them.
   * @param lines as many at most; more than any row has
   */
  async take(batch: string, institution: string | null, lines: number): Promise<TakenReads> {
    const rows = await this.#sql.$queryRawUnsafe<ReadRow[]>(TAKE, batch, institution, lines);
    return { batch, rows: inOrder(rows) };
  }

  /** Batches whose rows are still there: some process works on them, or died of it. */
  async taken(except: string): Promise<readonly TakenReads[]> {
    const rows = await this.#sql.$queryRawUnsafe<(ReadRow & { batch: string })[]>(
      `SELECT ${COLUMNS}, batch::text FROM access_read WHERE batch <> $1::uuid`,
      except,
    );
    const batches = new Map<string, ReadRow[]>();
    for (const { batch, ...row } of rows) batches.set(batch, [...(batches.get(batch) ?? []), row]);
    return [...batches].map(([batch, taken]) => ({ batch, rows: inOrder(taken) }));
  }

  /** Puts rows aside, for a batch that is never made. */
  async putAside(ids: readonly string[], batch: string): Promise<void> {
    await this.#sql.$executeRawUnsafe(
      'UPDATE access_read SET batch = $2::uuid WHERE id = ANY ($1::uuid[])',
      ids,
      batch,
    );
  }

  /** Removes the rows of a batch, which the log holds by now. */
  async remove(batch: string): Promise<void> {
    await this.#sql.$executeRawUnsafe('DELETE FROM access_read WHERE batch = $1::uuid', batch);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, MOST_ROWS);
      try {
        await this.#insert(asked.flatMap(({ rows }) => rows));
        for (const { tell } of asked) tell();
      } catch (error) {
        for (const { fail } of asked) fail(error);
      }
    }
    this.#running = false;
  }

  async #insert(rows: readonly ReadRow[]): Promise<void> {
    await this.#sql.$executeRawUnsafe(
      INSERT,
      rows.map(({ id }) => id),
      rows.map(({ institution }) => institution),
      rows.map(({ lines }) => lines),
      rows.map(({ body }) => body),
      rows.map(({ mac }) => mac),
    );
  }
}

/** The same rows give the same batch, whoever makes it. */
function inOrder(rows: readonly ReadRow[]): readonly ReadRow[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}
