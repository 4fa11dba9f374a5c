/** Finding and listing requests for permission. */
import { loadVisible, requireFilter } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Condition, Loaded, Page, Relation } from '../../records/index.js';
import { requireSignedIn } from '../uploads.js';
import type { UploadRequestFilter } from './upload.input.js';
import { uploadKind, type UploadValues } from './upload.kind.js';

/** The request, or null when there is none that the caller may see. */
export function findUpload(ctx: RequestContext, id: string): Promise<Loaded<UploadValues> | null> {
  return loadVisible(ctx, uploadKind, id);
}

/**
 * A page, newest change first. Auditors see all, the state what is its business, members what their institution asked
 * for; whoever acts for none, what it asked for itself. Requests that a policy entitles to endorse are found by id, and
 * on the subscription.
 * @throws VitrineError UNAUTHENTICATED, FORBIDDEN
 */
export function listUploads(
  ctx: RequestContext,
  filter: UploadRequestFilter | null,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<UploadValues>> {
  const caller = requireSignedIn(ctx.caller);
  const where: Condition[] = [];
  const given = (column: string, value: string | null | undefined) => {
    if (value !== null && value !== undefined) where.push({ column, op: 'eq', value });
  };
  given('state', filter?.state);
  given('operation', filter?.operation);
  given('custodian', filter?.institution);
  if (filter?.mine === true) given('member', caller.id);
  if (filter?.mine === false)
    throw new VitrineError('BAD_USER_INPUT', 'expected true, or nothing', { path: ['filter', 'mine'] });
  const guaranteed = new Set<Relation>();
  const own = caller.institution;
  if (caller.roles.has('AUDITOR')) guaranteed.add('AUDITOR');
  else if (filter?.mine === true) guaranteed.add('SELF');
  else if (own !== null && (filter?.institution === own || !caller.state)) {
    guaranteed.add('CUSTODIAN');
    where.push({ column: 'custodian', op: 'eq', value: own });
  } else if (caller.state) {
    guaranteed.add('STATE');
    where.push({ column: 'forState', op: 'eq', value: true });
  } else {
    guaranteed.add('SELF');
    where.push({ column: 'member', op: 'eq', value: caller.id });
  }
  requireFilter(caller, uploadKind, ['id', ...where.map(({ column }) => column)], guaranteed);
  // Ids follow from the asking, so it is the entry that tells the order.
  return ctx.records.find(uploadKind, { where, order: { column: 'entry', direction: 'DESC' }, ...page });
}
