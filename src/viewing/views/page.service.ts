/**
 * The pages of a view, each by a link that works once, for the caller's key, while the view is open. At each fetch everything is
 * decided anew. Every link that doesn't work is refused in the same words: who holds somebody else's learns nothing from it.
 */
import { timingSafeEqual } from 'node:crypto';
import { loadVisible } from '../../access/index.js';
import { isUuid, type RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded } from '../../records/index.js';
import { modelOf, openViewOf, watermarkOf, type OpenView } from './model.js';
import { viewKind, type ViewValues } from './view.kind.js';

/** A page and the link to it. */
export interface PageLink {
  readonly number: number;
  readonly url: string;
}

/** What a link asks for. */
export interface AskedPage {
  readonly view: string;
  readonly number: number;
  readonly ticket: string;
  /** Pixels of the image for each CSS pixel. */
  readonly scale: 1 | 2;
}

/** What a refused page is called in a denial. */
const PAGE = 'view.page';

/** Why a link doesn't work: for the log, never for who holds it. */
type Cause = 'view' | 'ticket' | 'replayed';

/** Links by the record of their view, which each request reads anew: laying out is done once a request. */
const links = new WeakMap<Loaded<ViewValues>, Promise<readonly PageLink[] | null>>();

/**
 * Links to all pages of the caller's own view while it is open; null for everybody else.
 * The links are the same each time, so one that was used stays used.
 */
export function linksOf(ctx: RequestContext, view: Loaded<ViewValues>): Promise<readonly PageLink[] | null> {
  const known = links.get(view);
  if (known !== undefined) return known;
  const found = findLinks(ctx, view);
  links.set(view, found);
  return found;
}

async function findLinks(ctx: RequestContext, view: Loaded<ViewValues>): Promise<readonly PageLink[] | null> {
  const open = await openViewOf(ctx, view);
  if (open === null) return null;
  const count = await ctx.viewing.pages.count(await modelOf(ctx, open));
  return Array.from({ length: count }, (_, at) => ({ number: at + 1, url: urlOf(ctx, open, at + 1) }));
}

/**
 * The page of a link as a PNG, laid out and drawn beside the main thread; the link is used up by it.
 * @throws VitrineError NOT_FOUND for every link that doesn't work; INTEGRITY_VIOLATION when a value doesn't verify
 */
export async function pageOf(ctx: RequestContext, asked: AskedPage): Promise<Uint8Array> {
  const view = isUuid(asked.view) ? await loadVisible(ctx, viewKind, asked.view) : null;
  const open = view === null ? null : await openViewOf(ctx, view);
  if (open === null) throw await refused(ctx, 'view');
  const expected = ticketOf(ctx, open, asked.number);
  if (!isEqual(expected, asked.ticket)) throw await refused(ctx, 'ticket');
  const [model, mark] = [await modelOf(ctx, open), await watermarkOf(ctx, open)];
  const expires = new Date(open.view.values.expiresAt);
  if (!(await ctx.viewing.spend('view.page', expected, expires))) throw await refused(ctx, 'replayed');
  const png = await ctx.viewing.pages.page(model, mark, { page: asked.number, scale: asked.scale });
  // The view had more pages when its links were given.
  if (png === null) throw await refused(ctx, 'ticket');
  return png;
}

function urlOf(ctx: RequestContext, open: OpenView, number: number): string {
  return `/views/${open.view.head.id}/pages/${number}?ticket=${ticketOf(ctx, open, number)}`;
}

function ticketOf(ctx: RequestContext, { view }: OpenView, number: number): string {
  const { member, key } = view.values;
  return ctx.viewing.mac('view.page', JSON.stringify([view.head.id, number, member, key]));
}

/** Compared whole, so that the time tells nothing of where they differ. */
function isEqual(expected: string, given: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

/** The one refusal of a page. A signed-in caller's becomes a denial on the log, which says which rule it was. */
async function refused(ctx: RequestContext, cause: Cause): Promise<VitrineError> {
  const error = new VitrineError(
    'NOT_FOUND',
    'no page is here for you: its link was used, is over, or is another member’s; open a view anew',
    { details: { rule: `page-${cause}`, operation: PAGE } },
  );
  await ctx.uploads.denied({ requestId: null, operation: PAGE }, error);
  return error;
}
