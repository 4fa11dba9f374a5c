/** What whoever holds the database can do to it, and how it is undone so that each case stands alone. */
import pg from 'pg';
import { type Finding, type Verification, verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import {
  encodeLeaf,
  encodeOpening,
  type Leaf,
  linkHash,
  type Opening,
  parseLeaf,
  parseOpening,
} from '../../src/ledger/core/index.js';
import type { Answer, TestVitrine } from './vitrine.js';

const KEPT = 'kept';

/** An entry's row. */
export interface EntryBytes {
  readonly leaf: Leaf;
  readonly opening: Opening;
  readonly salt: Uint8Array;
}

/** SQL of a byte string. */
export function bytea(bytes: Uint8Array): string {
  return `'\\x${Buffer.from(bytes).toString('hex')}'::bytea`;
}

/** The rows of one query, as the owner. */
export async function rows<T>(vitrine: TestVitrine, sql: string): Promise<T[]> {
  const [result] = await vitrine.tamper(sql);
  return (result?.rows ?? []) as T[];
}

/** The one value of the one row of a query, as text. */
export async function value(vitrine: TestVitrine, sql: string): Promise<string> {
  const [row] = await rows<Record<string, unknown>>(vitrine, sql);
  if (row === undefined) throw new Error(`no row: ${sql}`);
  return String(Object.values(row)[0]);
}

export async function readEntry(vitrine: TestVitrine, index: string): Promise<EntryBytes> {
  const sql = `SELECT leaf, opening, salt FROM entry WHERE index = ${index}`;
  const [row] = await rows<{ leaf: Buffer; opening: Buffer; salt: Buffer }>(vitrine, sql);
  if (row === undefined) throw new Error(`no entry ${index}`);
  return { leaf: parseLeaf(row.leaf), opening: parseOpening(row.opening), salt: row.salt };
}

/** SQL that rewrites an entry so that its leaf links to its opening. */
export function rewriting(
  index: string,
  { leaf, opening, salt }: EntryBytes,
  change: { leaf?: Partial<Leaf>; opening?: Partial<Opening> },
): string {
  const openingBytes = encodeOpening({ ...opening, ...change.opening });
  const link = linkHash(salt, openingBytes);
  const leafBytes = encodeLeaf({ ...leaf, ...change.leaf, link });
  return `UPDATE entry SET leaf = ${bytea(leafBytes)}, opening = ${bytea(openingBytes)} WHERE index = ${index}`;
}

/** Copies of every table, beside them in the same database. Alarms are the server's own and stay. */
export class Keeping {
  private constructor(
    private readonly vitrine: TestVitrine,
    private readonly tables: readonly string[],
  ) {}

  static async of(vitrine: TestVitrine): Promise<Keeping> {
    const found = await rows<{ name: string }>(
      vitrine,
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
         AND relname <> 'alarm' AND relname NOT LIKE '%prisma%'`,
    );
    const tables = found.map(({ name }) => name);
    const copies = tables.map((name) => `CREATE TABLE ${KEPT}.${name} AS SELECT * FROM public.${name}`);
    await vitrine.tamper(`CREATE SCHEMA ${KEPT}`, ...copies);
    return new Keeping(vitrine, tables);
  }

  /** Puts everything back. */
  async undo(): Promise<void> {
    const back = this.tables.map(
      (name) => `DELETE FROM public.${name}; INSERT INTO public.${name} SELECT * FROM ${KEPT}.${name}`,
    );
    await this.vitrine.tamper('BEGIN', ...back, 'COMMIT');
  }
}

/** `vitrine verify` in this process. */
export function verify(
  vitrine: TestVitrine,
  settings: Readonly<Record<string, string>> = {},
): Promise<Verification> {
  const config = parseConfig({ ...vitrine.environment, ...settings });
  return verifyAll(
    config,
    () => undefined,
    () => undefined,
  );
}

/** Alarms that the server has raised, by `/metrics`. */
export async function alarms(vitrine: TestVitrine, code = 'INTEGRITY_VIOLATION'): Promise<number> {
  const text = await (await fetch(`${vitrine.url}/metrics`)).text();
  const line = new RegExp(`^vitrine_alarms_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text);
  return Number(line?.[1] ?? 0);
}

type Place = Record<string | number, unknown>;

/**
 * The data of an untampered answer with null at every place that an error of the tampered one names, or above it where
 * that place can't be null.
 */
export function withNulls(data: unknown, after: Answer<unknown>): unknown {
  const copy = structuredClone(data) as Place;
  for (const { path = [] } of after.errors) {
    let [from, to] = [after.data as Place | null, copy];
    for (const step of path) {
      if (from?.[step] === null) to[step] = null;
      if (typeof from?.[step] !== 'object' || from[step] === null) break;
      [from, to] = [from[step] as Place, to[step] as Place];
    }
  }
  return copy;
}

export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ what, where, entry }) => `${where} (${entry ?? '-'}): ${what}`).join('\n');
}

/** Copies a database whole, as a backup would; nobody may be connected to it. @returns how it is removed again */
export async function copyDatabase(from: string, to: string): Promise<() => Promise<void>> {
  const server = new URL(from);
  const [source, target] = [server.pathname.slice(1), new URL(to).pathname.slice(1)];
  server.pathname = '/postgres';
  const run = async (...statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: server.toString() });
    await client.connect();
    try {
      for (const sql of statements) await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${source}'`;
  await run(others, `CREATE DATABASE ${target} TEMPLATE ${source} STRATEGY wal_log`);
  return () => run(`DROP DATABASE IF EXISTS ${target} WITH (FORCE)`);
}
