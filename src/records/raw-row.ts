/** A row as the one statement yields it, `c_…` being the kind's columns as text: its entry, and what was sealed in it. */
import type { Ledger, VerifiedEntry } from '../ledger/index.js';
import type { VitrineError } from '../ledger/core/index.js';
import { HEAD_COLUMNS } from './columns.js';
import type { Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { openRow, violation } from './open.js';

export type RawRow = Readonly<Record<string, unknown>>;

/**
 * The entry that a row cites, verified; null where the row has none beside it.
 * @throws VitrineError INTEGRITY_VIOLATION
 */
export async function entryOf(
  { trusted }: Pick<Ledger, 'trusted'>,
  { c_entry: index, leaf, opening, salt }: RawRow,
): Promise<VerifiedEntry | null> {
  if (!isBytes(leaf) || !isBytes(opening) || !isBytes(salt)) return null;
  return trusted.verifyEntry(BigInt(String(index)), leaf, opening, salt);
}

/** What a row seals, which must be what its entry says. @throws VitrineError INTEGRITY_VIOLATION */
export async function sealedIn(
  { keys }: Pick<Ledger, 'keys'>,
  kind: AnyKind,
  row: RawRow,
  entry: VerifiedEntry,
): Promise<Unrelated<object> | VitrineError> {
  const { bytes, nonce, wrapped } = row;
  if (!isBytes(bytes) || !isBytes(nonce) || !isBytes(wrapped))
    return violation(kind, String(row['c_id']), 'its sealed bytes or their key are missing', entry.index);
  const key = await keys.custodianKeyById(String(row['key_id']));
  const columns = new Map<string, string | null>();
  for (const name of [...Object.keys(HEAD_COLUMNS), ...Object.keys(kind.columns)]) {
    const value = row[`c_${name}`];
    columns.set(name, value === null ? null : String(value));
  }
  return openRow(kind, { columns, nonce, bytes, wrapped }, entry, key);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
