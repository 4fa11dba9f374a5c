/**
 * The part of `vitrine verify` that looks at the tables beside the current rows: sealed bytes of earlier versions, unique
 * keys, search words, and rows that belong to nothing.
 */
import { VitrineError } from '../ledger/core/index.js';
import type { Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import type { RowAudit } from './audit.js';
import { openSealed, violation } from './open.js';
import { openVersions } from './versions.js';

/** Rows read at once. */
const PAGE = 500;
/** Findings of one sort that a query gives at most. */
const MOST = 1000;

interface VersionRow {
  readonly entry: bigint;
  readonly id: string;
  readonly nonce: Uint8Array;
  readonly bytes: Uint8Array;
  readonly key_id: string | null;
  readonly wrapped: Uint8Array | null;
  readonly leaf: Uint8Array;
  readonly opening: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * Opens every sealed version that isn't current: what is kept must be what was anchored. Records of which something was
 * erased, and those that moved, are opened whole, by what erasures and transfers say of the versions before.
 */
export async function auditVersions(
  audit: RowAudit,
  kind: AnyKind,
  report: (outcome: unknown) => void,
): Promise<void> {
  const sql = `SELECT s.entry, s.id::text AS id, s.nonce, s.bytes, w.key_id, w.wrapped, e.leaf, e.opening, e.salt
       FROM sealed s JOIN entry e ON e.index = s.entry LEFT JOIN wrapped_key w ON w.entry = s.entry
      WHERE s.kind = $1 AND s.entry > $2 AND s.id <> ALL($3::uuid[]) AND NOT EXISTS (SELECT FROM "${kind.table}" d WHERE d.entry = s.entry)
      ORDER BY s.entry LIMIT ${PAGE}`;
  const whole = await changedBehind(audit, kind);
  for (const id of whole) report(await openWhole(audit, kind, id));
  let after = -1n;
  for (;;) {
    const rows = await audit.database.prisma.$queryRawUnsafe<VersionRow[]>(sql, kind.name, after, whole);
    for (const row of rows) report(await openVersion(audit, kind, row));
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.entry;
  }
}

/** Records that an entry says something was erased of, or that it moved; or a row beside says something was erased. */
async function changedBehind({ database }: RowAudit, kind: AnyKind): Promise<string[]> {
  const rows = await database.prisma.$queryRawUnsafe<{ id: string }[]>(
    `SELECT subject::text AS id FROM entry WHERE kind = $1
        AND (position(convert_to($2, 'UTF8') IN opening) > 0 OR position(convert_to($3, 'UTF8') IN opening) > 0)
     UNION SELECT e.subject::text FROM resealed r JOIN entry e ON e.index = r.version_entry WHERE e.kind = $1`,
    kind.name,
    `"op":"${kind.noun}.erase"`,
    `"op":"${kind.noun}.transfer"`,
  );
  return rows.map(({ id }) => id);
}

async function openWhole(audit: RowAudit, kind: AnyKind, id: string): Promise<VitrineError | null> {
  try {
    await openVersions(audit, kind, id);
    return null;
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
    return 'kind' in error.details ? error : violation(kind, id, error.message);
  }
}

async function openVersion(audit: RowAudit, kind: AnyKind, row: VersionRow): Promise<VitrineError | null> {
  const { trusted, keys } = audit.ledger;
  const fail = (what: string): VitrineError =>
    violation(kind, row.id, `an earlier version: ${what}`, row.entry);
  try {
    const { leaf, opening } = await trusted.verifyEntry(row.entry, row.leaf, row.opening, row.salt);
    if (leaf.content === null || row.key_id === null || row.wrapped === null)
      return fail('its key or its commitment is missing');
    const key = await keys.custodianKeyById(row.key_id);
    const sealed = { nonce: row.nonce, bytes: row.bytes, wrapped: row.wrapped };
    const { head } = openSealed(kind, sealed, leaf.content, key, fail);
    const same = head.kind === kind.name && head.id === row.id && head.version === opening.subject.version;
    return same ? null : fail('the sealed head names another record or version');
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
    return 'kind' in error.details ? error : fail(error.message);
  }
}

interface SideRow {
  readonly sort: 'unique key' | 'search word';
  readonly scope: string;
  readonly mac: string;
  readonly keyId: string;
  readonly entry: string;
}

/** Unique keys and search words of one kind, as they stand in the database. */
export class SideTables {
  readonly #bySubject = new Map<string, Map<string, SideRow>>();

  private constructor(
    private readonly audit: RowAudit,
    private readonly kind: AnyKind,
  ) {}

  static async read(audit: RowAudit, kind: AnyKind): Promise<SideTables> {
    const tables = new SideTables(audit, kind);
    const rows = await audit.database.prisma.$queryRawUnsafe<(SideRow & { subject: string })[]>(
      `SELECT 'unique key' AS sort, subject::text AS subject, scope, key AS mac, key_id AS "keyId", entry::text AS entry
         FROM unique_key WHERE kind = $1
       UNION ALL SELECT 'search word', subject::text, scope, word, key_id, entry::text FROM search_word WHERE kind = $1`,
      kind.name,
    );
    for (const { subject, ...row } of rows) {
      let lines = tables.#bySubject.get(subject);
      if (lines === undefined) tables.#bySubject.set(subject, (lines = new Map<string, SideRow>()));
      lines.set(lineOf(row), row);
    }
    return tables;
  }

  /** Says that a record doesn't verify, so that nothing can be said of its keys and words. */
  skip(id: string): void {
    this.#bySubject.delete(id);
  }

  /** Holds a record's rows against those that its sealed values call for. */
  compare(record: Unrelated<object>): void {
    const stored = this.#bySubject.get(record.head.id) ?? new Map<string, SideRow>();
    this.#bySubject.delete(record.head.id);
    const wanted = new Map(this.#wanted(record).map((row) => [lineOf(row), row]));
    const where = `${this.kind.name} ${record.head.id}`;
    const entry = record.anchor.index.toString();
    for (const [line, { sort, scope }] of wanted)
      if (!stored.has(line))
        this.audit.onFinding({ what: `its ${sort} in ${scope} is missing`, where, entry });
    for (const [line, { sort, scope }] of stored)
      if (!wanted.has(line))
        this.audit.onFinding({ what: `a ${sort} in ${scope} that it does not have`, where, entry });
  }

  /** Reports what no record has claimed. */
  finish(): void {
    for (const [id, rows] of this.#bySubject)
      for (const { sort, scope, entry } of rows.values()) {
        const where = `${this.kind.name} ${id}`;
        this.audit.onFinding({ what: `a ${sort} in ${scope} of a record that is not there`, where, entry });
      }
  }

  #wanted({ values, head, anchor }: Unrelated<object>): SideRow[] {
    const { blindKey } = this.audit.ledger.keys;
    const row =
      (sort: SideRow['sort']) =>
      ({ scope, value }: { scope: string; value: string }): SideRow => {
        const mac = blindKey.mac(scope, value);
        return { sort, scope, mac, keyId: blindKey.id, entry: anchor.index.toString() };
      };
    return [
      ...(this.kind.uniqueKeys?.(values, head) ?? []).map(row('unique key')),
      ...(this.kind.searchWords?.(values, head) ?? []).map(row('search word')),
    ];
  }
}

function lineOf({ sort, scope, mac, keyId, entry }: SideRow): string {
  return JSON.stringify([sort, scope, mac, keyId, entry]);
}

/** Rows that belong to no record or no entry. */
export async function auditStrays(audit: RowAudit): Promise<void> {
  const kinds = audit.kinds.all.map(({ name }) => name);
  const strays = await audit.database.prisma.$queryRawUnsafe<{ where: string; entry: string }[]>(
    `SELECT 'sealed bytes' AS "where", s.entry::text AS entry FROM sealed s LEFT JOIN entry e ON e.index = s.entry
      WHERE e.index IS NULL OR e.kind <> s.kind OR e.subject <> s.id OR e.version <> s.version
     UNION ALL SELECT 'wrapped key', w.entry::text FROM wrapped_key w LEFT JOIN sealed s ON s.entry = w.entry
      WHERE s.entry IS NULL
     UNION ALL SELECT 'bytes sealed anew', r.entry::text FROM resealed r LEFT JOIN entry e ON e.index = r.version_entry
      LEFT JOIN entry by ON by.index = r.entry WHERE e.index IS NULL OR by.kind IS DISTINCT FROM e.kind
        OR by.subject IS DISTINCT FROM e.subject OR by.version <= e.version
     UNION ALL SELECT 'unique key in ' || k.scope, k.entry::text FROM unique_key k WHERE k.kind <> ALL($1::text[])
     UNION ALL SELECT 'search word in ' || w.scope, w.entry::text FROM search_word w WHERE w.kind <> ALL($1::text[])
     UNION ALL SELECT 'upload request', u.entry::text FROM upload_request u LEFT JOIN entry e ON e.index = u.entry
      WHERE e.index IS NULL LIMIT ${MOST}`,
    kinds,
  );
  for (const stray of strays)
    audit.onFinding({ what: 'belongs to nothing on the log', where: stray.where, entry: stray.entry });
}

/** A record has one current row; the primary key says so, unless someone took it away. */
export async function auditDoubles(audit: RowAudit, kind: AnyKind): Promise<void> {
  const doubles = await audit.database.prisma.$queryRawUnsafe<{ id: string; entry: string }[]>(
    `SELECT id::text AS id, max(entry)::text AS entry FROM "${kind.table}" GROUP BY id HAVING count(*) > 1 LIMIT ${MOST}`,
  );
  for (const { id, entry } of doubles)
    audit.onFinding({ what: 'it has more than one current row', where: `${kind.name} ${id}`, entry });
}
