/**
 * Reads everything that is held again, at start: each leaf to its tile, each tile to the committed root. A damaged file
 * is fetched from the log again; nothing is put back unless the whole leads to that root.
 */
import { equal, leafHash, tileWidth, VitrineError } from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import { type FileContent, readIfThere, replaceDurably } from '../durable.js';
import type { Committed, LeafStore } from './leaf-store.js';
import type { LogSource } from './log-source.js';
import { type TileContent, Tree } from './tree.js';

export interface ScrubOptions {
  readonly store: LeafStore;
  readonly committed: Committed;
  /** Where damaged bundles are fetched. */
  readonly source: Pick<LogSource, 'leaves'>;
  /** Told of every leaf, in order, before the root is checked. */
  readonly onLeaf: (index: bigint, leaf: Uint8Array, hash: Uint8Array) => void;
  /** Called between bundles: throws to give up. */
  readonly turn: () => Promise<void>;
}

/** What was mended, by path. */
export type Mended = readonly string[];

/** More damaged bundles than this are no accident of a disk: the copy is fetched anew instead. */
const MOST_DAMAGED = 64;

/**
 * Checks the files and hands the store its tree. Throws UNAVAILABLE when a damaged file can't be fetched now, and
 * INTEGRITY_VIOLATION when the files can't be mended.
 */
export async function scrub(options: ScrubOptions): Promise<Mended> {
  const { store, committed, onLeaf, turn } = options;
  const tree = Tree.empty();
  const mended: FileContent[] = [];
  let damaged = 0;
  for (let bundle = 0n; bundle << 8n < committed.size; bundle += 1n) {
    await turn();
    const width = tileWidth('entries', bundle, committed.size);
    const held = await heldLeaves(store, bundle, width, committed.size);
    const leaves = held ?? (await options.source.leaves(bundle, width));
    if (held === undefined) {
      if ((damaged += 1) > MOST_DAMAGED) throw beyondRepair(store.folder);
      mended.push(store.files.bundle(bundle, leaves));
    }
    for (const leaf of leaves) {
      const hash = leafHash(leaf, nativeHash);
      onLeaf(tree.size, leaf, hash);
      for (const tile of tree.append(hash)) mended.push(...(await differing(store, tile)));
    }
  }
  for (const tile of tree.partials()) mended.push(...(await differing(store, tile)));
  if (!equal(tree.root(), committed.root)) throw beyondRepair(store.folder);
  await replaceDurably(mended);
  store.adopt(tree, committed);
  return mended.map(({ path }) => path);
}

/** The bundle's leaves when the file is whole and its hashes are those of the tile; otherwise either may be wrong. */
async function heldLeaves(
  store: LeafStore,
  bundle: bigint,
  width: number,
  size: bigint,
): Promise<readonly Uint8Array[] | undefined> {
  try {
    const leaves = await store.files.leaves(bundle, width, size);
    const hashes = await store.files.hashes({ level: 0, index: bundle, width }, size);
    return leaves.every((leaf, i) => equal(leafHash(leaf, nativeHash), hashes[i] ?? new Uint8Array(0)))
      ? leaves
      : undefined;
  } catch (cause) {
    if (cause instanceof VitrineError) return undefined;
    throw cause;
  }
}

async function differing(store: LeafStore, { level, index, hashes }: TileContent): Promise<FileContent[]> {
  const file = store.files.tile(level, index, hashes);
  const standing = await readIfThere(file.path);
  return standing !== undefined && equal(standing, file.content as Uint8Array) ? [] : [file];
}

function beyondRepair(folder: string): VitrineError {
  return new VitrineError(
    'INTEGRITY_VIOLATION',
    `the copy of the log in ${folder} is damaged beyond repair: move that folder away, and it will be fetched anew`,
  );
}
