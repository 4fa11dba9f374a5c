/** Lists of subsidies: who gets one is open to members, so the list is; ordering by amount is for who may copy each. */
import { loadVisible, requireFilter } from '../access/index.js';
import { parseInput, type RequestContext } from '../api/index.js';
import type { Condition, Loaded, Order, Page } from '../records/index.js';
import { actsFor, generalRelations } from '../reporting/index.js';
import { subsidyFilter, type SubsidyFilter, type SubsidyOrder } from './subsidy.input.js';
import { subsidyKind, type SubsidyValues } from './subsidy.kind.js';

export interface SubsidyListing {
  readonly filter?: SubsidyFilter | null;
  readonly orderBy?: SubsidyOrder | null;
  readonly first: number;
  readonly after?: string;
}

/** The subsidy, or null when there is none that the caller may see. */
export function findSubsidy(ctx: RequestContext, id: string): Promise<Loaded<SubsidyValues> | null> {
  return loadVisible(ctx, subsidyKind, id);
}

/**
 * A page of subsidies that the caller may list.
 * @throws VitrineError BAD_USER_INPUT; FORBIDDEN when the caller is no member of a licensed institution, or orders by
 *   amounts of which it may not copy every one
 */
export function listSubsidies(ctx: RequestContext, listing: SubsidyListing): Promise<Page<SubsidyValues>> {
  const filter = parseInput(subsidyFilter, listing.filter ?? {}, ['filter']);
  const { programme, payee, payer: custodian, state } = filter;
  const where: Condition[] = [];
  for (const [column, value] of Object.entries({ programme, payee, custodian, state }))
    if (value !== null) where.push({ column, op: 'eq', value });
  const order = orderOf(listing.orderBy ?? null);
  // These hold for every record that the conditions above leave, whoever sent them.
  const guaranteed = generalRelations(ctx.caller);
  if (payee !== null && actsFor(ctx.caller, payee)) guaranteed.add('PAYEE');
  if (custodian !== null && actsFor(ctx.caller, custodian)) guaranteed.add('PAYER');
  requireFilter(ctx.caller, subsidyKind, ['id', ...where.map(({ column }) => column)], guaranteed);
  requireFilter(ctx.caller, subsidyKind, [order.column], guaranteed, ['orderBy']);
  const { first, after } = listing;
  return ctx.records.find(subsidyKind, { where, order, first, ...(after === undefined ? {} : { after }) });
}

/** Ids are UUIDv7, so their order is that of the proposals. */
function orderOf(order: SubsidyOrder | null): Order {
  if (order === null) return { column: 'id', direction: 'DESC' };
  return { column: order.field === 'AMOUNT' ? 'amount' : 'id', direction: order.direction };
}
