/**
 * Readers for the log's formats: exact members, exact types, one form. The bytes come from a database or a peer that
 * may be hostile, so whatever doesn't hold is an INTEGRITY_VIOLATION. Internal to the core.
 */
import { base64url, fromBase64url } from './bytes.js';
import { VitrineError } from './error.js';
import { canonical, canonicalTextOf, type Json, type JsonObject, parseCanonicalText } from './json.js';

/** Leaf and opening are at most this long (design: ledger, "Entry"); tlog-tiles entry bundles count with 16 bits. */
export const LONGEST = 65_535;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** Runs a parser; whatever a decoder refuses becomes an INTEGRITY_VIOLATION that names the format. */
export function parsing<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    throw new VitrineError('INTEGRITY_VIOLATION', `${what}: ${cause.message}`, { cause });
  }
}

/** A refusal of a value in one of the log's formats. */
export function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}

/** Canonical bytes of a value of one of the log's formats, at most 65,535 of them. */
export function encodeBounded(what: string, value: JsonObject): Uint8Array {
  const bytes = canonical(value);
  if (bytes.length > LONGEST) {
    throw new VitrineError(
      'LIMIT_EXCEEDED',
      `${what}: expected at most ${LONGEST} bytes, got ${bytes.length}`,
    );
  }
  return bytes;
}

/**
 * Parses canonical bytes, at most 65,535 of them, with `read`, which must account for every member. `scan` reads the
 * usual forms of the same faster, and gives undefined where `read` has to decide.
 */
export function parseBounded<T>(
  what: string,
  bytes: Uint8Array,
  read: (value: Json) => T,
  scan: (text: string) => T | undefined = () => undefined,
): T {
  return parsing(what, () => {
    if (bytes.length > LONGEST) throw violation(`expected at most ${LONGEST} bytes, got ${bytes.length}`);
    const text = canonicalTextOf(bytes);
    return scan(text) ?? read(parseCanonicalText(text));
  });
}

/** The value as an object with exactly these members. */
export function object<M extends string>(
  value: Json | undefined,
  where: string,
  members: readonly M[],
): Readonly<Record<M, Json>> {
  const found = anyObject(value, where);
  const names = Object.keys(found);
  if (names.length !== members.length || !members.every((name) => Object.hasOwn(found, name))) {
    throw violation(`${where}: expected the members ${members.join(', ')}`);
  }
  return found as Readonly<Record<M, Json>>; // has exactly these members, checked above
}

/** The value as an object with any members. */
export function anyObject(value: Json | undefined, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw violation(`${where}: expected an object`);
  }
  return value as JsonObject; // arrays are excluded above; the compiler doesn't see it on readonly arrays
}

/** The value as an array. */
export function array(value: Json | undefined, where: string): readonly Json[] {
  if (!Array.isArray(value)) throw violation(`${where}: expected an array`);
  return value as readonly Json[];
}

/** The value as a text that matches `form`. */
export function text(value: Json | undefined, where: string, form: RegExp, named: string): string {
  if (typeof value !== 'string' || !form.test(value)) throw violation(`${where}: expected ${named}`);
  return value;
}

/** The value as a UUID: lower-case, with dashes. */
export function uuid(value: Json | undefined, where: string): string {
  return text(value, where, UUID, 'a lower-case UUID');
}

/** The value as an RFC 3339 time: UTC, milliseconds, a day that exists. */
export function instant(value: Json | undefined, where: string): string {
  const time = text(value, where, INSTANT, 'an RFC 3339 time in UTC with milliseconds');
  const at = new Date(time);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== time)
    throw violation(`${where}: expected a time that exists`);
  return time;
}

/** The value as an integer from `least` to 2^53 - 1. */
export function integer(value: Json | undefined, where: string, least = 0): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw violation(`${where}: expected an integer from ${least} to 2^53 - 1`);
  }
  return value;
}

/** The value as an index, size or height. */
export function count(value: Json | undefined, where: string, least = 0): bigint {
  return BigInt(integer(value, where, least));
}

/** The value as bytes in base64url, `length` of them. */
export function bytesOf(value: Json | undefined, where: string, length: number): Uint8Array {
  if (typeof value !== 'string') throw violation(`${where}: expected base64url`);
  const bytes = fromBase64url(value);
  if (bytes.length !== length) throw violation(`${where}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

/** Null, or what `read` makes of the value. */
export function nullable<T>(value: Json | undefined, read: (value: Json) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

/** An index, size or height as JSON number; refused beyond 2^53 - 1, where JSON numbers lose digits. */
export function asNumber(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new VitrineError('LIMIT_EXCEEDED', `expected a number from 0 to 2^53 - 1, got ${value}`);
  }
  return Number(value);
}

/** Bytes as base64url, or null. */
export function asText(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : base64url(bytes);
}
