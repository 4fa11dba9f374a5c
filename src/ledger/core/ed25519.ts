/**
 * What RFC 8032 leaves open about Ed25519, decided once for every implementation that Vitrine verifies with: encodings
 * have one form, and keys and nonces of small order are refused, since a signature under one can hold for any text.
 * Browsers and the platform's own code differ here; behind this check a test holds them equal.
 */
import { equal, fromHex } from './bytes.js';

/** The order of the base point, 2^252 + 27742317777372353535851937790883648493, least significant byte first. */
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** The field's prime, 2^255 - 19, least significant byte first. */
const PRIME = fromHex(`ed${'ff'.repeat(30)}7f`);

/** Every canonical encoding of a point whose order divides 8, and those of x = 0 with the sign bit that RFC 8032 refuses. */
const SMALL_ORDER = [
  `01${'00'.repeat(31)}`,
  `01${'00'.repeat(30)}80`,
  `ec${'ff'.repeat(30)}7f`,
  `ec${'ff'.repeat(31)}`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(fromHex);

/**
 * Tells whether key and signature are ones to verify at all: 32 and 64 bytes, the scalar below the group's order
 * (RFC 8032 section 5.1.7), both points in their one encoding and not of small order.
 */
export function checkEncoding(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return (
    checkPoint(publicKey) &&
    checkPoint(signature.subarray(0, 32)) &&
    isBelow(signature.subarray(32), ORDER, 0xff)
  );
}

function checkPoint(encoding: Uint8Array): boolean {
  return isBelow(encoding, PRIME, 0x7f) && !SMALL_ORDER.some((point) => equal(point, encoding));
}

/** Compares numbers of 32 bytes, least significant first, after masking the topmost byte. */
function isBelow(value: Uint8Array, limit: Uint8Array, topmost: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = (value[i] ?? 0) & (i === 31 ? topmost : 0xff);
    const most = limit[i] ?? 0;
    if (byte !== most) return byte < most;
  }
  return false;
}
