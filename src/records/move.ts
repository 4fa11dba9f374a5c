/**
 * Custody that moves (schema/ledger.md): the keys of all versions before are wrapped for the new custodian, in the commit in
 * which the record moves. The sealed bytes stay as they are; the old custodian's key opens none of them any more.
 */
import type { KeyStore, Move, Rewrap } from '../ledger/index.js';
import type { JsonObject } from '../ledger/core/index.js';
import { keyContext } from './envelope.js';
import type { SealedVersion } from './versions.js';

/** What a change says that moves its record. */
export interface Moving extends Move {
  /** Every version of the record, the base last. */
  readonly versions: readonly SealedVersion[];
}

/** What a transfer commits beside its own version. */
export async function sealMove(
  { from, to, versions }: Moving,
  keys: Pick<KeyStore, 'custodianKey' | 'custodianKeyById'>,
): Promise<{ readonly rewraps: readonly Rewrap[]; readonly detail: JsonObject }> {
  const next = await keys.custodianKey(to);
  const rewraps: Rewrap[] = [];
  for (const { entry, content, key } of versions) {
    const old = await keys.custodianKeyById(key.id);
    const context = keyContext(content);
    const bytes = old.unwrap(key.wrapped, context);
    rewraps.push({ entry: entry.index, keyId: next.id, wrapped: next.wrap(bytes, context) });
    bytes.fill(0);
  }
  return { rewraps, detail: { moved: { from, to } } };
}
