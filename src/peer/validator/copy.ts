/** What a validator knows of the log by its own copy: leaves under a root that it verified, and cosigned itself. */
import { type Leaf, parseLeaf, TILE_WIDTH, VitrineError } from '../../ledger/core/index.js';
import type { SignedCheckpoint } from '../followed-log.js';
import type { LeafStore } from '../replica/leaf-store.js';
import type { Replica } from '../replica/replica.js';
import type { Successors } from './successors.js';

/** A leaf as the log has it, from the copy. */
export interface HeldLeaf {
  readonly bytes: Uint8Array;
  readonly leaf: Leaf;
}

export interface CopyOptions {
  readonly store: LeafStore;
  /** Told of every leaf as it is copied. */
  readonly successors: Successors;
  readonly replica: Pick<Replica, 'contradiction'>;
  /** The checkpoint that this peer cosigned last. */
  readonly cosigned: () => SignedCheckpoint | undefined;
}

const WIDTH = BigInt(TILE_WIDTH);
/** Versions that lead to the first one. */
const MOST_VERSIONS = 10_000;

export class Copy {
  constructor(private readonly options: CopyOptions) {}

  /** The leaf of an entry; undefined while it isn't held. @throws VitrineError INTEGRITY_VIOLATION when it is no leaf */
  async leaf(index: bigint): Promise<HeldLeaf | undefined> {
    const bytes = (await this.options.store.leaves(index / WIDTH))[Number(index % WIDTH)];
    return bytes === undefined ? undefined : { bytes, leaf: parseLeaf(bytes) };
  }

  /** Why an entry isn't beyond doubt yet, for a validator that asks for its own cosignature; null when it is. */
  async uncosigned(index: bigint): Promise<string | null> {
    const { store, replica, cosigned } = this.options;
    const checkpoint = cosigned();
    if (checkpoint === undefined || checkpoint.size <= index)
      return `this witness has cosigned ${checkpoint?.size ?? 0n} entries, and not entry ${index}`;
    if (checkpoint.size > store.size)
      return `the copy holds ${store.size} of the ${checkpoint.size} entries that were cosigned`;
    return (await replica.contradiction(checkpoint)) ?? null;
  }

  /** When the first version of a record was appended, by the leaf of any version. */
  async firstTime(leaf: Leaf): Promise<string> {
    let first = leaf;
    for (let versions = 1; first.supersedes !== null; versions++) {
      const before = await this.leaf(first.supersedes);
      if (before === undefined || versions > MOST_VERSIONS)
        throw new VitrineError('INTEGRITY_VIOLATION', `entry ${first.supersedes} isn't held`);
      first = before.leaf;
    }
    return first.time;
  }

  /**
   * The entry whose leaf replaces an entry's record version; null when none that is held does.
   * @throws VitrineError INTEGRITY_VIOLATION when one of the leaves that nobody took note of is none
   */
  async supersededBy(index: bigint): Promise<bigint | null> {
    const { store, successors } = this.options;
    // Nothing, but between a leaf's coming to the disk and its being told.
    while (successors.until < store.size) {
      const at = successors.until;
      successors.take(at, (await this.leaf(at))?.leaf ?? null);
    }
    return successors.of(index);
  }
}
