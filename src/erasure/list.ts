/** Lists of holds and of requests for erasure. */
import { findVisible, requireFilter } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Condition, Loaded, Page, RecordKind, Relation } from '../records/index.js';
import { isGiven } from '../registry/index.js';
import { actsFor } from '../reporting/index.js';
import { requireSignedIn } from '../uploads/index.js';
import type { AboutRecord } from './relations.js';

/** As much of the values as the lists go by. */
interface Listed extends AboutRecord {
  readonly state: string;
}

/** Conditions that both lists take. */
export interface AboutFilter {
  readonly record?: string | null;
  readonly state?: string | null;
}

/**
 * A page, newest first: everything for the state and for auditors, for others what is about their institution's records.
 * @throws VitrineError UNAUTHENTICATED, FORBIDDEN for who acts for no institution
 */
export async function listAbout<V extends Listed>(
  ctx: RequestContext,
  kind: RecordKind<V>,
  filter: AboutFilter | null,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<V>> {
  const caller = requireSignedIn(ctx.caller);
  const where: Condition[] = [];
  for (const column of ['record', 'state'] as const) {
    const value = filter?.[column];
    if (isGiven(value)) where.push({ column, op: 'eq', value });
  }
  const guaranteed = new Set<Relation>();
  if (caller.state) guaranteed.add('STATE');
  if (caller.roles.has('AUDITOR')) guaranteed.add('AUDITOR');
  if (guaranteed.size === 0) {
    if (!actsFor(caller, caller.institution))
      throw new VitrineError('FORBIDDEN', 'this is for members of an institution');
    guaranteed.add('CUSTODIAN');
    where.push({ column: 'keeper', op: 'eq', value: caller.institution });
  }
  requireFilter(caller, kind, ['id', ...where.map(({ column }) => column)], guaranteed);
  const beside = guaranteed.has('CUSTODIAN') ? await ofArrivals(ctx, kind, filter, caller.institution) : [];
  // Ids are UUIDv7, so their order is that of the making.
  return findVisible(ctx, kind, { where, order: { column: 'id', direction: 'DESC' }, ...page }, beside);
}

/**
 * A list goes by who kept the file when the record was written. What was written about a file before it came to the institution stands
 * on the patient's own list; what is about a file that has gone since isn't for the one that kept it.
 */
async function ofArrivals<V extends Listed>(
  ctx: RequestContext,
  kind: RecordKind<V>,
  filter: AboutFilter | null,
  institution: string | null,
): Promise<readonly Loaded<V>[]> {
  if (institution === null) return [];
  const about = await ctx.records.ofArrivals(kind, 'patient', institution);
  return about.filter(
    ({ values }) =>
      values.keeper !== institution &&
      (!isGiven(filter?.record) || values.record === filter.record) &&
      (!isGiven(filter?.state) || values.state === filter.state),
  );
}
