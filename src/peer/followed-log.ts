/** A log that a peer knows: its name, its keys, and where it is kept under the home folder. */
import {
  type Checkpoint,
  equal,
  hex,
  type Note,
  type NoteKey,
  parseCheckpoint,
  parseNote,
  sha256,
  utf8,
  verifyNote,
  VitrineError,
} from '../ledger/core/index.js';
import { nativeVerify } from '../ledger/native.js';

/** A key of a log. */
export interface LogKey extends NoteKey {
  /** The size from which on it signs no more: it was retired. Null or absent while it may sign. */
  readonly until?: bigint | null;
}

/** A log's name and the keys that may sign for it: more than one while it rotates its key. */
export interface LogIdentity {
  readonly origin: string;
  readonly keys: readonly LogKey[];
}

/** A note that a log's key signed, and the checkpoint in it. */
export interface SignedCheckpoint extends Pick<Checkpoint, 'size' | 'root'> {
  readonly note: string;
  /** What was signed. */
  readonly text: string;
}

/** The log's folder name: readable, and unlike any other origin's. */
export function slugOf(origin: string): string {
  const readable = origin
    .replaceAll(/[^A-Za-z0-9.-]+/g, '_')
    .replace(/^[.]+/, '_')
    .slice(0, 60);
  return `${readable}-${hex(sha256(utf8(origin))).slice(0, 8)}`;
}

/**
 * Requires a signature of one of the log's keys, by one that isn't retired at that size. Signatures by other keys are ignored (c2sp.org/signed-note).
 * @throws VitrineError INTEGRITY_VIOLATION when there is none, or when a line that claims one of the keys doesn't verify
 */
export function verifyLogNote(note: Note, log: LogIdentity): void {
  const size = sizeOf(note);
  const keys = log.keys.filter(({ until }) => until === undefined || until === null || size < until);
  const claimed = keys.filter((key) =>
    note.signatures.some((line) => line.name === key.name && equal(line.keyId, key.keyId)),
  );
  for (const key of claimed) verifyNote(note, key, nativeVerify);
  if (claimed.length > 0) return;
  throw new VitrineError('INTEGRITY_VIOLATION', `expected a signature by a key of ${log.origin}, got none`);
}

/** What can't be parsed is refused after its signature was looked at. */
function sizeOf({ text }: Note): bigint {
  try {
    return parseCheckpoint(text).size;
  } catch {
    return 0n;
  }
}

/** The checkpoint of a note from elsewhere. Throws INTEGRITY_VIOLATION unless it is this log's, signed by its key. */
export function verifyLogCheckpoint(note: string, log: LogIdentity): SignedCheckpoint {
  const parsed = parseNote(note);
  verifyLogNote(parsed, log);
  const { origin, size, root } = parseCheckpoint(parsed.text);
  if (origin === log.origin) return { size, root, note, text: parsed.text };
  throw new VitrineError(
    'INTEGRITY_VIOLATION',
    `expected a checkpoint of ${log.origin}, got one of ${origin}`,
  );
}
