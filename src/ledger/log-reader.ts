/** Reads blocks and entries as they stand in the database. Nothing that comes from here is trusted yet. */
import type { Query } from './query.js';

export interface HeadRow {
  readonly size: bigint;
  readonly height: bigint;
}

export interface BlockRow {
  readonly height: bigint;
  readonly header: Uint8Array;
  readonly first: bigint;
  readonly size: bigint;
}

export interface EntryRow {
  readonly index: bigint;
  readonly block: bigint;
  readonly leaf: Uint8Array;
  readonly opening: Uint8Array;
  readonly salt: Uint8Array;
  readonly kind: string;
  readonly subject: string;
  readonly version: number;
  readonly institution: string | null;
  readonly actor: string;
}

/**
 * The head row, or undefined when the log has none yet; beside it the header of a block that is known already, to be
 * compared, or null when that block isn't there.
 */
export async function readHead(
  query: Query,
  known = -1n,
): Promise<(HeadRow & { readonly header: Uint8Array | null }) | undefined> {
  const rows = await query.$queryRawUnsafe<(HeadRow & { header: Uint8Array | null })[]>(
    `SELECT h.size, h.height, b.header FROM log_head h LEFT JOIN block b ON b.height = $1 WHERE h.id = 1`,
    known,
  );
  return rows[0];
}

/** The head row, locked until the transaction ends: whoever holds it is the only one who appends. */
export async function lockHead(query: Query): Promise<HeadRow | undefined> {
  const sql = 'SELECT size, height FROM log_head WHERE id = 1 FOR UPDATE';
  const rows = await query.$queryRawUnsafe<HeadRow[]>(sql);
  return rows[0];
}

/** Blocks from a height on, in order, at most `limit`. */
export function readBlocks(query: Query, from: bigint, limit: number): Promise<BlockRow[]> {
  return query.$queryRawUnsafe<BlockRow[]>(
    'SELECT height, header, first, size FROM block WHERE height >= $1 ORDER BY height LIMIT $2',
    from,
    limit,
  );
}

/** Entries with from <= index < to, in order. */
export function readEntries(query: Query, from: bigint, to: bigint): Promise<EntryRow[]> {
  return query.$queryRawUnsafe<EntryRow[]>(
    `SELECT index, block, leaf, opening, salt, kind, subject, version, institution, actor
     FROM entry WHERE index >= $1 AND index < $2 ORDER BY index`,
    from,
    to,
  );
}

/** Leaves with from <= index < to, in order. */
export function readLeaves(
  query: Query,
  from: bigint,
  to: bigint,
): Promise<{ index: bigint; leaf: Uint8Array }[]> {
  return query.$queryRawUnsafe<{ index: bigint; leaf: Uint8Array }[]>(
    'SELECT index, leaf FROM entry WHERE index >= $1 AND index < $2 ORDER BY index',
    from,
    to,
  );
}
