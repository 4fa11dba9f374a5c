/** Ed25519 (RFC 8032 section 5.1.7) for browsers: cofactorless and strict, so that it says what a server's code says. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { checkEncoding, concat, equal, type Verify } from '../ledger/core/index.js';

const { Point } = ed25519;

/**
 * Tells whether a signature holds: R = S·B - k·A, compared by its encoding. noble's own `verify` multiplies by the
 * cofactor and so holds some signatures that OpenSSL refuses; two checkers of one log must not disagree.
 */
export const verifyEd25519: Verify = (publicKey, message, signature) => {
  if (!checkEncoding(publicKey, signature)) return false;
  const nonce = signature.subarray(0, 32);
  try {
    const key = Point.fromBytes(publicKey);
    const scalar = littleEndian(signature.subarray(32));
    const challenge = littleEndian(sha512(concat(nonce, publicKey, message))) % Point.Fn.ORDER;
    const found = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge));
    return equal(found.toBytes(), nonce);
  } catch {
    // Bytes that are no point of the curve.
    return false;
  }
};

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
