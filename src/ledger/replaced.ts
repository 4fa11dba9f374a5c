/** The entries that transfers replace, by which it is told whether a record was where it is moved from (move-entry.ts). */
import { openEntry, type VerifiedEntry } from './check-entry.js';
import type { EntryRow } from './log-reader.js';
import { mayTransfer } from './move-entry.js';

/**
 * Those that transfers among contiguous rows supersede, by index. What can't be read is left out: the check of the transfer
 * says so.
 * @param read an entry below the rows, verified; undefined where it doesn't verify
 */
export async function replacedBy(
  rows: readonly EntryRow[],
  read: (index: bigint) => Promise<VerifiedEntry | undefined>,
): Promise<ReadonlyMap<bigint, VerifiedEntry>> {
  const found = new Map<bigint, VerifiedEntry>();
  const [first] = rows;
  for (const row of rows) {
    if (first === undefined || !mayTransfer(row)) continue;
    const index = opened(row)?.leaf.supersedes ?? null;
    if (index === null || index >= row.index) continue;
    const here = rows.find((one) => one.index === index);
    const entry = here !== undefined ? opened(here) : index < first.index ? await read(index) : undefined;
    if (entry !== undefined) found.set(index, entry);
  }
  return found;
}

function opened(row: EntryRow): VerifiedEntry | undefined {
  try {
    return openEntry(row.index, row.leaf, row.opening, row.salt);
  } catch {
    return undefined;
  }
}
