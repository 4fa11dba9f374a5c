/**
 * Rotation of the log's key (schema/keys.md). The new key is durable first; then an entry, signed by the service key and
 * in its detail by both log keys, names it; from then on both sign until the old one is retired by another entry. A
 * process that dies anywhere in between leaves a log that starts and goes on, and the same command goes on too.
 */
import {
  base64url,
  type JsonObject,
  type NoteKey,
  noteKey,
  signRotation,
  thumbprint,
  VitrineError,
} from './core/index.js';
import { RETIRE_LOG_KEY, ROTATE_LOG_KEY } from './check-keys.js';
import { notHeld } from './checkpoint-signer.js';
import type { Ledger } from './contract.js';
import type { RotationFaults } from './faults.js';
import { appendLogEntry } from './log-entry.js';
import type { Signer } from './key-source.js';
import type { Signers } from './trusted-state.js';

/** What became of a rotation. */
export interface LogKeyRotation {
  /** The entry that this call appended, or null when there was nothing to append. */
  readonly entry: bigint | null;
  /** The key that signs the log now. */
  readonly key: NoteKey;
  /** Keys before it that still sign beside it. */
  readonly beside: readonly NoteKey[];
}

/** Makes the next log key, for key folders that have to be brought to other machines before it is used. */
export async function prepareLogKey(ledger: Ledger): Promise<NoteKey> {
  await ledger.sync();
  const { origin, key } = signersOf(ledger).name;
  return noteKey(origin, key.type, (await nextKey(ledger)).publicKey);
}

/**
 * Puts the next log key in force; the old one signs beside it. Where that was done already and the old key isn't
 * retired yet, nothing is.
 */
export async function rotateLogKey(ledger: Ledger, faults?: RotationFaults): Promise<LogKeyRotation> {
  await ledger.sync();
  const { name, beside } = signersOf(ledger);
  if (beside.length > 0) return { entry: null, key: name.key, beside };
  const old = await ledger.keys.logSigner(name.key.publicKey);
  if (old === undefined) throw notHeld(name);
  const next = await nextKey(ledger);
  await faults?.('key-made');
  const to = noteKey(name.origin, name.key.type, next.publicKey);
  const rotation = await signRotation({ from: name.key, to }, { from: old.sign, to: next.sign });
  const detail = { keys: [published(next)], rotation };
  const entry = await appendLogEntry(ledger, { op: ROTATE_LOG_KEY, detail });
  await faults?.('key-anchored');
  const now = signersOf(ledger);
  return { entry, key: now.name.key, beside: now.beside };
}

/** Ends the signing of older log keys by an entry, and destroys their private halves. */
export async function retireLogKey(ledger: Ledger, faults?: RotationFaults): Promise<LogKeyRotation> {
  await ledger.sync();
  const { name, beside } = signersOf(ledger);
  let entry: bigint | null = null;
  if (beside.length > 0) {
    const revokes = beside.map(({ publicKey }) => thumbprint(publicKey));
    entry = await appendLogEntry(ledger, { op: RETIRE_LOG_KEY, detail: { revokes } });
    await faults?.('key-retired');
  }
  const { source } = ledger.keys;
  for (const { publicKey, thumbprint: thumb } of source.held.logKeys) {
    const revoked = ledger.trusted.key(thumb)?.revoked ?? null;
    if (revoked !== null) await source.retireLogKey(publicKey);
  }
  return { entry, key: name.key, beside: [] };
}

/**
 * A key that was made behind the one in force and was never named by the log, or a new one: what an earlier run made is
 * used. One made before it isn't: it stood on a log that was lost, or a rollback's acceptance broke off behind it.
 */
async function nextKey({ keys, trusted }: Ledger): Promise<Signer> {
  await keys.source.reload();
  const { logKeys } = keys.source.held;
  const place = logKeys.findIndex(({ thumbprint: thumb }) => thumb === keys.logKey.thumbprint);
  const later = logKeys.slice(place + 1);
  const prepared = later.findLast((key) => trusted.key(key.thumbprint) === undefined);
  return prepared ?? keys.source.addLogKey();
}

function signersOf({ trusted }: Pick<Ledger, 'trusted'>): Signers {
  const signers = trusted.state.signersOf(trusted.size);
  if (signers === undefined) throw new VitrineError('INTERNAL', 'expected a log that has begun');
  return signers;
}

function published({ thumbprint: thumb, publicKey }: Signer): JsonObject {
  const key = { thumbprint: thumb, publicKey: base64url(publicKey) };
  return { use: 'log', ...key, institution: null, member: null, expires: null };
}
