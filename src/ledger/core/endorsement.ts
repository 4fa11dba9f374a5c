/**
 * What a validator signs of a request for permission to upload (schema/uploads.md, "Endorsements"): a compact JWS as a
 * statement's, over who decides what of exactly which statements, with which reasons, and when.
 */
import { base64url } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import { canonical, parseCanonical } from './json.js';
import { parseCompactJws, type ParsedJws } from './statement.js';
import * as strict from './strict.js';

export type EndorsementDecision = 'endorse' | 'refuse';

/** What is signed. */
export interface EndorsementText {
  /** Name of the log. */
  readonly origin: string;
  readonly decision: EndorsementDecision;
  readonly member: string;
  /** Institution that the member acts for. */
  readonly institution: string | null;
  /** Names of rules, in words of the validator's; none with an endorsement. */
  readonly reasons: readonly string[];
  /** Hash of the request's statements: {@link statementsHash}. */
  readonly statements: Uint8Array;
  /** RFC 3339 UTC, milliseconds. */
  readonly time: string;
  /** Id of the request. */
  readonly upload: string;
}

/** An endorsement with its signature, which isn't verified yet. */
export interface ParsedEndorsement {
  readonly endorsement: EndorsementText;
  readonly jws: ParsedJws;
}

const MEMBERS = [
  'decision',
  'institution',
  'member',
  'origin',
  'reasons',
  'statements',
  'time',
  'upload',
  'v',
] as const;
const ANY = /^/;

/** SHA-256 of the canonical bytes of the list of compact JWS. */
export function statementsHash(statements: readonly string[], hash: HashFn = sha256): Uint8Array {
  return hash(canonical([...statements]));
}

/** The canonical bytes: the JWS payload. */
export function endorsementBytes(text: EndorsementText): Uint8Array {
  const { statements, reasons, ...members } = text;
  return canonical({ ...members, reasons: [...reasons], statements: base64url(statements), v: 1 });
}

/**
 * The endorsement of a compact JWS. Throws INTEGRITY_VIOLATION unless header and payload are the canonical bytes of what
 * they say: exactly these members, each of its form.
 */
export function parseEndorsement(jws: string): ParsedEndorsement {
  const parsed = parseCompactJws(jws);
  const endorsement = strict.parsing('endorsement', () => {
    const found = strict.object(parseCanonical(parsed.payload), 'endorsement', MEMBERS);
    if (found.v !== 1) throw strict.violation('v: expected 1');
    const decision = strict.text(found.decision, 'decision', /^(endorse|refuse)$/, 'endorse or refuse');
    return {
      origin: strict.text(found.origin, 'origin', ANY, 'a text'),
      // The pattern has just said that it is one of the two.
      decision: decision as EndorsementDecision,
      member: strict.uuid(found.member, 'member'),
      institution: strict.nullable(found.institution, (id) => strict.uuid(id, 'institution')),
      reasons: strict
        .array(found.reasons, 'reasons')
        .map((reason, place) => strict.text(reason, `reasons[${place}]`, ANY, 'a text')),
      statements: strict.bytesOf(found.statements, 'statements', 32),
      time: strict.instant(found.time, 'time'),
      upload: strict.uuid(found.upload, 'upload'),
    };
  });
  return { endorsement, jws: parsed };
}
