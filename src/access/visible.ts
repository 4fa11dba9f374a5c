/** Whether a record is there at all for a caller. Absent and unreadable look the same from outside. */
import { isUuid, type RequestContext } from '../api/index.js';
import { VitrineError, type InputPath } from '../ledger/core/index.js';
import {
  withBeside,
  type Caller,
  type Edge,
  type Loaded,
  type Page,
  type Query,
  type RecordKind,
} from '../records/index.js';
import { levelOf } from './levels.js';
import { notFound } from './refusal.js';

/** Tells whether the caller may know that the record exists: COPY of the kind's existence class. */
export function visible(
  caller: Caller,
  kind: { readonly existence: 'PUBLIC' | 'DIRECTORY' },
  record: Pick<Loaded<unknown>, 'relations'>,
): boolean {
  return levelOf(caller, record.relations, kind.existence) === 'COPY';
}

/** The record as far as the caller may know of it; null when it is absent or not for the caller. */
export async function loadVisible<V extends object>(
  ctx: Pick<RequestContext, 'caller' | 'records'>,
  kind: RecordKind<V>,
  id: string,
): Promise<Loaded<V> | null> {
  // An id argument of GraphQL's type ID can be any text; what isn't a UUID names nothing.
  const uuid = id.toLowerCase();
  if (!isUuid(uuid)) return null;
  const record = await ctx.records.load(kind, uuid);
  return record !== null && visible(ctx.caller, kind, record) ? record : null;
}

/**
 * A page of what the caller may know of, as full as if there were nothing else: what is hidden leaves neither a gap nor a next
 * page that turns out empty.
 * @param beside records that belong among it, in its order by id, and aren't on the list itself
 */
export async function findVisible<V extends object>(
  ctx: Pick<RequestContext, 'caller' | 'records'>,
  kind: RecordKind<V>,
  query: Query,
  beside: readonly Loaded<V>[] = [],
): Promise<Page<V>> {
  const { first } = query;
  const edges: Edge<V>[] = [];
  let after = query.after ?? null;
  do {
    const found = await ctx.records.find(kind, { ...query, first: first + 1, after });
    const seen = found.edges.filter(
      ({ record }) => record instanceof VitrineError || visible(ctx.caller, kind, record),
    );
    edges.push(...seen);
    after = found.hasNextPage ? (found.edges.at(-1)?.cursor ?? null) : null;
  } while (after !== null && edges.length <= first);
  const page = {
    edges: edges.slice(0, first),
    hasNextPage: edges.length > first,
    hasPreviousPage: (query.after ?? null) !== null,
  };
  return withBeside(
    page,
    beside.filter((record) => visible(ctx.caller, kind, record)),
    query,
  );
}

/**
 * The record that an input names.
 *
 * @param path where the id stands in the input.
 * @throws VitrineError NOT_FOUND when it is absent or not for the caller.
 */
export async function requireVisible<V extends object>(
  ctx: Pick<RequestContext, 'caller' | 'records'>,
  kind: RecordKind<V>,
  id: string,
  path?: InputPath,
): Promise<Loaded<V>> {
  const record = await loadVisible(ctx, kind, id);
  if (record === null) throw notFound(kind.name, path);
  return record;
}

/**
 * Refuses an amendment of another version than the one that the caller saw.
 *
 * @param expected null or undefined: the caller doesn't mind.
 * @throws VitrineError CONFLICT with both versions.
 */
export function requireVersion(
  record: Pick<Loaded<unknown>, 'head'>,
  expected: number | null | undefined,
  path: InputPath = ['input', 'expectedVersion'],
): void {
  if (expected === null || expected === undefined || expected === record.head.version) return;
  throw new VitrineError(
    'CONFLICT',
    `expected version ${expected}, the record is at ${record.head.version}: read it again and decide anew`,
    { path, details: { kind: record.head.kind, id: record.head.id, version: record.head.version } },
  );
}
