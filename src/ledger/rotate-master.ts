/**
 * Rotation of the master key (schema/keys.md): the next one is durable first, then an entry puts it in force, then what
 * the old one wraps is wrapped anew, a batch at a time. The old one is destroyed when nothing is under it any more. The
 * same command goes on where a process died.
 */
import { ROTATE_MASTER, RETIRE_MASTER } from './check-keys.js';
import type { Ledger } from './contract.js';
import { VitrineError } from './core/index.js';
import { custodianContext, signingContext } from './custodian-keys.js';
import type { RotationFaults } from './faults.js';
import type { MasterKey } from './key-source.js';
import type { KeyStore, Wrapped } from './key-store.js';
import { appendLogEntry, newestLogEntry } from './log-entry.js';
import type { Query } from './query.js';

export interface MasterRotation {
  /** The entry that this call appended, or null when there was nothing to append. */
  readonly entry: bigint | null;
  /** Id of the master key in force. */
  readonly key: string;
  /** Keys that were wrapped anew. */
  readonly rewrapped: number;
  /** Older master keys that are still held. */
  readonly older: readonly string[];
}

export interface RotateMasterOptions {
  readonly ledger: Ledger;
  readonly query: Query;
  readonly faults?: RotationFaults;
}

/** Keys wrapped at a time. */
const BATCH = 256;

/**
 * Puts the next master key in force and wraps under it what older ones hold. Where that was done already and the old key
 * isn't retired yet, what is left of it is done.
 */
export async function rotateMaster(options: RotateMasterOptions): Promise<MasterRotation> {
  const { ledger, faults } = options;
  await ledger.sync();
  const { source } = ledger.keys;
  await source.reload();
  let entry: bigint | null = null;
  if (mastersOf(ledger).older.length === 0) {
    const { current, prepared } = mastersOf(ledger);
    const next = prepared ?? (await source.addMasterKey());
    await faults?.('key-made');
    const detail = { master: next.id, replaces: current };
    entry = await appendLogEntry(ledger, { op: ROTATE_MASTER, detail });
    await faults?.('key-anchored');
  }
  const rewrapped = await rewrapAll(options);
  const { current: key, older } = mastersOf(ledger);
  return { entry, key, rewrapped, older };
}

/**
 * Destroys older master keys when nothing is under them any more. Throws CONFLICT while something is: keys that don't
 * open under theirs have to be put back first.
 */
export async function retireMaster(options: RotateMasterOptions): Promise<MasterRotation> {
  const { ledger, query, faults } = options;
  await ledger.sync();
  const { source } = ledger.keys;
  await source.reload();
  const rewrapped = await rewrapAll(options);
  const { current, older } = mastersOf(ledger);
  // What only says that it is under the new key would be lost with the old one.
  const left = (await countOthers(query, current)) + (await countClosed(options, current));
  if (left > 0) {
    const message = `${left} keys don't open under the master key in force: see \`vitrine verify\``;
    throw new VitrineError('CONFLICT', message);
  }
  let entry: bigint | null = null;
  const { op, detail } = (await newestLogEntry(ledger)).opening;
  const told = op === RETIRE_MASTER && detail?.['master'] === current;
  if (older.length > 0 && !told) {
    entry = await appendLogEntry(ledger, {
      op: RETIRE_MASTER,
      detail: { master: current, retired: [...older] },
    });
    await faults?.('key-retired');
  }
  for (const id of older) await source.retireMasterKey(id);
  return { entry, key: current, rewrapped, older: [] };
}

interface Masters {
  readonly current: string;
  readonly older: readonly string[];
  /** Made and not in force yet. */
  readonly prepared: MasterKey | undefined;
}

/** Masters are held in the order of their making, so what stands before the one in force is older. */
function mastersOf({ keys, trusted }: Ledger): Masters {
  const { masters } = keys.source.held;
  const current = trusted.state.names.masterKey() ?? masters[0]?.id ?? '';
  const place = masters.findIndex(({ id }) => id === current);
  if (place < 0) {
    const message = `the master key ${current} isn't in the key folder: put its file there`;
    throw new VitrineError('NOT_CONFIGURED', message);
  }
  return { current, older: masters.slice(0, place).map(({ id }) => id), prepared: masters[place + 1] };
}

interface Table {
  readonly name: 'custodian_key' | 'signing_key';
  readonly id: 'id' | 'thumbprint';
  readonly context: (id: string) => string;
}

const TABLES: readonly Table[] = [
  { name: 'custodian_key', id: 'id', context: custodianContext },
  { name: 'signing_key', id: 'thumbprint', context: signingContext },
];

async function rewrapAll({ ledger, query, faults }: RotateMasterOptions): Promise<number> {
  const { current } = mastersOf(ledger);
  let done = 0;
  for (const table of TABLES) {
    for (let after = ''; ;) {
      const rows = await readRows(query, table, { is: '<>', current, after });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      done += await rewrap(query, ledger.keys, table, rows);
      await faults?.('batch-rewrapped');
    }
  }
  return done;
}

interface Row extends Wrapped {
  readonly id: string;
}

function readRows(
  query: Query,
  { name, id }: Table,
  { is, current, after }: { readonly is: '=' | '<>'; readonly current: string; readonly after: string },
): Promise<Row[]> {
  return query.$queryRawUnsafe<Row[]>(
    `SELECT ${id} AS id, key_id AS "keyId", wrapped FROM ${name}
     WHERE key_id ${is} $1 AND ${id} > $2 ORDER BY ${id} LIMIT ${BATCH}`,
    current,
    after,
  );
}

/** Each row where it still is what was read: another process may have been faster, or the row may be gone. */
async function rewrap(query: Query, keys: KeyStore, table: Table, rows: readonly Row[]): Promise<number> {
  const { name, id, context } = table;
  let done = 0;
  for (const row of rows) {
    const bytes = await unwrapped(keys, row, context(row.id));
    if (bytes === undefined) continue;
    const { keyId, wrapped } = await keys.wrap(bytes, context(row.id));
    bytes.fill(0);
    done += await query.$executeRawUnsafe(
      `UPDATE ${name} SET key_id = $1, wrapped = $2 WHERE ${id} = $3 AND key_id = $4`,
      keyId,
      wrapped,
      row.id,
      row.keyId,
    );
  }
  return done;
}

/** Undefined for a row that was tampered with: it stays as it is, to be found and put back. */
async function unwrapped(keys: KeyStore, row: Row, context: string): Promise<Uint8Array | undefined> {
  try {
    return await keys.unwrap(row, context);
  } catch (cause) {
    const damaged = cause instanceof VitrineError && cause.code !== 'UNAVAILABLE';
    if (damaged) return undefined;
    throw cause;
  }
}

async function countOthers(query: Query, current: string): Promise<number> {
  const [row] = await query.$queryRawUnsafe<{ count: number }[]>(
    `SELECT (SELECT count(*) FROM custodian_key WHERE key_id <> $1)::int
          + (SELECT count(*) FROM signing_key WHERE key_id <> $1)::int AS count`,
    current,
  );
  return row?.count ?? 0;
}

/** Rows that name the key in force and don't open under it. */
async function countClosed({ ledger, query }: RotateMasterOptions, current: string): Promise<number> {
  let closed = 0;
  for (const table of TABLES) {
    for (let after = ''; ;) {
      const rows = await readRows(query, table, { is: '=', current, after });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      for (const row of rows) {
        const bytes = await unwrapped(ledger.keys, row, table.context(row.id));
        if (bytes === undefined) closed += 1;
        else bytes.fill(0);
      }
    }
  }
  return closed;
}
