/** Keys of signed notes in their text forms: `vkey` to publish, `skey` to keep (c2sp.org/signed-note). */
import { base64, concat, equal, fromBase64, fromHex, hex, utf8 } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import * as strict from './strict.js';

/** A key that may sign notes. */
export interface NoteKey {
  readonly name: string;
  /** Signature type: 0x01 Ed25519, 0x04 cosignature/v1; others can be named but not verified. */
  readonly type: number;
  readonly publicKey: Uint8Array;
  /** 4 bytes: `keyHash` of the three above. */
  readonly keyId: Uint8Array;
}

/** A key with the secret that makes its signatures. */
export interface NoteSecretKey extends NoteKey {
  /** 32-byte Ed25519 seed (RFC 8032 section 5.1.5). */
  readonly seed: Uint8Array;
}

const SECRET = 'PRIVATE+KEY+';

/** The key's id: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
export function keyHash(
  name: string,
  type: number,
  publicKey: Uint8Array,
  hash: HashFn = sha256,
): Uint8Array {
  return hash(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, 4);
}

/** A key of its parts. Throws INTEGRITY_VIOLATION on a name that notes can't carry or a key of a wrong length. */
export function noteKey(name: string, type: number, publicKey: Uint8Array): NoteKey {
  requireKeyName(name);
  if (!Number.isInteger(type) || type < 1 || type > 255)
    throw strict.violation(`expected a type byte, got ${type}`);
  if ((type === 1 || type === 4) && publicKey.length !== 32) {
    throw strict.violation(`expected a key of 32 bytes, got ${publicKey.length}`);
  }
  return { name, type, publicKey, keyId: keyHash(name, type, publicKey) };
}

/** The public text form: `name+keyid+base64(type ‖ public key)`. */
export function formatVkey(key: NoteKey): string {
  const { name, type, publicKey } = key;
  return `${name}+${hex(noteKey(name, type, publicKey).keyId)}+${base64(concat(Uint8Array.of(type), publicKey))}`;
}

/** The key of its public text form. Throws INTEGRITY_VIOLATION on another form, or an id that isn't the key's. */
export function parseVkey(vkey: string): NoteKey {
  return strict.parsing('verifier key', () => {
    const { name, id, type, bytes } = split(vkey);
    const key = noteKey(name, type, bytes);
    if (!equal(key.keyId, id)) throw strict.violation('expected the id of the key');
    return key;
  });
}

/** The secret text form: `PRIVATE+KEY+name+keyid+base64(type ‖ seed)`. Goes into a protected file and nowhere else. */
export function formatSkey(key: NoteSecretKey): string {
  const { name, type, publicKey, seed } = key;
  if (seed.length !== 32) throw strict.violation(`expected a seed of 32 bytes, got ${seed.length}`);
  return `${SECRET}${name}+${hex(noteKey(name, type, publicKey).keyId)}+${base64(concat(Uint8Array.of(type), seed))}`;
}

/**
 * The key of its secret text form. Throws INTEGRITY_VIOLATION on another form, or an id that isn't the key's.
 * @param publicOf the Ed25519 public key of a seed; passed in, since the core carries no curves
 */
export function parseSkey(skey: string, publicOf: (seed: Uint8Array) => Uint8Array): NoteSecretKey {
  return strict.parsing('signing key', () => {
    if (!skey.startsWith(SECRET)) throw strict.violation(`expected ${SECRET}`);
    const { name, id, type, bytes } = split(skey.slice(SECRET.length));
    if (bytes.length !== 32) throw strict.violation(`expected a seed of 32 bytes, got ${bytes.length}`);
    const key = noteKey(name, type, publicOf(bytes));
    if (!equal(key.keyId, id)) throw strict.violation('expected the id of the key');
    return { ...key, seed: bytes };
  });
}

/** Throws INTEGRITY_VIOLATION unless a note can carry the key name: not empty, no spaces, no plus. */
export function requireKeyName(name: string): void {
  // U+0085 is white space to Unicode and to Go's reference implementation, but not to `\s`.

  if (name === '' || /[\s+\u0000-\u001F\u0085]|\p{Surrogate}/u.test(name)) {
    throw strict.violation('expected a key name without spaces and plus');
  }
}

function split(text: string): { name: string; id: Uint8Array; type: number; bytes: Uint8Array } {
  const [name, id, ...rest] = text.split('+');
  // The name and the id hold no plus, but base64 does.
  const key = fromBase64(rest.join('+'));
  const type = key[0];
  if (name === undefined || id === undefined || id.length !== 8 || type === undefined) {
    throw strict.violation('expected name, id and key joined by plus');
  }
  return { name, id: fromHex(id), type, bytes: key.slice(1) };
}
