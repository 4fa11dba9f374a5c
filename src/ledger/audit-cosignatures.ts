/** Kept cosignatures: each must be its witness's, over the checkpoint that the log has at its size. */
import { formatCheckpoint, parseVkey } from './core/index.js';
import { type Finding, messageOf } from './finding.js';
import type { KeyFacts } from './key-history.js';
import type { Query } from './query.js';
import { verifyCosignature } from './witnesses/index.js';

interface Row {
  readonly size: bigint;
  readonly key: string;
  readonly line: string;
}

const PAGE = 1000;

/** `roots` after each block, by size. Findings are reported, not thrown. */
export async function checkCosignatures(
  query: Query,
  names: Pick<KeyFacts, 'nameAt'>,
  roots: ReadonlyMap<bigint, Uint8Array>,
  report: (finding: Finding) => void,
): Promise<void> {
  const sql = `SELECT size, key, line FROM cosignature WHERE (size, key) > ($1, $2) ORDER BY size, key LIMIT ${PAGE}`;
  for (let after: Pick<Row, 'size' | 'key'> = { size: -1n, key: '' }; ;) {
    const rows = await query.$queryRawUnsafe<Row[]>(sql, after.size, after.key);
    for (const row of rows) {
      const wrong = refuse(row, names.nameAt(row.size)?.origin, roots.get(row.size));
      if (wrong === null) continue;
      const message = `of size ${row.size} by ${row.key.split('+')[0]}: ${wrong}`;
      report({ what: 'cosignature', message, index: null, block: null });
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Why a row doesn't hold, or null when it does. */
function refuse(
  { size, key, line }: Row,
  origin: string | undefined,
  root: Uint8Array | undefined,
): string | null {
  if (origin === undefined || root === undefined) return 'expected the size of a block';
  try {
    verifyCosignature(formatCheckpoint({ origin, size, root }), parseVkey(key), line);
    return null;
  } catch (cause) {
    return messageOf(cause);
  }
}
