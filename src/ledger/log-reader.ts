/** Reads blocks and entries as they stand in the database. Nothing that comes from here is trusted yet. */
import { VitrineError } from './core/index.js';
import type { Query } from './query.js';

export interface HeadRow {
  readonly size: bigint;
  readonly height: bigint;
}

/** The head with the header of a known block beside it. */
export interface SeenHead extends HeadRow {
  readonly header: Uint8Array | null;
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

const HEAD =
  'SELECT h.size, h.height, b.header FROM log_head h LEFT JOIN block b ON b.height = $1 WHERE h.id = 1';

/**
 * The head row, or undefined when the log has none yet; beside it the header of a block that is known already, to be
 * compared, or null when that block isn't there.
 */
export async function readHead(query: Query, known = -1n): Promise<SeenHead | undefined> {
  const [head] = await query.$queryRawUnsafe<SeenHead[]>(HEAD, known);
  return head;
}

/** As `readHead`, locked until the transaction ends: whoever holds it is the only one who appends. */
export async function lockHead(query: Query, known: bigint): Promise<SeenHead> {
  const [head] = await query.$queryRawUnsafe<SeenHead[]>(`${HEAD} FOR UPDATE OF h`, known);
  if (head !== undefined) return head;
  throw new VitrineError('NOT_CONFIGURED', 'the log has no head: initialise it first');
}

/** Blocks from a height on, in order, at most `limit`. */
export function readBlocks(query: Query, from: bigint, limit: number): Promise<BlockRow[]> {
  return query.$queryRawUnsafe<BlockRow[]>(
    'SELECT height, header, first, size FROM block WHERE height >= $1 ORDER BY height LIMIT $2',
    from,
    limit,
  );
}

type PackedRow = Omit<EntryRow, 'leaf' | 'opening' | 'salt'> & {
  /** Leaf, opening and salt, one after the other, in base64. */
  readonly halves: string;
  /** Where the opening and the salt begin. */
  readonly opening: number;
  readonly salt: number;
};

/**
 * Entries with from <= index < to, in order. Their bytes come as one text: three of PostgreSQL's hexadecimal values a row
 * take this process twice as long.
 */
export async function readEntries(query: Query, from: bigint, to: bigint): Promise<EntryRow[]> {
  const rows = await query.$queryRawUnsafe<PackedRow[]>(
    `SELECT index, block, encode(leaf || opening || salt, 'base64') AS halves,
       length(leaf) AS opening, length(leaf) + length(opening) AS salt, kind, subject, version, institution, actor
     FROM entry WHERE index >= $1 AND index < $2 ORDER BY index`,
    from,
    to,
  );
  const bytes = new Decoded();
  return rows.map((row) => unpack(row, bytes));
}

/** Bytes of texts side by side, 64 KB at a time: a buffer of its own for each costs more than decoding it. */
class Decoded {
  private page = Buffer.alloc(0);
  private used = 0;

  /** Where the bytes of a base64 text stand. */
  take(text: string): { readonly buffer: ArrayBuffer; readonly from: number; readonly to: number } {
    const most = Buffer.byteLength(text, 'base64');
    if (this.used + most > this.page.length) {
      this.page = Buffer.from(new ArrayBuffer(Math.max(most, PAGE)));
      this.used = 0;
    }
    const from = this.used;
    this.used += this.page.write(text, from, 'base64');
    return { buffer: this.page.buffer, from, to: this.used }; // made of one above
  }
}

const PAGE = 2 ** 16;

function unpack(row: PackedRow, decoded: Decoded): EntryRow {
  const { index, block, opening, salt, kind, subject, version, institution, actor } = row;
  const { buffer, from, to } = decoded.take(row.halves);
  return {
    index,
    block,
    leaf: new Uint8Array(buffer, from, opening),
    opening: new Uint8Array(buffer, from + opening, salt - opening),
    salt: new Uint8Array(buffer, from + salt, to - from - salt),
    kind,
    subject,
    version,
    institution,
    actor,
  };
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
