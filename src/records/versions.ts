/**
 * Every version of one record, opened: for an erasure, which takes a value out of all of them, for a transfer, which takes
 * their keys along, and for the audit of what these left. The log says how many there are and what each commits to, so none
 * can be hidden or put back.
 */
import type { Database } from '../database/index.js';
import type { Ledger, VerifiedEntry } from '../ledger/index.js';
import { isErasure, isKeyOf, isTransfer, nativeHash, readErasure } from '../ledger/index.js';
import type { SealedFields } from '../ledger/core/index.js';
import { equal, fieldsRoot, VitrineError } from '../ledger/core/index.js';
import type { RecordHead } from './kind.js';
import type { AnyKind } from './kinds.js';
import { openFields, UNWRAPPED, violation } from './open.js';

/** A version with its salts. */
export interface SealedVersion {
  readonly entry: VerifiedEntry;
  readonly head: RecordHead;
  readonly fields: SealedFields;
  /** What its bytes are bound to now: its entry's, or what the newest erasure left of it. */
  readonly content: Uint8Array;
  /** Its key, wrapped under the custodian key of this id. */
  readonly key: { readonly id: string; readonly wrapped: Uint8Array };
}

interface VersionRow {
  /** The log's size that the row is of. */
  readonly head: bigint;
  readonly index: bigint;
  readonly leaf: Uint8Array;
  readonly opening: Uint8Array;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array | null;
  readonly bytes: Uint8Array | null;
  readonly key_id: string | null;
  readonly wrapped: Uint8Array | null;
  /** The newest erasure that sealed it anew, by the table. */
  readonly by: bigint | null;
}

type NoVersion = Pick<VersionRow, 'head'> & { readonly index: null };

/** Bytes of a version as they are to be opened: what was sealed, or what the newest erasure left of it. */
const SQL = `
  SELECT h.size AS head, v.* FROM (SELECT size FROM log_head WHERE id = 1) h LEFT JOIN (
    SELECT e.index, e.leaf, e.opening, e.salt, r.entry AS by, w.key_id, w.wrapped,
      COALESCE(r.nonce, s.nonce) AS nonce, COALESCE(r.bytes, s.bytes) AS bytes
    FROM entry e LEFT JOIN sealed s ON s.entry = e.index LEFT JOIN wrapped_key w ON w.entry = e.index
    LEFT JOIN LATERAL (SELECT * FROM resealed WHERE version_entry = e.index ORDER BY entry DESC LIMIT 1) r ON TRUE
    WHERE e.kind = $1 AND e.subject = $2::uuid
  ) v ON TRUE ORDER BY v.index`;

/** How often a read that a concurrent commit overtook is repeated before it gives up. */
const ATTEMPTS = 6;

export interface VersionSource {
  readonly database: Pick<Database, 'sql'>;
  readonly ledger: Ledger;
}

/**
 * All versions of a record, oldest first; none when the log knows no such record.
 * @throws VitrineError INTEGRITY_VIOLATION naming the first that doesn't hold, UNAVAILABLE when commits overtake every look
 */
export async function openVersions(
  source: VersionSource,
  kind: AnyKind,
  id: string,
): Promise<readonly SealedVersion[]> {
  const { trusted } = source.ledger;
  for (let attempt = 1; ; attempt++) {
    const before = trusted.size;
    // Of a record without a version there is one row: the log's size.
    const read = await source.database.sql.$queryRawUnsafe<(VersionRow | NoVersion)[]>(SQL, kind.name, id);
    const size = read[0]?.head ?? 0n;
    await trusted.reach(size, before);
    const rows = read.filter((row) => row.index !== null);
    const newest = trusted.subject(kind.name, id);
    const isWhole = newest?.index === rows.at(-1)?.index && (newest?.count ?? 0) === rows.length;
    if (isWhole) return openRows(source, kind, id, rows);
    if (newest === undefined || newest.index < size)
      throw violation(kind, id, 'versions of it are missing', newest?.index);
    // A commit overtook the read.
    if (attempt === ATTEMPTS)
      throw new VitrineError(
        'UNAVAILABLE',
        `${kind.name} ${id} changes faster than it can be read; ask again`,
      );
  }
}

