/**
 * Roots and proofs of RFC 6962 from tiles: of a log of any length a few tiles are read, not its leaves. Tiles that come
 * from elsewhere need no trust: what is made of them holds only if it verifies against a signed root.
 */
import { VitrineError } from './error.js';
import { type HashFn, sha256 } from './hash.js';
import { emptyRoot, merkleRoot, nodeHash } from './merkle.js';
import { violation } from './strict.js';
import { type HashTile, TILE_WIDTH, tileWidth } from './tile.js';

/** Gives the hashes of a tile, as many as its width says. */
export type TileSource = (tile: HashTile) => Promise<readonly Uint8Array[]>;

/** Leaves from `start` up to, not including, `end`. */
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** Root of the log's first `size` leaves. */
export async function rootFromTiles(
  size: bigint,
  tiles: TileSource,
  hash: HashFn = sha256,
): Promise<Uint8Array> {
  return size === 0n ? emptyRoot(hash) : new Tree(size, tiles, hash).root({ start: 0n, end: size });
}

/**
 * Proof that the leaf at `index` is in the tree of `size` leaves (RFC 9162 section 2.1.3.1), from the leaf up.
 * Throws BAD_USER_INPUT unless index < size.
 */
export function inclusionFromTiles(
  index: bigint,
  size: bigint,
  tiles: TileSource,
  hash: HashFn = sha256,
): Promise<readonly Uint8Array[]> {
  return new Tree(size, tiles, hash).roots(inclusionRanges(index, size));
}

/**
 * Proof that the tree of `to` leaves begins with that of `from` (RFC 9162 section 2.1.4.1).
 * Throws BAD_USER_INPUT unless 1 <= from <= to.
 */
export function consistencyFromTiles(
  from: bigint,
  to: bigint,
  tiles: TileSource,
  hash: HashFn = sha256,
): Promise<readonly Uint8Array[]> {
  return new Tree(to, tiles, hash).roots(consistencyRanges(from, to));
}

function inclusionRanges(index: bigint, size: bigint): readonly Range[] {
  if (index < 0n || index >= size) throw refused(`expected an index below ${size}, got ${index}`);
  const ranges: Range[] = [];
  let [start, end] = [0n, size];
  while (end - start > 1n) {
    const middle = start + leftSize(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

function consistencyRanges(from: bigint, to: bigint): readonly Range[] {
  if (from < 1n || from > to) throw refused(`expected sizes 1 <= from <= to, got ${from} and ${to}`);
  const ranges: Range[] = [];
  let [start, end] = [0n, to];
  while (from !== end) {
    const middle = start + leftSize(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // From 0 on it is the whole old tree, whose root the verifier knows.
  if (start > 0n) ranges.push({ start, end });
  return ranges.reverse();
}

/** The tree of one size; each of its tiles is asked for once. */
class Tree {
  private readonly known = new Map<string, Promise<readonly Uint8Array[]>>();

  constructor(
    private readonly size: bigint,
    private readonly tiles: TileSource,
    private readonly hash: HashFn,
  ) {}

  roots(ranges: readonly Range[]): Promise<readonly Uint8Array[]> {
    return Promise.all(ranges.map((range) => this.root(range)));
  }

  /** Root over a range whose start is a multiple of the power of two that the range doesn't exceed. */
  async root({ start, end }: Range): Promise<Uint8Array> {
    const subtrees: Promise<Uint8Array>[] = [];
    for (let at = start; at < end;) {
      const height = bitLength(end - at) - 1;
      subtrees.push(this.subtree(at, height));
      at += 1n << BigInt(height);
    }
    const found = await Promise.all(subtrees);
    const last = found.pop();
    if (last === undefined) throw new VitrineError('INTERNAL', 'expected a range that is not empty');
    return found.reduceRight((right, left) => nodeHash(left, right, this.hash), last);
  }

  /** Root of the perfect subtree over 2^height leaves from `start` on: a run of hashes within one tile. */
  private async subtree(start: bigint, height: number): Promise<Uint8Array> {
    const level = Math.floor(height / 8);
    const first = start >> BigInt(8 * level);
    const hashes = await this.tile(level, first / BigInt(TILE_WIDTH));
    const place = Number(first % BigInt(TILE_WIDTH));
    return merkleRoot(hashes.slice(place, place + 2 ** (height % 8)), this.hash);
  }

  private tile(level: number, index: bigint): Promise<readonly Uint8Array[]> {
    const key = `${level}/${index}`;
    let tile = this.known.get(key);
    if (tile === undefined) this.known.set(key, (tile = this.read(level, index)));
    return tile;
  }

  private async read(level: number, index: bigint): Promise<readonly Uint8Array[]> {
    const width = tileWidth(level, index, this.size);
    const hashes = await this.tiles({ level, index, width });
    if (hashes.length === width) return hashes;
    throw violation(`tile: expected ${width} hashes, got ${hashes.length}`);
  }
}

/** The largest power of two smaller than `size`, which is at least 2. */
function leftSize(size: bigint): bigint {
  return 1n << BigInt(bitLength(size - 1n) - 1);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function refused(message: string): VitrineError {
  return new VitrineError('BAD_USER_INPUT', message);
}
