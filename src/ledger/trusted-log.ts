/**
 * The trusted log: what this process verified of the log itself (design: ledger, "What a read checks"). It moves
 * forward only over extensions that hold; what doesn't stops it for good and raises the alarm.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type BlockHeader,
  equal,
  headerHash,
  leafHash,
  parseHeader,
  TILE_WIDTH,
  VitrineError,
} from './core/index.js';
import { openEntry, type VerifiedEntry } from './check-entry.js';
import { extend, type ExtendOptions } from './extend.js';
import { messageOf, violationOf } from './finding.js';
import type { Head } from './head-map.js';
import type { RegisteredKey } from './key-registry.js';
import { tileOf } from './leaf-hashes.js';
import { ID_LENGTH, isOrdered } from './list-sums.js';
import { type EntryRow, readBlocks, readEntries, readHead, readLeaves, type SeenHead } from './log-reader.js';
import { nativeHash } from './native.js';
import type { Query } from './query.js';
import { type Applied, TrustedState } from './trusted-state.js';

export interface TrustedLogOptions extends ExtendOptions {
  /** Where to read when the caller brings no transaction. */
  readonly query: Query;
  /** Called once, with what stopped the log. */
  readonly onAlarm: (error: VitrineError) => void;
  readonly random: (length: number) => Uint8Array;
  /** 32 secret bytes, the same for all processes of the deployment: lists are summed up under them. */
  readonly listKey: Uint8Array;
  /** Verified tiles of 256 leaf hashes kept in memory, 8 KB each. */
  readonly tiles?: number;
  /** What a snapshot held, to go on from. */
  readonly state?: TrustedState;
}

/** An entry's row as it was read, to be verified. */
export type EntryBytes = Pick<EntryRow, 'index' | 'leaf' | 'opening' | 'salt'>;

/** A block that was appended by this process: built from checked entries, so applied without another check. */
export interface OwnBlock {
  readonly headerBytes: Uint8Array;
  readonly header: BlockHeader;
  readonly entries: readonly Applied[];
}

type ReadHead = (query: Query, known: bigint) => Promise<SeenHead | undefined>;

/** What a list was compared with. */
export interface ListCheck {
  /** Records that it has to have. */
  readonly count: number;
  readonly holds: boolean;
}

const BLOCKS_AT_ONCE = 512;
/** How long a commit of this process is waited for; one whose session hangs mustn't hold up those who read. */
const OWN_MS = 1000;

export class TrustedLog {
  readonly state: TrustedState;
  private flight: Promise<void> | undefined;
  private stopped: VitrineError | undefined;
  /** Fulfils when the commit that was announced by `expectOwn` has been applied, or has failed. */
  private own: Promise<void> | undefined;

  constructor(private readonly options: TrustedLogOptions) {
    const seed = new DataView(options.random(4).slice().buffer).getUint32(0);
    this.state = options.state ?? new TrustedState(seed, options.listKey, options.tiles);
  }

  /** Entries verified so far. */
  get size(): bigint {
    return this.state.size;
  }

  /** RFC 6962 root of them. */
  get root(): Uint8Array {
    return this.state.edge.root();
  }

  /**
   * Verifies up to at least `to` entries. Callers share one run. Inside a transaction, pass it as `query`: waiting for
   * another connection while holding one can use up the pool.
   *
   * Throws INTEGRITY_VIOLATION when the log has no such position, and whatever stopped the log.
   */
  async advance(to: bigint, query: Query = this.options.query): Promise<void> {
    for (;;) {
      this.requireRunning();
      if (this.size >= to || (await this.has(to))) return;
      if (this.flight === undefined) {
        this.flight = this.run(to, query).finally(() => (this.flight = undefined));
        await this.flight;
      } else {
        // Another caller's failure to read is not this one's: it tries for itself.
        await this.flight.catch(() => undefined);
      }
    }
  }

