/**
 * The statement that an uploader signs, and its signature as a compact JWS (RFC 7515) with EdDSA (RFC 8037). The
 * statement binds hashes, ids and the origin, so a signature can't be moved to another log, record or request.
 * `read-statement.ts` reads one back.
 */
import { base64url, concat, equal, fromBase64url, fromUtf8, utf8 } from './bytes.js';
import type { Subject } from './entry.js';
import { type HashFn, sha256 } from './hash.js';
import { canonical, canonicalText } from './json.js';
import * as strict from './strict.js';

export interface Statement {
  /** Name of the log that the statement is for. */
  readonly origin: string;
  readonly op: string;
  readonly subject: Subject;
  /** Leaf hash of the version that this one replaces, or null. */
  readonly supersedes: Uint8Array | null;
  readonly content: Uint8Array | null;
  readonly fields: Uint8Array | null;
  /** SHA-256 of the canonical bytes of what the signer says in the detail (`statedDetail`), or null for nothing. */
  readonly detail: Uint8Array | null;
  /** Institution acted for, as the leaf has it; null for a patient. */
  readonly institution: string | null;
  /** When it was made: RFC 3339 UTC with milliseconds. Null, and `expires` too, where the deployment signs at once. */
  readonly issued: string | null;
  /** From when on it's void; after `issued`. */
  readonly expires: string | null;
  readonly request: string;
  readonly part: number;
}

/** The parts of a compact JWS; nothing is verified yet. */
export interface ParsedJws {
  /** Key id of the header: the thumbprint that the signer claims. */
  readonly kid: string;
  readonly payload: Uint8Array;
  /** What the signature covers. */
  readonly signingInput: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** The statement's canonical bytes: the JWS payload. Hashes are base64url. */
export function statementBytes(statement: Statement): Uint8Array {
  return utf8(statementText(statement));
}

/** The statement's canonical text. Its members are always the same, so it is a frame with their values. */
export function statementText(statement: Statement): string {
  const { origin, op, subject, supersedes, content, fields, detail, request, part } = statement;
  const { institution, issued, expires } = statement;
  // One sum: each `+` makes a text of its own where it is built in parts.
  return (
    '{"content":' +
    quoted(content) +
    ',"detail":' +
    quoted(detail) +
    ',"expires":' +
    canonicalText(expires) +
    ',"fields":' +
    quoted(fields) +
    ',"institution":' +
    canonicalText(institution) +
    ',"issued":' +
    canonicalText(issued) +
    ',"op":' +
    canonicalText(op) +
    ',"origin":' +
    canonicalText(origin) +
    ',"part":' +
    canonicalText(part) +
    ',"request":' +
    canonicalText(request) +
    ',"subject":{"id":' +
    canonicalText(subject.id) +
    ',"kind":' +
    canonicalText(subject.kind) +
    ',"version":' +
    canonicalText(subject.version) +
    '},"supersedes":' +
    quoted(supersedes) +
    ',"v":1}'
  );
}

function quoted(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : '"' + base64url(bytes) + '"';
}

/** What the key signs (RFC 7515 section 5.1): header and payload in base64url, joined by a dot. */
export function signatureInput(kid: string, payload: Uint8Array): Uint8Array {
  return utf8(`${base64url(header(kid))}.${base64url(payload)}`);
}

/** The compact JWS of a payload and its 64-byte Ed25519 signature over `signatureInput`. */
export function compactJws(kid: string, payload: Uint8Array, signature: Uint8Array): string {
  return `${base64url(header(kid))}.${base64url(payload)}.${base64url(signature)}`;
}

/**
 * The parts of a compact JWS. Throws INTEGRITY_VIOLATION unless the header is exactly the canonical bytes of
 * `{"alg":"EdDSA","kid":…}`: no other algorithm can be asked for, and no header member is left unread.
 */
export function parseCompactJws(jws: string): ParsedJws {
  return strict.parsing('signature', () => {
    const [head, payload, signature, ...rest] = jws.split('.');
    if (head === undefined || payload === undefined || signature === undefined || rest.length > 0) {
      throw strict.violation('expected three parts');
    }
    const bytes = fromBase64url(signature);
    if (bytes.length !== 64) throw strict.violation(`expected a signature of 64 bytes, got ${bytes.length}`);
    return {
      kid: kidOf(fromBase64url(head)),
      payload: fromBase64url(payload),
      signingInput: utf8(`${head}.${payload}`),
      signature: bytes,
    };
  });
}

/** RFC 7638 thumbprint, base64url, of a 32-byte Ed25519 public key as JWK (RFC 8037 section 2). */
export function thumbprint(publicKey: Uint8Array, hash: HashFn = sha256): string {
  if (publicKey.length !== 32) throw strict.violation(`expected a key of 32 bytes, got ${publicKey.length}`);
  return base64url(hash(canonical({ crv: 'Ed25519', kty: 'OKP', x: base64url(publicKey) })));
}

function header(kid: string): Uint8Array {
  return canonical({ alg: 'EdDSA', kid });
}

const BEFORE_KID = utf8('{"alg":"EdDSA","kid":"');
const AFTER_KID = utf8('"}');

function kidOf(head: Uint8Array): string {
  const kid = fromUtf8(
    head.subarray(BEFORE_KID.length, Math.max(BEFORE_KID.length, head.length - AFTER_KID.length)),
  );
  // A thumbprint needs no escapes, so this comparison covers every byte of the header.
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(kid) || !equal(head, concat(BEFORE_KID, utf8(kid), AFTER_KID))) {
    throw strict.violation('expected the header {"alg":"EdDSA","kid":…} and nothing else');
  }
  return kid;
}
