/**
 * Leaf and opening read from left to right: a canonical text of either is a fixed frame around a few values, and general
 * JSON parsing and writing again cost ten times as much. Undefined where the general parser has to decide and says what is
 * wrong; so what matters is that no text is taken that it refuses: a test holds the two equal. Internal to the core.
 */
import { decodeBase64url } from './bytes.js';
import type { Leaf, MovedCounter, Opening, ThreadPlace } from './entry.js';
import { JWS, KIND, OP, THUMBPRINT } from './forms.js';
import { canonicalText, type Json, type JsonObject, parseCanonicalText } from './json.js';
import { scanJson } from './scan-json.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** 2^53 - 1 has 16 digits; whether a number of 16 is above it is looked at when it is read. */
const WHOLE = '0|[1-9][0-9]{0,15}';
const POSITIVE = '[1-9][0-9]{0,15}';
/** 32 bytes in base64url, but for the last digit's lowest two bits, at which the decoder looks. */
const HASH = '[A-Za-z0-9_-]{43}';
/** Ids of counters that JSON writes as they are. */
const COUNTER = '[!#-[\\]-~]{1,200}';

// Each part ends at a character that it can't hold, so that no text takes more than one try.
const LEAF = new RegExp(
  `^\\{"block":(${WHOLE}),"content":(?:null|"(${HASH})"),"fields":(?:null|"(${HASH})"),` +
    `"institution":(?:null|"(${UUID})"),"link":"(${HASH})","supersedes":(?:null|(${WHOLE})),` +
    `"time":"([0-9TZ:.-]{24})","v":1\\}$`,
);
const BEFORE_DETAIL = new RegExp(
  `^\\{"actor":"(${UUID})","by":\\{"entry":(${WHOLE}),"key":"(${within(THUMBPRINT)})",` +
    `"mode":"(own|delegated|service)"\\}(?:,"counters":\\[(\\{[^\\]]*)\\])?,"detail":`,
);
const BEHIND_DETAIL = new RegExp(
  `,"op":"(${within(OP)})","part":(${WHOLE}),"request":"(${UUID})","signature":"(${within(JWS)})",` +
    `"subject":\\{"id":"(${UUID})","kind":"(${within(KIND)})","version":(${POSITIVE})\\},"threads":\\[`,
  'y',
);
const THREAD = new RegExp(
  `\\{"id":"(${UUID})","prev":(?:null|(${WHOLE})),"seq":(${POSITIVE})\\}(,|\\]\\}$)`,
  'y',
);
const MOVED = new RegExp(`\\{"id":"(${COUNTER})","mac":"(${HASH})"\\}(,|$)`, 'y');
const DETAIL_ENDS = ',"op":"';

/** A form without its anchors. */
function within({ source }: RegExp): string {
  return source.slice(1, -1);
}

/** The time that was read last and exists: all entries of a block have the same. */
let lastTime = '';

function isTime(text: string): boolean {
  if (text === lastTime) return true;
  const at = new Date(text);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== text) return false;
  lastTime = text;
  return true;
}

/** The leaf of its text, or undefined. */
export function scanLeaf(text: string): Leaf | undefined {
  const found = LEAF.exec(text);
  if (found === null) return undefined;
  const [, height = '', whole, parts, institution = null, linked = '', replaced, time = ''] = found;
  const [block, supersedes] = [countOf(height), replaced === undefined ? null : countOf(replaced)];
  const content = whole === undefined ? null : decodeBase64url(whole);
  const fields = parts === undefined ? null : decodeBase64url(parts);
  const link = decodeBase64url(linked);
  if (block === undefined || supersedes === undefined || !isTime(time)) return undefined;
  if (content === undefined || fields === undefined || link === undefined) return undefined;
  return { v: 1, time, block, institution, supersedes, content, fields, link };
}

