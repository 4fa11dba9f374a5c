/**
 * Follows one log: polls its checkpoint, holds it against the leaves that are held, fetches what is new, recomputes the
 * root, and keeps it. Nothing unverified reaches the disk, and memory doesn't grow with the log.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import {
  consistencyFromTiles,
  equal,
  type HashTile,
  leafHash,
  TILE_WIDTH,
  tileWidth,
  verifyConsistency,
  VitrineError,
} from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import { type LogIdentity, type SignedCheckpoint, verifyLogCheckpoint } from '../followed-log.js';
import { LeafRules, type LeafProblem, type VerifiedLeaf } from './leaf-rules.js';
import type { Committed, LeafStore } from './leaf-store.js';
import type { LogSource } from './log-source.js';
import { scrub } from './scrub.js';
import type { TileContent, Tree } from './tree.js';

/** What a replica tells while it works. Listeners are awaited, so they slow it down rather than fill the memory. */
export interface ReplicaListener {
  /** A signed checkpoint that isn't consistent with the held leaves. `held`: the note kept last, if any. */
  onContradiction(offered: SignedCheckpoint, held: string | undefined, message: string): Promise<void>;
  /** Newly verified leaves, on the disk by now. `since`: when the poll before began, if it had caught up. */
  onLeaves(leaves: readonly VerifiedLeaf[], since: Date | null): Promise<void>;
  onLeafProblem(problem: LeafProblem): Promise<void>;
  /** Files that were damaged and fetched again. */
  onMended(paths: readonly string[]): void;
}

export interface ReplicaOptions {
  readonly log: LogIdentity;
  readonly store: LeafStore;
  readonly source: LogSource;
  readonly clock: () => Date;
  readonly listener: ReplicaListener;
  /**
   * Given each checkpoint before it is verified: the log's keys where they changed, taken over when the checkpoint
   * extends what is held. So a stolen key can't bring a fork's keys in, nor end the log's.
   */
  readonly follow?: (note: string) => Promise<(LogIdentity & { keep(): Promise<unknown> }) | undefined>;
  /** Told of every leaf that is held already, while it is checked at start. */
  readonly onHeld?: (leaf: VerifiedLeaf) => void;
  readonly signal: AbortSignal;
}

/** What a poll found. */
export interface Polled {
  readonly offered: SignedCheckpoint;
  /** The log shows less than it showed before: an old answer of some cache, or a rollback. */
  readonly behind: boolean;
}

/** Leaves are fetched, checked and kept so many bundles at a time. */
const BUNDLES_AT_ONCE = 8n;
const WIDTH = BigInt(TILE_WIDTH);

