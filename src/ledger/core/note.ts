/**
 * C2SP signed notes (c2sp.org/signed-note): a text and signature lines. A note is attacker-controlled until `verifyNote`
 * returned for a key that was configured beforehand. Parsing is strict: a note has one encoding.
 */
import { base64, concat, equal, fromBase64, fromUtf8, u64be, utf8 } from './bytes.js';
import { type NoteKey, requireKeyName } from './note-key.js';
import { cosignedMessage, ED25519, COSIGNATURE } from './note-type.js';
import * as strict from './strict.js';

/** A signature line. */
export interface NoteSignature {
  /** Key name; not verified. */
  readonly name: string;
  /** 4 bytes that, with the name, tell the key. */
  readonly keyId: Uint8Array;
  /** For type 0x01 64 bytes; for 0x04 the time in 8 bytes, then 64. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** The signed text, its final newline included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Checks an Ed25519 signature (RFC 8032); passed in, since the core carries no curves. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Signed notes of logs are short; longer ones are refused before they are read. */
const LONGEST_NOTE = 1_000_000;
/** The specification asks for at least 16. */
const MOST_SIGNATURES = 100;
const EM_DASH = '\u2014';

/** The note of its bytes or text. Throws INTEGRITY_VIOLATION on anything that `formatNote` doesn't write. */
export function parseNote(note: string | Uint8Array): Note {
  return strict.parsing('note', () => {
    if (note.length > LONGEST_NOTE)
      throw strict.violation(`expected a note of at most ${LONGEST_NOTE} bytes`);
    const whole = typeof note === 'string' ? note : fromUtf8(note);
    const border = whole.lastIndexOf('\n\n');
    if (border < 0) throw strict.violation('expected a blank line before the signatures');
    const text = whole.slice(0, border + 1);
    const lines = whole.slice(border + 2);
    if (!lines.endsWith('\n')) throw strict.violation('expected signature lines that end in a newline');
    const parsed = { text, signatures: lines.slice(0, -1).split('\n').map(parseSignatureLine) };
    if (formatNote(parsed) !== whole) throw strict.violation('expected the one encoding of a note');
    return parsed;
  });
}

/** The note's text form. Throws INTEGRITY_VIOLATION when the text or a signature can't stand in a note. */
export function formatNote(note: Note): string {
  requireText(note.text);
  if (note.signatures.length < 1 || note.signatures.length > MOST_SIGNATURES) {
    throw strict.violation(`expected 1 to ${MOST_SIGNATURES} signatures, got ${note.signatures.length}`);
  }
  const whole = `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
  if (whole.length > LONGEST_NOTE) throw strict.violation(`expected a note of at most ${LONGEST_NOTE} bytes`);
  return whole;
}

/** What a key signs: the text itself, or for a cosignature the text under a header with the time. */
export function signedMessage(key: NoteKey, text: string, time: bigint | null = null): Uint8Array {
  if (key.type === ED25519) return utf8(text);
  if (key.type === COSIGNATURE && time !== null) return cosignedMessage(text, time);
  throw strict.violation(`expected a key of type 1, or of type 4 and a time, got type ${key.type}`);
}

/**
 * The signature line of a key. `signature` has 64 bytes and covers `signedMessage(key, text, time)`.
 * @param time of a cosignature: seconds since 1970; null for a key of type 0x01
 */
export function noteSignature(
  key: NoteKey,
  signature: Uint8Array,
  time: bigint | null = null,
): NoteSignature {
  if (signature.length !== 64)
    throw strict.violation(`expected a signature of 64 bytes, got ${signature.length}`);
  if ((key.type === COSIGNATURE) !== (time !== null))
    throw strict.violation('expected a time for type 4 alone');
  return {
    name: key.name,
    keyId: key.keyId,
    signature: time === null ? signature : concat(u64be(requireTime(time)), signature),
  };
}

/**
 * Requires a valid signature of `key` on the note, and gives its time (seconds since 1970; null for type 0x01).
 * Throws INTEGRITY_VIOLATION when there is none, or when a line that claims to be the key's doesn't verify. Lines of
 * other keys are ignored, as the specification demands.
 */
export function verifyNote(note: Note, key: NoteKey, verify: Verify): { readonly time: bigint | null } {
  const claimed = note.signatures.filter((line) => line.name === key.name && equal(line.keyId, key.keyId));
  const [first] = claimed.map((line) => verifyLine(note.text, line, key, verify));
  if (first === undefined) throw strict.violation(`expected a signature of ${key.name}, got none`);
  return first;
}

function verifyLine(
  text: string,
  line: NoteSignature,
  key: NoteKey,
  verify: Verify,
): { time: bigint | null } {
  const stamped = key.type === COSIGNATURE;
  if (line.signature.length !== (stamped ? 72 : 64)) {
    throw strict.violation(
      `expected a signature of ${stamped ? 72 : 64} bytes, got ${line.signature.length}`,
    );
  }
  const time = stamped ? timeOf(line.signature) : null;
  if (!verify(key.publicKey, signedMessage(key, text, time), line.signature.subarray(stamped ? 8 : 0))) {
    throw strict.violation(`expected a valid signature of ${key.name}`);
  }
  return { time };
}

function parseSignatureLine(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== EM_DASH || name === undefined || encoded === undefined || rest.length > 0) {
    throw strict.violation('expected signature lines of em dash, key name and signature');
  }
  const bytes = fromBase64(encoded);
  if (bytes.length < 5) throw strict.violation('expected a key id and a signature');
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

function formatSignatureLine(line: NoteSignature): string {
  requireKeyName(line.name);
  if (line.keyId.length !== 4 || line.signature.length < 1) {
    throw strict.violation('expected a key id of 4 bytes and a signature');
  }
  return `${EM_DASH} ${line.name} ${base64(concat(line.keyId, line.signature))}\n`;
}

function requireText(text: string): void {
  if (!text.endsWith('\n') || /[\u0000-\u0009\u000B-\u001F]/.test(text) || /\p{Surrogate}/u.test(text)) {
    throw strict.violation('expected text without control characters that ends in a newline');
  }
}

function timeOf(signature: Uint8Array): bigint {
  return requireTime(new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0));
}

/** c2sp.org/tlog-cosignature, "Format": a time must not exceed 2^63 - 1. */
function requireTime(time: bigint): bigint {
  if (time < 0n || time > 0x7fffffffffffffffn) {
    throw strict.violation(`expected a time from 0 to 2^63 - 1, got ${time}`);
  }
  return time;
}
