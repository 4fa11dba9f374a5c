/** Leaf and opening read by `Scan`: undefined where the general parser has to decide. Internal to the core. */
import type { Leaf, MovedCounter, Opening, OpeningSigner, ThreadPlace } from './entry.js';
import { JWS, KIND, OP, THUMBPRINT } from './forms.js';
import { canonicalText, type Json, type JsonObject, parseCanonicalText } from './json.js';
import { Scan } from './scan.js';

/** The time that was read last and exists: all entries of a block have the same. */
let lastTime = '';

function isTime(text: string): boolean {
  if (text === lastTime) return true;
  const at = new Date(text);
  if (text.length !== TIME_LENGTH || Number.isNaN(at.getTime()) || at.toISOString() !== text) return false;
  lastTime = text;
  return true;
}

const TIME_LENGTH = 24;
/** Ids of counters that JSON writes as they are. */
const PLAIN_COUNTER = /^[!#-[\]-~]{1,200}$/;

/** The leaf of its text, or undefined. */
export function scanLeaf(text: string): Leaf | undefined {
  const scan = new Scan(text);
  scan.frame('{"block":');
  const block = BigInt(scan.integer());
  scan.frame(',"content":');
  const content = nullableHash(scan);
  scan.frame(',"fields":');
  const fields = nullableHash(scan);
  scan.frame(',"institution":');
  const institution = scan.take('null') ? null : quoted(scan, () => scan.uuid());
  scan.frame(',"link":"');
  const link = scan.hash();
  scan.frame('","supersedes":');
  const supersedes = nullableIndex(scan);
  scan.frame(',"time":"');
  const time = scan.until('"');
  scan.frame('","v":1}');
  if (!scan.done || !isTime(time)) return undefined;
  return { v: 1, time, block, institution, supersedes, content, fields, link };
}

/** The opening of its text, or undefined. */
export function scanOpening(text: string): Opening | undefined {
  const scan = new Scan(text);
  scan.frame('{"actor":"');
  const actor = scan.uuid();
  scan.frame('","by":');
  const by = signer(scan);
  const counters = scan.take(',"counters":[') ? scanCounters(scan) : [];
  scan.frame(',"detail":');
  const detail = scan.until(',"op":"');
  scan.frame(',"op":"');
  const op = scan.string(OP);
  scan.frame('","part":');
  const part = scan.integer();
  scan.frame(',"request":"');
  const request = scan.uuid();
  scan.frame('","signature":"');
  const signature = scan.string(JWS);
  scan.frame('","subject":{"id":"');
  const id = scan.uuid();
  scan.frame('","kind":"');
  const kind = scan.string(KIND);
  scan.frame('","version":');
  const version = scan.integer();
  scan.frame('},"threads":[');
  const threads = scanThreads(scan);
  scan.frame('}');
  if (!scan.done || version < 1) return undefined;
  const read = detail === 'null' ? null : readDetail(detail);
  if (read === undefined) return undefined;
  const subject = { kind, id, version };
  const opening = { op, actor, by, subject, threads, request, part, signature, detail: read };
  return counters.length > 0 ? { ...opening, counters } : opening;
}

function signer(scan: Scan): OpeningSigner {
  scan.frame('{"entry":');
  const entry = BigInt(scan.integer());
  scan.frame(',"key":"');
  const key = scan.string(THUMBPRINT);
  scan.frame('","mode":"');
  const mode = scan.take('delegated') ? 'delegated' : scan.take('own') ? 'own' : 'service';
  if (mode === 'service') scan.frame('service');
  scan.frame('"}');
  return { key, entry, mode };
}

/** One counter at least, none twice. */
function scanCounters(scan: Scan): MovedCounter[] {
  const counters: MovedCounter[] = [];
  do {
    scan.frame('{"id":"');
    const id = scan.string(PLAIN_COUNTER);
    scan.frame('","mac":"');
    const mac = scan.hash();
    scan.frame('"}');
    if (counters.some((other) => other.id === id)) scan.good = false;
    counters.push({ id, mac });
  } while (scan.take(','));
  scan.frame(']');
  return counters;
}

/** 1 to 4 threads, none twice. */
function scanThreads(scan: Scan): ThreadPlace[] {
  const threads: ThreadPlace[] = [];
  do {
    scan.frame('{"id":"');
    const id = scan.uuid();
    scan.frame('","prev":');
    const prev = nullableIndex(scan);
    scan.frame(',"seq":');
    const seq = BigInt(scan.integer());
    scan.frame('}');
    if (seq < 1n || (seq === 1n) !== (prev === null)) scan.good = false;
    if (threads.length >= 4 || threads.some((other) => other.id === id)) scan.good = false;
    threads.push({ id, seq, prev });
  } while (scan.good && scan.take(','));
  scan.frame(']');
  return threads;
}

function nullableIndex(scan: Scan): bigint | null {
  return scan.take('null') ? null : BigInt(scan.integer());
}

function nullableHash(scan: Scan): Uint8Array | null {
  return scan.take('null') ? null : quoted(scan, () => scan.hash());
}

function quoted<T>(scan: Scan, read: () => T): T {
  scan.frame('"');
  const value = read();
  scan.frame('"');
  return value;
}

/** The canonical text of each detail that was scanned. */
const texts = new WeakMap<JsonObject, string>();

/** A detail is free in what it holds; it stands one level deep in the opening. */
function readDetail(text: string): JsonObject | undefined {
  let value: Json;
  try {
    value = parseCanonicalText(text, 1);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const detail = value as JsonObject; // arrays are excluded above; the compiler doesn't see it
  texts.set(detail, text);
  return detail;
}

/**
 * What of a detail the signer says, as canonical text: all of it but the members that the deployment adds, which an
 * uploader can't know when it signs. Null when nothing is left.
 */
export function statedDetail(detail: JsonObject | null): string | null {
  if (detail === null) return null;
  const all = Object.keys(detail);
  const stated = all.filter((name) => !ADDED.has(name));
  if (stated.length === 0) return null;
  // The whole of it is written no second time where it was read from its text.
  if (stated.length === all.length) return texts.get(detail) ?? canonicalText(detail);
  return canonicalText(Object.fromEntries(stated.map((name) => [name, detail[name]])));
}

/** What the deployment says of an entry under the leaf's link alone, whoever signed it. */
const ADDED: ReadonlySet<string> = new Set(['authority', 'input', 'upload']);
