/**
 * How a log key is followed by another: a C2SP signed note over both verifier keys, signed by both keys. So neither is
 * replaced without its holder, nor by a key that nobody holds. Its first two lines make it no checkpoint.
 */
import { equal } from './bytes.js';
import { formatVkey, type NoteKey, parseVkey } from './note-key.js';
import { ED25519 } from './note-type.js';
import { formatNote, noteSignature, parseNote, signedMessage, type Verify, verifyNote } from './note.js';
import * as strict from './strict.js';

const FIRST_LINE = 'vitrine/log-key/v1';

/** One key and the one that follows it; both of type 0x01 and one name, the log's origin. */
export interface Rotation {
  readonly from: NoteKey;
  readonly to: NoteKey;
}

/** Signs for a log key: 64 bytes, Ed25519. */
type Sign = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The signed note of a rotation. Throws INTEGRITY_VIOLATION when `verifyRotation` would refuse the two keys. */
export async function signRotation({ from, to }: Rotation, sign: { from: Sign; to: Sign }): Promise<string> {
  requirePair({ from, to });
  const text = textOf({ from, to });
  const [old, next] = [await sign.from(signedMessage(from, text)), await sign.to(signedMessage(to, text))];
  return formatNote({ text, signatures: [noteSignature(from, old), noteSignature(to, next)] });
}

/**
 * The rotation that a note is about. Throws INTEGRITY_VIOLATION unless both keys signed it. That `from` was the log's
 * key, only the caller can know.
 */
export function verifyRotation(note: string, verify: Verify): Rotation {
  return strict.parsing('rotation', () => {
    const parsed = parseNote(note);
    const [first, from = '', to = '', ...rest] = parsed.text.split('\n');
    if (first !== FIRST_LINE || rest.length !== 1 || rest[0] !== '')
      throw strict.violation(`expected ${FIRST_LINE} and two verifier keys, a line each`);
    const rotation = { from: parseVkey(from), to: parseVkey(to) };
    requirePair(rotation);
    if (textOf(rotation) !== parsed.text) throw strict.violation('expected the one encoding of a rotation');
    verifyNote(parsed, rotation.from, verify);
    verifyNote(parsed, rotation.to, verify);
    return rotation;
  });
}

function textOf({ from, to }: Rotation): string {
  return `${FIRST_LINE}\n${formatVkey(from)}\n${formatVkey(to)}\n`;
}

function requirePair({ from, to }: Rotation): void {
  if (from.type !== ED25519 || to.type !== ED25519) throw strict.violation('expected keys of type 1');
  if (from.name !== to.name) throw strict.violation(`expected a key of ${from.name}, got one of ${to.name}`);
  if (equal(from.publicKey, to.publicKey)) throw strict.violation('expected another key');
}
