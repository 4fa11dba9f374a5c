/** Programmes: budgets from which a payer's subsidies are approved. */
import { loadVisible, requireFilter } from '../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../api/index.js';
import { VitrineError, type InputPath } from '../ledger/core/index.js';
import type { Loaded, Page } from '../records/index.js';
import { generalRelations } from '../reporting/index.js';
import { creation, firstHead, requireMay, submitOne, todayOf } from '../uploads/index.js';
import { CREATE_PROGRAMME } from './operations.js';
import { createProgrammeInput, type CreateProgrammeInput } from './programme.input.js';
import { committedCounter, programmeKind, type ProgrammeValues } from './programme.kind.js';

/**
 * Sets a programme up; the caller's institution is its payer.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN, CONFLICT when the code is taken
 */
export function createProgramme(ctx: RequestContext, input: CreateProgrammeInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'createProgramme', input, (caller, making) => {
    requireMay(caller, CREATE_PROGRAMME);
    const given = parseInput(createProgrammeInput, input);
    const values: ProgrammeValues = {
      code: given.code,
      title: given.title,
      currency: given.budget.currency,
      budget: given.budget.amount.toString(),
      validFrom: given.validFrom ?? todayOf({ clock: making.moment }),
      validUntil: given.validUntil,
    };
    if (values.validUntil !== null && values.validUntil < values.validFrom)
      throw new VitrineError('BAD_USER_INPUT', 'expected the end not before today', {
        path: ['input', 'validUntil'],
      });
    const head = firstHead(programmeKind, making.id(), { custodian: caller.institution });
    return Promise.resolve(creation(programmeKind, head, values, CREATE_PROGRAMME));
  });
}

/** The programme, or null when there is none that the caller may see. */
export function findProgramme(ctx: RequestContext, id: string): Promise<Loaded<ProgrammeValues> | null> {
  return loadVisible(ctx, programmeKind, id);
}

/**
 * A page of programmes, by code.
 * @throws VitrineError FORBIDDEN when the caller is no member of a licensed institution
 */
export function listProgrammes(
  ctx: RequestContext,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<ProgrammeValues>> {
  requireFilter(ctx.caller, programmeKind, ['code'], generalRelations(ctx.caller), []);
  return ctx.records.find(programmeKind, { ...page, where: [], order: { column: 'code', direction: 'ASC' } });
}

/** What of the programme's budget is committed, in minor units: by the counter that every approval moves. */
export function committedOf(ctx: RequestContext, programme: Loaded<ProgrammeValues>): Promise<bigint> {
  return ctx.uploads.counter(committedCounter(programme.head.id));
}

/**
 * Whether the programme may commit money today.
 * @throws VitrineError CONFLICT before its first and after its last day
 */
export function requireOpen({ values }: Loaded<ProgrammeValues>, today: string, path: InputPath): void {
  const { validFrom, validUntil } = values;
  if (today >= validFrom && (validUntil === null || today <= validUntil)) return;
  const span = validUntil === null ? `from ${validFrom} on` : `from ${validFrom} to ${validUntil}`;
  throw new VitrineError('CONFLICT', `expected a day within the programme, which runs ${span}`, { path });
}
