/**
 * A patient's log of accesses as one file (schema/ledger.md, "Log of accesses"): a proof bundle of each access, and a
 * statement by the deployment's own key that these are all that the log had. The bundles are proved by the log; that none
 * is missing is the deployment's word, which it can be held to.
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
  /** When it was made, RFC 3339. */
  readonly at: string;
  /** How long the log was when the list was begun: of what is below, nothing that was asked for is missing. */
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
  /** One an access, newest first. */
  readonly bundles: readonly ProofBundle[];
}

export interface VerifiedAccessLog extends TrustedCheckpoint {
  readonly statement: AccessLogStatement;
  readonly accesses: readonly VerifiedBundle[];
}

const FORMAT = 'vitrine/access-log/v1';
const MEMBERS = ['of', 'statement', 'key', 'keyEntry', 'registration', 'checkpoint', 'bundles'] as const;
const STATED = ['of', 'origin', 'files', 'act', 'from', 'to', 'at', 'size', 'bundles'] as const;
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
  const { origin, files, act, from, to, at, size } = stated;
  const digest = base64url(hash(canonical(bundles.map(bundleJson))));
  return canonical({
    of: FORMAT,
    origin,
    files: [...files],
    act,
    from,
    to,
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
  const files = new Set(statement.files);
  const accesses = file.bundles.map((bundle) => {
    const found = verifyProofBundle(canonical(bundle), policy, verify, hash);
    if (found.checkpoint.origin !== origin) throw strict.violation(`expected accesses on ${origin}`);
    requireAbout(found, files);
    return found;
  });
  return { ...trusted, statement, accesses };
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
    bundles: strict.array(file.bundles, 'bundles'),
  };
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
    at: strict.instant(stated.at, 'at'),
    size: strict.count(stated.size, 'size'),
    bundles: strict.text(stated.bundles, 'bundles', ANY, 'a text'),
  };
}
