/** Proofs of the log's signed sizes, made from tiles: a few reads however long the log is. */
import {
  consistencyFromTiles,
  formatTlogProof,
  inclusionFromTiles,
  parseCheckpoint,
  parseNote,
  rootFromTiles,
  TILE_WIDTH,
  type TileSource,
  VitrineError,
} from './core/index.js';
import { nativeHash } from './native.js';
import type { TileReader } from './tiles.js';

/** That an entry is on the log of a size. */
export interface InclusionProof {
  readonly index: bigint;
  readonly size: bigint;
  readonly leafHash: Uint8Array;
  /** RFC 6962 root at that size. */
  readonly root: Uint8Array;
  /** Sibling hashes, from the leaf up. */
  readonly hashes: readonly Uint8Array[];
}

/** That the log of one size begins with that of another. */
export interface ConsistencyProof {
  readonly from: bigint;
  readonly to: bigint;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

export class LogProofs {
  private readonly source: TileSource;

  constructor(private readonly tiles: TileReader) {
    this.source = (tile) => tiles.hashes(tile);
  }

  /**
   * Proof that an entry is on the log; of its newest signed size unless an older one is named.
   * Throws BAD_USER_INPUT unless index < size, and size is at most the newest signed one.
   */
  async inclusion(index: bigint, size?: bigint): Promise<InclusionProof> {
    return this.included(index, await this.sizeOf(size, 'size'));
  }

  /** The hashes of a consistency proof of the trusted log, 1 <= from < to <= its size; neither need be signed. */
  growth(from: bigint, to: bigint): Promise<readonly Uint8Array[]> {
    return consistencyFromTiles(from, to, this.source, nativeHash);
  }

  /** Proof that the log only grew. Throws BAD_USER_INPUT unless 1 <= from <= to, at most the newest signed size. */
  async consistency(from: bigint, to?: bigint): Promise<ConsistencyProof> {
    const end = await this.sizeOf(to, 'to');
    requireRange(from, 1n, end, 'from');
    const [hashes, fromRoot, toRoot] = await Promise.all([
      consistencyFromTiles(from, end, this.source, nativeHash),
      this.root(from),
      this.root(end),
    ]);
    return { from, to: end, fromRoot, toRoot, hashes };
  }

  /**
   * A C2SP tlog-proof of an entry under a signed checkpoint: the newest, unless an older one that covers the entry is
   * given. Throws BAD_USER_INPUT beyond it.
   */
  async text(index: bigint, checkpoint?: string): Promise<string> {
    const note = checkpoint ?? (await this.tiles.checkpoint());
    const { size } = parseCheckpoint(parseNote(note).text);
    const { hashes } = await this.included(index, size);
    return formatTlogProof({ extra: null, index, hashes, checkpoint: note });
  }

  private async included(index: bigint, size: bigint): Promise<InclusionProof> {
    requireRange(index, 0n, size - 1n, 'index');
    const [hashes, root, leafHash] = await Promise.all([
      inclusionFromTiles(index, size, this.source, nativeHash),
      this.root(size),
      this.leaf(index, size),
    ]);
    return { index, size, leafHash, root, hashes };
  }

  /** RFC 6962 root of the first `size` entries of the trusted log, signed or not. */
  root(size: bigint): Promise<Uint8Array> {
    return rootFromTiles(size, this.source, nativeHash);
  }

  private async leaf(index: bigint, size: bigint): Promise<Uint8Array> {
    const width = BigInt(TILE_WIDTH);
    const tile = index / width;
    const known = size - tile * width;
    const place = Number(index % width);
    const hashes = await this.source({
      level: 0,
      index: tile,
      width: known < width ? Number(known) : TILE_WIDTH,
    });
    const hash = hashes[place];
    if (hash === undefined) throw new VitrineError('INTERNAL', `expected a leaf hash at ${index}`);
    return hash;
  }

  /** The size that was asked for, or the newest; never above what is signed. */
  private async sizeOf(asked: bigint | undefined, name: string): Promise<bigint> {
    if (asked === undefined) return parseCheckpoint(parseNote(await this.tiles.checkpoint()).text).size;
    requireRange(asked, 1n, await this.tiles.signedSize(asked), name);
    return asked;
  }
}

function requireRange(value: bigint, least: bigint, most: bigint, name: string): void {
  if (value >= least && value <= most) return;
  const message = `expected a number from ${least} to ${most}, got ${value}`;
  throw new VitrineError('BAD_USER_INPUT', message, { path: [name] });
}
