/**
 * Statements as they come in: read strictly, held against the entry that carries them, and against its time. Who
 * signed one may be anybody; nothing in it is believed before its signature verifies.
 */
import { equal, utf8 } from './bytes.js';
import type { Leaf, Opening, OpeningSigner } from './entry.js';
import { KIND, OP } from './forms.js';
import { type HashFn, sha256 } from './hash.js';
import { type Json, parseCanonical } from './json.js';
import { statedDetail } from './scan-entry.js';
import { parseCompactJws, type ParsedJws, type Statement, statementBytes } from './statement.js';
import * as strict from './strict.js';

/** A statement with its signature, which isn't verified yet. */
export interface ParsedStatement {
  readonly statement: Statement;
  readonly jws: ParsedJws;
}

/** When a statement was made and from when on it's void; both null where the deployment signs at once. */
export type StatedTimes = Pick<Statement, 'issued' | 'expires'>;

/** No statement lives longer, in milliseconds: 31 days. */
export const LONGEST_LIFE = 31 * 24 * 60 * 60_000;
/** Clocks of uploaders run apart: so far ahead of the log's may be the time of issue, in milliseconds. */
export const CLOCK_TOLERANCE = 5 * 60_000;

const MEMBERS = [
  'content',
  'detail',
  'expires',
  'fields',
  'institution',
  'issued',
  'op',
  'origin',
  'part',
  'request',
  'subject',
  'supersedes',
  'v',
] as const;
const ANY = /^/;

/**
 * The statement of a compact JWS. Throws INTEGRITY_VIOLATION unless header and payload are the canonical bytes of what
 * they say: exactly these members, each of its form. Whether the times fit together is `refuseTimes`'.
 */
export function parseStatement(jws: string): ParsedStatement {
  const parsed = parseCompactJws(jws);
  return { jws: parsed, statement: readPayload(parsed.payload) };
}

function readPayload(payload: Uint8Array): Statement {
  return strict.parsing('statement', () => {
    const found = strict.object(parseCanonical(payload), 'statement', MEMBERS);
    if (found.v !== 1) throw strict.violation('v: expected 1');
    const hash = (name: 'content' | 'detail' | 'fields' | 'supersedes') =>
      strict.nullable(found[name], (value) => strict.bytesOf(value, name, 32));
    const time = (name: 'issued' | 'expires') =>
      strict.nullable(found[name], (value) => strict.instant(value, name));
    return {
      origin: strict.text(found.origin, 'origin', ANY, 'a text'),
      op: strict.text(found.op, 'op', OP, '<kind>.<verb>'),
      subject: readSubject(found.subject),
      supersedes: hash('supersedes'),
      content: hash('content'),
      fields: hash('fields'),
      detail: hash('detail'),
      institution: strict.nullable(found.institution, (id) => strict.uuid(id, 'institution')),
      issued: time('issued'),
      expires: time('expires'),
      request: strict.uuid(found.request, 'request'),
      part: strict.integer(found.part, 'part'),
    };
  });
}

function readSubject(value: Json): Statement['subject'] {
  const { kind, id, version } = strict.object(value, 'subject', ['id', 'kind', 'version']);
  return {
    kind: strict.text(kind, 'subject.kind', KIND, 'the name of a record kind'),
    id: strict.uuid(id, 'subject.id'),
    version: strict.integer(version, 'subject.version', 1),
  };
}

/**
 * Why a statement with these times can't stand behind an entry of this time, or null when it can. A member's own key
 * signs beforehand, so it must say when: a statement that is found later must be void.
 * @param time of the entry: its block's
 */
export function refuseTimes(
  { issued, expires }: StatedTimes,
  mode: OpeningSigner['mode'],
  time: string,
): string | null {
  if (issued === null && expires === null)
    return mode === 'own' ? 'expected a statement with times of issue and expiry, got one without' : null;
  const malformed = refuseLife({ issued, expires });
  if (malformed !== null || issued === null || expires === null) return malformed;
  if (time >= expires) return `the statement expired at ${expires}`;
  if (Date.parse(issued) > Date.parse(time) + CLOCK_TOLERANCE)
    return `the statement was issued at ${issued}, after the entry`;
  return null;
}

/** Why no statement has these times, whatever the entry's, or null. */
export function refuseLife({ issued, expires }: StatedTimes): string | null {
  if (issued === null || expires === null)
    return issued === expires ? null : 'expected both a time of issue and one of expiry, or neither';
  const life = Date.parse(expires) - Date.parse(issued);
  if (life > 0 && life <= LONGEST_LIFE) return null;
  return 'expected a statement that expires after its issue, at most 31 days';
}

/** The times that a compact JWS states. Throws INTEGRITY_VIOLATION as `parseStatement` does. */
export function statedTimes(jws: ParsedJws): StatedTimes {
  const { issued, expires } = readPayload(jws.payload);
  return { issued, expires };
}

/** An entry that a statement should be of. */
export interface Stated {
  readonly origin: string;
  readonly leaf: Leaf;
  readonly opening: Opening;
  /** Leaf hash of the version that it replaces; undefined where it isn't at hand: that there is one must agree. */
  readonly supersedes: Uint8Array | null | undefined;
}

/** The statement that an entry's signature must be over, but for its times. */
export function statementOf(
  { origin, leaf, opening }: Omit<Stated, 'supersedes'>,
  supersedes: Uint8Array | null,
  times: StatedTimes,
  hash: HashFn = sha256,
): Statement {
  const { op, subject, request, part } = opening;
  const { content, fields, institution } = leaf;
  const text = statedDetail(opening.detail);
  const detail = text === null ? null : hash(utf8(text));
  return { origin, op, subject, supersedes, content, fields, detail, institution, request, part, ...times };
}

/**
 * Why the payload isn't the statement of exactly this entry, or null when it is. What the statement says of itself
 * alone, its times, must hold at the entry's time.
 * @throws VitrineError INTEGRITY_VIOLATION when it's no statement
 */
export function refuseStated(jws: ParsedJws, stated: Stated, hash: HashFn = sha256): string | null {
  const claimed = readPayload(jws.payload);
  const { issued, expires } = claimed;
  const supersedes = stated.supersedes === undefined ? claimed.supersedes : stated.supersedes;
  const expected = statementOf(stated, supersedes, { issued, expires }, hash);
  const { leaf, opening } = stated;
  if ((supersedes === null) !== (leaf.supersedes === null) || !equal(jws.payload, statementBytes(expected)))
    return 'expected a statement of what the entry holds, got one of something else';
  return refuseTimes({ issued, expires }, opening.by.mode, leaf.time);
}
