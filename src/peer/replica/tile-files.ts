/**
 * A log's copy as plain files in the layout of c2sp.org/tlog-tiles, so that any HTTP server could serve it and any
 * reader of such logs read it. Full tiles are written once. Partial ones stay until their tile is full.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeBundle,
  type HashTile,
  parseBundle,
  parseTile,
  TILE_WIDTH,
  type TileName,
  tilePath,
  tileWidth,
  VitrineError,
} from '../../ledger/core/index.js';
import { type FileContent, readIfThere } from '../durable.js';

const HASH_LENGTH = 32;

export class TileFiles {
  constructor(readonly folder: string) {}

  path(name: TileName): string {
    return join(this.folder, ...tilePath(name).split('/'));
  }

  /** A bundle or tile of this width: from its own file, a wider one or the full one. Undefined when none is there. */
  async read(name: TileName, size: bigint): Promise<Uint8Array | undefined> {
    const own = await readIfThere(this.path(name));
    if (own !== undefined || name.width === TILE_WIDTH) return own;
    const width = tileWidth(name.level, name.index, size);
    if (width <= name.width) return undefined;
    const wider = await readIfThere(this.path({ ...name, width }));
    return wider === undefined ? undefined : narrowed(wider, name, width);
  }

  /** Hashes of a tile below the size. Throws INTEGRITY_VIOLATION when the file is missing or of another length. */
  async hashes(tile: HashTile, size: bigint): Promise<readonly Uint8Array[]> {
    return parseTile(await this.require(tile, size), tile.width);
  }

  /** The first `width` leaves of a bundle. Throws INTEGRITY_VIOLATION when the file is missing or malformed. */
  async leaves(index: bigint, width: number, size: bigint): Promise<readonly Uint8Array[]> {
    return parseBundle(await this.require({ level: 'entries', index, width }, size), width);
  }

  /** Removes the partial forms of tiles that are full now. A crash before it leaves some: they do no harm. */
  async dropPartials(full: readonly TileName[]): Promise<void> {
    for (const name of full) {
      await rm(`${this.path({ ...name, width: TILE_WIDTH })}.p`, { recursive: true, force: true });
    }
  }

  /** The file of a bundle of leaves. */
  bundle(index: bigint, leaves: readonly Uint8Array[]): FileContent {
    const name = { level: 'entries', index, width: leaves.length } as const;
    return { path: this.path(name), content: encodeBundle(leaves) };
  }

  /** The file of a tile of hashes. */
  tile(level: number, index: bigint, hashes: readonly Uint8Array[]): FileContent {
    return { path: this.path({ level, index, width: hashes.length }), content: Buffer.concat(hashes) };
  }

  private async require(name: TileName, size: bigint): Promise<Uint8Array> {
    const bytes = await this.read(name, size);
    if (bytes !== undefined) return bytes;
    throw new VitrineError('INTEGRITY_VIOLATION', `${this.path(name)} is missing`);
  }
}

function narrowed(bytes: Uint8Array, name: TileName, width: number): Uint8Array {
  if (name.level !== 'entries') return bytes.subarray(0, name.width * HASH_LENGTH);
  return encodeBundle(parseBundle(bytes, width).slice(0, name.width));
}
