/**
 * Asking with statements that were signed elsewhere: what can be told from statements alone is checked here, each by its
 * named rule; the rest when it is loaded.
 */
import { loadVisible, notFound } from '../../access/index.js';
import type { ParsedStatement, Statement } from '../../ledger/core/index.js';
import { base64url, equal, parseStatement, VitrineError } from '../../ledger/core/index.js';
import type { Ledger } from '../../ledger/index.js';
import type { KindRegistry, Member, RecordReader, Relation } from '../../records/index.js';
import { mutationsOf, permissionsOf, type Operation, type Operations } from '../operations.js';
import { refusalOf, refuseLicence, requireNone, type Refusal } from '../rules.js';
import { REQUEST_UPLOAD } from './operations.js';
import { situationFor } from '../service.js';
import { checkStatement } from '../statements/check.js';
import { together } from '../together.js';
import { OPEN_CONTENT, uploadKind } from './upload.kind.js';

/** What is refused of a content that waits already. */
export const OPEN_ELSEWHERE = {
  code: 'DUPLICATE_UPLOAD',
  message: 'another open request is about the same content',
} as const;

export interface Asked {
  readonly requestId: string;
  readonly statements: readonly string[];
  readonly situation?: string | null;
}

export interface AskContext {
  readonly ledger: Ledger;
  readonly operations: Operations;
  readonly kinds: KindRegistry;
  readonly records: RecordReader;
  readonly caller: Member;
  readonly now: Date;
}

/** What was asked for, once every rule that can be asked holds. */
export interface Checked {
  readonly operation: Operation;
  readonly situation: string;
  readonly statements: readonly ParsedStatement[];
  /** Commitments, in the statements' order. */
  readonly contents: readonly (string | null)[];
}

/**
 * Checks what is asked for: all that is wrong with it is told together, but to who may not do such a thing.
 * @throws VitrineError with the code of the first rule that refused, `problems` with all of them; NOT_FOUND where the
 *   caller may not know the record, BAD_USER_INPUT
 */
export async function checkAsked(context: AskContext, asked: Asked): Promise<Checked> {
  const [first] = asked.statements;
  const op = readOp(first);
  const operation = op === null ? undefined : context.operations.find(op);
  if (operation !== undefined) requireRole(context.caller, operation);
  const wrong: unknown[] = [];
  // What a statement calls its operation is told, and written down in a denial, only where there is one of that name.
  const refuse = (refusals: readonly Refusal[]) => {
    const refused = refusalOf(refusals, operation?.op ?? REQUEST_UPLOAD.op);
    if (refused !== null) wrong.push(refused);
  };
  refuse(statementRefusals(context, asked, op));
  if (op !== null) wrong.push(...unaskable(operation));
  const told = new Set<string>();
  for (const [part, jws] of asked.statements.entries()) {
    const statement = readStatement(jws);
    if (statement === null || operation === undefined) continue;
    const { refusals, unseen, situation } = await standingRefusals(context, operation, statement, part);
    refuse(refusals);
    if (unseen !== undefined) wrong.push(unseen);
    if (situation !== undefined) told.add(situation);
  }
  const situation = operation && situationOf(operation, asked.situation ?? null, [...told]);
  if (situation instanceof VitrineError) wrong.push(situation);
  // The commit finds it out too; here it is told with all the rest.
  if (wrong.length > 0) refuse(await openContents(context, asked));
  if (
    operation === undefined ||
    situation === undefined ||
    situation instanceof VitrineError ||
    wrong.length > 0
  )
    throw together(wrong);
  const statements = asked.statements.map(parseStatement);
  return {
    operation,
    situation,
    statements,
    contents: statements.map(({ statement: { content } }) => content && base64url(content)),
  };
}

/** What doesn't hold of the statements by themselves. */
function statementRefusals(context: AskContext, asked: Asked, op: string | null): Refusal[] {
  const { ledger, caller, now } = context;
  const target = { origin: ledger.origin, request: asked.requestId, ...(op === null ? {} : { op }) };
  const findKey = (thumbprint: string) => ledger.trusted.key(thumbprint);
  const isNamed = (name: string) => context.kinds.find(name)?.named === true;
  return asked.statements.flatMap((jws, part) =>
    checkStatement(jws, { caller, findKey, now, isNamed, target: { ...target, part } }).map((one) => ({
      ...one,
      path: ['input', 'statements', part],
    })),
  );
}

