/**
 * A patient's log of accesses in files (schema/ledger.md, "Log of accesses"): a proof bundle of each access, and a
 * statement by the deployment's own key that these are all that the log had, from where to where. The bundles are proved by
 * the log; that none is missing is the deployment's word, which it can be held to.
 */
import { base64url } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import { canonical, type Json, type JsonObject, parseCanonical } from './json.js';
import type { Verify } from './note.js';
import type { Policy } from './policy.js';
import {
  bundleJson,
  type BundleRegistration,
  type ProofBundle,
  readRegistration,
  registrationJson,
} from './proof-bundle.js';
import { parseCompactJws, thumbprint } from './statement.js';
import * as strict from './strict.js';
import {
  registeredKey,
  type TrustedCheckpoint,
  type VerifiedBundle,
  verifyCheckpoint,
  verifyProofBundle,
} from './verify-bundle.js';

/** What the deployment says of the file. */
export interface AccessLogStatement {
  readonly origin: string;
  /** Whose accesses: all files of one person, the one that was asked for first. */
  readonly files: readonly string[];
  /** Which were asked for; null: all. */
  readonly act: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** The place behind which the file begins: that with which the part before ended. Null: at the newest. */
  readonly after: string | null;
  /** The place of the last access in the file, where there are more behind it; null: there are none. */
  readonly next: string | null;
  /** When it was made, RFC 3339. */
  readonly at: string;
  /** How long the log was when the list was begun: of what is below, nothing that was asked for is missing from the range. */
  readonly size: bigint;
}

export interface AccessLogFile {
  /** Compact JWS over `statementOfAccesses`. */
  readonly statement: string;
  /** Ed25519 key of 32 bytes that signed it, and the entry that registered it. */
  readonly key: Uint8Array;
  readonly keyEntry: bigint;
  readonly registration: BundleRegistration;
  /** Signed note of a checkpoint under which the registration is proved. */
  readonly checkpoint: string;
  /** As stated: for whoever asks for the next part and checks nothing. */
  readonly next: string | null;
  /** One an access, newest first. */
  readonly bundles: readonly ProofBundle[];
}

export interface VerifiedAccessLog extends TrustedCheckpoint {
  readonly statement: AccessLogStatement;
  readonly accesses: readonly VerifiedBundle[];
}

const FORMAT = 'vitrine/access-log/v2';
const MEMBERS = [
  'of',
  'statement',
  'key',
  'keyEntry',
  'registration',
  'checkpoint',
  'next',
  'bundles',
] as const;
const STATED = [
  'of',
  'origin',
  'files',
  'act',
  'from',
  'to',
  'after',
  'next',
  'at',
  'size',
  'bundles',
] as const;
/** A place in the list: the entry's index, and of a batch the line. */
const PLACE = /^(?:0|[1-9][0-9]{0,15})(?:\.[1-9][0-9]{0,2})?$/;
const ANY = /^/;
/** More than the server gives at once. */
const LONGEST_FILE = 64_000_000;

/** Kinds of records that tell of an access. */
const KINDS: ReadonlySet<string> = new Set(['View', 'AccessBatch']);

/** The payload that the deployment signs. */
export function statementOfAccesses(
  stated: AccessLogStatement,
  bundles: readonly ProofBundle[],
  hash: HashFn = sha256,
): Uint8Array {
  const { origin, files, act, from, to, after, next, at, size } = stated;
  const digest = base64url(hash(canonical(bundles.map(bundleJson))));
  return canonical({
    of: FORMAT,
    origin,
    files: [...files],
    act,
    from,
    to,
    after,
    next,
    at,
    size: strict.asNumber(size),
    bundles: digest,
  });
}

/** The file: canonical JSON (RFC 8785). */
export function encodeAccessLog(file: AccessLogFile): Uint8Array {
  const json: JsonObject = {
    of: FORMAT,
    statement: file.statement,
    key: base64url(file.key),
    keyEntry: strict.asNumber(file.keyEntry),
    registration: registrationJson(file.registration),
    checkpoint: file.checkpoint,
    next: file.next,
    bundles: file.bundles.map(bundleJson),
  };
  return canonical(json);
}

/** Whether bytes are meant to be such a file; nothing is checked. */
export function isAccessLog(bytes: Uint8Array): boolean {
  try {
    return strict.anyObject(parseCanonical(bytes), 'file')['of'] === FORMAT;
  } catch {
    return false;
  }
}

/** Checks a file against a policy and gives what it proves. Throws INTEGRITY_VIOLATION, naming what doesn't hold. */
export function verifyAccessLogFile(
  bytes: Uint8Array,
  policy: Policy,
  verify: Verify,
  hash: HashFn = sha256,
): VerifiedAccessLog {
  const file = strict.parsing('log of accesses', () => readFile(bytes));
  const trusted = verifyCheckpoint(file.checkpoint, policy, verify);
  const { origin } = trusted.checkpoint;
  const payload = signedBy(file, trusted, verify, hash);
  const { bundles: digest, ...statement } = strict.parsing('statement', () => readStatement(payload));
  if (statement.origin !== origin)
    throw strict.violation(`expected a statement of ${origin}, got one of ${statement.origin}`);
  if (digest !== base64url(hash(canonical([...file.bundles]))))
    throw strict.violation('expected the accesses that the statement is about, got others');
  if (statement.next !== file.next)
    throw strict.violation('expected the next place that the statement names, got another');
  const files = new Set(statement.files);
  const accesses = file.bundles.map((bundle) => {
    const found = verifyProofBundle(canonical(bundle), policy, verify, hash);
    if (found.checkpoint.origin !== origin) throw strict.violation(`expected accesses on ${origin}`);
    requireAbout(found, files);
    return found;
  });
  requireWithin(statement, accesses);
  return { ...trusted, statement, accesses };
}

