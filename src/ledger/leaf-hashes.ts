/**
 * Leaf hashes of the trusted log, as tiles of 256 (C2SP tlog-tiles). One hash a full tile is always kept, and the open
 * tail; the tiles themselves stand in a bounded cache and are read again from the database, which is trusted no
 * further than a tile's hash reaches.
 */
import { equal, merkleRoot, TILE_WIDTH } from './core/index.js';
import { HashList } from './hash-list.js';
import { nativeHash } from './native.js';
import { type FrozenSection, frozenBytes, malformed, type Section, type SectionReader } from './section.js';

const HASH_LENGTH = 32;
const TILE_BYTES = TILE_WIDTH * HASH_LENGTH;

export class LeafHashes implements Section {
  /** A section of its own. */
  readonly tileHashes = new HashList();
  /** The tile that isn't full yet. */
  private open = new Uint8Array(TILE_BYTES);
  private filled = 0;
  /** Verified tiles, the least recently used first. */
  private readonly cache = new Map<number, Uint8Array>();

  /** `capacity`: tiles kept; 8 KB each. */
  constructor(private readonly capacity = 2048) {}

  /** `filled`: the root of the tile that this leaf fills, from the tree that has it anyway. */
  append(leafHash: Uint8Array, filled: Uint8Array | undefined): void {
    this.open.set(leafHash, this.filled * HASH_LENGTH);
    this.filled += 1;
    if (filled === undefined) return;
    this.keep(this.tileHashes.length, this.open);
    this.tileHashes.push(filled);
    this.open = new Uint8Array(TILE_BYTES);
    this.filled = 0;
  }

  /** The leaf hash at an index below the size, or undefined when its tile has to be read first. */
  get(index: bigint): Uint8Array | undefined {
    const tile = tileOf(index);
    const place = Number(index % BigInt(TILE_WIDTH));
    if (tile === this.tileHashes.length) return place < this.filled ? hashIn(this.open, place) : undefined;
    const hashes = this.cache.get(tile);
    if (hashes === undefined) return undefined;
    this.cache.delete(tile);
    this.cache.set(tile, hashes);
    return hashIn(hashes, place);
  }

  /** Root of a full tile, which is a hash of level 1; undefined while the tile isn't full. */
  hashOfTile(tile: number): Uint8Array | undefined {
    return this.tileHashes.at(tile);
  }

  /** Takes a tile's 256 leaf hashes into the cache. False when they aren't the ones that were verified before. */
  admit(tile: number, leafHashes: readonly Uint8Array[]): boolean {
    const known = this.tileHashes.at(tile);
    if (known === undefined || leafHashes.length !== TILE_WIDTH) return false;
    if (!equal(merkleRoot([...leafHashes], nativeHash), known)) return false;
    const hashes = new Uint8Array(TILE_BYTES);
    leafHashes.forEach((each, i) => hashes.set(each, i * HASH_LENGTH));
    this.keep(tile, hashes);
    return true;
  }

  /** Leaf hashes behind the last full tile. */
  openTail(): readonly Uint8Array[] {
    return Array.from({ length: this.filled }, (_, place) => hashIn(this.open, place));
  }

  /** The open tail; full tiles are known by their hashes alone. */
  freeze(): FrozenSection {
    return frozenBytes(this.open.slice(0, this.filled * HASH_LENGTH));
  }

  async load(from: SectionReader): Promise<void> {
    if (from.left >= TILE_BYTES || from.left % HASH_LENGTH !== 0)
      throw malformed(`expected less than ${TILE_WIDTH} hashes, got ${from.left} bytes`);
    this.filled = from.left / HASH_LENGTH;
    this.open.set(await from.take(from.left));
  }

  private keep(tile: number, hashes: Uint8Array): void {
    this.cache.set(tile, hashes);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= this.capacity) break;
      this.cache.delete(oldest);
    }
  }
}

/** The number of the tile that an index falls into. */
export function tileOf(index: bigint): number {
  return Number(index / BigInt(TILE_WIDTH));
}

function hashIn(tile: Uint8Array, place: number): Uint8Array {
  return tile.slice(place * HASH_LENGTH, (place + 1) * HASH_LENGTH);
}
