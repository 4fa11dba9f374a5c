/**
 * Wraps the keys of a custodian's records under its newest wrapping key, a batch at a time beside a running server. The
 * sealed bytes stay as they are: what is read meanwhile opens under the key that its row names.
 */
import type { Ledger } from '../ledger/index.js';
import { custodianKeyId } from '../ledger/index.js';
import { fromBase64url, parseLeaf, parseOpening, VitrineError } from '../ledger/core/index.js';
import type { PrismaClient } from '../database/index.js';
import { keyContext } from './envelope.js';

export interface RewrapOptions {
  readonly prisma: PrismaClient;
  readonly ledger: Ledger;
  readonly custodian: string;
  /** Called after each batch with the keys wrapped so far. */
  readonly onBatch?: (done: number) => void | Promise<void>;
}

export interface Rewrapped {
  readonly done: number;
  /** Entries whose key doesn't open under the wrapping key that its row names: tampered with, and left as they are. */
  readonly refused: readonly bigint[];
}

interface Row {
  readonly entry: bigint;
  readonly keyId: string;
  readonly wrapped: Uint8Array;
  readonly leaf: Uint8Array;
  readonly version: number;
  /** Of the newest erasure that sealed this version anew; null where none did. */
  readonly erasure: Uint8Array | null;
}

/** Keys wrapped at a time. */
const BATCH = 256;

// By entry, the primary key: a rotation is rare, and another index would cost every append.
const SELECT = `
  SELECT w.entry, w.key_id AS "keyId", w.wrapped, e.leaf, e.version, x.opening AS erasure
  FROM wrapped_key w JOIN entry e ON e.index = w.entry
  LEFT JOIN LATERAL (
    SELECT a.opening FROM resealed r JOIN entry a ON a.index = r.entry
    WHERE r.version_entry = w.entry ORDER BY r.entry DESC LIMIT 1) x ON TRUE
  WHERE w.entry > $1 AND w.key_id = ANY($2::text[]) ORDER BY w.entry LIMIT ${BATCH}`;

// A row that was erased or wrapped by another process meanwhile stays as it is.
const UPDATE = `
  UPDATE wrapped_key w SET key_id = $1, wrapped = r.wrapped
  FROM unnest($2::bigint[], $3::text[], $4::bytea[]) AS r(entry, key_id, wrapped)
  WHERE w.entry = r.entry AND w.key_id = r.key_id`;

/** How many keys of a custodian's records are under older wrapping keys. */
export async function countOlder({ prisma, ledger, custodian }: RewrapOptions): Promise<number> {
  const [row] = await prisma.$queryRawUnsafe<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM wrapped_key WHERE key_id = ANY($1::text[])',
    olderIds(ledger, custodian),
  );
  return row?.count ?? 0;
}

/** Wraps what older wrapping keys of the custodian hold under its newest. May be called again at any time. */
export async function rewrapRecords(options: RewrapOptions): Promise<Rewrapped> {
  const { prisma, ledger, custodian, onBatch } = options;
  const older = olderIds(ledger, custodian);
  const refused: bigint[] = [];
  let done = 0;
  for (let after = -1n; ;) {
    const rows = await prisma.$queryRawUnsafe<Row[]>(SELECT, after, older);
    const last = rows.at(-1);
    if (last === undefined) return { done, refused };
    after = last.entry;
    done += await rewrapBatch(options, rows, refused);
    await onBatch?.(done);
  }
}

async function rewrapBatch(
  { prisma, ledger, custodian }: RewrapOptions,
  rows: readonly Row[],
  refused: bigint[],
): Promise<number> {
  const { keys } = ledger;
  const next = await keys.custodianKey(custodian);
  const moved: { entry: bigint; keyId: string; wrapped: Uint8Array }[] = [];
  for (const row of rows) {
    const { entry, keyId, wrapped } = row;
    const old = await keys.custodianKeyById(keyId);
    try {
      const context = keyContext(contentOf(row));
      const key = old.unwrap(wrapped, context);
      moved.push({ entry, keyId, wrapped: next.wrap(key, context) });
      key.fill(0);
    } catch (cause) {
      if (!(cause instanceof VitrineError)) throw cause;
      refused.push(entry);
    }
  }
  if (moved.length === 0) return 0;
  return prisma.$executeRawUnsafe(
    UPDATE,
    next.id,
    moved.map(({ entry }) => entry),
    moved.map(({ keyId }) => keyId),
    moved.map(({ wrapped }) => wrapped),
  );
}

/** What the key is bound to. Nothing is verified here: under another content than its own, it doesn't open. */
function contentOf({ leaf, version, erasure }: Row): Uint8Array {
  const { content } = parseLeaf(leaf);
  const again = erasure === null ? undefined : parseOpening(erasure).detail?.['resealed'];
  const resealed = Array.isArray(again) ? (again as readonly unknown[])[version - 1] : undefined;
  if (typeof resealed === 'string') return fromBase64url(resealed);
  if (content === null) throw new VitrineError('INTEGRITY_VIOLATION', 'its entry seals no record');
  return content;
}

function olderIds({ trusted }: Ledger, custodian: string): string[] {
  const newest = trusted.state.names.custodianKey(custodian);
  return Array.from({ length: newest - 1 }, (_, i) => custodianKeyId(custodian, i + 1));
}
