/** The part of `vitrine verify` that holds every list that rows name against what the log has on it. */
import { sqlName } from './columns.js';
import type { RowAudit } from './audit.js';
import type { AnyKind } from './kinds.js';

interface ListRow {
  readonly head: bigint;
  readonly thread: string;
  readonly ids: Uint8Array;
}

/** Threads whose lists are read at once, and how often a read is repeated that too many entries overtook. */
const PAGE = 500;
const ATTEMPTS = 6;

/**
 * Compares the ids of each list. A row on a list on which the log doesn't have its record, or missing from where it has it,
 * is found whichever way it came there.
 */
export async function auditLists(audit: RowAudit, kind: AnyKind): Promise<void> {
  for (const list of kind.lists ?? []) {
    const columns = typeof list === 'string' ? [list] : list;
    // A record that names a thread in both columns is on its list once.
    const named = columns.map((column) => `SELECT id, "${sqlName(column)}" AS thread FROM "${kind.table}"`);
    const sql = `SELECT (SELECT size FROM log_head WHERE id = 1) AS head, l.thread::text AS thread,
         string_agg(uuid_send(l.id), ''::bytea ORDER BY l.id) AS ids
       FROM (${named.join(' UNION ')}) l WHERE l.thread > $1::uuid GROUP BY l.thread ORDER BY l.thread LIMIT ${PAGE}`;
    let after = '00000000-0000-0000-0000-000000000000';
    for (let attempt = 1; ;) {
      const rows = await audit.database.prisma.$queryRawUnsafe<ListRow[]>(sql, after);
      const last = rows.at(-1);
      if (last === undefined) break;
      await audit.ledger.trusted.advance(last.head);
      const overtaken = rows.some((row) => !report(audit, kind, row));
      if (overtaken && attempt++ < ATTEMPTS) continue;
      after = last.thread;
      attempt = 1;
    }
  }
}

/** False when the log went on too far to tell. */
function report({ ledger, onFinding }: RowAudit, kind: AnyKind, { head, thread, ids }: ListRow): boolean {
  const check = ledger.trusted.checkList(kind.name, thread, head, ids);
  if (check?.holds === false) {
    const what = `the rows on the list of ${thread} are not what the log has on it`;
    onFinding({ what, where: kind.name, entry: null });
  }
  return check !== undefined;
}
