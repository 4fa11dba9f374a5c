/** Where the log stands in one transaction's sight of the database: verified, with the newest checkpoint that it holds. */
import { type Checkpoint, equal, VitrineError } from './core/index.js';
import { verifyCheckpoint, verifyPinned } from './checkpoint-check.js';
import { notHeld, signCheckpoint } from './checkpoint-signer.js';
import { violationOf } from './finding.js';
import { type KeyStore, listKeyOf } from './key-store.js';
import type { Query } from './query.js';
import { startFromSnapshot } from './snapshot-start.js';
import { requireGenesis, requireNotRolledBack, requireOwnLog, requireOwnSecrets } from './start.js';
import { TrustedLog } from './trusted-log.js';

export interface PositionOptions {
  /** One snapshot of the database. */
  readonly query: Query;
  readonly keys: KeyStore;
  /** The pinned note, read before the snapshot was taken; undefined when there is none. */
  readonly pin: string | undefined;
  readonly dataDir: string;
  readonly random: (length: number) => Uint8Array;
}

/** A verified position. */
export interface LogPosition {
  /** The log's name there. */
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** The signed checkpoint of this size. */
  readonly checkpoint: string;
}

/**
 * Verifies the log up to its end and the newest checkpoint against it, and signs the end where nobody has yet.
 *
 * Throws NOT_CONFIGURED, ROLLBACK_DETECTED and INTEGRITY_VIOLATION as a start does.
 */
export async function verifyLogPosition(options: PositionOptions): Promise<LogPosition> {
  const { query, keys, pin: note, dataDir, random } = options;
  const pin = note === undefined ? undefined : verifyPinned(keys, note);
  await requireNotRolledBack(query, { pin, dataDir, trustFirst: false });
  await requireGenesis(query, keys);
  await requireOwnSecrets(query, keys);
  const { genesisOrigin: origin } = keys;
  const listKey = listKeyOf(keys);
  const { state } = await startFromSnapshot({ query, origin, pin, random, listKey });
  const onAlarm = (): void => undefined; // it is thrown too
  const trusted = new TrustedLog({
    query,
    origin,
    random,
    listKey,
    onAlarm,
    ...(pin && { pin }),
    ...(state && { state }),
  });
  const size = await trusted.sync();
  requireOwnLog(keys, trusted.state);
  const signers = trusted.state.signersOf(size);
  if (signers === undefined) throw new VitrineError('INTERNAL', 'expected a log that has begun');
  const { root } = trusted;
  const newest = await newestCheckpoint(query, trusted);
  const whole = newest.size === size ? newest.note : await signCheckpoint(keys, signers, { size, root });
  if (whole === undefined) throw notHeld(signers.name);
  return { origin: signers.name.origin, size, root, checkpoint: whole };
}

/** The newest note, held against the verified block that it is about. */
async function newestCheckpoint(
  query: Query,
  trusted: TrustedLog,
): Promise<{ readonly size: bigint; readonly note: string }> {
  const rows = await query.$queryRawUnsafe<{ note: string; height: bigint | null }[]>(
    `SELECT c.note, b.height FROM checkpoint c LEFT JOIN block b ON b.size = c.size ORDER BY c.size DESC LIMIT 1`,
  );
  const [row] = rows;
  if (row === undefined) throw new VitrineError('UNAVAILABLE', 'no checkpoint is signed yet: try again');
  const signed = verifyCheckpoint(trusted.state.names, row.note);
  if (row.height === null || !(await holds(trusted, row.height, signed))) {
    const message = `expected the verified root of ${signed.size} entries, got another`;
    throw violationOf({ what: 'checkpoint', message, index: null, block: null });
  }
  return { size: signed.size, note: row.note };
}

async function holds(trusted: TrustedLog, height: bigint, signed: Checkpoint): Promise<boolean> {
  const { header } = await trusted.block(height);
  return header.size === signed.size && equal(header.root, signed.root);
}
