/** The request body of `add-checkpoint` (c2sp.org/tlog-witness). Whoever reaches the peer controls every byte. */
import {
  formatNote,
  fromBase64,
  fromUtf8,
  type Note,
  type NoteSignature,
  parseNote,
  VitrineError,
} from '../../ledger/core/index.js';

export interface AddCheckpoint {
  /** The size that the proof begins at: what the client believes this witness cosigned last. */
  readonly old: bigint;
  /** RFC 6962 consistency proof from `old` to the checkpoint's size. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint's note as it came. */
  readonly noteText: string;
  /** What was signed, ending in a newline. */
  readonly text: string;
  /** Null when the text could stand in a note and the signature lines can't: no signature that verifies. */
  readonly note: Note | null;
  /** First line of the note's text: which log it speaks of. Nothing is verified yet. */
  readonly origin: string;
}

const OLD = /^old (0|[1-9][0-9]{0,18})$/;
const LARGEST = 0x7fffffffffffffffn;
/** "The client MUST NOT send more than 63 consistency proof lines." */
const MOST_LINES = 63;

/** Parses a body strictly. Throws BAD_USER_INPUT or INTEGRITY_VIOLATION; either is a 400. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const whole = fromUtf8(body);
  const border = whole.indexOf('\n\n');
  if (border < 0) throw refused('expected an empty line before the checkpoint');
  const [first = '', ...lines] = whole.slice(0, border).split('\n');
  const size = OLD.exec(first)?.[1];
  if (size === undefined || BigInt(size) > LARGEST) throw refused('expected "old" and a decimal size first');
  if (lines.length > MOST_LINES) throw refused(`expected at most ${MOST_LINES} hashes, got ${lines.length}`);
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash.length === 32) return hash;
    throw refused(`expected hashes of 32 bytes, got ${hash.length}`);
  });
  const noteText = whole.slice(border + 2);
  const split = noteText.lastIndexOf('\n\n');
  if (split < 0) throw refused('expected a checkpoint and signature lines');
  const text = noteText.slice(0, split + 1);
  // Throws when no note can have this text: that is a malformed request, whatever its signatures are.
  formatNote({ text, signatures: [ANY_SIGNATURE] });
  const origin = text.slice(0, text.indexOf('\n'));
  return { old: BigInt(size), proof, noteText, text, note: noteOf(noteText), origin };
}

const ANY_SIGNATURE: NoteSignature = {
  name: 'any',
  keyId: new Uint8Array(4),
  signature: new Uint8Array(64),
};

function noteOf(noteText: string): Note | null {
  try {
    return parseNote(noteText);
  } catch (cause) {
    if (cause instanceof VitrineError) return null;
    throw cause;
  }
}

function refused(message: string): VitrineError {
  return new VitrineError('BAD_USER_INPUT', message);
}
