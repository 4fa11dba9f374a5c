/** The right edge of a growing RFC 6962 tree: the roots of its perfect subtrees, enough to append and to give roots. */
import { VitrineError } from './error.js';
import { type HashFn, sha256 } from './hash.js';
import { emptyRoot, nodeHash } from './merkle.js';
import { TILE_WIDTH } from './tile.js';

/**
 * A compact range from leaf 0. Holds one hash for each 1 bit of the size, largest subtree first; appending costs one
 * node hash on average.
 */
export class RightEdge {
  private count = 0;
  private edge: Uint8Array[] = [];

  constructor(private readonly hash: HashFn = sha256) {}

  /**
   * An edge from what was stored of it. The hashes are believed: the caller checks `root()` against a root it trusts.
   * Throws INTEGRITY_VIOLATION unless there is one hash of 32 bytes for each 1 bit of the size.
   */
  static from(size: bigint, hashes: readonly Uint8Array[], hash: HashFn = sha256): RightEdge {
    if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new VitrineError('INTEGRITY_VIOLATION', `expected a size from 0 to 2^53 - 1, got ${size}`);
    }
    const subtrees = size.toString(2).replaceAll('0', '').length;
    if (hashes.length !== subtrees || hashes.some((one) => one.length !== 32)) {
      throw new VitrineError(
        'INTEGRITY_VIOLATION',
        `expected ${subtrees} hashes of 32 bytes for size ${size}`,
      );
    }
    const edge = new RightEdge(hash);
    edge.count = Number(size);
    edge.edge = [...hashes];
    return edge;
  }

  /** Number of leaves. */
  get size(): bigint {
    return BigInt(this.count);
  }

  /** Roots of the perfect subtrees, largest first. */
  get hashes(): readonly Uint8Array[] {
    return [...this.edge];
  }

  /** Adds a leaf by its leaf hash. Gives the root of the tile of 256 leaves that it filled, if it filled one. */
  append(leafHash: Uint8Array): Uint8Array | undefined {
    let root = leafHash;
    let width = 1;
    let tile: Uint8Array | undefined;
    // Every 1 bit that carries over is a subtree of the same size to the left. Not `>>`: it cuts to 32 bits.
    for (let carry = this.count; carry % 2 === 1; carry = (carry - 1) / 2) {
      const left = this.edge.pop();
      if (left === undefined)
        throw new VitrineError('INTERNAL', 'expected a subtree for each bit of the size');
      root = nodeHash(left, root, this.hash);
      width *= 2;
      if (width === TILE_WIDTH) tile = root;
    }
    this.edge.push(root);
    this.count += 1;
    return tile;
  }

  /** RFC 6962 root of all leaves. */
  root(): Uint8Array {
    const last = this.edge.at(-1);
    if (last === undefined) return emptyRoot(this.hash);
    return this.edge.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, this.hash), last);
  }

  /** An edge of the same leaves that grows apart from this one. */
  clone(): RightEdge {
    return RightEdge.from(this.size, this.edge, this.hash);
  }
}
