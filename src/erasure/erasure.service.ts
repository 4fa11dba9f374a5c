/**
 * Erasure by two persons: a member of the record's custodian asks, a regulator of another institution confirms or
 * refuses. The confirmation and the erasure are one group: both stand on the log, or neither.
 */
import { loadVisible, requireVersion, requireVisible } from '../access/index.js';
import { parseInput, type AcceptedPort, type ChangePort, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Loaded, Member, Page } from '../records/index.js';
import type { Change, Operation } from '../uploads/index.js';
import {
  amendment,
  creation,
  firstHead,
  requestOf,
  requireMay,
  requireSignedIn,
  submitOne,
} from '../uploads/index.js';
import { requireElapsed, requireErasable, requireUnheld, unheld } from './erasable.js';
import {
  decideInput,
  eraseInput,
  refuseInput,
  type ConfirmErasureInput,
  type ErasureFilter,
  type EraseRecordInput,
  type RefuseErasureInput,
} from './erasure.input.js';
import { erasureKind, type ErasureValues } from './erasure.kind.js';
import { listAbout } from './list.js';
import { CONFIRM_ERASURE, erasing, REFUSE_ERASURE, requestErasure } from './operations.js';
import { HOLDABLE, type Holdable } from './subject.js';

/**
 * Asks for the erasure of a record or of some of its fields.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT; ERASED; CONFLICT for another version, before the retention has
 *   elapsed, while a hold stands, and while another request for the record is open
 */
export function eraseRecord(ctx: RequestContext, input: EraseRecordInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'eraseRecord', input, async (caller, making) => {
    const given = parseInput(eraseInput, input);
    const { kind, roles }: Holdable = HOLDABLE[given.kind];
    const operation = requestErasure(roles);
    const record: Loaded<object> = await requireVisible(ctx, kind, given.id, ['input', 'id']);
    requireMay(caller, operation, record.relations);
    requireVersion(record, given.expectedVersion);
    const names = given.fields === null ? null : [...given.fields].sort();
    requireErasable(kind, record, given.fields);
    requireElapsed(ctx, record);
    await requireUnheld(ctx, record);
    const { custodian: keeper, patient } = record.head;
    const values: ErasureValues = {
      kind: given.kind,
      record: given.id,
      keeper,
      fields: names,
      legalBasis: given.legalBasis,
      state: 'REQUESTED',
      refusal: null,
    };
    const head = firstHead(erasureKind, making.id(), { custodian: caller.institution, patient });
    return creation(erasureKind, head, values, {
      ...operation,
      reliesOn: [record],
    });
  });
}

/**
 * Confirms a request and erases: for a regulator of another institution than the one that asked.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, ERASED; CONFLICT when it was decided already, before the retention has elapsed
 *   and while a hold stands
 */
export async function confirmErasure(ctx: RequestContext, input: ConfirmErasureInput): Promise<AcceptedPort> {
  const accepted = await ctx.uploads.submit(requestOf('confirmErasure', input), async () => {
    const given = parseInput(decideInput, input);
    const base = await requireOpen(ctx, requireSignedIn(ctx.caller), CONFIRM_ERASURE, given);
    const holdable: Holdable = HOLDABLE[base.values.kind];
    const { kind } = holdable;
    const record: Loaded<object> | null = await ctx.records.load(kind, base.values.record);
    if (record === null) throw new VitrineError('NOT_FOUND', `no ${kind.name} has this id`);
    requireKeeper(base, record);
    const names = requireErasable(kind, record, base.values.fields);
    requireElapsed(ctx, record);
    await requireUnheld(ctx, record);
    const decided: ErasureValues = { ...base.values, state: 'CONFIRMED' };
    const versions = await ctx.records.versions(kind, record.head.id);
    const erasure: Change = amendment(kind, record, record.values, {
      ...erasing(holdable),
      counters: unheld(record),
      detail: { erasure: base.head.id },
      erases: { names, versions },
    });
    return [amendment(erasureKind, base, decided, CONFIRM_ERASURE), erasure];
  });
  const [first] = accepted;
  if (first === undefined)
    throw new VitrineError('INTERNAL', 'an erasure was submitted and nothing accepted');
  return first;
}

/** Refuses a request. @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT when it was decided already */
export function refuseErasure(ctx: RequestContext, input: RefuseErasureInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'refuseErasure', input, async (caller): Promise<ChangePort> => {
    const given = parseInput(refuseInput, input);
    const base = await requireOpen(ctx, caller, REFUSE_ERASURE, given);
    const values: ErasureValues = { ...base.values, state: 'REFUSED', refusal: given.reason };
    return amendment(erasureKind, base, values, REFUSE_ERASURE);
  });
}

/** The request, or null when there is none that the caller may see. */
export function findErasure(ctx: RequestContext, id: string): Promise<Loaded<ErasureValues> | null> {
  return loadVisible(ctx, erasureKind, id);
}

/** A page of requests, newest first: all for the state and for auditors, else of the records that one's institution keeps. */
export function listErasures(
  ctx: RequestContext,
  filter: ErasureFilter | null,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<ErasureValues>> {
  return listAbout(ctx, erasureKind, filter, page);
}

/** Who asked spoke for a record that is another's now. @throws VitrineError CONFLICT */
function requireKeeper({ values }: Loaded<ErasureValues>, { kind, head }: Loaded<object>): void {
  if (head.custodian === values.keeper) return;
  throw new VitrineError(
    'CONFLICT',
    'the record has another custodian since: refuse the request, and have it asked anew',
    {
      path: ['input', 'erasure'],
      details: { kind, id: head.id },
    },
  );
}

/** A request that the caller may decide on. */
async function requireOpen(
  ctx: RequestContext,
  caller: Member,
  operation: Operation,
  given: { readonly erasure: string; readonly expectedVersion: number },
): Promise<Loaded<ErasureValues>> {
  const path = ['input', 'erasure'];
  const base = await requireVisible(ctx, erasureKind, given.erasure, path);
  requireMay(caller, operation, base.relations);
  const { keeper, state } = base.values;
  if (caller.institution === base.head.custodian || caller.institution === keeper)
    throw new VitrineError(
      'FORBIDDEN',
      'expected a regulator of another institution than the one that asks',
      { path, details: { rule: 'two-persons' } },
    );
  if (state !== 'REQUESTED')
    throw new VitrineError('CONFLICT', `expected a request that is open, got one that is ${state}`, {
      path,
      details: { state },
    });
  requireVersion(base, given.expectedVersion);
  return base;
}
