/**
 * C2SP proofs (c2sp.org/tlog-proof): a text by which anyone who has the log's key checks, offline, that an entry is on
 * the log. All of it is attacker-controlled until `verifyTlogProof` returned; the extra data stays so.
 */
import { base64, fromBase64, fromUtf8 } from './bytes.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { type HashFn, sha256 } from './hash.js';
import { verifyInclusion } from './merkle.js';
import { type NoteKey } from './note-key.js';
import { type Note, parseNote, type Verify, verifyNote } from './note.js';
import * as strict from './strict.js';

export interface TlogProof {
  /** Data of the application, not authenticated; null when there is none. */
  readonly extra: Uint8Array | null;
  /** Index of the entry. */
  readonly index: bigint;
  /** Inclusion proof: sibling hashes of 32 bytes, from the leaf up. */
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

/** What `verifyTlogProof` checks, and against what. */
export interface TlogProofClaim {
  readonly proof: TlogProof;
  /** RFC 6962 hash of the entry's leaf, computed by whoever has the entry. */
  readonly leafHash: Uint8Array;
  /** Name of the log that the entry must be on. */
  readonly origin: string;
  /** The log's key, configured beforehand. */
  readonly logKey: NoteKey;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';
const HASH_LENGTH = 32;
/** A log of 2^63 - 1 entries has paths of 63 hashes. */
const MOST_HASHES = 63;
const LARGEST_INDEX = 0x7fffffffffffffffn;
const LONGEST_PROOF = 2_000_000;

/** The proof's text. Throws INTEGRITY_VIOLATION when a part can't stand in one. */
export function formatTlogProof(proof: TlogProof): string {
  const { extra, index, hashes } = proof;
  if (extra?.length === 0) throw strict.violation('expected extra data, or none');
  if (index < 0n || index > LARGEST_INDEX)
    throw strict.violation(`expected an index from 0 to 2^63 - 1, got ${index}`);
  if (hashes.length > MOST_HASHES || hashes.some((one) => one.length !== HASH_LENGTH))
    throw strict.violation(`expected at most ${MOST_HASHES} hashes of ${HASH_LENGTH} bytes`);
  parseCheckpoint(parseNote(proof.checkpoint).text);
  const lines = [
    FIRST_LINE,
    ...(extra === null ? [] : [`${EXTRA}${base64(extra)}`]),
    `${INDEX}${index}`,
    ...hashes.map(base64),
  ];
  const text = `${lines.join('\n')}\n\n${proof.checkpoint}`;
  if (text.length > LONGEST_PROOF)
    throw strict.violation(`expected at most ${LONGEST_PROOF} bytes, got ${text.length}`);
  return text;
}

/** The proof of a text or its bytes. Throws INTEGRITY_VIOLATION on anything that `formatTlogProof` doesn't write. */
export function parseTlogProof(proof: string | Uint8Array): TlogProof {
  return strict.parsing('proof', () => {
    if (proof.length > LONGEST_PROOF)
      throw strict.violation(`expected at most ${LONGEST_PROOF} bytes, got ${proof.length}`);
    const text = typeof proof === 'string' ? proof : fromUtf8(proof);
    const border = text.indexOf('\n\n');
    if (border < 0) throw strict.violation('expected an empty line before the checkpoint');
    const [first, ...lines] = text.slice(0, border).split('\n');
    if (first !== FIRST_LINE) throw strict.violation(`expected the first line ${FIRST_LINE}`);
    const extra = lines[0]?.startsWith(EXTRA) === true ? fromBase64(afterword(lines.shift(), EXTRA)) : null;
    const index = indexOf(afterword(lines.shift(), INDEX));
    const parsed = { extra, index, hashes: lines.map(fromBase64), checkpoint: text.slice(border + 2) };
    if (formatTlogProof(parsed) !== text) throw strict.violation('expected the one encoding of a proof');
    return parsed;
  });
}

/**
 * Checks that the entry with this leaf hash is on the log, by the log's key and the proof alone. Gives the checkpoint and
 * its note, for a policy of witnesses to look at their cosignatures. Throws INTEGRITY_VIOLATION unless it holds.
 */
export function verifyTlogProof(
  claim: TlogProofClaim,
  verify: Verify,
  hash: HashFn = sha256,
): { readonly checkpoint: Checkpoint; readonly note: Note } {
  const { proof, leafHash, origin, logKey } = claim;
  const note = parseNote(proof.checkpoint);
  verifyNote(note, logKey, verify);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin)
    throw strict.violation(`expected the origin ${origin}, got ${checkpoint.origin}`);
  const { size, root } = checkpoint;
  if (leafHash.length !== HASH_LENGTH)
    throw strict.violation(`expected a leaf hash of ${HASH_LENGTH} bytes, got ${leafHash.length}`);
  verifyInclusion({ index: proof.index, size, leafHash, proof: proof.hashes, root }, hash);
  return { checkpoint, note };
}

function afterword(line: string | undefined, word: string): string {
  if (line?.startsWith(word) !== true) throw strict.violation(`expected a line that begins with ${word}`);
  return line.slice(word.length);
}

function indexOf(digits: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(digits)) throw strict.violation('expected a decimal index');
  return BigInt(digits);
}
