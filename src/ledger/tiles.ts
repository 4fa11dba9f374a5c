/**
 * The public half of the log as static resources (c2sp.org/tlog-tiles): tiles of hashes and bundles of leaves. Nothing is
 * given that the trusted log didn't verify and a signed checkpoint doesn't cover.
 */
import {
  concat,
  type HashTile,
  leafHash,
  merkleRoot,
  parseBundle,
  parseCheckpoint,
  parseNote,
  TILE_WIDTH,
  type TileName,
  tileWidth,
  VitrineError,
} from './core/index.js';
import { Bundles, type BundlesOptions } from './bundles.js';
import { HashList } from './hash-list.js';
import { nativeHash } from './native.js';
import type { TrustedLog } from './trusted-log.js';

export interface TileReaderOptions extends BundlesOptions {
  readonly trusted: Pick<TrustedLog, 'size' | 'state' | 'alarm'>;
  /** The newest signed checkpoint of all that the database holds now. */
  readonly newest: () => Promise<string>;
  /** Called with what the database holds instead of what was verified. */
  readonly onViolation: (error: VitrineError) => void;
}

export class TileReader {
  private readonly bundles: Bundles;
  /** From level 2 on; level 1 are the hashes of full tiles, which the trusted log keeps. */
  private readonly upper: HashList[] = [];
  /** Entries that a signed checkpoint is known to cover. */
  private covered = 0n;

  constructor(private readonly options: TileReaderOptions) {
    this.bundles = new Bundles(options);
  }

  /** The newest signed checkpoint, a C2SP note. Throws ROLLBACK_DETECTED, INTEGRITY_VIOLATION. */
  async checkpoint(): Promise<string> {
    const note = await this.options.newest();
    const { size } = parseCheckpoint(parseNote(note).text);
    if (size > this.covered) this.covered = size;
    return note;
  }

  /** The size of the newest signed checkpoint, at least as new as the caller's question when it is about `size`. */
  async signedSize(size: bigint): Promise<bigint> {
    this.requireRunning();
    if (size > this.covered) await this.checkpoint();
    return this.covered;
  }

  /**
   * A tile's or bundle's bytes. A partial one is given also when it has filled up since.
   * Throws NOT_FOUND beyond the newest checkpoint, INTEGRITY_VIOLATION when the database holds other leaves.
   */
  async read(name: TileName): Promise<Uint8Array> {
    const { level, index, width } = name;
    const leaves = level === 'entries' ? 0 : level;
    const end = (index * BigInt(TILE_WIDTH) + BigInt(width)) << BigInt(8 * leaves);
    const size = await this.signedSize(end);
    if (tileWidth(level, index, size) < width)
      throw new VitrineError('NOT_FOUND', 'the log has no such tile yet');
    if (level === 'entries') return this.bundle(index, width);
    return concat(...(await this.hashes({ level, index, width })));
  }

  /** The verified hashes of a tile below the trusted size. */
  async hashes(tile: HashTile): Promise<readonly Uint8Array[]> {
    const numbers = Array.from({ length: tile.width }, (_, i) => tile.index * BigInt(TILE_WIDTH) + BigInt(i));
    const known = numbers.map((number) => this.known(tile.level, number));
    const hashes = known.filter((hash) => hash !== undefined);
    if (hashes.length === tile.width) return hashes;
    if (tile.level > 0) throw new VitrineError('NOT_FOUND', 'the log has no such tile yet');
    // Not kept in memory: the whole tile is read, and with it the bundle that is likely asked for next.
    const leaves = parseBundle(await this.bundle(tile.index, TILE_WIDTH), TILE_WIDTH);
    return leaves.slice(0, tile.width).map((leaf) => leafHash(leaf, nativeHash));
  }

  private async bundle(index: bigint, width: number): Promise<Uint8Array> {
    try {
      return await this.bundles.read(index, width);
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION')
        this.options.onViolation(error);
      throw error;
    }
  }

  /** The verified hash of this number on a level; undefined when the level isn't that long, or it has to be read. */
  private known(level: number, number: bigint): Uint8Array | undefined {
    const { leaves } = this.options.trusted.state;
    if (level === 0) return number < this.options.trusted.size ? leaves.get(number) : undefined;
    if (level === 1) return leaves.hashOfTile(Number(number));
    const list = (this.upper[level] ??= new HashList());
    while (BigInt(list.length) <= number) {
      const tile = this.fullTile(level - 1, BigInt(list.length));
      if (tile === undefined) return undefined;
      list.push(merkleRoot(tile, nativeHash));
    }
    return list.at(Number(number));
  }

  private fullTile(level: number, index: bigint): readonly Uint8Array[] | undefined {
    const hashes: Uint8Array[] = [];
    for (let place = 0; place < TILE_WIDTH; place++) {
      const hash = this.known(level, index * BigInt(TILE_WIDTH) + BigInt(place));
      if (hash === undefined) return undefined;
      hashes.push(hash);
    }
    return hashes;
  }

  /** A stopped log gives nothing, also not what is in memory. */
  private requireRunning(): void {
    const { alarm } = this.options.trusted;
    if (alarm !== undefined) throw alarm;
  }
}
