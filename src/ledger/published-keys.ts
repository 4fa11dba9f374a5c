/**
 * The entries by which the log's key changed, opened for anyone: whoever knows one log key follows to the next. They name
 * keys and nobody; other openings stay with those whom the matrix lets read them.
 */
import { base64url } from './core/index.js';
import { RETIRE_LOG_KEY, ROTATE_LOG_KEY } from './check-keys.js';
import type { EntryRow } from './log-reader.js';
import { newestLogEntry } from './log-entry.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';

/** An entry with its opening, bytes in base64url. */
export interface PublishedEntry {
  readonly index: string;
  readonly leaf: string;
  readonly opening: string;
  readonly salt: string;
}

const PUBLIC: ReadonlySet<string> = new Set([ROTATE_LOG_KEY, RETIRE_LOG_KEY]);

const SELECT = `
  SELECT index, leaf, opening, salt FROM entry
  WHERE kind = $1 AND subject = $2::uuid AND index < $3 ORDER BY version`;

/** Every entry below a size that changed who signs the log, verified, oldest first. Throws INTEGRITY_VIOLATION. */
export async function publishedKeys(
  query: Query,
  trusted: TrustedLog,
  size: bigint,
): Promise<readonly PublishedEntry[]> {
  // Most logs never changed their key: that is known without a query.
  if (trusted.state.names.all.length < 2) return [];
  const { kind, id } = (await newestLogEntry({ trusted })).opening.subject;
  const rows = await query.$queryRawUnsafe<Pick<EntryRow, 'index' | 'leaf' | 'opening' | 'salt'>[]>(
    SELECT,
    kind,
    id,
    size,
  );
  const published: PublishedEntry[] = [];
  for (const { index, leaf, opening, salt } of rows) {
    const { op } = (await trusted.verifyEntry(index, leaf, opening, salt)).opening;
    if (!PUBLIC.has(op)) continue;
    published.push({
      index: index.toString(),
      leaf: base64url(leaf),
      opening: base64url(opening),
      salt: base64url(salt),
    });
  }
  return published;
}