async function openRows(
  { ledger }: VersionSource,
  kind: AnyKind,
  id: string,
  rows: readonly VersionRow[],
): Promise<readonly SealedVersion[]> {
  const verified = await ledger.trusted.verifyEntries(rows);
  const entries = verified.map((entry) => {
    if (entry instanceof VitrineError) throw entry;
    return entry;
  });
  const contents = contentsOf(entries);
  const versions: SealedVersion[] = [];
  for (const [place, row] of rows.entries()) {
    const [entry, content] = [entries[place], contents[place]];
    if (entry === undefined || content === undefined) continue;
    versions.push(await openVersion(ledger, kind, id, row, entry, content));
  }
  requireErased(kind, id, versions);
  requireWrapped(kind, id, versions);
  return versions;
}

/** A transfer takes the keys of all versions up to it along; those after it are under their own custodian's. */
function requireWrapped(kind: AnyKind, id: string, versions: readonly SealedVersion[]): void {
  const last = versions.findLastIndex(({ entry }) => isTransfer(entry.opening));
  for (const [place, { head, key, entry }] of versions.entries()) {
    const { custodian } = versions[Math.max(place, last)]?.head ?? head;
    if (!isKeyOf(key.id, custodian))
      throw violation(kind, id, `version ${entry.opening.subject.version}: ${UNWRAPPED}`, entry.index);
  }
}

/** What an erasure names is in none of the versions up to it: whoever wrote it might have kept a value. */
function requireErased(kind: AnyKind, id: string, versions: readonly SealedVersion[]): void {
  for (const [place, { entry }] of versions.entries()) {
    if (!isErasure(entry.opening)) continue;
    const { erased } = readErasure(entry);
    for (const { entry: at, fields } of versions.slice(0, place + 1))
      for (const name of erased)
        if (fields[name] !== undefined && 'value' in fields[name])
          throw violation(
            kind,
            id,
            `its field ${name} was erased by entry ${entry.index}, and is there`,
            at.index,
          );
  }
}

/** What a version's bytes must hash to, and the erasure that says so where one does. */
interface Expected {
  readonly content: Uint8Array | null;
  readonly by: bigint | null;
}

/** The commitments of all versions: each entry's own, or that of the newest erasure after it. */
function contentsOf(entries: readonly VerifiedEntry[]): readonly Expected[] {
  const contents = entries.map(({ leaf }): Expected => ({ content: leaf.content, by: null }));
  for (const entry of entries) {
    if (!isErasure(entry.opening)) continue;
    for (const [place, content] of readErasure(entry).resealed.entries())
      contents[place] = { content, by: entry.index };
  }
  return contents;
}

async function openVersion(
  { keys }: Ledger,
  kind: AnyKind,
  id: string,
  row: VersionRow,
  entry: VerifiedEntry,
  { content, by }: Expected,
): Promise<SealedVersion> {
  const fail = (what: string): VitrineError => violation(kind, id, what, row.index);
  const { nonce, bytes, wrapped, key_id: keyId } = row;
  const { version } = entry.opening.subject;
  if (row.by !== by)
    throw fail(
      by === null
        ? `version ${version} was sealed anew by no erasure`
        : `what the erasure of entry ${by} left of version ${version} is missing`,
    );
  if (content === null || nonce === null || bytes === null || wrapped === null || keyId === null)
    throw fail(`the bytes of version ${version}, their key or their commitment are missing`);
  const key = await keys.custodianKeyById(keyId);
  const told = (what: string): VitrineError => fail(`version ${version}: ${what}`);
  const { head, fields } = openFields({ nonce, bytes, wrapped }, content, key, told);
  if (head.kind !== kind.name || head.id !== id || head.version !== version)
    throw told('the sealed head names another record or version');
  if (entry.leaf.fields === null || !equal(fieldsRoot(head, fields, nativeHash), entry.leaf.fields))
    throw told('its fields are not those that its entry commits to');
  return { entry, head, fields, content, key: { id: keyId, wrapped } };
}
