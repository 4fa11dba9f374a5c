/**
 * Destroys the keys of versions that an erasure seals anew: without them the old bytes, which stay in their append-only
 * table, open for nobody (schema/ledger.md, "Erasure").
 */
import { VitrineError } from './core/index.js';
import type { PlacedEntry } from './place.js';
import type { Query } from './query.js';

/** Puts the new key of each such version in the place of the old one, in the block's transaction. */
export async function replaceKeys(query: Query, placed: readonly PlacedEntry[]): Promise<void> {
  const rewraps = placed.flatMap(({ pending }) => pending.rewraps ?? []);
  if (rewraps.length === 0) return;
  const rows = rewraps.map(({ entry, keyId, wrapped }) => ({
    entry: entry.toString(),
    key_id: keyId,
    wrapped: Buffer.from(wrapped).toString('hex'),
  }));
  const replaced = await query.$executeRawUnsafe(
    `UPDATE wrapped_key w SET key_id = r.key_id, wrapped = decode(r.wrapped, 'hex')
       FROM json_to_recordset($1::json) AS r(entry bigint, key_id text, wrapped text) WHERE w.entry = r.entry`,
    JSON.stringify(rows),
  );
  if (replaced !== rewraps.length)
    throw new VitrineError('INTERNAL', `expected to replace ${rewraps.length} keys, replaced ${replaced}`);
}