/** The opening of its text, or undefined. */
export function scanOpening(text: string): Opening | undefined {
  const begun = BEFORE_DETAIL.exec(text);
  if (begun === null) return undefined;
  const [before, actor = '', registered = '', key = '', mode, moved] = begun;
  const end = text.indexOf(DETAIL_ENDS, before.length);
  BEHIND_DETAIL.lastIndex = Math.max(end, 0);
  const rest = BEHIND_DETAIL.exec(text);
  if (rest === null) return undefined;
  const [, op = '', place = '', request = '', signature = '', id = '', kind = '', nth = ''] = rest;
  const threads = scanThreads(text, BEHIND_DETAIL.lastIndex);
  const counters = moved === undefined ? [] : scanCounters(moved);
  const detail = readDetail(text.slice(before.length, end));
  const [entry, part, version] = [countOf(registered), wholeOf(place), wholeOf(nth)];
  if (entry === undefined || part === undefined || version === undefined) return undefined;
  if (threads === undefined || counters === undefined || detail === undefined) return undefined;
  const by = { key, entry, mode: mode === 'own' || mode === 'delegated' ? mode : 'service' } as const;
  const subject = { kind, id, version };
  const opening = { op, actor, by, subject, threads, request, part, signature, detail };
  return counters.length > 0 ? { ...opening, counters } : opening;
}

/** One counter at least, none twice. */
function scanCounters(text: string): MovedCounter[] | undefined {
  const counters: MovedCounter[] = [];
  for (MOVED.lastIndex = 0; ;) {
    const found = MOVED.exec(text);
    if (found === null) return undefined;
    const [, id = '', digits = '', end] = found;
    const mac = decodeBase64url(digits);
    if (mac === undefined || counters.some((other) => other.id === id)) return undefined;
    counters.push({ id, mac });
    if (end === '') return counters;
  }
}

/** 1 to 4 threads from a place to the end of the opening, none twice. */
function scanThreads(text: string, from: number): ThreadPlace[] | undefined {
  const threads: ThreadPlace[] = [];
  for (THREAD.lastIndex = from; ;) {
    const found = THREAD.exec(text);
    if (found === null || threads.length === 4) return undefined;
    const [, id = '', before, place = '', end] = found;
    const [seq, prev] = [countOf(place), before === undefined ? null : countOf(before)];
    if (seq === undefined || prev === undefined || (seq === 1n) !== (prev === null)) return undefined;
    for (const other of threads) if (other.id === id) return undefined;
    threads.push({ id, seq, prev });
    if (end !== ',') return threads;
  }
}

/** A whole number up to 2^53 - 1. */
function wholeOf(digits: string): number | undefined {
  const value = Number(digits);
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function countOf(digits: string): bigint | undefined {
  const value = wholeOf(digits);
  return value === undefined ? undefined : BigInt(value);
}

/** The detail that was scanned last and its canonical text: an entry's statement is asked for as soon as it is read. */
let lastDetail: { readonly detail: JsonObject; readonly text: string } | undefined;

/** A detail is free in what it holds; it stands one level deep in the opening. */
function readDetail(text: string): JsonObject | null | undefined {
  if (text === 'null') return null;
  const value = scanJson(text) ?? parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const detail = value as JsonObject; // arrays are excluded above; the compiler doesn't see it
  lastDetail = { detail, text };
  return detail;
}

function parsed(text: string): Json | undefined {
  try {
    return parseCanonicalText(text, 1);
  } catch {
    return undefined;
  }
}

/**
 * What of a detail the signer says, as canonical text: all of it but the members that the deployment adds, which an
 * uploader can't know when it signs. Null when nothing is left.
 */
export function statedDetail(detail: JsonObject | null): string | null {
  if (detail === null) return null;
  let [stated, added] = [0, 0];
  for (const name in detail) {
    if (ADDED.has(name)) added += 1;
    else stated += 1;
  }
  if (stated === 0) return null;
  // The whole of it is written no second time where it was read from its text.
  if (added === 0) return lastDetail?.detail === detail ? lastDetail.text : canonicalText(detail);
  return canonicalText(Object.fromEntries(Object.entries(detail).filter(([name]) => !ADDED.has(name))));
}

/** What the deployment says of an entry under the leaf's link alone, whoever signed it. */
const ADDED: ReadonlySet<string> = new Set(['authority', 'input', 'upload']);