  /** Whether `to` entries are verified, by a commit of this process that is on its way too. */
  async has(to: bigint): Promise<boolean> {
    if (this.size < to && this.own !== undefined)
      await Promise.race([this.own, wait(OWN_MS, undefined, { ref: false })]);
    return this.size >= to;
  }

  /**
   * Verifies up to the database's head and gives the size. Throws ROLLBACK_DETECTED when the head went back; so `query`
   * must see what is committed now: no transaction with an older snapshot. `read` may lock the head as it reads it.
   */
  async sync(query: Query = this.options.query, read: ReadHead = readHead): Promise<bigint> {
    this.requireRunning();
    const { size, height } = this.state; // before the query: own commits may be applied while it runs
    const head = await read(query, height);
    if (head === undefined || head.size < size || head.height < height) {
      throw this.stop(
        new VitrineError(
          'ROLLBACK_DETECTED',
          `the database holds ${head?.size ?? 0n} entries, but ${size} were verified: it was rolled back. ` +
            'Restore its newest state; nothing is served until then',
        ),
      );
    }
    this.requireKnownBlock(height, head.header);
    await this.advance(head.size, query);
    return this.size;
  }

  /**
   * Comes to the head that a statement read beside its rows: what this log knows below it is what the rows must be, what it
   * knows from there on overtook them. Throws ROLLBACK_DETECTED when the head went back.
   *
   * @param before own size when the statement was sent
   */
  async reach(head: bigint, before: bigint): Promise<void> {
    if (head < before) await this.sync();
    if (head > this.size) await this.advance(head);
  }

  /**
   * Says that a commit of this process is about to be durable: who sees its head waits for `applyOwn` rather than read the
   * block and check it anew. To be called again when it was applied or has failed.
   */
  expectOwn(): () => void {
    let settle = (): void => undefined;
    const own = new Promise<void>((resolve) => (settle = resolve));
    this.own = own;
    return () => {
      if (this.own === own) this.own = undefined;
      settle();
    };
  }

  /** Takes a block that this process committed. A no-op when a reader was faster and verified it from the database. */
  applyOwn(block: OwnBlock): void {
    const hash = headerHash(block.headerBytes, nativeHash);
    const known = this.state.headers.at(Number(block.header.height));
    if (known !== undefined) {
      if (!equal(known, hash)) throw this.stop(rollback(block.header.height));
      return;
    }
    if (block.header.first !== this.size) throw new VitrineError('INTERNAL', 'own block out of order');
    for (const entry of block.entries) this.state.applyEntry(entry);
    this.state.applyHeader(hash, block.header.time);
  }

  /** Stops the log: every later advance throws this error. The first stop raises the alarm. */
  stop(error: VitrineError): VitrineError {
    if (this.stopped === undefined) {
      this.stopped = error;
      this.options.onAlarm(error);
    }
    return this.stopped;
  }

  /** What stopped the log, or undefined while it runs. */
  get alarm(): VitrineError | undefined {
    return this.stopped;
  }

  /** Checks an entry's row against the verified leaf of its index. Throws INTEGRITY_VIOLATION. */
  async verifyEntry(
    index: bigint,
    leaf: Uint8Array,
    opening: Uint8Array,
    salt: Uint8Array,
    query?: Query,
  ): Promise<VerifiedEntry> {
    const [verified] = await this.verifyEntries([{ index, leaf, opening, salt }], query);
    if (verified === undefined || verified instanceof VitrineError) throw verified ?? missing(index);
    return verified;
  }

  /** Checks rows against the verified leaves of their indexes: each gives the entry or what is wrong with it. */
  async verifyEntries(
    rows: readonly EntryBytes[],
    query: Query = this.options.query,
  ): Promise<readonly (VerifiedEntry | VitrineError)[]> {
    this.requireRunning();
    return Promise.all(rows.map((row) => this.verifyRow(row, query)));
  }

