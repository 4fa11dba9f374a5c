/**
 * The server's platform primitives for the log: SHA-256 and Ed25519 by `node:crypto`. `ledger/core` takes them passed
 * in; a test holds them and noble's equal.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { checkEncoding, type HashFn } from './core/index.js';

// RFC 8410 section 7 and 4: what stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SubjectPublicKeyInfo.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const HASH_LENGTH = 32;

/**
 * SHA-256 by the platform's one-shot hash: 0.5 µs for 300 bytes. As text of one character a byte, since a Buffer of its
 * own for each hash costs more than the hash.
 */
export const nativeHash: HashFn = (data) => {
  const text = nativeTextHash(data);
  const bytes = new Uint8Array(HASH_LENGTH);
  for (let i = 0; i < HASH_LENGTH; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};

/** SHA-256 of bytes, or of a text's UTF-8, as text of one character a byte. */
export function nativeTextHash(data: Uint8Array | string): string {
  return hash('sha256', data, 'binary');
}

/** An Ed25519 key pair of the platform, from its 32-byte seed (RFC 8032 section 5.1.5). */
export interface SigningKey {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The same on another thread: 40 us that this one has for other work. */
  readonly signAside: (message: Uint8Array) => Promise<Uint8Array>;
}

/** The key pair of a seed. Signatures are deterministic (RFC 8032): signing twice gives the same bytes. */
export function signingKeyOf(seed: Uint8Array): SigningKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: bytesOf(spki.subarray(SPKI_PREFIX.length)),
    sign: (message) => bytesOf(sign(null, message, key)),
    signAside: (message) => aside((done) => sign(null, message, key, done)),
  };
}

/** Signatures on other threads at once. More would only stand in the way of files, which share those threads. */
const MOST_ASIDE = 8;
let busy = 0;
const waiting: (() => void)[] = [];

/** Runs what the platform does on its threads, a few at a time. */
function aside(work: (done: (error: Error | null, bytes: Buffer) => void) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      busy += 1;
      work((error, bytes) => {
        busy -= 1;
        waiting.shift()?.();
        if (error === null) resolve(bytesOf(bytes));
        else reject(error);
      });
    };
    if (busy < MOST_ASIDE) begin();
    else waiting.push(begin);
  });
}

/** Keys that were used last; a witness, a log or an institution signs again and again. */
const verifyingKeys = new Map<string, KeyObject>();
const MOST_KEYS = 64;

/** A public key ready to verify with. Parsing one costs as much as a signature, so those used last are kept. */
export function verifyingKeyOf(publicKey: Uint8Array): KeyObject {
  const id = Buffer.from(publicKey).toString('latin1');
  const known = verifyingKeys.get(id);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  if (verifyingKeys.size >= MOST_KEYS) verifyingKeys.clear();
  verifyingKeys.set(id, key);
  return key;
}

/** Tells whether a signature holds. A malformed key or signature is just one that doesn't. */
export function checkSignatureOf(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, key, signature);
}

/** Ed25519 in the form that `ledger/core` takes it, as strict as the client's. */
export function nativeVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return (
    checkEncoding(publicKey, signature) && checkSignatureOf(verifyingKeyOf(publicKey), message, signature)
  );
}

/** Plain bytes: a Buffer compares and prints otherwise, and small ones keep a shared 8 KB pool alive. */
export function bytesOf(buffer: Uint8Array): Uint8Array {
  return Uint8Array.from(buffer);
}
