/**
 * What is wrong with one request, told in one answer (schema/uploads.md, "What is told together"). What says who may ask at
 * all, or that the server can't answer, speaks alone.
 */
import type { ErrorCode, Problem } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';

/** Refusals that are about what was sent. */
const ABOUT_THE_REQUEST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'FORBIDDEN',
  'CONFLICT',
  'ERASED',
  'LICENCE_INACTIVE',
  'SIGNATURE_INVALID',
  'KEY_UNKNOWN',
  'KEY_OF_ANOTHER',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'STATEMENT_MISDIRECTED',
  'WRONG_INSTITUTION',
  'STATEMENT_EXPIRED',
  'STATEMENT_EARLY',
  'COMMITMENT_MISMATCH',
  'DUPLICATE_UPLOAD',
]);

/** Rules about who asks. */
const ABOUT_THE_CALLER: ReadonlySet<unknown> = new Set(['caller', 'member', 'role', 'rate']);

/** The rule of what is malformed: it gives an error no rule of its own, so it makes no denial alone. */
const FORM = 'form';
/** Problems reported at once. */
const MOST = 100;

/** Whether nothing else is told beside an error. */
export function speaksAlone(error: unknown): boolean {
  if (!(error instanceof VitrineError)) return true;
  return !ABOUT_THE_REQUEST.has(error.code) || ABOUT_THE_CALLER.has(error.details['rule']);
}

/**
 * One error for all: what rules refused in front, what is malformed behind, each problem once.
 * @param errors at least one; the first that speaks alone is given as it is
 */
export function together(errors: readonly unknown[]): unknown {
  const alone = errors.find(speaksAlone);
  if (alone !== undefined || errors.length === 1) return alone ?? errors[0];
  // None of them speaks alone, so all are these.
  const all = (errors as readonly VitrineError[]).toSorted((a, b) => placeOf(a) - placeOf(b));
  const [first] = all;
  if (first === undefined) return new VitrineError('INTERNAL', 'nothing was refused');
  const problems = new Map(all.flatMap(problemsOf).map((problem) => [keyOf(problem), problem]));
  return new VitrineError(first.code, first.message, {
    ...(first.inputPath === undefined ? {} : { path: first.inputPath }),
    details: first.details,
    problems: [...problems.values()].slice(0, MOST),
    cause: first,
  });
}

/** The values of what was begun side by side. @throws what was refused, together */
export async function allOrTogether<T>(begun: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(begun);
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (refused.length > 0) throw together(refused);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function placeOf({ code, details }: VitrineError): number {
  if (code === 'BAD_USER_INPUT') return 2;
  return 'rule' in details ? 0 : 1;
}

/** What an error tells, each with its code; what merely explains a rule's refusal keeps none. */
function problemsOf(error: VitrineError): readonly Problem[] {
  const { code, message, inputPath = ['input'], details, problems } = error;
  const rule = code === 'BAD_USER_INPUT' ? FORM : details['rule'];
  const named = typeof rule === 'string' ? { rule } : {};
  if (problems.length === 0) return [{ path: inputPath, message, ...named, code }];
  if (problems.some((problem) => problem.code !== undefined)) return problems;
  return problems.map((problem) => ({ ...problem, ...named, code }));
}

function keyOf({ path, message, rule, code }: Problem): string {
  return JSON.stringify([path, message, rule, code]);
}
