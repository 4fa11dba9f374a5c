/** Deployments whose server dies at one step of a commit or of a snapshot, and what is looked up in their database after it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { FaultPoint } from '../../src/ledger/index.js';
import { Api } from './api.js';
import type { Drill } from './drill.js';
import { type Deployment, ROOT, type Running, until } from './process.js';

const PROGRAM = join(ROOT, 'test', 'support', 'faulty-server.mjs');

/** Entries from one snapshot to the next in these tests. */
export const EVERY = 60;

export interface Fault {
  /** `none`: it doesn't die, and takes snapshots. */
  readonly point: FaultPoint | 'none';
  /** At which passing of the point. */
  readonly times?: number;
  readonly every?: number;
}

/** A server that kills itself at a step. */
export function runFaulty(deployment: Deployment, { point, times = 1, every = EVERY }: Fault): Running {
  return deployment.run([process.execPath, PROGRAM, point, String(times), String(every)]);
}

/** Puts such a server in the place of the drill's, which must have ended. */
export async function startFaulty(drill: Drill, fault: Fault): Promise<void> {
  drill.server = runFaulty(drill.deployment, fault);
  drill.api = new Api(await drill.server.listening());
}

/** Runs the load until the server died of its own, and then holds it. */
export async function loadUntilDeath(drill: Drill): Promise<void> {
  drill.load.start(() => drill.api);
  try {
    await until('the server dies', () => !drill.server.alive || drill.load.refusals.length > 0, 90_000);
  } finally {
    await drill.load.stop();
  }
}

/** Starts the built server and gives from which snapshot it did, and what it said until it listened. */
export async function startBuilt(
  drill: Drill,
): Promise<{ readonly snapshot: number; readonly said: string }> {
  drill.server = drill.deployment.run(undefined, { LOG_LEVEL: 'info' });
  drill.api = new Api(await drill.server.listening());
  const { said } = drill.server;
  const snapshot = /"snapshot":"(\d+)"/.exec(said)?.[1];
  if (snapshot === undefined) throw new Error(`it doesn't say from which snapshot it started:\n${said}`);
  return { snapshot: Number(snapshot), said };
}

/** A snapshot that the log anchors. */
export interface Anchored {
  readonly id: string;
  readonly entry: number;
  /** Entries that its state had. */
  readonly size: number;
}

/** SQL as the owner of the tables, with triggers off. */
export async function asOwner<T extends object>(
  deployment: Deployment,
  sql: string,
  ...values: readonly unknown[]
): Promise<T[]> {
  const client = new pg.Client({ connectionString: await deployment.ownerUrl() });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    return (await client.query<T>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** What the log anchors, the newest first. */
export function anchored(deployment: Deployment): Promise<Anchored[]> {
  return asOwner<Anchored>(
    deployment,
    `SELECT subject::text AS id, index::int AS entry,
       (convert_from(opening, 'UTF8')::json->'detail'->>'size')::int AS size
     FROM entry WHERE kind = 'Snapshot' ORDER BY index DESC`,
  );
}

/** Ids of the snapshots whose bytes stand in the database, whole or not. */
export async function written(deployment: Deployment): Promise<string[]> {
  const rows = await asOwner<{ id: string }>(deployment, 'SELECT DISTINCT id::text AS id FROM snapshot');
  return rows.map(({ id }) => id);
}

/** Makes what a dead process left behind look old: a next snapshot needn't wait for it, and drops it. */
export async function age(deployment: Deployment): Promise<void> {
  await asOwner(deployment, `UPDATE snapshot SET time = time - interval '2 hours'`);
}

/** Entries under the pin. */
export async function pinned({ dataDir }: Deployment): Promise<number> {
  return Number((await readFile(join(dataDir, 'pin'), 'utf8')).split('\n')[1]);
}
