/** What a start refuses before it verifies the log: no log, another log's keys, a database that went back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, parseKeys, parseOpening, VitrineError } from './core/index.js';
import { notHeld } from './checkpoint-signer.js';
import type { KeyStore } from './key-store.js';
import { readEntries, readHead } from './log-reader.js';
import type { Query } from './query.js';
import type { TrustedState } from './trusted-state.js';

const NO_LOG = 'the database holds no log: begin one with `vitrine init`';

export interface StartCheck {
  readonly pin: Pick<Checkpoint, 'size'> | undefined;
  readonly trustFirst: boolean;
  readonly dataDir: string;
  /** The witnesses are asked afterwards. */
  readonly witnessed?: boolean;
}

/** Tells whether a log was begun in this database. */
export async function isInitialised(query: Query): Promise<boolean> {
  const head = await readHead(query);
  return head !== undefined && head.size > 0n;
}

/**
 * An empty database is told before anything else: without keys and pin it awaits its genesis, with a pin it was lost.
 * Keys need no proof here, since nothing is read by them.
 */
export async function requireBegun(query: Query, dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, 'pin')) || (await isInitialised(query))) return;
  throw new VitrineError('NOT_CONFIGURED', NO_LOG);
}

/**
 * A database into which a restore was begun holds nothing, or what nobody verified yet. Throws NOT_CONFIGURED until it
 * is done.
 */
export async function requireRestored(query: Query): Promise<void> {
  const rows = await query.$queryRawUnsafe<{ backup: string }[]>(
    "SELECT backup FROM restore WHERE state <> 'done' LIMIT 1",
  );
  const [row] = rows;
  if (row === undefined) return;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the restore of the backup ${row.backup} into this database isn't done: run the same \`vitrine restore\` again`,
  );
}

/**
 * Compares the database's head with what was pinned outside it, and with the checkpoints that stand in it. True for a
 * log that has just begun, which needs no pin.
 */
export async function requireNotRolledBack(query: Query, check: StartCheck): Promise<boolean> {
  const { pin, trustFirst, dataDir, witnessed = false } = check;
  // Before the head: what another process signs at this moment is in the head that is read afterwards.
  const signed = await newestCheckpoint(query);
  const head = await readHead(query);
  const size = head?.size ?? 0n;
  if (pin !== undefined && size < pin.size) throw rolledBack(size, pin.size, `pinned in ${dataDir}`);
  if (head === undefined || size === 0n) {
    throw new VitrineError('NOT_CONFIGURED', NO_LOG);
  }
  if (signed !== undefined && size < signed) throw rolledBack(size, signed, 'signed');
  // A first start may have died before it pinned its genesis, whose checkpoint stands or not.
  const isNew = head.height === 0n;
  if (pin !== undefined || isNew || trustFirst || witnessed) return isNew;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the log has ${size} entries, but no pin says that these are all: put the file back that was in ` +
      `${dataDir}/pin, or believe this database by starting once with --trust-first`,
  );
}

/** Compares the log's first entry with the keys in the data folder. A damaged one is left to the verification. */
export async function requireGenesis(query: Query, keys: KeyStore): Promise<void> {
  const [row] = await readEntries(query, 0n, 1n);
  let published: { readonly origin: unknown; readonly logKeys: readonly string[] };
  try {
    const { detail } = parseOpening(row?.opening ?? new Uint8Array());
    const logKeys = parseKeys(detail).filter(({ use }) => use === 'log');
    published = { origin: detail?.['origin'], logKeys: logKeys.map(({ thumbprint }) => thumbprint) };
  } catch {
    return;
  }
  if (published.origin === keys.genesisOrigin && published.logKeys.some((key) => keys.hadLogKey(key))) return;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the keys in the data folder are those of the log ${keys.genesisOrigin}, not of the log in this database`,
  );
}

/**
 * The genesis, as it was verified, has to be signed by the service key that is held here: who writes the database could
 * begin another log in it, which names our log key and holds by itself.
 */
export function requireOwnLog(keys: KeyStore, state: Pick<TrustedState, 'registry'>): void {
  const began = [...state.registry.all()].filter(({ use, entry }) => use === 'service' && entry === 0n);
  if (began.length === 1 && began[0]?.thumbprint === keys.serviceKey.thumbprint) return;
  const message =
    "the log in this database wasn't begun by the service key in the key folder: it is another one";
  throw new VitrineError('NOT_CONFIGURED', message);
}

/** The key that signs the log from here on has to be held. An audit signs nothing and needs none. */
export async function requireLogKey(
  keys: KeyStore,
  state: Pick<TrustedState, 'size' | 'signersOf'>,
): Promise<void> {
  const name = state.signersOf(state.size)?.name;
  if (name !== undefined && (await keys.logSigner(name.key.publicKey)) === undefined) throw notHeld(name);
}

/** Opens one of the keys that are kept in the database: with another master key, no record could be read. */
export async function requireOwnSecrets(query: Query, keys: KeyStore): Promise<void> {
  const rows = await query.$queryRawUnsafe<{ thumbprint: string }[]>(
    'SELECT thumbprint FROM signing_key WHERE entry IS NOT NULL ORDER BY entry LIMIT 1',
  );
  const [row] = rows;
  if (row === undefined) return;
  try {
    await keys.signStatement(row.thumbprint, new Uint8Array());
  } catch (cause) {
    const message = "the master key in the data folder doesn't open the keys in this database";
    throw new VitrineError('NOT_CONFIGURED', message, { cause });
  }
}

async function newestCheckpoint(query: Query): Promise<bigint | undefined> {
  const rows = await query.$queryRawUnsafe<{ size: bigint }[]>(
    'SELECT size FROM checkpoint ORDER BY size DESC LIMIT 1',
  );
  return rows[0]?.size;
}

function rolledBack(size: bigint, known: bigint, how: string): VitrineError {
  return new VitrineError(
    'ROLLBACK_DETECTED',
    `the database holds ${size} entries, but ${known} were ${how}: it was rolled back. ` +
      'Restore its newest state; nothing is served until then. Where that is lost for good, two regulators accept the ' +
      'loss with `vitrine accept-rollback`',
  );
}
