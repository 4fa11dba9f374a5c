/**
 * Bytes and their text forms. Every decoder takes exactly one form of a value and refuses all others, so that equal
 * values have equal bytes. The text is the caller's or an attacker's: nothing is trimmed, padded or guessed.
 */
import { VitrineError } from './error.js';

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF in the text: dropping it would give two byte strings one meaning.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);
const STANDARD_CODES = codesOf(STANDARD);
const URL_SAFE_CODES = codesOf(URL_SAFE);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** UTF-8 bytes of a text. The text must be well-formed: a lone surrogate would become U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, a byte order mark kept. Throws BAD_USER_INPUT when the bytes are no UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new VitrineError('BAD_USER_INPUT', 'expected UTF-8, got other bytes');
  }
}

/** All parts, one after the other, in new bytes. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Tells whether two byte strings are equal. Not for secrets: the time it takes depends on where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lower-case hexadecimal digits, two a byte. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes of lower-case hexadecimal digits. Throws BAD_USER_INPUT on anything else, upper case included. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new VitrineError('BAD_USER_INPUT', 'expected lower-case hexadecimal digits in pairs');
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Base64 with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  const text = encode64(bytes, STANDARD_CODES);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Bytes of padded base64 (RFC 4648 section 4). Throws BAD_USER_INPUT on any form that `base64` doesn't write. */
export function fromBase64(text: string): Uint8Array {
  const digits = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
  if (text.length % 4 !== 0 || text.length - digits.length !== (4 - (digits.length % 4)) % 4) {
    throw new VitrineError('BAD_USER_INPUT', 'expected base64 with its padding');
  }
  return decode64(digits, STANDARD_VALUES, 'base64');
}

/** Base64url without padding (RFC 4648 section 5, as in RFC 7515). */
export function base64url(bytes: Uint8Array): string {
  return encode64(bytes, URL_SAFE_CODES);
}

/** Bytes of unpadded base64url. Throws BAD_USER_INPUT on any form that `base64url` doesn't write. */
export function fromBase64url(text: string): Uint8Array {
  return decode64(text, URL_SAFE_VALUES, 'base64url');
}

/** As `fromBase64url`, but undefined where that throws. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const decoded = digits64(text, URL_SAFE_VALUES);
  return typeof decoded === 'number' ? undefined : decoded;
}

/** A number from 0 to 2^32 - 1 as 4 bytes, most significant first. */
export function u32be(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new VitrineError('BAD_USER_INPUT', `expected an unsigned 32-bit integer, got ${value}`);
  }
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** A number from 0 to 2^64 - 1 as 8 bytes, most significant first. */
export function u64be(value: bigint): Uint8Array {
  if (value < 0n || value > 0xffffffffffffffffn) {
    throw new VitrineError('BAD_USER_INPUT', `expected an unsigned 64-bit integer, got ${value}`);
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** Length-prefixed bytes: u32be length, then the bytes, so that concatenations can't be read in two ways. */
export function lp(bytes: Uint8Array): Uint8Array {
  return concat(u32be(bytes.length), bytes);
}

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

function codesOf(alphabet: string): Uint8Array {
  return Uint8Array.from(alphabet, (digit) => digit.charCodeAt(0));
}

/** Digits are gathered here and made a text at once: joining them costs three times as much. Nothing here waits. */
const DIGITS = new Uint8Array(4096);
/** The digits of a hash in base64url, which nearly every text here is. */
const HASH_DIGITS = DIGITS.subarray(0, 43);

function encode64(bytes: Uint8Array, codes: Uint8Array): string {
  const { length } = bytes;
  const most = Math.ceil(length / 3) * 4;
  const digits = most > DIGITS.length ? new Uint8Array(most) : DIGITS;
  let at = 0;
  for (let i = 0; i < length; i += 3) {
    const held = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    digits[at++] = codes[held >> 18] ?? 0;
    digits[at++] = codes[(held >> 12) & 63] ?? 0;
    digits[at++] = codes[(held >> 6) & 63] ?? 0;
    digits[at++] = codes[held & 63] ?? 0;
  }
  // One digit for each 6 bits that were begun; the last group may have been shorter.
  return decoder.decode(length === 32 ? HASH_DIGITS : digits.subarray(0, Math.ceil((length * 4) / 3)));
}

function decode64(text: string, values: Int8Array, form: string): Uint8Array {
  const decoded = digits64(text, values);
  if (typeof decoded !== 'number') return decoded;
  const message =
    decoded < text.length
      ? `expected a ${form} digit at place ${decoded}`
      : `expected canonical ${form}, got bits that stand for nothing`;
  throw new VitrineError('BAD_USER_INPUT', message);
}

/** The bytes of the digits; or the place of what is no digit, the length when the last digit has bits left over. */
function digits64(text: string, values: Int8Array): Uint8Array | number {
  const { length } = text;
  const bytes = new Uint8Array((length * 6) >> 3);
  const whole = length - (length % 4);
  const value = (i: number): number => values[text.charCodeAt(i)] ?? -1;
  let at = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    const held = (value(i) << 18) | (value(i + 1) << 12) | (value(i + 2) << 6) | value(i + 3);
    if (held < 0) break; // one of them is -1
    bytes[at++] = held >> 16;
    bytes[at++] = held >> 8;
    bytes[at++] = held;
  }
  for (let bad = i; bad < length; bad++) if (value(bad) < 0) return bad;
  // RFC 4648 section 3.5: unused bits must be zero, and no whole digit may be left over.
  const left = length - whole;
  if (left === 0) return bytes;
  const held = (value(i) << 12) | (left > 1 ? value(i + 1) << 6 : 0) | (left > 2 ? value(i + 2) : 0);
  if (left === 1 || (held & (left === 2 ? 0x3c0 : 3)) !== 0) return length;
  bytes[at++] = held >> 10;
  if (left === 3) bytes[at] = held >> 2;
  return bytes;
}
