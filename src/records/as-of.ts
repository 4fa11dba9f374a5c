/** A record as it stood at a moment, by the log's times: for explaining what was decided then, never for deciding now. */
import type { RecordKind, Unrelated } from './kind.js';
import { erasedOf } from './open.js';
import type { RecordStore } from './store.js';
import type { SealedVersion } from './versions.js';

/**
 * The newest version that was committed by then, verified; null when there was none yet. What was erased since reads null.
 * @param at RFC 3339 UTC with milliseconds
 * @throws VitrineError INTEGRITY_VIOLATION when one of its versions doesn't verify
 */
export async function recordAt<V extends object>(
  store: Pick<RecordStore, 'versions'>,
  kind: RecordKind<V>,
  id: string,
  at: string,
): Promise<Unrelated<V> | null> {
  const versions = await store.versions(kind, id);
  const version = versions.findLast(({ entry }) => entry.leaf.time <= at);
  return version === undefined ? null : opened(kind, version);
}

function opened<V extends object>(kind: RecordKind<V>, { entry, head, fields }: SealedVersion): Unrelated<V> {
  const values = Object.fromEntries(
    Object.keys(kind.fields).map((name) => {
      const field = fields[name];
      return [name, field !== undefined && 'value' in field ? field.value : null];
    }),
  );
  const erased = erasedOf(kind, fields);
  return {
    kind: kind.name,
    head,
    // They were checked by the kind's schema before they were sealed, and hash to what the entry commits to.
    values: values as V,
    ...(erased !== null && { erased }),
    anchor: {
      index: entry.index,
      block: entry.leaf.block,
      time: entry.leaf.time,
      leafHash: entry.leafHash,
      actor: entry.opening.actor,
    },
  };
}
