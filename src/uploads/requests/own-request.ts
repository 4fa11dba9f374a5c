/**
 * Asking with statements that were signed elsewhere: what can be told from statements alone is checked here, each by its
 * named rule; the rest when it is loaded.
 */
import { requireVisible } from '../../access/index.js';
import type { ParsedStatement, Statement } from '../../ledger/core/index.js';
import { base64url, equal, parseStatement, VitrineError } from '../../ledger/core/index.js';
import type { Ledger } from '../../ledger/index.js';
import type { KindRegistry, Member, RecordReader, Relation } from '../../records/index.js';
import { mutationsOf, permissionsOf, type Operation, type Operations } from '../operations.js';
import { refuseLicence, requireNone, type Refusal } from '../rules.js';
import { REQUEST_UPLOAD } from './operations.js';
import { situationFor } from '../service.js';
import { checkStatement } from '../statements/check.js';

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
 * Checks what is asked for.
 * @throws VitrineError with the code of the first rule that refused, `problems` with all of them; NOT_FOUND where the
 *   caller may not know the record, BAD_USER_INPUT
 */
export async function checkAsked(context: AskContext, asked: Asked): Promise<Checked> {
  const { ledger, caller, now, operations } = context;
  const [first] = asked.statements;
  const op = readOp(first);
  const target = { origin: ledger.origin, request: asked.requestId, ...(op === null ? {} : { op }) };
  const findKey = (thumbprint: string) => ledger.trusted.key(thumbprint);
  const isNamed = (name: string) => context.kinds.find(name)?.named === true;
  const refusals = asked.statements.flatMap((jws, part) =>
    checkStatement(jws, { caller, findKey, now, isNamed, target: { ...target, part } }).map((one) => ({
      ...one,
      path: ['input', 'statements', part],
    })),
  );
  const operation = op === null ? undefined : operations.find(op);
  // What a statement calls its operation is told, and written down in a denial, only where there is one of that name.
  requireNone(refusals, operation?.op ?? REQUEST_UPLOAD.op);
  if (operation === undefined)
    throw new VitrineError('BAD_USER_INPUT', 'expected an operation of this deployment', {
      path: ['input', 'statements', 0],
    });
  if (operation.asksItself === true) {
    const [mutation = ''] = mutationsOf(operation);
    throw new VitrineError('BAD_USER_INPUT', `expected ${mutation} with \`signed\`: it asks by itself`, {
      path: ['input', 'statements', 0],
    });
  }
  const statements = asked.statements.map(parseStatement);
  const standing: Refusal[] = [];
  const told = new Set<string>();
  for (const [part, { statement }] of statements.entries()) {
    const { refusals: found, situation } = await standingRefusals(context, operation, statement, part);
    standing.push(...found);
    if (situation !== undefined) told.add(situation);
  }
  requireNone(standing, operation.op);
  return {
    operation,
    situation: situationOf(operation, asked.situation ?? null, [...told]),
    statements,
    contents: statements.map(({ statement: { content } }) => content && base64url(content)),
  };
}

function readOp(jws: string | undefined): string | null {
  try {
    return jws === undefined ? null : parseStatement(jws).statement.op;
  } catch {
    // The rules say what is wrong with it.
    return null;
  }
}

/**
 * What policies look at: what the versions before tell, where they do, else what the uploader says.
 * @param told finer situations of the statements; several can't be, since policies look at one
 * @throws VitrineError CONFLICT by the rule `situation` when the uploader says another; BAD_USER_INPUT
 */
function situationOf({ op }: Operation, said: string | null, told: readonly string[]): string {
  const path = ['input', 'situation'];
  const [known] = told;
  if (known !== undefined) {
    if (said === null || said === known) return known;
    throw new VitrineError('CONFLICT', `expected ${known}, which the version in force makes of it`, {
      path,
      details: { rule: 'situation', operation: op },
    });
  }
  if (said === null || said === op || said.startsWith(`${op}.`)) return said ?? op;
  throw new VitrineError('BAD_USER_INPUT', `expected ${op}, or ${op}.… for what is finer`, { path });
}

/** Role, relation, licence and version, as far as a statement tells them. */
async function standingRefusals(
  { caller, kinds, records, now }: AskContext,
  operation: Operation,
  { subject, supersedes }: Statement,
  part: number,
): Promise<{ readonly refusals: readonly Refusal[]; readonly situation?: string }> {
  const path = ['input', 'statements', part];
  const refusals: Refusal[] = [];
  const refuse = (rule: string, code: Refusal['code'], message: string) =>
    refusals.push({ rule, code, message, path });
  if (subject.kind !== operation.makes)
    refuse('target', 'STATEMENT_MISDIRECTED', `expected a ${operation.makes}, got another kind`);
  const mine = permissionsOf(operation).filter(({ roles }) => roles.some((role) => caller.roles.has(role)));
  if (mine.length === 0) refuse('role', 'FORBIDDEN', `${operation.op} is for other roles than yours`);
  const unlicensed = operation.licensed ? refuseLicence(operation.op, caller) : null;
  if (unlicensed !== null) refusals.push({ rule: 'licence', ...unlicensed, path });
  if (refusals.length > 0 || subject.version === 1) return { refusals };
  const base = await requireVisible({ caller, records }, kinds.require(operation.makes), subject.id, path);
  const related = (relations: readonly Relation[]) =>
    relations.length === 0 || relations.some((one) => base.relations.has(one));
  if (!mine.some(({ relations }) => related(relations)))
    refuse('relation', 'FORBIDDEN', `${operation.op} is for others than you are to the record`);
  const follows = base.head.version + 1 === subject.version && supersedes !== null;
  if (!follows || !equal(base.anchor.leafHash, supersedes))
    refuse('lineage', 'CONFLICT', 'expected a statement that follows the version in force');
  return { refusals, ...situationFor(operation, base, now.toISOString().slice(0, 10)) };
}