  private async verifyRow(row: EntryBytes, query: Query): Promise<VerifiedEntry | VitrineError> {
    const { index } = row;
    try {
      const known = this.state.leaves.get(index) ?? (await this.leafHashAt(index, query));
      if (!equal(leafHash(row.leaf, nativeHash), known)) {
        const message = 'expected the anchored leaf, got another';
        return violationOf({ what: 'leaf', message, index, block: null });
      }
    } catch (cause) {
      if (cause instanceof VitrineError) return cause;
      throw cause;
    }
    try {
      return openEntry(index, row.leaf, row.opening, row.salt);
    } catch (cause) {
      return violationOf({ what: 'link', message: messageOf(cause), index, block: null });
    }
  }

  /** Verified leaf hash of an entry. Throws INTEGRITY_VIOLATION beyond the size, or when its tile was changed. */
  async leafHashAt(index: bigint, query: Query = this.options.query): Promise<Uint8Array> {
    if (index < 0n || index >= this.size) throw missing(index);
    const known = this.state.leaves.get(index);
    if (known !== undefined) return known;
    const tile = tileOf(index);
    const first = BigInt(tile * TILE_WIDTH);
    const rows = await readLeaves(query, first, first + BigInt(TILE_WIDTH));
    const contiguous = rows.every((row, i) => row.index === first + BigInt(i));
    const hashes = rows.map((row) => leafHash(row.leaf, nativeHash));
    if (!contiguous || !this.state.leaves.admit(tile, hashes)) {
      const message = `expected the verified leaves ${first} to ${first + BigInt(TILE_WIDTH - 1)}, got others`;
      throw violationOf({ what: 'leaf', message, index, block: null });
    }
    return hashes[Number(index - first)] ?? this.leafHashAt(index, query);
  }

  /** One entry, verified. Throws INTEGRITY_VIOLATION when it isn't there, or doesn't verify. */
  async entryAt(index: bigint, query: Query = this.options.query): Promise<VerifiedEntry> {
    const [row] = await readEntries(query, index, index + 1n);
    if (row === undefined) throw missing(index);
    const entry = await this.verifyRow(row, query);
    if (entry instanceof VitrineError) throw entry;
    return entry;
  }

  /** A later entry replaces the record version of this one. */
  isSuperseded(index: bigint): boolean {
    return this.state.isSuperseded(index);
  }

  hasSubject(kind: string, id: string): boolean {
    return this.state.subject(kind, id) !== undefined;
  }

  /** Newest entry and version of a record. */
  subject(kind: string, id: string): Head | undefined {
    return this.state.subject(kind, id);
  }

  /** Newest entry and length of a thread: whoever lists a thread completely has all places from 1 to its count. */
  thread(id: string): Head | undefined {
    return this.state.thread(id);
  }

  /** Erasures that this process has seen on the log; it only grows. */
  get erasures(): number {
    return this.state.erasures.length;
  }

  /** How often a record moved from list to list; it only grows. */
  get moves(): number {
    return this.state.arrivals.length;
  }

  /** The records that came to the list of a thread by a move, each once; they may have gone on since. */
  arrivals(thread: string): readonly string[] {
    return this.state.arrivals.at(thread);
  }

  /** How many records of a kind are on the list of a thread. */
  listLength(kind: string, thread: string): number {
    return this.state.list(kind, thread, this.size)?.count ?? 0;
  }

  /**
   * Whether these are all records of a kind that were on the list of a thread when the log had `size` entries (which it has had, and
   * `size` was verified). `ids`: 16 bytes each, in their order, each once. Undefined when too much came after that size to
   * tell: read again. What doesn't fit gives how many there are to be.
   */
  checkList(kind: string, thread: string, size: bigint, ids: Uint8Array): ListCheck | undefined {
    this.requireRunning();
    const known = this.state.list(kind, thread, size);
    if (known === undefined) return undefined;
    const whole = known.count * ID_LENGTH === ids.length && isOrdered(ids);
    return { count: known.count, holds: whole && this.state.sumOf(thread, ids) === known.sum };
  }

