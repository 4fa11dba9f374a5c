/**
 * The verified leaves of one log on disk. `state.json` is what commits: it names the size up to which the files hold;
 * whatever lies beyond was interrupted and is written again.
 */
import { join } from 'node:path';
import {
  equal,
  fromHex,
  hex,
  leafHash,
  rootFromTiles,
  TILE_WIDTH,
  type TileName,
  tileWidth,
  VitrineError,
} from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import { type FileContent, readTextIfThere, replaceDurably } from '../durable.js';
import { TileFiles } from './tile-files.js';
import { type TileContent, Tree } from './tree.js';

/** Places where tests let the process die. */
export type StoreFault = (point: 'after-tiles' | 'after-state' | 'after-checkpoint') => void | Promise<void>;

/** The size and root that were committed. */
export interface Committed {
  readonly size: bigint;
  readonly root: Uint8Array;
}

const WIDTH = BigInt(TILE_WIDTH);
const MOST_RECENT = 8;

export class LeafStore {
  readonly files: TileFiles;
  private tree = Tree.empty();
  private readonly recent = new Map<bigint, readonly Uint8Array[]>();

  constructor(
    readonly folder: string,
    private readonly faults?: StoreFault,
  ) {
    this.files = new TileFiles(folder);
  }

  /** Leaves held and verified. */
  get size(): bigint {
    return this.tree.size;
  }

  get root(): Uint8Array {
    return this.tree.root();
  }

  /** What was committed last; undefined at the beginning. Throws INTEGRITY_VIOLATION when the file is damaged. */
  async committed(): Promise<Committed | undefined> {
    const text = await readTextIfThere(this.stateFile);
    if (text === undefined) return undefined;
    try {
      const { v, size, root } = JSON.parse(text) as Record<string, unknown>;
      if (v !== 1 || typeof size !== 'string' || typeof root !== 'string') throw new Error('other members');
      return { size: BigInt(size), root: fromHex(root) };
    } catch (cause) {
      throw new VitrineError('INTEGRITY_VIOLATION', `${this.stateFile} is damaged`, { cause });
    }
  }

  /** Goes on from what a scrub found. Throws INTEGRITY_VIOLATION unless it leads to the committed root. */
  adopt(tree: Tree, { size, root }: Committed): void {
    if (tree.size !== size || !equal(tree.root(), root)) {
      throw new VitrineError(
        'INTEGRITY_VIOLATION',
        `${this.folder}: the files don't lead to the committed root`,
      );
    }
    this.tree = tree;
  }

  /** A tree that goes on from the held leaves, to try what comes next with. */
  draft(): Tree {
    return this.tree.clone();
  }

  /**
   * Adds verified leaves: `next` is the draft with their hashes, `filled` the tiles that it filled.
   * Returns when they are on the disk.
   */
  async commit(leaves: readonly Uint8Array[], next: Tree, filled: readonly TileContent[]): Promise<void> {
    const bundles = await this.bundles(leaves);
    const hashTiles = [...filled, ...next.partials()];
    await replaceDurably([
      ...bundles,
      ...hashTiles.map(({ level, index, hashes }) => this.files.tile(level, index, hashes)),
    ]);
    await this.faults?.('after-tiles');
    await replaceDurably([stateContent(this.stateFile, next)]);
    await this.faults?.('after-state');
    const full = filled.flatMap(({ level, index }): TileName[] => [
      { level, index, width: TILE_WIDTH },
      ...(level === 0 ? [{ level: 'entries' as const, index, width: TILE_WIDTH }] : []),
    ]);
    this.tree = next;
    await this.files.dropPartials(full);
  }

  /** Keeps the log's note over the held leaves, which readers of the copy begin with. */
  async keepCheckpoint(note: string): Promise<void> {
    await replaceDurably([{ path: join(this.folder, 'checkpoint'), content: note }]);
    await this.faults?.('after-checkpoint');
  }

  /** The kept note; undefined before the first. */
  checkpoint(): Promise<string | undefined> {
    return readTextIfThere(join(this.folder, 'checkpoint'));
  }

  /** RFC 6962 root of the first `size` leaves, of those held. */
  rootAt(size: bigint): Promise<Uint8Array> {
    const held = this.size;
    return rootFromTiles(size, (tile) => this.files.hashes(tile, held), nativeHash);
  }

  /** The leaf hash of a held entry. */
  async leafHash(index: bigint): Promise<Uint8Array> {
    const leaf = (await this.leaves(index / WIDTH))[Number(index % WIDTH)];
    if (leaf === undefined) throw new VitrineError('NOT_FOUND', `entry ${index} isn't held`);
    return leafHash(leaf, nativeHash);
  }

  /** The held leaves of a bundle. A few bundles stay in memory: neighbours are asked for one after the other. */
  async leaves(bundle: bigint): Promise<readonly Uint8Array[]> {
    const width = tileWidth('entries', bundle, this.size);
    if (width === 0) return [];
    const known = this.recent.get(bundle);
    if (known?.length === width) return known;
    const leaves = await this.files.leaves(bundle, width, this.size);
    this.recent.delete(bundle);
    this.recent.set(bundle, leaves);
    for (const oldest of this.recent.keys()) if (this.recent.size > MOST_RECENT) this.recent.delete(oldest);
    return leaves;
  }

  /** A file of the copy; undefined when nothing held is named so. */
  read(name: TileName): Promise<Uint8Array | undefined> {
    const width = tileWidth(name.level, name.index, this.size);
    return name.width > width ? Promise.resolve(undefined) : this.files.read(name, this.size);
  }

  /** Each touched bundle whole: what is held of the first one, and the new leaves. */
  private async bundles(leaves: readonly Uint8Array[]): Promise<readonly FileContent[]> {
    const files: FileContent[] = [];
    let bundle = this.size / WIDTH;
    let held = [...(await this.leaves(bundle))];
    for (let at = 0; at < leaves.length; bundle += 1n, held = []) {
      const whole = [...held, ...leaves.slice(at, at + TILE_WIDTH - held.length)];
      at += whole.length - held.length;
      files.push(this.files.bundle(bundle, whole));
    }
    return files;
  }

  private get stateFile(): string {
    return join(this.folder, 'state.json');
  }
}

function stateContent(path: string, tree: Tree): FileContent {
  const state = { v: 1, size: tree.size.toString(), root: hex(tree.root()) };
  return { path, content: `${JSON.stringify(state)}\n` };
}
