/**
 * Snapshots in the database: chunks, and as part 0 the list of their SHA-256 hashes, whose own hash the log anchors. So
 * every chunk is compared before it is parsed, and none but one of them is in memory at a time.
 */
import type { VitrineError } from './core/index.js';
import { concat, equal, parseOpening } from './core/index.js';
import * as strict from './core/strict.js';
import { violationOf } from './finding.js';
import { nativeHash } from './native.js';
import type { Query } from './query.js';
import { malformed } from './section.js';
import { CHUNK } from './snapshot-format.js';
import { SNAPSHOT } from './system-entry.js';

/** Snapshots whose bytes are kept. The older one is for the day on which the newer one is damaged. */
export const KEPT = 2;

const HASH_LENGTH = 32;
/** A list of more hashes than this would be of a log of billions of entries. */
const LONGEST_LIST = 1024 * 1024;
/** An unanchored snapshot of this age was left behind by a process that died. */
const ABANDONED = "interval '1 hour'";
const MEMBERS = ['format', 'hash', 'height', 'size'] as const;
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** What an entry says of the snapshot that it anchors. */
export interface Anchor {
  /** The snapshot's id. */
  readonly id: string;
  /** Index of the anchoring entry. */
  readonly index: bigint;
  readonly format: number;
  /** Entries and height that the state had. */
  readonly size: bigint;
  readonly height: bigint;
  /** SHA-256 of part 0. */
  readonly hash: Uint8Array;
}

/** An entry's row that claims to anchor a snapshot. */
export interface AnchorRow {
  readonly index: bigint;
  readonly leaf: Uint8Array;
  readonly opening: Uint8Array;
  readonly salt: Uint8Array;
}

/** The newest entries that anchor snapshots, below an index, the newest first. Nothing of them is trusted yet. */
export function readAnchors(query: Query, below: bigint, limit: number): Promise<AnchorRow[]> {
  return query.$queryRawUnsafe<AnchorRow[]>(
    `SELECT index, leaf, opening, salt FROM entry
     WHERE kind = 'Snapshot' AND index < $1 ORDER BY index DESC LIMIT $2`,
    below,
    limit,
  );
}

/** What an opening says of a snapshot. Throws INTEGRITY_VIOLATION when it anchors none. */
export function parseAnchor({ index, opening }: Pick<AnchorRow, 'index' | 'opening'>): Anchor {
  const { op, subject, detail } = parseOpening(opening);
  if (op !== SNAPSHOT) throw malformed(`expected the operation ${SNAPSHOT}, got ${op}`);
  const said = strict.object(detail ?? {}, 'detail', MEMBERS);
  return {
    id: subject.id,
    index,
    format: strict.integer(said.format, 'format', 1),
    size: BigInt(strict.text(said.size, 'size', NUMBER, 'a size')),
    height: BigInt(strict.text(said.height, 'height', NUMBER, 'a height')),
    hash: strict.bytesOf(said.hash, 'hash', HASH_LENGTH),
  };
}

/**
 * Tells whether another process has just written a snapshot, or anchored one that this process hasn't verified yet. One
 * that is whole and unanchored for a minute has no process any more.
 */
export async function isTaken(query: Query, known: bigint): Promise<boolean> {
  const [row] = await query.$queryRawUnsafe<{ taken: boolean }[]>(
    `SELECT EXISTS (SELECT FROM entry WHERE kind = 'Snapshot' AND index >= $1)
       OR EXISTS (SELECT FROM snapshot s WHERE part = 0 AND time > now() - interval '1 minute'
                  AND NOT EXISTS (SELECT FROM entry WHERE kind = 'Snapshot' AND subject = s.id)) AS taken`,
    known,
  );
  return row?.taken === true;
}

/** Writes chunks as they come, and last of all the list of their hashes, whose hash is given back. */
export async function writeSnapshot(
  query: Query,
  id: string,
  chunks: Iterable<Uint8Array>,
  between: () => void | Promise<void>,
): Promise<Uint8Array> {
  const hashes: Uint8Array[] = [];
  for (const chunk of chunks) {
    hashes.push(nativeHash(chunk));
    await insert(query, id, hashes.length, chunk);
    await between();
  }
  const list = concat(...hashes);
  await insert(query, id, 0, list);
  return nativeHash(list);
}

/** The chunks of an anchored snapshot, each as it was written. Throws INTEGRITY_VIOLATION at the first that isn't. */
export async function* readChunks(
  query: Query,
  { id, hash }: Pick<Anchor, 'id' | 'hash'>,
): AsyncGenerator<Uint8Array> {
  const list = await readPart(query, id, 0, LONGEST_LIST);
  if (list === undefined) throw malformed('its bytes are missing');
  if (!equal(nativeHash(list), hash) || list.length % HASH_LENGTH !== 0)
    throw malformed('expected the anchored list of chunks, got another');
  const parts = list.length / HASH_LENGTH;
  let ahead = readPart(query, id, 1, CHUNK);
  for (let part = 1; part <= parts; part++) {
    const chunk = await ahead;
    const known = list.subarray((part - 1) * HASH_LENGTH, part * HASH_LENGTH);
    if (chunk === undefined || !equal(nativeHash(chunk), known))
      throw malformed(`expected the anchored chunk ${part}, got another`);
    if (part < parts) {
      ahead = readPart(query, id, part + 1, CHUNK);
      ahead.catch(() => undefined); // awaited when its turn comes, if it does
    }
    yield chunk;
  }
}

/** Drops all but the newest anchored snapshots, and what processes that died left behind. */
export async function dropSnapshots(query: Query): Promise<void> {
  await query.$executeRawUnsafe(
    `WITH anchored AS (SELECT subject AS id, index FROM entry WHERE kind = 'Snapshot'),
     kept AS (SELECT id FROM anchored ORDER BY index DESC LIMIT $1)
     DELETE FROM snapshot s WHERE s.id NOT IN (SELECT id FROM kept)
       AND (s.id IN (SELECT id FROM anchored) OR s.time < now() - ${ABANDONED})`,
    KEPT,
  );
}

/** Takes back a snapshot that nothing anchors. */
export async function forgetSnapshot(query: Query, id: string): Promise<void> {
  await query.$executeRawUnsafe('DELETE FROM snapshot WHERE id = $1::uuid', id);
}

/** The alarm for a snapshot that can't be used: the log itself may be whole. */
export function unusable(index: bigint, why: string): VitrineError {
  return violationOf({ what: 'snapshot', message: why, index, block: null });
}

async function insert(query: Query, id: string, part: number, bytes: Uint8Array): Promise<void> {
  const sql = 'INSERT INTO snapshot (id, part, bytes) VALUES ($1::uuid, $2, $3)';
  await query.$executeRawUnsafe(sql, id, part, bytes);
}

/** A part, unless it is longer than any that was ever written. */
async function readPart(
  query: Query,
  id: string,
  part: number,
  longest: number,
): Promise<Uint8Array | undefined> {
  const rows = await query.$queryRawUnsafe<{ bytes: Uint8Array }[]>(
    'SELECT bytes FROM snapshot WHERE id = $1::uuid AND part = $2 AND octet_length(bytes) <= $3',
    id,
    part,
    longest,
  );
  return rows[0]?.bytes;
}
