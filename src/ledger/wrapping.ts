/** Keys under keys: AES-256-GCM (NIST SP 800-38D), and the derivation of one key for each use (RFC 5869). */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { base64url, concat, lp, utf8, VitrineError } from './core/index.js';
import { bytesOf, nativeHash } from './native.js';

const VERSION = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** A key that keeps other keys. `context` says what is kept where, and must be the same again. */
export interface WrappingKey {
  readonly id: string;
  /** 1-byte version ‖ 12-byte nonce ‖ ciphertext ‖ 16-byte tag. */
  readonly wrap: (bytes: Uint8Array, context: string) => Uint8Array;
  /** Throws INTEGRITY_VIOLATION when the bytes weren't wrapped by this key in this context. */
  readonly unwrap: (bytes: Uint8Array, context: string) => Uint8Array;
}

/** A wrapping key from 32 bytes. Nonces are random: one key wraps up to 2^32 times (SP 800-38D section 8.3). */
export function wrappingKey(
  id: string,
  key: Uint8Array,
  random: (length: number) => Uint8Array,
): WrappingKey {
  return {
    id,
    wrap: (bytes, context) => {
      const nonce = random(NONCE_LENGTH);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(additional(id, context));
      const sealed = concat(cipher.update(bytes), cipher.final());
      return concat(Uint8Array.of(VERSION), nonce, sealed, cipher.getAuthTag());
    },
    unwrap: (bytes, context) => {
      try {
        if (bytes[0] !== VERSION) throw new Error('unknown version');
        const nonce = bytes.subarray(1, 1 + NONCE_LENGTH);
        const tag = bytes.subarray(bytes.length - TAG_LENGTH);
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
        decipher.setAAD(additional(id, context));
        decipher.setAuthTag(tag);
        const sealed = bytes.subarray(1 + NONCE_LENGTH, bytes.length - TAG_LENGTH);
        return concat(decipher.update(sealed), decipher.final());
      } catch (cause) {
        throw new VitrineError('INTEGRITY_VIOLATION', `a wrapped key doesn't open under key ${id}`, {
          cause,
        });
      }
    },
  };
}

/** One key for one use, from the master key. */
export function derive(master: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), utf8(`vitrine/${use}/v1`), 32));
}

/** Names a secret key without telling it. */
export function keyId(prefix: string, key: Uint8Array): string {
  return `${prefix}-${base64url(nativeHash(derive(key, 'id'))).slice(0, 16)}`;
}

/** HMAC-SHA256 over length-prefixed parts, so that two lists of parts never give the same bytes. */
export function keyedHash(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(lp(part));
  return bytesOf(mac.digest());
}

function additional(id: string, context: string): Uint8Array {
  return concat(lp(utf8('vitrine/wrap/v1')), lp(utf8(id)), lp(utf8(context)));
}