  key(thumbprint: string): RegisteredKey | undefined {
    return this.state.key(thumbprint);
  }

  /** The newest key of an institution (null: the deployment) that isn't revoked. */
  latestKey(institution: string | null, use: RegisteredKey['use']): RegisteredKey | undefined {
    return this.state.registry.latest(institution, use);
  }

  /** The entry that moved a counter last. */
  counterEntry(id: string): bigint | undefined {
    return this.state.counter(id)?.entry;
  }

  /** Entries with from <= index < to, verified, in order. Throws at the first that doesn't hold. */
  async *entries(from: bigint, to: bigint, query: Query = this.options.query): AsyncGenerator<VerifiedEntry> {
    for await (const entry of this.outcomes(from, to, query)) {
      if (entry instanceof VitrineError) throw entry;
      yield entry;
    }
  }

  /** As `entries`, but what doesn't hold stands in its place as what is wrong with it. */
  async *outcomes(
    from: bigint,
    to: bigint,
    query: Query = this.options.query,
  ): AsyncGenerator<VerifiedEntry | VitrineError> {
    if (from >= to) return; // Nothing is asked for: how long the log is to be isn't said either.
    await this.advance(to, query);
    for (let at = from; at < to; at += BigInt(TILE_WIDTH)) {
      const end = at + BigInt(TILE_WIDTH) < to ? at + BigInt(TILE_WIDTH) : to;
      const rows = new Map((await readEntries(query, at, end)).map((row) => [row.index, row]));
      for (let index = at; index < end; index++) {
        const row = rows.get(index);
        this.requireRunning();
        yield row === undefined ? missing(index) : await this.verifyRow(row, query);
      }
    }
  }

  /** A block's header, checked against the verified chain. Throws NOT_FOUND above the height. */
  async block(
    height: bigint,
    query: Query = this.options.query,
  ): Promise<{ readonly header: BlockHeader; readonly bytes: Uint8Array }> {
    const known = this.state.headers.at(Number(height));
    if (known === undefined) throw new VitrineError('NOT_FOUND', `there is no block ${height}`);
    const [row] = await readBlocks(query, height, 1);
    if (row?.height !== height || !equal(headerHash(row.header, nativeHash), known)) {
      const message = 'expected the verified header, got another';
      throw violationOf({ what: 'block', message, index: null, block: height });
    }
    return { header: parseHeader(row.header), bytes: row.header };
  }

  private requireRunning(): void {
    if (this.stopped !== undefined) throw this.stopped;
  }

  private async run(to: bigint, query: Query): Promise<void> {
    const { height } = this.state;
    const head = await readHead(query, height);
    // A position from a row that was tampered with: that row is wrong, the log isn't.
    if (head === undefined || head.size < to) throw missing(to - 1n);
    this.requireKnownBlock(height, head.header);
    while (this.size < head.size) {
      const next = this.state.height + 1n;
      const blocks = await readBlocks(query, next, BLOCKS_AT_ONCE);
      if (blocks.length === 0) {
        const message = `the block is missing, the head says height ${head.height}`;
        throw this.stop(violationOf({ what: 'block', message, index: null, block: next }));
      }
      await extend(this, this.options, blocks, query);
    }
  }

  private requireKnownBlock(height: bigint, header: Uint8Array | null): void {
    const known = this.state.headers.at(Number(height));
    if (known === undefined) return;
    if (header === null || !equal(headerHash(header, nativeHash), known)) throw this.stop(rollback(height));
  }
}

function rollback(height: bigint): VitrineError {
  return new VitrineError(
    'ROLLBACK_DETECTED',
    `block ${height} isn't the one that was verified before: the database was replaced or rolled back. ` +
      'Restore its newest state; nothing is served until then',
  );
}

function missing(index: bigint): VitrineError {
  return violationOf({ what: 'leaf', message: 'the log has no such entry', index, block: null });
}
