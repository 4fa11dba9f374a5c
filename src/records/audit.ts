/**
 * The full re-check of rows against entries, for `vitrine verify`: every current row, every sealed version, every
 * subject of the log, every unique key and search word. Findings are collected, not thrown.
 */
import type { Database } from '../database/index.js';
import type { Ledger } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { KindRegistry, AnyKind } from './kinds.js';
import { auditLists } from './audit-lists.js';
import { auditDoubles, auditStrays, auditVersions, SideTables } from './audit-tables.js';
import { RecordStore } from './store.js';

/** One thing that doesn't hold: what, where, and since which entry. */
export interface Finding {
  readonly what: string;
  /** `Encounter 0190…`, `unique key patient.identifier`, … */
  readonly where: string;
  /** The entry that anchors it, where one is known. */
  readonly entry: string | null;
}

export interface RowAudit {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly kinds: KindRegistry;
  readonly onFinding: (finding: Finding) => void;
  /** Told after every page: how many current rows are checked, and of how many in all kinds. */
  readonly onProgress: (done: number, total: number, what: string) => void;
}

const PAGE = 500;

/** Checks every row of every kind. The trusted log must have been advanced to the database's head. */
export async function auditRows(audit: RowAudit): Promise<{ readonly rows: number }> {
  const store = new RecordStore({ ...audit, onViolation: () => undefined });
  const total = await countRows(audit);
  let rows = 0;
  for (const kind of audit.kinds.all) {
    const before = rows;
    // Rows that were added since the count don't carry it beyond its end.
    const step = (done: number): void =>
      audit.onProgress(before + done, Math.max(total, before + done), kind.table);
    rows += await auditKind(audit, store, kind, step);
    await auditMissing(audit, kind);
    await auditDoubles(audit, kind);
    await auditLists(audit, kind);
    await auditVersions(audit, kind, (outcome) => report(audit, outcome));
  }
  await auditStrays(audit);
  return { rows };
}

/** How many current rows all kinds have. */
async function countRows({ database, kinds }: RowAudit): Promise<number> {
  let total = 0;
  for (const { table } of kinds.all) {
    const [line] = await database.prisma.$queryRawUnsafe<{ rows: bigint }[]>(
      `SELECT count(*) AS rows FROM "${table}"`,
    );
    total += Number(line?.rows ?? 0n);
  }
  return total;
}

async function auditKind(
  audit: RowAudit,
  store: RecordStore,
  kind: AnyKind,
  step: (done: number) => void,
): Promise<number> {
  // What is committed from here on isn't held against side tables that were read before it: it has its turn next time.
  const known = await audit.ledger.sync();
  const side = await SideTables.read(audit, kind);
  let rows = 0;
  let after: string | null = null;
  do {
    const listed = await store.find(kind, { where: [], first: PAGE, after });
    const page = listed.slice(0, PAGE);
    for (const { outcome } of page) {
      report(audit, outcome);
      if (outcome instanceof VitrineError) side.skip(String(outcome.details['id'] ?? ''));
      else if (outcome.anchor.index >= known) side.skip(outcome.head.id);
      else side.compare(outcome);
    }
    rows += page.length;
    step(rows);
    after = listed.length > PAGE ? (page.at(-1)?.cursor ?? null) : null;
  } while (after !== null);
  side.finish();
  return rows;
}

function report(audit: RowAudit, outcome: unknown): void {
  if (!(outcome instanceof VitrineError)) return;
  const { kind, id, what, index } = outcome.details;
  audit.onFinding({
    what: String(what ?? outcome.message),
    where: kind === undefined ? 'records' : `${String(kind)} ${String(id)}`,
    entry: index === undefined ? null : String(index),
  });
}

/** Subjects that the log knows and whose row, or a version of whose sealed bytes, is gone. */
async function auditMissing(audit: RowAudit, kind: AnyKind): Promise<void> {
  const gone = await audit.database.prisma.$queryRawUnsafe<
    { subject: string; entry: string; row: boolean }[]
  >(
    `SELECT e.subject::text AS subject, e.index::text AS entry, (d.id IS NULL) AS row
       FROM entry e LEFT JOIN "${kind.table}" d ON d.id = e.subject LEFT JOIN sealed s ON s.entry = e.index
      WHERE e.kind = $1 AND (d.id IS NULL OR s.entry IS NULL) ORDER BY e.index LIMIT 1000`,
    kind.name,
  );
  for (const line of gone) {
    audit.onFinding({
      what: line.row
        ? 'the log knows it and its row is missing'
        : 'the sealed bytes of this version are missing',
      where: `${kind.name} ${line.subject}`,
      entry: line.entry,
    });
  }
}
