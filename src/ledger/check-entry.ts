/**
 * What must hold of one entry, given the log before it (design: ledger, "What a read checks"). Whoever controls the
 * database controls both halves; what they say about other entries is compared with what was verified before.
 */
import {
  equal,
  fromBase64url,
  type Leaf,
  leafHash as hashLeaf,
  linkHash,
  type Opening,
  parseCompactJws,
  parseLeaf,
  parseOpening,
  refuseTimes,
  signatureInput,
  type StatedTimes,
  statedTimes,
  type Statement,
  statementOf,
  statementText,
} from './core/index.js';
import { GENESIS, readKeyStep } from './check-keys.js';
import { type Finding, messageOf } from './finding.js';
import type { KeyStep } from './key-history.js';
import { type FindKey, type KeyNews, NO_NEWS, readKeyNews, refuseKey } from './key-registry.js';
import { refuseMove } from './move-entry.js';
import { checkSignatureOf, nativeHash } from './native.js';
import { refuseSystem } from './system-entry.js';
import type { LogView } from './trusted-state.js';

/** An entry whose halves were parsed and belong together. */
export interface VerifiedEntry {
  readonly index: bigint;
  readonly leaf: Leaf;
  readonly opening: Opening;
  readonly leafHash: Uint8Array;
  readonly leafBytes: Uint8Array;
  readonly openingBytes: Uint8Array;
  readonly salt: Uint8Array;
}

/** How much of a signature to check: `full`, or all but the curve arithmetic where a pinned root stands for it. */
export type SignatureCheck = 'full' | 'statement';

/** Parses both halves and checks that the leaf holds the opening. Throws INTEGRITY_VIOLATION. */
export function openEntry(
  index: bigint,
  leafBytes: Uint8Array,
  openingBytes: Uint8Array,
  salt: Uint8Array,
): VerifiedEntry {
  const leaf = parseLeaf(leafBytes);
  if (!equal(linkHash(salt, openingBytes, nativeHash), leaf.link)) {
    throw new Error('expected the opening and the salt that the leaf links to, got others');
  }
  const opening = parseOpening(openingBytes);
  return { index, leaf, opening, leafHash: hashLeaf(leafBytes, nativeHash), leafBytes, openingBytes, salt };
}

/** What doesn't hold of an entry, and the keys it publishes. */
export interface CheckedEntry {
  readonly findings: readonly Finding[];
  readonly keys: KeyNews;
  readonly step: KeyStep | null;
}

export interface EntryCheck {
  /** The log before this entry. */
  readonly view: LogView;
  /** The log's name as the deployment's keys say it; what entries after the first are signed for, the log says. */
  readonly origin: string;
  /** Leaf hash of the entry that this one supersedes; null when it names none, or one that isn't there. */
  readonly superseded: Uint8Array | null;
  /** That entry itself, verified: only a transfer needs it. */
  readonly replaced?: VerifiedEntry | null;
  readonly signature: SignatureCheck;
}

/** Checks an entry against the log before it. */
export function checkEntry(entry: VerifiedEntry, check: EntryCheck): CheckedEntry {
  const findings: Finding[] = [];
  const fail = (what: Finding['what'], message: string) =>
    findings.push({ what, message, index: entry.index, block: entry.leaf.block });
  const begins = entry.opening.op === GENESIS;
  if (begins !== (entry.index === 0n)) fail('subject', `expected ${GENESIS} as entry 0 and nowhere else`);
  checkSubject(check.view, entry, fail);
  checkThreads(check.view, entry, fail);
  const unmoved = refuseMove(entry.opening, check.replaced ?? null);
  if (unmoved !== null) fail('thread', unmoved);
  let keys = NO_NEWS;
  let step: KeyStep | null = null;
  try {
    const { index, opening } = entry;
    const find = check.view.key.bind(check.view);
    const news = readKeyNews(index, opening, find);
    const { names: facts } = check.view;
    step = readKeyStep({ index, opening, keys: news, facts, find, origin: check.origin });
    keys = news;
  } catch (cause) {
    fail('keys', messageOf(cause));
  }
  const refusal = refuseStatement(entry, withOwnKeys(check.view, entry.index, keys), check);
  if (refusal !== null) fail('signature', refusal);
  return { findings, keys, step };
}

type Fail = (what: Finding['what'], message: string) => void;

/** Version 1 of a record once, then each version on the newest. */
function checkSubject(view: LogView, entry: VerifiedEntry, fail: Fail): void {
  const { kind, id, version } = entry.opening.subject;
  const { supersedes } = entry.leaf;
  const head = view.subject(kind, id);
  if (version !== (head?.count ?? 0) + 1) {
    fail('subject', `expected version ${(head?.count ?? 0) + 1} of the ${kind}, got ${version}`);
  }
  if (supersedes !== (head?.index ?? null)) {
    fail('supersedes', `expected ${describe(head?.index)} to be superseded, got ${describe(supersedes)}`);
  }
}

