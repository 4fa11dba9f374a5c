/** Finding and listing requests for permission. */
import { loadVisible, requireFilter } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Condition, Edge, Loaded, Member, Page, Relation } from '../../records/index.js';
import { requireSignedIn } from '../uploads.js';
import { mayDecide } from './outlook.js';
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
  requireTrue(filter, 'mine');
  requireTrue(filter, 'awaitingMe');
  if (filter?.awaitingMe === true) return listAwaiting(ctx, caller, filter, page);
  const where: Condition[] = [];
  const given = (column: string, value: string | null | undefined) => {
    if (value !== null && value !== undefined) where.push({ column, op: 'eq', value });
  };
  given('state', filter?.state);
  given('operation', filter?.operation);
  given('custodian', filter?.institution);
  if (filter?.mine === true) given('member', caller.id);
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

/** Requests that are read at once, and at most, to find those that wait for the caller. */
const AT_ONCE = 100;
const MOST_READ = 2_000;

/**
 * Those that the caller may endorse now and hasn't. Whom a policy names stands in the sealed values, so what waits is read
 * through: it lives a month at most.
 * @throws VitrineError FORBIDDEN, LIMIT_EXCEEDED when more wait than are read through
 */
async function listAwaiting(
  ctx: RequestContext,
  caller: Member,
  filter: UploadRequestFilter,
  { first, after }: { readonly first: number; readonly after?: string },
): Promise<Page<UploadValues>> {
  const where: Condition[] = [{ column: 'state', op: 'eq', value: filter.state ?? 'VALIDATING' }];
  if (isText(filter.operation)) where.push({ column: 'operation', op: 'eq', value: filter.operation });
  if (isText(filter.institution)) where.push({ column: 'custodian', op: 'eq', value: filter.institution });
  // Only what is put before the caller is given, and that makes it a GRANTEE.
  requireFilter(caller, uploadKind, ['id', ...where.map(({ column }) => column)], new Set(['GRANTEE']));
  const now = ctx.clock();
  const found: Edge<UploadValues>[] = [];
  let from = after;
  for (let read = 0; read < MOST_READ; read += AT_ONCE) {
    const order = { column: 'entry', direction: 'DESC' } as const;
    const at = from === undefined ? {} : { after: from };
    const page = await ctx.records.find(uploadKind, { where, order, first: AT_ONCE, ...at });
    for (const edge of page.edges) {
      // One that doesn't verify raised the alarm when it was read; whom it is for can't be told.
      if (edge.record instanceof VitrineError || !mayDecide(edge.record.values, caller, 'endorse', now))
        continue;
      if (found.length === first) return pageOfFound(found, true, after);
      found.push(edge);
    }
    from = page.edges.at(-1)?.cursor;
    if (!page.hasNextPage || from === undefined) return pageOfFound(found, false, after);
  }
  if (found.length > 0) return pageOfFound(found, true, after);
  throw new VitrineError('LIMIT_EXCEEDED', 'too many requests wait to be looked through: name an operation', {
    path: ['filter', 'operation'],
  });
}

function pageOfFound(edges: Edge<UploadValues>[], hasNextPage: boolean, after?: string): Page<UploadValues> {
  return { edges, hasNextPage, hasPreviousPage: after !== undefined };
}

function isText(value: string | null | undefined): value is string {
  return value !== null && value !== undefined;
}

/** @throws VitrineError BAD_USER_INPUT for false: what isn't the caller's is no list */
function requireTrue(filter: UploadRequestFilter | null, name: 'mine' | 'awaitingMe'): void {
  if (filter?.[name] !== false) return;
  throw new VitrineError('BAD_USER_INPUT', 'expected true, or nothing', { path: ['filter', name] });
}
