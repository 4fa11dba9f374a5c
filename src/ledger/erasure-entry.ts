/** What an entry of an operation `<kind>.erase` says of itself (schema/ledger.md, "Erasure"). */
import { type Opening, VitrineError } from './core/index.js';
import * as strict from './core/strict.js';
import type { VerifiedEntry } from './check-entry.js';

const ERASE = '.erase';

/** Tells whether an entry erases fields of the record that it is about. */
export function isErasure({ op }: Pick<Opening, 'op'>): boolean {
  return op.endsWith(ERASE);
}

/** What was erased, and what is left of the versions before. */
export interface ErasureFacts {
  /** Names of the fields, in order. */
  readonly erased: readonly string[];
  /** `content` of each earlier version as it was sealed anew, version 1 first. */
  readonly resealed: readonly Uint8Array[];
  /** Leaf hash of the erasure that this one executes again on a restored database; null for one of its own. */
  readonly replays: Uint8Array | null;
}

/**
 * Reads the detail of an erasure.
 * @throws VitrineError INTEGRITY_VIOLATION when it isn't one, or doesn't name every earlier version
 */
export function readErasure({ index, opening }: Pick<VerifiedEntry, 'index' | 'opening'>): ErasureFacts {
  try {
    const { erased, resealed, replays } = opening.detail ?? {};
    const facts = {
      erased: strict.array(erased, 'erased').map((name) => strict.text(name, 'name', /^[A-Za-z]/, 'a name')),
      resealed: strict.array(resealed, 'resealed').map((hash) => strict.bytesOf(hash, 'content', 32)),
      replays: replays === undefined ? null : strict.bytesOf(replays, 'replays', 32),
    };
    if (isErasure(opening) && facts.resealed.length === opening.subject.version - 1) return facts;
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
  }
  throw new VitrineError('INTEGRITY_VIOLATION', `entry ${index} is no erasure of its record's versions`, {
    details: { index: index.toString() },
  });
}
