/**
 * Records that belong into a list and aren't of it by its own column: what was written about a file before it moved to an
 * institution stands on the list of who kept it then.
 */
import type { Loaded } from './kind.js';
import { decodeCursor, encodeCursor, type Query } from './query.js';
import type { Edge, Page } from './reader.js';

/** As much of a query as this goes by; `order` is by id. */
export type PageQuery = Pick<Query, 'first' | 'after' | 'order'>;

/**
 * The page with the records among it that belong there.
 * @param page of the list, in the order of ids that the query names
 * @param beside none of which is on the list
 */
export function withBeside<V>(page: Page<V>, beside: readonly Loaded<V>[], query: PageQuery): Page<V> {
  if (beside.length === 0) return page;
  const { first, after = null } = query;
  const sign = query.order?.direction === 'DESC' ? -1 : 1;
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -sign : sign);
  const behind = after === null ? null : idOf(after);
  const edges: Edge<V>[] = beside.map((record) => {
    const { id } = record.head;
    return { cursor: encodeCursor('id', id, id), record };
  });
  const all = [
    ...page.edges,
    ...edges.filter(({ cursor }) => behind === null || compare(idOf(cursor), behind) > 0),
  ]
    .map((edge) => ({ edge, id: idOf(edge.cursor) }))
    .sort((a, b) => compare(a.id, b.id))
    .map(({ edge }) => edge);
  return { ...page, edges: all.slice(0, first), hasNextPage: page.hasNextPage || all.length > first };
}

function idOf(cursor: string): string {
  return decodeCursor(cursor, 'id', 'uuid').id;
}
