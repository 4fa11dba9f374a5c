/** Entries of the log: one, a page, the versions of a record, and the feed. */
import { followLog, PageInfo, type ConnectionOf, type RequestContext, type Trail } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import type { Loaded } from '../records/index.js';
import { EntryConnection, EntryObject } from './entry.type.js';
import type { EntryFilter } from './filter.input.js';
import { conditionsOf } from './filter.service.js';
import { entryAt, positionOf } from './log.service.js';

/**
 * Entries that one page looks at, at most. A rare filter on a long log would otherwise read all of it in one request.
 */
export const MOST_SCANNED = 4096n;

/** Entries that all pages of one request look at, at most: each may have a filter that nothing matches. */
const MOST_SCANNED_IN_ALL = 4n * MOST_SCANNED;

/** What the pages of a request have looked at, or are about to. */
const SCANNED = new WeakMap<RequestContext, bigint>();

/** @throws VitrineError LIMIT_EXCEEDED when the request's pages would look at too much together */
function requireScan(ctx: RequestContext, entries: bigint): void {
  const came = (SCANNED.get(ctx) ?? 0n) + entries;
  const [expected, all] = [Number(MOST_SCANNED_IN_ALL), Number(came)];
  if (all > expected)
    throw new VitrineError('LIMIT_EXCEEDED', `expected filters over at most ${expected} entries in all`, {
      details: { expected, came: all },
    });
  SCANNED.set(ctx, came);
}

/** Whether conditions choose among entries, so that a page may have to look at many to find few. */
function isFiltered(filter: EntryFilter | null | undefined): boolean {
  const { institution, subject, thread, op } = filter ?? {};
  return [institution, subject, thread, op].some((value) => value !== undefined && value !== null);
}

/** Earlier versions of a record that `history` follows, at most. */
const MOST_VERSIONS = 1000;

interface Found {
  readonly index: bigint;
  readonly entry: VerifiedEntry | VitrineError;
}

/**
 * A page of entries by index. When few entries match, a page may be short, or empty, although more follow: then
 * `hasNextPage` is true and `endCursor` says where the search goes on.
 */
export async function listEntries(
  ctx: RequestContext,
  filter: EntryFilter | null | undefined,
  page: { readonly first: number; readonly after?: string },
): Promise<ConnectionOf<EntryObject>> {
  const { match, from, to } = await conditionsOf(ctx, filter);
  const size = await ctx.log.sync();
  const behind = page.after === undefined ? 0n : positionOf(page.after) + 1n;
  const start = behind > from ? behind : from;
  const end = to !== null && to < size ? to : size;
  const bound = start + MOST_SCANNED < end ? start + MOST_SCANNED : end;
  // Without conditions on entries the page ends where it is full.
  const most = isFiltered(filter) || bound - start <= page.first ? bound - start : BigInt(page.first) + 1n;
  requireScan(ctx, most > 0n ? most : 0n);
  const found: Found[] = [];
  let index = start;
  for await (const entry of ctx.log.trusted.outcomes(start, bound > start ? bound : start)) {
    // Nobody can say whether an entry that doesn't verify is among those that were asked for: it is shown as what it is.
    if (entry instanceof VitrineError || match(entry)) found.push({ index, entry });
    if (found.length > page.first) break;
    index += 1n;
  }
  const shown = found.slice(0, page.first);
  const more = { hasNextPage: found.length > page.first || bound < end, hasPreviousPage: behind > 0n };
  const edges = shown.map(({ index, entry }) => ({
    cursor: index.toString(),
    node: entry instanceof VitrineError ? entry : new EntryObject(entry),
  }));
  const connection = EntryConnection.of(edges, more);
  if (found.length > page.first || bound >= end) return connection;
  const cursors = [...edges.map(({ cursor }) => cursor), (bound - 1n).toString()];
  return { edges: connection.edges, pageInfo: new PageInfo(more, cursors) };
}

/** Newest entries of a record first: its versions, each of which names the one that it replaced. */
export async function historyOf(ctx: RequestContext, record: Loaded<object>): Promise<EntryObject[]> {
  const entries: EntryObject[] = [];
  let index: bigint | null = record.anchor.index;
  while (index !== null && entries.length < MOST_VERSIONS) {
    const entry: VerifiedEntry | null = await entryAt(ctx, index);
    if (entry === null)
      throw new VitrineError('INTEGRITY_VIOLATION', `entry ${index} is missing from the log`);
    entries.push(new EntryObject(entry));
    index = entry.leaf.supersedes;
  }
  return entries;
}

/**
 * The feed from the entry behind `after` on; without `after`, from now on.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN as for a list with this filter
 */
export async function follow(
  ctx: RequestContext,
  after: bigint | null | undefined,
  filter: EntryFilter | null | undefined,
): Promise<Trail> {
  const { from, to } = await conditionsOf(ctx, filter);
  return followLog(ctx, { after, from, to, choose: async (now) => (await conditionsOf(now, filter)).match });
}
