/**
 * What must hold of a statement that a member signed with its own key. Each rule is named, looks at one thing and has its
 * own code; all are asked, in one order, so the same statement is always refused in the same words.
 */
import type { ErrorCode, ParsedStatement, Statement } from '../../ledger/core/index.js';
import { CLOCK_TOLERANCE, equal, parseStatement, refuseLife, VitrineError } from '../../ledger/core/index.js';
import { nativeVerify, type RegisteredKey } from '../../ledger/index.js';
import type { Member } from '../../records/index.js';
import type { Refusal } from '../rules.js';

/** What the statement must be of; what is left out isn't compared. */
export type Target = Partial<Omit<Statement, keyof Commitment | 'institution' | 'issued' | 'expires'>>;

/** What the statement must commit to, byte for byte. */
export type Commitment = Pick<Statement, 'content' | 'fields' | 'detail'>;

export interface StatementContext {
  /** Who sends it: it must be this member's key, and for this member's institution. */
  readonly caller: Pick<Member, 'id' | 'institution'>;
  /** A key that the log registered, by its thumbprint. */
  readonly findKey: (thumbprint: string) => RegisteredKey | undefined;
  readonly now: Date;
  /** Whether ids of the kind follow from what its records are about (`RecordKind.named`). */
  readonly isNamed: (kind: string) => boolean;
  readonly target: Target;
  /** What was sealed; left out where nothing is sealed yet. */
  readonly commitment?: Commitment;
}

type Refused = Omit<Refusal, 'rule'> | null;
/** A rule answers with a refusal, or null when it holds. */
export type StatementRule = (parsed: ParsedStatement, context: StatementContext) => Refused;

const no = (code: ErrorCode, message: string): Refused => ({ code, message });

/** The signature is the named key's. Of a key that the log doesn't know nothing can be said. */
const signature: StatementRule = ({ jws }, { findKey }) => {
  const key = findKey(jws.kid);
  if (key === undefined || nativeVerify(key.publicKey, jws.signingInput, jws.signature)) return null;
  return no(
    'SIGNATURE_INVALID',
    'expected a signature by the key that it names, got one that does not verify',
  );
};

/** The key is the caller's own and in force. */
const key: StatementRule = ({ jws }, { findKey, caller, now }) => {
  const found = findKey(jws.kid);
  if (found === undefined) return no('KEY_UNKNOWN', `no key ${jws.kid} is registered on the log`);
  if (found.use !== 'own' || found.member !== caller.id || found.institution !== caller.institution)
    return no('KEY_OF_ANOTHER', `key ${jws.kid} is registered for another than you and your institution`);
  if (found.revoked !== null)
    return no('KEY_REVOKED', `key ${jws.kid} was revoked by entry ${found.revoked}`);
  if (found.expires !== null && now.toISOString() >= found.expires)
    return no('KEY_EXPIRED', `key ${jws.kid} expired at ${found.expires}`);
  return null;
};

/** It is for this log, this operation, this version of this record, this request. */
const target: StatementRule = ({ statement }, context) => {
  const wrong = [...misdirected(statement, context.target), ...misnamed(statement, context)];
  if (wrong.length === 0) return null;
  return no('STATEMENT_MISDIRECTED', `expected a statement of this change, got another ${wrong.join(', ')}`);
};

function misdirected(statement: Statement, wanted: Target): string[] {
  const wrong: string[] = [];
  for (const name of ['origin', 'op', 'request', 'part'] as const)
    if (wanted[name] !== undefined && statement[name] !== wanted[name]) wrong.push(name);
  const { subject, supersedes } = wanted;
  for (const name of ['kind', 'id', 'version'] as const)
    if (subject !== undefined && statement.subject[name] !== subject[name]) wrong.push(`subject.${name}`);
  if (supersedes !== undefined && !same(statement.supersedes, supersedes)) wrong.push('supersedes');
  return wrong;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const V7_TIME = 48;

/** Ids sort by the time of their making (RFC 9562 section 5.7): one that a client gives must be of its time too. */
function misnamed({ subject, issued }: Statement, { isNamed }: StatementContext): string[] {
  if (subject.version !== 1 || issued === null || isNamed(subject.kind)) return [];
  const digits = subject.id.replaceAll('-', '').slice(0, V7_TIME / 4);
  const off = Math.abs(Number.parseInt(digits, 16) - Date.parse(issued));
  return UUID_V7.test(subject.id) && off <= CLOCK_TOLERANCE
    ? []
    : ['subject.id (a UUIDv7 of the time of issue)'];
}

/** It is for the caller's institution. */
const institution: StatementRule = ({ statement }, { caller }) => {
  if (statement.institution === caller.institution) return null;
  return no('WRONG_INSTITUTION', 'expected a statement for your institution, got one for another');
};

/** Its times are around now. */
const window: StatementRule = ({ statement }, { now }) => {
  const { issued, expires } = statement;
  if (issued === null || expires === null)
    return no('STATEMENT_EXPIRED', 'expected a statement with times of issue and expiry');
  const life = refuseLife(statement);
  if (life !== null) return no('STATEMENT_EXPIRED', life);
  if (now.toISOString() >= expires) return no('STATEMENT_EXPIRED', `it expired at ${expires}`);
  if (Date.parse(issued) <= now.getTime() + CLOCK_TOLERANCE) return null;
  return no('STATEMENT_EARLY', `it was issued at ${issued}, which is still to come`);
};

/** It commits to what is sealed. Without it in the context, nothing is sealed yet. */
const commitment: StatementRule = ({ statement }, { commitment: sealed }) => {
  if (sealed === undefined) return null;
  const wrong = (['content', 'fields', 'detail'] as const).filter(
    (name) => !same(statement[name], sealed[name]),
  );
  if (wrong.length === 0) return null;
  return no(
    'COMMITMENT_MISMATCH',
    `expected the commitments of what is sealed, got another ${wrong.join(', ')}`,
  );
};

function same(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : equal(one, other);
}

/** In the order in which they are asked, and refusals are told. */
export const STATEMENT_RULES: Readonly<Record<string, StatementRule>> = {
  signature,
  key,
  target,
  institution,
  window,
  commitment,
};

/**
 * Everything that doesn't hold of a statement; nothing when all does. One that can't be read is refused for that alone.
 * @param jws as it came, or parsed
 */
export function checkStatement(jws: string | ParsedStatement, context: StatementContext): readonly Refusal[] {
  let parsed: ParsedStatement;
  try {
    parsed = typeof jws === 'string' ? parseStatement(jws) : jws;
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    return [{ rule: 'signature', code: 'SIGNATURE_INVALID', message: `it can't be read: ${cause.message}` }];
  }
  return ask(STATEMENT_RULES, parsed, context);
}

/** What doesn't hold of the commitments alone: the last of the rules, asked when the change has been sealed. */
export function checkCommitment(parsed: ParsedStatement, context: StatementContext): readonly Refusal[] {
  return ask({ commitment }, parsed, context);
}

function ask(
  rules: Readonly<Record<string, StatementRule>>,
  parsed: ParsedStatement,
  context: StatementContext,
): readonly Refusal[] {
  return Object.entries(rules).flatMap(([rule, answer]) => {
    const refused = answer(parsed, context);
    return refused === null ? [] : [{ rule, ...refused }];
  });
}
