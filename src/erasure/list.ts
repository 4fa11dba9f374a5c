/** Lists of holds and of requests for erasure. */
import { findVisible, requireFilter } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Condition, Page, RecordKind, Relation } from '../records/index.js';
import { isGiven } from '../registry/index.js';
import { actsFor } from '../reporting/index.js';
import { requireSignedIn } from '../uploads/index.js';

/** Conditions that both lists take. */
export interface AboutFilter {
  readonly record?: string | null;
  readonly state?: string | null;
}

/**
 * A page, newest first: everything for the state and for auditors, for others what is about their institution's records.
 * @throws VitrineError UNAUTHENTICATED, FORBIDDEN for who acts for no institution
 */
export async function listAbout<V extends object>(
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
  // A list goes by who kept the file when it was written: what is about a file that has moved since isn't for that one.
  // Ids are UUIDv7, so their order is that of the making.
  return findVisible(ctx, kind, { where, order: { column: 'id', direction: 'DESC' }, ...page });
}
