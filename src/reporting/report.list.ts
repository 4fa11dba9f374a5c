/** Lists of reports: that they were filed is open to members, so the list is; what they say isn't. */
import { requireFilter } from '../access/index.js';
import { parseInput, type RequestContext } from '../api/index.js';
import type { Condition, Order, Page } from '../records/index.js';
import { actsFor, generalRelations } from './relations.js';
import { reportFilter, type ReportFilter, type ReportOrder } from './report.input.js';
import { type ReportValues } from '../documents/index.js';
import { reportKind } from './report.kind.js';

export interface ReportListing {
  readonly filter?: ReportFilter | null;
  readonly orderBy?: ReportOrder | null;
  readonly first: number;
  readonly after?: string;
}

/**
 * A page of reports that the caller may list.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN when the caller is no member of a licensed institution
 */
export function listReports(ctx: RequestContext, listing: ReportListing): Promise<Page<ReportValues>> {
  const filter = parseInput(reportFilter, listing.filter ?? {}, ['filter']);
  const where: Condition[] = [];
  const wanted = {
    custodian: filter.institution,
    form: filter.form,
    period: filter.period,
    state: filter.state,
  };
  for (const [column, value] of Object.entries(wanted))
    if (value !== null) where.push({ column, op: 'eq', value });
  const order = orderOf(listing.orderBy ?? null);
  const guaranteed = generalRelations(ctx.caller);
  if (filter.institution !== null && actsFor(ctx.caller, filter.institution)) guaranteed.add('CUSTODIAN');
  requireFilter(ctx.caller, reportKind, ['custodian', ...where.map(({ column }) => column)], guaranteed);
  requireFilter(ctx.caller, reportKind, [order.column], guaranteed, ['orderBy']);
  const { first, after } = listing;
  return ctx.records.find(reportKind, { where, order, first, ...(after === undefined ? {} : { after }) });
}

/** Ids are UUIDv7, so their order is that of the filing. */
function orderOf(order: ReportOrder | null): Order {
  if (order === null) return { column: 'id', direction: 'DESC' };
  return { column: order.field === 'PERIOD' ? 'period' : 'id', direction: order.direction };
}
