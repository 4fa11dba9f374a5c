/**
 * C2SP tiles (c2sp.org/tlog-tiles): a log's hashes and entries as static resources of 256. Paths come from whoever asks
 * and bundles from whoever serves, so both are parsed strictly: one form each.
 */
import { concat } from './bytes.js';
import { LONGEST, violation } from './strict.js';

/** Hashes of a full tile, entries of a full bundle. */
export const TILE_WIDTH = 256;
const HASH_LENGTH = 32;
/** A tile spans eight levels of the tree. */
const TILE_HEIGHT = 8n;
/** Levels that a path may name; from 8 on no log is long enough. */
const HIGHEST_LEVEL = 63;

/** A tile of hashes: at level 0 leaf hashes, above that roots of full tiles of the level below. */
export interface HashTile {
  /** 0 to 63. */
  readonly level: number;
  /** Place among the tiles of its level, from 0. */
  readonly index: bigint;
  /** Hashes in it: 256, or less in a partial tile. */
  readonly width: number;
}

/** What a path names: a tile, or with the level `entries` a bundle of leaves. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: bigint;
  readonly width: number;
}

const PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,6}[0-9]{3})(?:\.p\/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?$/;

/** The path of a tile or bundle below the log's prefix, for example `tile/0/x001/x234/067.p/8`. */
export function tilePath(name: TileName): string {
  const partial = name.width === TILE_WIDTH ? '' : `.p/${name.width}`;
  return `tile/${name.level}/${tileNumber(name.index)}${partial}`;
}

/** What a path names; undefined when it isn't the one path of a tile or bundle. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level, number, partial] = PATH.exec(path) ?? [];
  if (level === undefined || number === undefined) return undefined;
  const name: TileName = {
    level: level === 'entries' ? 'entries' : Number(level),
    index: BigInt(number.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  if (name.level !== 'entries' && name.level > HIGHEST_LEVEL) return undefined;
  // Zeros in front, as in x000/001, would give a tile a second path.
  return tilePath(name) === path ? name : undefined;
}

/** How many hashes the tile at this place has in the tree of `size` leaves; 0 when there is none. */
export function tileWidth(level: number | 'entries', index: bigint, size: bigint): number {
  const hashes = level === 'entries' ? size : size >> (TILE_HEIGHT * BigInt(level));
  const width = hashes - index * BigInt(TILE_WIDTH);
  return width <= 0n ? 0 : width < BigInt(TILE_WIDTH) ? Number(width) : TILE_WIDTH;
}

/** The tile's hashes. Throws INTEGRITY_VIOLATION unless there are `width` of them. */
export function parseTile(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  if (bytes.length !== width * HASH_LENGTH) {
    throw violation(`tile: expected ${width * HASH_LENGTH} bytes, got ${bytes.length}`);
  }
  const place = (i: number): Uint8Array => bytes.slice(i * HASH_LENGTH, (i + 1) * HASH_LENGTH);
  return Array.from({ length: width }, (_, i) => place(i));
}

/** A bundle's bytes: each leaf after its length as two bytes, big-endian. */
export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...leaves.flatMap((leaf) => {
      if (leaf.length > LONGEST)
        throw violation(`bundle: expected leaves of at most ${LONGEST} bytes, got ${leaf.length}`);
      return [Uint8Array.of(leaf.length >> 8, leaf.length & 0xff), leaf];
    }),
  );
}

/**
 * The leaves of a bundle. They are what the server says until each one's hash is found in the tile of level 0. Throws
 * INTEGRITY_VIOLATION unless there are `width` of them and nothing behind.
 */
export function parseBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) throw violation('bundle: expected a length of two bytes');
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) throw violation('bundle: expected a whole leaf, got a part of it');
    leaves.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (leaves.length !== width) throw violation(`bundle: expected ${width} leaves, got ${leaves.length}`);
  return leaves;
}

/** A tile's number as path elements of three digits; all but the last begin with an x. */
function tileNumber(index: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}
