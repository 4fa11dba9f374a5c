/**
 * A log entry: the public leaf and its opening (design: ledger, "Entry: public half and opening"). Both are canonical
 * JSON; indexes and heights are JSON numbers there and bigint here.
 */
import { base64url, utf8 } from './bytes.js';
import { COUNTER, JWS, KIND, OP, THUMBPRINT } from './forms.js';
import { type HashFn, sha256 } from './hash.js';
import type { Json, JsonObject } from './json.js';
import { scanLeaf, scanOpening } from './scan-entry.js';
import * as strict from './strict.js';

/** The public half: says when and under whose roof something was written, and nothing about anyone. */
export interface Leaf {
  readonly v: 1;
  /** RFC 3339 UTC with milliseconds: the block's time. */
  readonly time: string;
  /** Height of the block that appended the entry. */
  readonly block: bigint;
  /** Institution acted for; null for a patient. */
  readonly institution: string | null;
  /** Index of the entry whose record version this one replaces. */
  readonly supersedes: bigint | null;
  /** 32 bytes: commitment to the whole sealed record. */
  readonly content: Uint8Array | null;
  /** 32 bytes: commitment to its fields one by one. */
  readonly fields: Uint8Array | null;
  /** 32 bytes: salted hash of the opening. */
  readonly link: Uint8Array;
}

/** A record version that an entry is about. */
export interface Subject {
  readonly kind: string;
  readonly id: string;
  /** From 1. */
  readonly version: number;
}

/** A place on a thread. */
export interface ThreadPlace {
  readonly id: string;
  /** From 1, without gaps. */
  readonly seq: bigint;
  /** Index of the thread's entry before this one; null exactly when `seq` is 1. */
  readonly prev: bigint | null;
}

/** The key that signed an entry's statement. */
export interface OpeningSigner {
  /** RFC 7638 thumbprint, base64url. */
  readonly key: string;
  /** Index of the entry that registered the key. */
  readonly entry: bigint;
  readonly mode: 'own' | 'delegated' | 'service';
}

/** The telling half of an entry; the leaf holds its salted hash. */
export interface Opening {
  /** `<kind>.<verb>` */
  readonly op: string;
  /** Member id. */
  readonly actor: string;
  readonly by: OpeningSigner;
  readonly subject: Subject;
  /** 1 to 4, no thread twice. */
  readonly threads: readonly ThreadPlace[];
  /** The client's request id. */
  readonly request: string;
  /** Place within a batch, from 0. */
  readonly part: number;
  /** Compact JWS over the statement (statement.ts). */
  readonly signature: string;
  readonly detail: JsonObject | null;
  /** Counters that the commit moved; absent when none. Known under the head lock only, so `signature` doesn't cover them. */
  readonly counters?: readonly MovedCounter[];
}

/** The last value of a moved counter, as a keyed hash. */
export interface MovedCounter {
  readonly id: string;
  /** 32 bytes. */
  readonly mac: Uint8Array;
}

const LINK = utf8('vitrine/link/v1\0');
/** Bytes before the opening: the label and the salt. */
const LINKED = LINK.length + 16;
/** One buffer for all openings of the usual length; a HashFn may not keep its argument. */
const LINKING = new Uint8Array(8192);
const LEAF = ['v', 'time', 'block', 'institution', 'supersedes', 'content', 'fields', 'link'] as const;
const OPENING = [
  'op',
  'actor',
  'by',
  'subject',
  'threads',
  'request',
  'part',
  'signature',
  'detail',
] as const;
const MOVING = [...OPENING, 'counters'] as const;
const MODE = /^(?:own|delegated|service)$/;

/** Leaf bytes. Throws INTEGRITY_VIOLATION on a value that `parseLeaf` would refuse. */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  const json: JsonObject = {
    v: leaf.v,
    time: leaf.time,
    block: strict.asNumber(leaf.block),
    institution: leaf.institution,
    supersedes: leaf.supersedes === null ? null : strict.asNumber(leaf.supersedes),
    content: strict.asText(leaf.content),
    fields: strict.asText(leaf.fields),
    link: base64url(leaf.link),
  };
  strict.parsing('leaf', () => readLeaf(json));
  return strict.encodeBounded('leaf', json);
}

/** The leaf of its bytes. Throws INTEGRITY_VIOLATION on any that `encodeLeaf` doesn't write. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  return strict.parseBounded('leaf', bytes, readLeaf, scanLeaf);
}

/** Opening bytes. Throws INTEGRITY_VIOLATION on a value that `parseOpening` would refuse. */
export function encodeOpening(opening: Opening): Uint8Array {
  const { op, actor, by, subject, request, part, signature, detail } = opening;
  const json: JsonObject = {
    op,
    actor,
    by: { key: by.key, entry: strict.asNumber(by.entry), mode: by.mode },
    subject: { kind: subject.kind, id: subject.id, version: subject.version },
    threads: opening.threads.map(({ id, seq, prev }) => ({
      id,
      seq: strict.asNumber(seq),
      prev: prev === null ? null : strict.asNumber(prev),
    })),
    request,
    part,
    signature,
    detail,
    ...(opening.counters && {
      counters: opening.counters.map(({ id, mac }) => ({ id, mac: base64url(mac) })),
    }),
  };
  strict.parsing('opening', () => readOpening(json));
  return strict.encodeBounded('opening', json);
}

