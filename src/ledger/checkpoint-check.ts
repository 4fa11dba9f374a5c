/** Whose a signed checkpoint is: the log's, by the key that the log itself names for its size. */
import {
  type Checkpoint,
  ED25519,
  type Note,
  noteKey,
  parseCheckpoint,
  parseNote,
  VitrineError,
  verifyNote,
} from './core/index.js';
import { violationOf } from './finding.js';
import type { KeyFacts } from './key-history.js';
import type { KeyStore } from './key-store.js';
import { nativeVerify } from './native.js';

/**
 * The checkpoint of a note. Throws INTEGRITY_VIOLATION unless the key that is in force at its size signed it, under the
 * name that the log has at that size. Other signature lines are ignored: an earlier key's says nothing any more.
 */
export function verifyCheckpoint(names: Pick<KeyFacts, 'nameAt'>, note: string): Checkpoint {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const name = names.nameAt(checkpoint.size);
  if (name === undefined) throw refused('expected a checkpoint of a log that has begun');
  verifyNote(parsed, name.key, nativeVerify);
  if (checkpoint.origin === name.origin) return checkpoint;
  throw refused(`expected the origin ${name.origin}, got ${checkpoint.origin}`);
}

/**
 * The checkpoint of the pin, which lies where the keys do and is read before the log: any log key of this deployment's may
 * have signed it, one that was retired since too. Throws INTEGRITY_VIOLATION when none did.
 */
export function verifyPinned(keys: Pick<KeyStore, 'everyLogKey'>, note: string): Checkpoint {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const signed = keys.everyLogKey().some((key) => isSigned(parsed, checkpoint.origin, key));
  if (signed) return checkpoint;
  throw refused(`expected a signature by a key of ${checkpoint.origin} in the key folder, got none`);
}

function isSigned(note: Note, origin: string, publicKey: Uint8Array): boolean {
  try {
    verifyNote(note, noteKey(origin, ED25519, publicKey), nativeVerify);
    return true;
  } catch (cause) {
    if (cause instanceof VitrineError) return false;
    throw cause;
  }
}

function refused(message: string): VitrineError {
  return violationOf({ what: 'checkpoint', message, index: null, block: null });
}