/** Each thread goes on from its newest entry, or begins. */
function checkThreads(view: LogView, entry: VerifiedEntry, fail: Fail): void {
  for (const { id, seq, prev } of entry.opening.threads) {
    const head = view.thread(id);
    const expected = BigInt((head?.count ?? 0) + 1);
    if (seq === expected && prev === (head?.index ?? null)) continue;
    const place = `place ${expected} after ${describe(head?.index)}`;
    fail('thread', `expected ${place} on thread ${id}, got ${seq} after ${describe(prev)}`);
  }
}

/** Why no registered key signed exactly what this entry holds, or null when one did. */
function refuseStatement(entry: VerifiedEntry, find: FindKey, check: EntryCheck): string | null {
  const { leaf, opening } = entry;
  const { by } = opening;
  const key = find(by.key);
  const refusal = refuseSystem(opening) ?? refuseKey(key, leaf, opening);
  if (refusal !== null || key === undefined) return refusal;
  const origin = check.view.names.nameAt(entry.index)?.origin ?? check.origin;
  const stated = statementOf({ origin, leaf, opening }, check.superseded, NO_TIMES, nativeHash);
  const found = by.mode === 'own' ? undefined : signedAs(stated, opening);
  const { signed, signature, why } = found ?? signedInTime(stated, leaf, opening);
  if (signature === undefined) return why;
  if (check.signature === 'statement') return null;
  if (checkSignatureOf(key.verifier, Buffer.from(signed, 'latin1'), fromBase64url(signature))) return null;
  return `expected a signature by key ${by.key}, got one that doesn't verify`;
}

/** What was signed, and the signature in base64url; or why there is none. */
type Signed =
  | { readonly signed: string; readonly signature: string; readonly why?: never }
  | { readonly signed?: never; readonly signature?: never; readonly why: string };

/** What nearly every entry states: the deployment signs what it appends at once. */
const NO_TIMES: StatedTimes = { issued: null, expires: null };

/** What was signed when the signature is that of this statement; undefined when it is of something else. */
function signedAs(stated: Statement, { by, signature: jws }: Opening): Signed | undefined {
  const head = headOf(by.key);
  const payload = base64urlOf(statementText(stated));
  const end = head.length + payload.length;
  const fits =
    jws.length === end + 1 + SIGNATURE_DIGITS &&
    jws[end] === '.' &&
    jws.startsWith(head) &&
    // Several times as fast as `startsWith` at the same place.
    jws.slice(head.length, end) === payload &&
    LAST_DIGITS.includes(jws[jws.length - 1] ?? '-');
  return fits ? { signed: jws.slice(0, end), signature: jws.slice(end + 1) } : undefined;
}

/** A statement that was signed beforehand says when, and the entry's time must be one at which it held. */
function signedInTime(stated: Statement, leaf: Leaf, opening: Opening): Signed {
  let times: StatedTimes;
  try {
    times = statedTimes(parseCompactJws(opening.signature));
  } catch (cause) {
    return { why: messageOf(cause) };
  }
  const refusal = refuseTimes(times, opening.by.mode, leaf.time);
  if (refusal !== null) return { why: refusal };
  return signedAs({ ...stated, ...times }, opening) ?? { why: refuseJws(opening) };
}

/** What is wrong with a signature that isn't the expected header and statement with 64 bytes behind. */
function refuseJws({ by, signature }: Opening): string {
  try {
    const jws = parseCompactJws(signature);
    if (jws.kid !== by.key) return 'expected the key that the entry names, got another';
    return 'expected a statement of what the entry holds, got one of something else';
  } catch (cause) {
    return messageOf(cause);
  }
}

/** Digits that may end 64 bytes in base64url: their last four bits stand for nothing (RFC 4648 section 3.5). */
const LAST_DIGITS = 'AQgw';
const SIGNATURE_DIGITS = 86;

/** The header of the key that was used last, with its dot: entries come in runs of the same key. */
let lastHead = { key: '', text: '' };

/** What stands before the payload in a compact JWS of a key. */
function headOf(key: string): string {
  if (lastHead.key !== key)
    lastHead = { key, text: Buffer.from(signatureInput(key, new Uint8Array())).toString('latin1') };
  return lastHead.text;
}

/** A statement of the usual length is encoded here: a Buffer of its own costs as much as the encoding. */
const ENCODING = Buffer.alloc(4096);

/** A text's UTF-8 in base64url. */
function base64urlOf(text: string): string {
  // A character of UTF-16 has at most 3 bytes.
  if (text.length * 3 > ENCODING.length) return Buffer.from(text).toString('base64url');
  return ENCODING.toString('base64url', 0, ENCODING.write(text));
}

/** Entry 0 is signed by a key that it publishes itself; every other key has to be there before. */
function withOwnKeys(view: LogView, index: bigint, keys: KeyNews): FindKey {
  if (index !== 0n) return (thumbprint) => view.key(thumbprint);
  return (thumbprint) => keys.registered.find((key) => key.thumbprint === thumbprint);
}

function describe(index: bigint | null | undefined): string {
  return index === null || index === undefined ? 'none' : `entry ${index}`;
}