/** The opening of its bytes. Throws INTEGRITY_VIOLATION on any that `encodeOpening` doesn't write. */
export function parseOpening(bytes: Uint8Array): Opening {
  return strict.parseBounded('opening', bytes, readOpening, scanOpening);
}

/** What a leaf's `link` holds: SHA-256("vitrine/link/v1\0" ‖ salt ‖ opening). The salt has 16 bytes. */
export function linkHash(salt: Uint8Array, opening: Uint8Array, hash: HashFn = sha256): Uint8Array {
  // A salt of another length would shift the border between salt and opening.
  if (salt.length !== 16) throw strict.violation(`expected a salt of 16 bytes, got ${salt.length}`);
  const length = LINKED + opening.length;
  const bytes = length > LINKING.length ? new Uint8Array(length) : LINKING.subarray(0, length);
  bytes.set(LINK);
  bytes.set(salt, LINK.length);
  bytes.set(opening, LINKED);
  return hash(bytes);
}

function readLeaf(value: Json): Leaf {
  const leaf = strict.object(value, 'leaf', LEAF);
  if (leaf.v !== 1) throw strict.violation('v: expected 1');
  return {
    v: 1,
    time: strict.instant(leaf.time, 'time'),
    block: strict.count(leaf.block, 'block'),
    institution: strict.nullable(leaf.institution, (id) => strict.uuid(id, 'institution')),
    supersedes: strict.nullable(leaf.supersedes, (index) => strict.count(index, 'supersedes')),
    content: strict.nullable(leaf.content, (hash) => strict.bytesOf(hash, 'content', 32)),
    fields: strict.nullable(leaf.fields, (hash) => strict.bytesOf(hash, 'fields', 32)),
    link: strict.bytesOf(leaf.link, 'link', 32),
  };
}

function readOpening(value: Json): Opening {
  const moved = Object.hasOwn(strict.anyObject(value, 'opening'), 'counters');
  const opening = strict.object(value, 'opening', moved ? MOVING : OPENING);
  return {
    op: strict.text(opening.op, 'op', OP, '<kind>.<verb>'),
    actor: strict.uuid(opening.actor, 'actor'),
    by: readSigner(opening.by),
    subject: readSubject(opening.subject),
    threads: readThreads(opening.threads),
    request: strict.uuid(opening.request, 'request'),
    part: strict.integer(opening.part, 'part'),
    signature: strict.text(opening.signature, 'signature', JWS, 'a compact JWS'),
    detail: strict.nullable(opening.detail, (detail) => strict.anyObject(detail, 'detail')),
    ...('counters' in opening && { counters: readCounters(opening.counters) }),
  };
}

function readCounters(value: Json): readonly MovedCounter[] {
  const counters = strict.array(value, 'counters').map((item) => {
    const { id, mac } = strict.object(item, 'counters', ['id', 'mac']);
    return {
      id: strict.text(id, 'counters.id', COUNTER, 'a counter id'),
      mac: strict.bytesOf(mac, 'counters.mac', 32),
    };
  });
  if (counters.length === 0) throw strict.violation('counters: expected at least one');
  if (new Set(counters.map((counter) => counter.id)).size !== counters.length) {
    throw strict.violation('counters: expected no counter twice');
  }
  return counters;
}

function readSigner(value: Json): OpeningSigner {
  const by = strict.object(value, 'by', ['key', 'entry', 'mode']);
  return {
    key: strict.text(by.key, 'by.key', THUMBPRINT, 'a thumbprint'),
    entry: strict.count(by.entry, 'by.entry'),
    mode: strict.text(by.mode, 'by.mode', MODE, 'own, delegated or service') as OpeningSigner['mode'],
  };
}

function readSubject(value: Json): Subject {
  const subject = strict.object(value, 'subject', ['kind', 'id', 'version']);
  return {
    kind: strict.text(subject.kind, 'subject.kind', KIND, 'the name of a record kind'),
    id: strict.uuid(subject.id, 'subject.id'),
    version: strict.integer(subject.version, 'subject.version', 1),
  };
}

function readThreads(value: Json): readonly ThreadPlace[] {
  const threads = strict.array(value, 'threads').map(readThread);
  if (threads.length < 1 || threads.length > 4) {
    throw strict.violation(`threads: expected 1 to 4, got ${threads.length}`);
  }
  if (new Set(threads.map((thread) => thread.id)).size !== threads.length) {
    throw strict.violation('threads: expected no thread twice');
  }
  return threads;
}

function readThread(value: Json): ThreadPlace {
  const thread = strict.object(value, 'threads', ['id', 'seq', 'prev']);
  const seq = strict.count(thread.seq, 'threads.seq', 1);
  const prev = strict.nullable(thread.prev, (index) => strict.count(index, 'threads.prev'));
  if ((seq === 1n) !== (prev === null))
    throw strict.violation('threads.prev: expected null exactly at seq 1');
  return { id: strict.uuid(thread.id, 'threads.id'), seq, prev };
}