/** Contents that another open request is about. */
async function openContents({ records }: AskContext, { statements }: Asked): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const [part, jws] of statements.entries()) {
    const content = readStatement(jws)?.content ?? null;
    if (content === null) continue;
    const holder = await records.byKey(uploadKind, OPEN_CONTENT, base64url(content));
    if (holder !== null)
      refusals.push({ rule: 'duplicate', ...OPEN_ELSEWHERE, path: ['input', 'statements', part] });
  }
  return refusals;
}

/** Why an operation can't be asked for by its statements alone. */
function unaskable(operation: Operation | undefined): VitrineError[] {
  const path = ['input', 'statements', 0];
  if (operation === undefined)
    return [new VitrineError('BAD_USER_INPUT', 'expected an operation of this deployment', { path })];
  if (operation.asksItself !== true) return [];
  const [mutation = ''] = mutationsOf(operation);
  return [
    new VitrineError('BAD_USER_INPUT', `expected ${mutation} with \`signed\`: it asks by itself`, { path }),
  ];
}

/** Who may not do it learns nothing else. @throws VitrineError FORBIDDEN */
function requireRole(caller: Member, operation: Operation): void {
  const roles = permissionsOf(operation).flatMap((permission) => permission.roles);
  if (roles.some((role) => caller.roles.has(role))) return;
  requireNone(
    [{ rule: 'role', code: 'FORBIDDEN', message: `${operation.op} is for other roles than yours` }],
    operation.op,
  );
}

function readOp(jws: string | undefined): string | null {
  return jws === undefined ? null : (readStatement(jws)?.op ?? null);
}

/** A statement; null for one that can't be read, of which the rules say what is wrong. */
function readStatement(jws: string): Statement | null {
  try {
    return parseStatement(jws).statement;
  } catch {
    return null;
  }
}

/**
 * What policies look at: what the versions before tell, where they do, else what the uploader says.
 * @param told finer situations of the statements; several can't be, since policies look at one
 * @returns CONFLICT by the rule `situation` when the uploader says another; BAD_USER_INPUT
 */
function situationOf({ op }: Operation, said: string | null, told: readonly string[]): string | VitrineError {
  const path = ['input', 'situation'];
  const [known] = told;
  if (known !== undefined) {
    if (said === null || said === known) return known;
    return new VitrineError('CONFLICT', `expected ${known}, which the version in force makes of it`, {
      path,
      details: { rule: 'situation', operation: op },
    });
  }
  if (said === null || said === op || said.startsWith(`${op}.`)) return said ?? op;
  return new VitrineError('BAD_USER_INPUT', `expected ${op}, or ${op}.… for what is finer`, { path });
}

/** Kind, licence, relation and version, as far as a statement tells them; NOT_FOUND for a record that isn't there for the caller. */
async function standingRefusals(
  { caller, kinds, records, now }: AskContext,
  operation: Operation,
  { subject, supersedes }: Statement,
  part: number,
): Promise<{
  readonly refusals: readonly Refusal[];
  readonly unseen?: VitrineError;
  readonly situation?: string;
}> {
  const path = ['input', 'statements', part];
  const refusals: Refusal[] = [];
  const refuse = (rule: string, code: Refusal['code'], message: string) =>
    refusals.push({ rule, code, message, path });
  if (subject.kind !== operation.makes)
    refuse('target', 'STATEMENT_MISDIRECTED', `expected a ${operation.makes}, got another kind`);
  const unlicensed = operation.licensed ? refuseLicence(operation.op, caller) : null;
  if (unlicensed !== null) refusals.push({ rule: 'licence', ...unlicensed, path });
  if (subject.kind !== operation.makes || subject.version === 1) return { refusals };
  const base = await loadVisible({ caller, records }, kinds.require(operation.makes), subject.id);
  if (base === null) return { refusals, unseen: notFound(operation.makes, path) };
  const mine = permissionsOf(operation).filter(({ roles }) => roles.some((role) => caller.roles.has(role)));
  const related = (relations: readonly Relation[]) =>
    relations.length === 0 || relations.some((one) => base.relations.has(one));
  if (!mine.some(({ relations }) => related(relations)))
    refuse('relation', 'FORBIDDEN', `${operation.op} is for others than you are to the record`);
  const follows = base.head.version + 1 === subject.version && supersedes !== null;
  if (!follows || !equal(base.anchor.leafHash, supersedes))
    refuse('lineage', 'CONFLICT', 'expected a statement that follows the version in force');
  return { refusals, ...situationFor(operation, base, now.toISOString().slice(0, 10)) };
}
