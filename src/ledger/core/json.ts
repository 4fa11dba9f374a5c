/**
 * Canonical JSON (RFC 8785, JCS). A value has one encoding, so its bytes can be hashed, signed and compared; bytes
 * that come in are parsed and written again, and must come out the same.
 */
import { fromUtf8, utf8 } from './bytes.js';
import { type InputPath, VitrineError } from './error.js';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json;
}

/** Deeper values are refused, so that hostile nesting meets an error instead of the end of the stack. */
const DEEPEST = 64;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
/** Strings that JSON writes as they are, quoted: no control, quote, backslash or surrogate. */
const PLAIN = /^[^\u0000-\u001F"\\\uD800-\uDFFF]*$/;

/**
 * RFC 8785 bytes of a value.
 *
 * Refuses with BAD_USER_INPUT, naming the path, what JSON can't say or would say in silence as something else: lone
 * surrogates (section 3.2.2.2), NaN and infinities (section 3.2.2.3), undefined, bigint, and objects that aren't plain.
 *
 * @example canonical({ b: 1, a: [] }) // the bytes of {"a":[],"b":1}
 */
export function canonical(value: unknown): Uint8Array {
  return utf8(write(value, []));
}

/** As `canonical`, as text: what stands in a larger canonical text where the value stands in the larger value. */
export function canonicalText(value: unknown): string {
  return write(value, []);
}

/**
 * The value of RFC 8785 bytes. Throws INTEGRITY_VIOLATION when the bytes aren't the canonical encoding of what they
 * say; duplicate members, other number forms, spaces and other member orders are refused thereby.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  return parseCanonicalText(canonicalTextOf(bytes));
}

/** The text of bytes that should be canonical JSON. Throws INTEGRITY_VIOLATION when they are no UTF-8. */
export function canonicalTextOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw notJson(cause);
  }
}

/** As `parseCanonical`, from the text. `above`: how many levels the value stands in. */
export function parseCanonicalText(text: string, above = 0): Json {
  let value: Json;
  let again: string;
  try {
    value = JSON.parse(text) as Json; // JSON.parse gives nothing but Json
    again = write(value, new Array<number>(above).fill(0));
  } catch (cause) {
    throw notJson(cause);
  }
  // A text has one UTF-8 form, and `fromUtf8` takes no other, so equal texts mean equal bytes.
  if (text !== again) {
    throw new VitrineError(
      'INTEGRITY_VIOLATION',
      'expected canonical JSON, got another encoding of the value',
    );
  }
  return value;
}

function notJson(cause: unknown): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', 'expected canonical JSON, got bytes that are none', {
    cause,
  });
}

/** `path` is one array for the whole walk, pushed and popped: it costs next to nothing when all is well. */
function write(value: unknown, path: (string | number)[]): string {
  if (typeof value === 'string') return writeString(value, path);
  if (typeof value === 'number') {
    // RFC 8785 section 3.2.2.3: ECMAScript's own form of a number, and -0 as 0.
    if (Number.isFinite(value)) return String(value);
    throw fault(path, `expected a finite number, got ${value}`);
  }
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'object') throw fault(path, `expected a JSON value, got ${typeof value}`);
  if (path.length >= DEEPEST) throw fault(path, `expected at most ${DEEPEST} levels of nesting`);
  return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
}

function writeString(text: string, path: InputPath): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) throw fault(path, 'expected well-formed text, got a lone surrogate');
  // ECMAScript's escapes are those of RFC 8785 section 3.2.2.2.
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], path: (string | number)[]): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) {
    path.push(i);
    text += i === 0 ? write(items[i], path) : ',' + write(items[i], path);
    path.pop();
  }
  return text + ']';
}

function writeObject(value: object, path: (string | number)[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A Date or a Map would come out as {}: refused rather than lost.
  if (prototype !== Object.prototype && prototype !== null) throw fault(path, 'expected a plain object');
  const members = value as Readonly<Record<string, unknown>>; // a plain object, checked above
  let text = '';
  // RFC 8785 section 3.2.3: by UTF-16 code units, which is how `sort` compares.
  for (const name of Object.keys(members).sort()) {
    path.push(name);
    text += `${text === '' ? '' : ','}${writeString(name, path)}:${write(members[name], path)}`;
    path.pop();
  }
  return `{${text}}`;
}

function fault(path: InputPath, message: string): VitrineError {
  return new VitrineError('BAD_USER_INPUT', message, { path: [...path] });
}