/**
 * Checks that files are the parts of one list, from its newest access to its oldest and in this order: each goes on where the one before
 * ended. Throws INTEGRITY_VIOLATION, naming what doesn't fit.
 */
export function requireParts(parts: readonly AccessLogStatement[]): void {
  const [first] = parts;
  if (first === undefined) throw strict.violation('expected at least one part of a log of accesses');
  let after: string | null = null;
  for (const [place, part] of parts.entries()) {
    if (askedFor(part) !== askedFor(first))
      throw strict.violation(`expected part ${place + 1} to be of what part 1 is of, got another`);
    if (place > 0 && after === null)
      throw strict.violation(`expected ${place} parts, the last of which ends the list, got ${parts.length}`);
    if (part.after !== after)
      throw strict.violation(
        `expected part ${place + 1} to begin behind ${after ?? 'nothing'}, got ${part.after ?? 'nothing'}`,
      );
    after = part.next;
  }
  if (after !== null) throw strict.violation(`expected the part behind ${after}, got no more`);
}

function askedFor({ origin, files, act, from, to }: AccessLogStatement): string {
  return JSON.stringify([origin, files, act, from, to]);
}

/** Newest first, all of them within the stated range. */
function requireWithin({ after, next }: AccessLogStatement, accesses: readonly VerifiedBundle[]): void {
  const indexes = accesses.map(({ entry }) => entry.index);
  const places = [
    ...(after === null ? [] : [indexOf(after)]),
    ...indexes,
    ...(next === null ? [] : [indexOf(next)]),
  ];
  if (places.some((index, i) => i > 0 && index > (places[i - 1] ?? index)))
    throw strict.violation('expected accesses newest first within the stated range, got others');
  if (next !== null && indexes.at(-1) !== indexOf(next))
    throw strict.violation('expected the file to end with the place that it names, got another');
}

function indexOf(place: string): bigint {
  return BigInt(place.split('.')[0] ?? '');
}

/** The statement's payload, signed by a key that an entry of the log registered for the deployment itself. */
function signedBy(
  file: ReadFile,
  { checkpoint }: TrustedCheckpoint,
  verify: Verify,
  hash: HashFn,
): Uint8Array {
  const { kid, payload, signingInput, signature } = parseCompactJws(file.statement);
  if (thumbprint(file.key, hash) !== kid) throw strict.violation(`expected the key ${kid}, got another`);
  const by = { key: kid, entry: file.keyEntry };
  const { key, registrar } = registeredKey(file.registration, by, checkpoint, hash);
  if (key === undefined || key.use !== 'service' || registrar !== 'service')
    throw strict.violation(`expected entry ${by.entry} to register ${kid} as the deployment’s own key`);
  if (!verify(file.key, signingInput, signature))
    throw strict.violation(`expected a signature by the key ${kid}, got one that does not verify`);
  return payload;
}

/** Each bundle tells of an access to one of the files. */
function requireAbout({ head, fields }: VerifiedBundle, files: ReadonlySet<string>): void {
  const told = head.kind === 'View' ? [fields] : Object.values(fields);
  const isAbout = (value: Json | Readonly<Record<string, Json>>): boolean => {
    const patient = strict.anyObject(value, 'access')['patient'];
    return typeof patient === 'string' && files.has(patient);
  };
  if (!KINDS.has(head.kind) || told.length === 0 || !told.every(isAbout))
    throw strict.violation('expected accesses to the files of the statement, got another');
}

type ReadFile = Omit<AccessLogFile, 'bundles'> & { readonly bundles: readonly Json[] };

function readFile(bytes: Uint8Array): ReadFile {
  if (bytes.length > LONGEST_FILE)
    throw strict.violation(`expected at most ${LONGEST_FILE} bytes, got ${bytes.length}`);
  const file = strict.object(parseCanonical(bytes), 'file', MEMBERS);
  if (file.of !== FORMAT) throw strict.violation(`of: expected ${FORMAT}`);
  return {
    statement: strict.text(file.statement, 'statement', ANY, 'a text'),
    key: strict.bytesOf(file.key, 'key', 32),
    keyEntry: strict.count(file.keyEntry, 'keyEntry'),
    registration: readRegistration(file.registration),
    checkpoint: strict.text(file.checkpoint, 'checkpoint', ANY, 'a text'),
    next: placeOrNull(file.next, 'next'),
    bundles: strict.array(file.bundles, 'bundles'),
  };
}

function placeOrNull(value: Json | undefined, where: string): string | null {
  return strict.nullable(value, (found) => strict.text(found, where, PLACE, 'a place in the list'));
}

function readStatement(payload: Uint8Array): AccessLogStatement & { readonly bundles: string } {
  const stated = strict.object(parseCanonical(payload), 'statement', STATED);
  if (stated.of !== FORMAT) throw strict.violation(`of: expected ${FORMAT}`);
  const textOrNull = (value: Json | undefined, where: string) =>
    strict.nullable(value, (found) => strict.text(found, where, ANY, 'a text'));
  return {
    origin: strict.text(stated.origin, 'origin', ANY, 'a text'),
    files: strict.array(stated.files, 'files').map((id) => strict.uuid(id, 'files')),
    act: textOrNull(stated.act, 'act'),
    from: textOrNull(stated.from, 'from'),
    to: textOrNull(stated.to, 'to'),
    after: placeOrNull(stated.after, 'after'),
    next: placeOrNull(stated.next, 'next'),
    at: strict.instant(stated.at, 'at'),
    size: strict.count(stated.size, 'size'),
    bundles: strict.text(stated.bundles, 'bundles', ANY, 'a text'),
  };
}