export class Replica {
  private rules = new LeafRules();
  /** When the newest poll that caught up began. */
  private caughtUp: Date | null = null;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: ReplicaOptions) {}

  get size(): bigint {
    return this.options.store.size;
  }

  /** Checks what is held. Throws UNAVAILABLE or INTEGRITY_VIOLATION as `scrub` does; may be called again then. */
  async open(): Promise<void> {
    const { store, source, listener, onHeld, signal } = this.options;
    const committed = await this.committed();
    if (committed === undefined) return;
    const rules = new LeafRules();
    const mended = await scrub({
      store,
      committed,
      source,
      onLeaf: (index, bytes, hash) => onHeld?.(rules.take(index, bytes, hash)),
      turn: async () => {
        signal.throwIfAborted();
        await breathe();
      },
    });
    this.rules = rules;
    if (mended.length > 0) listener.onMended(mended);
  }

  /**
   * Asks for the newest checkpoint and takes over what is new. Throws UNAVAILABLE without an answer,
   * INTEGRITY_VIOLATION when what comes doesn't verify; a contradiction is told to the listener before.
   */
  async poll(): Promise<Polled> {
    const { log, store, source, clock } = this.options;
    const began = clock();
    const note = await source.checkpoint();
    const learned = await this.options.follow?.(note);
    const offered = verifyLogCheckpoint(note, learned ?? log);
    const held = store.size;
    if (offered.size > held) {
      const tiles = remembering((tile) => source.hashes(tile));
      if (held > 0n) await this.requireExtension(offered, tiles);
      await this.fetch(offered, tiles);
    } else {
      const message = await this.contradiction(offered);
      if (message !== undefined) throw await this.contradicted(offered, message);
    }
    await learned?.keep();
    const behind = offered.size < held;
    if (!behind) {
      if ((await store.checkpoint()) !== offered.note) await store.keepCheckpoint(offered.note);
      this.caughtUp = began;
    }
    return { offered, behind };
  }

  /** Why a signed checkpoint contradicts the held leaves; undefined when it doesn't, or is of a larger size. */
  async contradiction(offered: Pick<SignedCheckpoint, 'size' | 'root'>): Promise<string | undefined> {
    const { store } = this.options;
    if (offered.size > store.size) return undefined;
    const root = offered.size === store.size ? store.root : await store.rootAt(offered.size);
    if (equal(root, offered.root)) return undefined;
    return `the signed root of size ${offered.size} isn't that of the entries that this log showed before`;
  }

  /** The note over held leaves that was kept last. */
  heldNote(): Promise<string | undefined> {
    return this.options.store.checkpoint();
  }

  /** Verified leaves from an index on: those held, then new ones as they come, until the signal ends it. */
  async *leaves(from: bigint, signal: AbortSignal): AsyncGenerator<VerifiedLeaf> {
    const rules = new LeafRules(); // gives the parsed leaf alone here: order was looked at when it came
    for (let index = from; !signal.aborted;) {
      if (index >= this.size) {
        await this.grown(signal);
        continue;
      }
      const bundle = await this.options.store.leaves(index / WIDTH);
      for (const bytes of bundle.slice(Number(index % WIDTH))) {
        const { problem: _problem, ...leaf } = rules.take(index, bytes, leafHash(bytes, nativeHash));
        yield leaf;
        index += 1n;
      }
    }
  }

  /** What the state file says; the kept checkpoint where that file is damaged or missing. */
  private async committed(): Promise<Committed | undefined> {
    const { store, log } = this.options;
    let damage: VitrineError | undefined;
    try {
      const committed = await store.committed();
      if (committed !== undefined) return committed;
    } catch (cause) {
      if (!(cause instanceof VitrineError)) throw cause;
      damage = cause;
    }
    const note = await store.checkpoint();
    if (note !== undefined) return verifyLogCheckpoint(note, log);
    if (damage !== undefined) throw damage;
    return undefined;
  }

  /** The log has to show that what it signed extends the held leaves, before any of it is fetched. */
  private async requireExtension(offered: SignedCheckpoint, tiles: Tiles): Promise<void> {
    const { store } = this.options;
    if (await extendsTree(store.size, store.root, offered, tiles)) return;
    const message = `the log can't show that its signed size ${offered.size} extends the ${store.size} entries held`;
    throw await this.contradicted(offered, message);
  }

  private async contradicted(offered: SignedCheckpoint, message: string): Promise<VitrineError> {
    const { listener, store } = this.options;
    await listener.onContradiction(offered, await store.checkpoint(), message);
    return new VitrineError('INTEGRITY_VIOLATION', message, { details: { what: 'contradiction' } });
  }

  private async fetch(offered: SignedCheckpoint, tiles: Tiles): Promise<void> {
    const { store, signal } = this.options;
    const since = this.caughtUp;
    while (store.size < offered.size) {
      signal.throwIfAborted();
      const whole = (store.size / WIDTH + BUNDLES_AT_ONCE) * WIDTH;
      const end = whole < offered.size ? whole : offered.size;
      const leaves = await this.download(store.size, end, offered.size);
      await this.take(leaves, end, offered, tiles, since);
    }
  }

  /** Leaves from `start` up to `end`, which is the end of a bundle or of the log. */
  private async download(start: bigint, end: bigint, size: bigint): Promise<readonly Uint8Array[]> {
    const bundles: bigint[] = [];
    for (let bundle = start / WIDTH; bundle * WIDTH < end; bundle += 1n) bundles.push(bundle);
    const { source } = this.options;
    const found = await Promise.all(
      bundles.map((bundle) => source.leaves(bundle, tileWidth('entries', bundle, size))),
    );
    return found.flat().slice(Number(start % WIDTH));
  }

  /** Holds the leaves against the signed root, then keeps them and tells of them. */
  private async take(
    leaves: readonly Uint8Array[],
    end: bigint,
    offered: SignedCheckpoint,
    tiles: Tiles,
    since: Date | null,
  ): Promise<void> {
    const { store, listener } = this.options;
    const next: Tree = store.draft();
    const filled: TileContent[] = [];
    const hashes = leaves.map((leaf) => leafHash(leaf, nativeHash));
    for (const hash of hashes) filled.push(...next.append(hash));
    if (next.size !== end || !(await extendsTree(end, next.root(), offered, tiles))) {
      const message = `the entries up to ${end} don't hash to the signed root of size ${offered.size}`;
      throw new VitrineError('INTEGRITY_VIOLATION', message, { details: { what: 'entries' } });
    }
    const first = store.size;
    await store.commit(leaves, next, filled);
    const taken = leaves.map((bytes, i) => this.rules.take(first + BigInt(i), bytes, hashes[i] ?? bytes));
    for (const { index, problem } of taken) {
      if (problem !== null) await listener.onLeafProblem({ index, message: problem });
    }
    await listener.onLeaves(taken, since);
    for (const wake of this.waiting) wake();
  }

  private async grown(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

type Tiles = (tile: HashTile) => Promise<readonly Uint8Array[]>;

/** Whether the tree of this size and root is the beginning of the signed one, by a proof made from the log's tiles. */
async function extendsTree(
  size: bigint,
  root: Uint8Array,
  offered: SignedCheckpoint,
  tiles: Tiles,
): Promise<boolean> {
  if (size === offered.size) return equal(root, offered.root);
  const proof = await consistencyFromTiles(size, offered.size, tiles, nativeHash);
  try {
    const claim = { from: size, to: offered.size, fromRoot: root, toRoot: offered.root, proof };
    verifyConsistency(claim, nativeHash);
    return true;
  } catch (cause) {
    if (cause instanceof VitrineError) return false;
    throw cause;
  }
}

/** Asks for each tile of one signed size once: level 0 aside, a few hold all that proofs need. */
function remembering(read: Tiles): Tiles {
  const known = new Map<string, Promise<readonly Uint8Array[]>>();
  return (tile) => {
    if (tile.level === 0) return read(tile);
    const key = `${tile.level}/${tile.index}`;
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = read(tile)));
    return found;
  };
}
