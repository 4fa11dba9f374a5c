/** Forms: defined by a regulator of the state, read by everyone. */
import { badInput, parseInput, type AcceptedPort, type RequestContext } from '../api/index.js';
import type { Loaded, Page } from '../records/index.js';
import { creation, firstHead, requireMay, submitOne } from '../uploads/index.js';
import { codeText, defineFormInput, type DefineFormInput } from './form.input.js';
import { FORM_CODE, formKind, type FormValues } from './form.kind.js';
import { canonicalLimits, checkDefinitions } from '../documents/index.js';
import { DEFINE_FORM } from './operations.js';

/**
 * Defines a form; its code stands for it from then on, and it doesn't change: what a report was held against stays.
 * @throws VitrineError BAD_USER_INPUT with every problem, FORBIDDEN, CONFLICT when the code is taken
 */
export function defineForm(ctx: RequestContext, input: DefineFormInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'defineForm', input, (caller, making) => {
    requireMay(caller, DEFINE_FORM);
    const { requestId: _, ...given } = parseInput(defineFormInput, input);
    const problems = checkDefinitions(given.indicators, ['input', 'indicators']);
    if (problems.length > 0) throw badInput(problems);
    const values = { ...given, indicators: given.indicators.map(canonicalLimits) };
    const head = firstHead(formKind, making.id(), { custodian: caller.institution });
    return Promise.resolve(creation(formKind, head, values, DEFINE_FORM));
  });
}

/** The form of a code; null when there is none. */
export function findForm(ctx: RequestContext, code: string): Promise<Loaded<FormValues> | null> {
  if (!codeText.safeParse(code).success) return Promise.resolve(null);
  return ctx.records.byKey(formKind, FORM_CODE, code);
}

/** A page of forms, by code. */
export function listForms(
  ctx: RequestContext,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<FormValues>> {
  return ctx.records.find(formKind, { ...page, where: [], order: { column: 'code', direction: 'ASC' } });
}
