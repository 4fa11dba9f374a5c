/** All that a query finds: for what is meant for few, and read whole. */
import { VitrineError } from '../ledger/core/index.js';
import type { Loaded, RecordKind } from './kind.js';
import type { Query } from './query.js';
import type { Page, RecordReader } from './reader.js';

/** Records of a page. */
const AT_ONCE = 500;

/** @throws VitrineError INTEGRITY_VIOLATION at the first record that doesn't verify, or the first page that isn't all it claims */
export async function everyPage<V extends object>(
  reader: Pick<RecordReader, 'find'>,
  kind: RecordKind<V>,
  query: Omit<Query, 'first' | 'after'>,
): Promise<{ readonly records: Loaded<V>[]; readonly pages: number }> {
  const records: Loaded<V>[] = [];
  let pages = 0;
  let after: string | null = null;
  do {
    pages += 1;
    const page: Page<V> = await reader.find(kind, { ...query, first: AT_ONCE, after });
    for (const { record } of page.edges) {
      if (record instanceof VitrineError) throw record;
      records.push(record);
    }
    after = page.hasNextPage ? (page.edges.at(-1)?.cursor ?? null) : null;
  } while (after !== null);
  return { records, pages };
}
