/** Lists of links: those of an institution's files, and for a patient its own. */
import { findVisible, requireFilter } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Condition, Loaded, Member, Page, Relation } from '../../records/index.js';
import { listedOn } from '../../records/index.js';
import { isGiven } from '../../registry/index.js';
import { requireSignedIn } from '../../uploads/index.js';
import type { PatientLinkFilter } from './link.input.js';
import { linkKind, LINKS_AT, LINKS_OF, type LinkValues } from './link.kind.js';

/** Which links a caller may list, and what it is to every one of them. */
function scopeOf({ institution, patient, roles }: Member): { where: Condition[]; relation: Relation } {
  if (roles.has('AUDITOR')) return { where: [], relation: 'AUDITOR' };
  if (institution !== null) return { where: [listedOn(LINKS_AT, institution)], relation: 'CUSTODIAN' };
  if (patient !== null) return { where: [listedOn(LINKS_OF, patient)], relation: 'SELF' };
  throw new VitrineError('FORBIDDEN', 'this is for members of an institution and for patients');
}

/** A page of links, newest first. */
export async function listLinks(
  ctx: RequestContext,
  filter: PatientLinkFilter,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<LinkValues>> {
  const caller = requireSignedIn(ctx.caller);
  const { where, relation } = scopeOf(caller);
  if (isGiven(filter.state)) where.push({ column: 'state', op: 'eq', value: filter.state });
  requireFilter(caller, linkKind, ['id', ...(isGiven(filter.state) ? ['state'] : [])], new Set([relation]));
  // Ids are UUIDv7, so their order is that of the making.
  const order = { column: 'id', direction: 'DESC' } as const;
  const beside = relation === 'CUSTODIAN' ? await ofArrivals(ctx, filter, caller.institution) : [];
  return findVisible(ctx, linkKind, { where, order, ...page }, beside);
}

/** A list goes by who kept the files when the link was proposed: links of files that came to the institution since stand on the patients' lists. */
async function ofArrivals(
  ctx: RequestContext,
  filter: PatientLinkFilter,
  institution: string | null,
): Promise<readonly Loaded<LinkValues>[]> {
  if (institution === null) return [];
  const links = await ctx.records.ofArrivals(linkKind, LINKS_OF, institution);
  return links.filter(
    ({ values: { firstKeeper, secondKeeper, state } }) =>
      firstKeeper !== institution &&
      secondKeeper !== institution &&
      (!isGiven(filter.state) || state === filter.state),
  );
}
