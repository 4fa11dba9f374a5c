/**
 * Reads canonical JSON (RFC 8785) of its plain forms from left to right: whole numbers, text without escapes, members in
 * their order. Parsing it and writing it again to compare costs five times as much. As with every scan, what isn't taken
 * says nothing: the general parser then decides. Internal to the core.
 */
import type { Json } from './json.js';

/** Deeper values are left to the general parser, which knows the limit. */
const DEEPEST = 8;
/** Of up to 15 digits: every one of them is a number that a double holds, written as ECMAScript writes it. */
const WHOLE = /(?:0|-?[1-9][0-9]{0,14})(?![0-9.eE])/y;
/** A string that JSON writes as it is: no control, quote, backslash or surrogate. */
const PLAIN = /"[^\u0000-\u001F"\\\uD800-\uDFFF]*"/y;

/** Where the reading is; one reading at a time, nothing here waits. */
let at = 0;

/** The value of a canonical text, or undefined where the general parser has to decide. */
export function scanJson(text: string): Json | undefined {
  at = 0;
  const value = scanValue(text, 0);
  return at === text.length ? value : undefined;
}

function scanValue(text: string, depth: number): Json | undefined {
  switch (text.charCodeAt(at)) {
    case 0x22: // "
      return scanString(text);
    case 0x5b: // [
      return depth < DEEPEST ? scanArray(text, depth + 1) : undefined;
    case 0x7b: // {
      return depth < DEEPEST ? scanObject(text, depth + 1) : undefined;
    case 0x6e: // n
      return take(text, 'null') ? null : undefined;
    case 0x74: // t
      return take(text, 'true') ? true : undefined;
    case 0x66: // f
      return take(text, 'false') ? false : undefined;
    default:
      return scanWhole(text);
  }
}

function take(text: string, word: string): boolean {
  if (!text.startsWith(word, at)) return false;
  at += word.length;
  return true;
}

function scanString(text: string): string | undefined {
  PLAIN.lastIndex = at;
  if (!PLAIN.test(text)) return undefined;
  const found = text.slice(at + 1, PLAIN.lastIndex - 1);
  at = PLAIN.lastIndex;
  return found;
}

function scanWhole(text: string): number | undefined {
  WHOLE.lastIndex = at;
  if (!WHOLE.test(text)) return undefined;
  const found = Number(text.slice(at, WHOLE.lastIndex));
  at = WHOLE.lastIndex;
  return found;
}

function scanArray(text: string, depth: number): Json[] | undefined {
  at += 1;
  const items: Json[] = [];
  if (take(text, ']')) return items;
  do {
    const item = scanValue(text, depth);
    if (item === undefined) return undefined;
    items.push(item);
  } while (take(text, ','));
  return take(text, ']') ? items : undefined;
}

function scanObject(text: string, depth: number): Json | undefined {
  at += 1;
  const members: Record<string, Json> = {};
  if (take(text, '}')) return members;
  let before: string | undefined;
  do {
    if (text.charCodeAt(at) !== 0x22) return undefined;
    const name = scanString(text);
    // RFC 8785 section 3.2.3: by UTF-16 code units, which is how `<` compares; each name once.
    if (name === undefined || name === '__proto__' || (before !== undefined && name <= before))
      return undefined;
    before = name;
    if (!take(text, ':')) return undefined;
    const value = scanValue(text, depth);
    if (value === undefined) return undefined;
    members[name] = value;
  } while (take(text, ','));
  return take(text, '}') ? members : undefined;
}
