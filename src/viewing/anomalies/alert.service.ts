/** Alerts about unusual access, for those who oversee it. */
import { loadVisible } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import type { Loaded, Page } from '../../records/index.js';
import { requireSignedIn } from '../../uploads/index.js';
import { accessAlertKind, type AccessAlertValues } from './alert.kind.js';

/** The alert, or null when there is none that the caller may see. */
export function findAlert(ctx: RequestContext, id: string): Promise<Loaded<AccessAlertValues> | null> {
  return loadVisible(ctx, accessAlertKind, id);
}

/** A page, newest first: all for auditors, for the state what is about members, nothing for others. */
export async function listAlerts(
  ctx: RequestContext,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<AccessAlertValues>> {
  const caller = requireSignedIn(ctx.caller);
  const isAuditor = caller.roles.has('AUDITOR');
  if (!isAuditor && !caller.state) return { edges: [], hasNextPage: false, hasPreviousPage: false };
  return ctx.records.find(accessAlertKind, {
    ...page,
    where: isAuditor ? [] : [{ column: 'subjectKind', op: 'eq', value: 'MEMBER' }],
    order: { column: 'entry', direction: 'DESC' },
  });
}
