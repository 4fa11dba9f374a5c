/**
 * Encryption at rest: AES-256-GCM under a key of the version's own, that key wrapped under the custodian's
 * (design: ledger, "Sealed record"). The additional data is the record's `content` commitment, which binds head,
 * values and salts at once: sealed bytes moved to another entry don't open there.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { WrappingKey } from '../ledger/index.js';
import { base64url, concat } from '../ledger/core/index.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export interface Envelope {
  readonly nonce: Uint8Array;
  /** Ciphertext with its 16-byte tag behind it. */
  readonly bytes: Uint8Array;
  /** The version's key, wrapped under the custodian's. */
  readonly wrapped: Uint8Array;
}

export type Random = (bytes: number) => Uint8Array;

/** Encrypts `plaintext` for the holder of `custodianKey`, bound to `content`. */
export function closeEnvelope(
  plaintext: Uint8Array,
  content: Uint8Array,
  custodianKey: WrappingKey,
  random: Random,
): Envelope {
  const key = random(KEY_BYTES);
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(content);
  const bytes = concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  const wrapped = custodianKey.wrap(key, keyContext(content));
  key.fill(0);
  return { nonce, bytes, wrapped };
}

/** The plaintext. Throws when a bit of ciphertext, key, nonce or `content` is not what was closed. */
export function openEnvelope(envelope: Envelope, content: Uint8Array, custodianKey: WrappingKey): Uint8Array {
  const key = custodianKey.unwrap(envelope.wrapped, keyContext(content));
  const decipher = createDecipheriv('aes-256-gcm', key, envelope.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(content);
  const end = envelope.bytes.length - TAG_BYTES;
  decipher.setAuthTag(envelope.bytes.subarray(end));
  return concat(decipher.update(envelope.bytes.subarray(0, end)), decipher.final());
}

/** What a version's key is wrapped for. */
export function keyContext(content: Uint8Array): string {
  return `record/${base64url(content)}`;
}
