/**
 * The tree of the leaves that are held, as the hashes of each level's open tile: enough to go on, to write tiles as
 * they fill, and to give the root. Memory: at most 255 hashes a level.
 */
import { emptyRoot, merkleRoot, nodeHash, RightEdge, TILE_WIDTH } from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';

/** A tile of hashes with its content. */
export interface TileContent {
  readonly level: number;
  readonly index: bigint;
  readonly hashes: readonly Uint8Array[];
}

export class Tree {
  /** Hashes of the open tile at each level; the lowest first. */
  private readonly open: Uint8Array[][];
  private count: bigint;

  private constructor(size: bigint, open: readonly (readonly Uint8Array[])[]) {
    this.count = size;
    this.open = open.map((hashes) => [...hashes]);
  }

  static empty(): Tree {
    return new Tree(0n, []);
  }

  get size(): bigint {
    return this.count;
  }

  clone(): Tree {
    return new Tree(this.count, this.open);
  }

  /** Adds a leaf hash. Returns the tiles that it filled, the lowest first. */
  append(leafHash: Uint8Array): readonly TileContent[] {
    const filled: TileContent[] = [];
    this.count += 1n;
    let hash = leafHash;
    for (let level = 0, total = this.count; ; level++, total /= BigInt(TILE_WIDTH)) {
      const tile = (this.open[level] ??= []);
      tile.push(hash);
      if (tile.length < TILE_WIDTH) return filled;
      filled.push({ level, index: total / BigInt(TILE_WIDTH) - 1n, hashes: [...tile] });
      hash = merkleRoot(tile, nativeHash);
      this.open[level] = [];
    }
  }

  /** The open tiles that hold anything. */
  partials(): readonly TileContent[] {
    return this.open.flatMap((hashes, level) => {
      const index = this.count >> BigInt(8 * (level + 1));
      return hashes.length === 0 ? [] : [{ level, index, hashes: [...hashes] }];
    });
  }

  /** RFC 6962 root of all leaves. */
  root(): Uint8Array {
    let right: Uint8Array | undefined;
    // A level's open hashes stand left of everything open below it.
    for (const hashes of this.open) {
      const edge = new RightEdge(nativeHash);
      for (const hash of hashes) edge.append(hash);
      for (const left of edge.hashes.toReversed())
        right = right === undefined ? left : nodeHash(left, right, nativeHash);
    }
    return right ?? emptyRoot(nativeHash);
  }
}
