/** Cosignatures (c2sp.org/tlog-cosignature): how a witness signs a checkpoint, and how a log adds its lines to it. */
import { fromUtf8 } from './bytes.js';
import { parseCheckpoint } from './checkpoint.js';
import { type NoteKey } from './note-key.js';
import { COSIGNATURE } from './note-type.js';
import {
  formatNote,
  type Note,
  noteSignature,
  type NoteSignature,
  parseNote,
  signedMessage,
} from './note.js';
import * as strict from './strict.js';

/**
 * The `cosignature/v1` line of a witness on a checkpoint. The caller has verified the log's signature and the
 * consistency with what the witness signed before, and has stored the checkpoint durably.
 * @param text the note's text, not its signatures; throws INTEGRITY_VIOLATION when it is no checkpoint
 * @param key the witness's key, type 0x04
 * @param sign makes the Ed25519 signature, 64 bytes, of that key on a message
 * @param time now, in seconds since 1970
 */
export function cosign(
  text: string,
  key: NoteKey,
  sign: (message: Uint8Array) => Uint8Array,
  time: bigint,
): NoteSignature {
  if (key.type !== COSIGNATURE) throw strict.violation(`expected a key of type 4, got type ${key.type}`);
  parseCheckpoint(text);
  return noteSignature(key, sign(signedMessage(key, text, time)), time);
}

/** The note with more signature lines. Throws INTEGRITY_VIOLATION when it can't hold them. */
export function withSignatures(note: Note, lines: readonly NoteSignature[]): Note {
  const whole = { text: note.text, signatures: [...note.signatures, ...lines] };
  formatNote(whole);
  return whole;
}

/** Signature lines as a witness answers them (c2sp.org/tlog-witness), each ending in a newline. */
export function formatCosignatures(lines: readonly NoteSignature[]): string {
  const text = 'x\n';
  return formatNote({ text, signatures: lines }).slice(text.length + 1);
}

/**
 * The signature lines of a witness's answer, attacker-controlled: nothing is verified yet. Throws INTEGRITY_VIOLATION on
 * anything but 1 to 100 lines, each ending in a newline.
 */
export function parseCosignatures(answer: string | Uint8Array): readonly NoteSignature[] {
  return strict.parsing('cosignatures', () => {
    const lines = typeof answer === 'string' ? answer : fromUtf8(answer);
    if (lines.includes('\n\n')) throw strict.violation('expected no empty line');
    return parseNote(`x\n\n${lines}`).signatures;
  });
}
