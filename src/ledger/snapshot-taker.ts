/**
 * Takes snapshots of the trusted state beside the appends, so that the next start needn't replay the log. The bytes
 * are committed before they are anchored: an entry never names bytes that aren't there, and bytes that a crash left
 * without an entry are dropped later.
 */
import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '../database/index.js';
import { base64url, VitrineError } from './core/index.js';
import type { LedgerLog } from './contract.js';
import type { Faults } from './faults.js';
import type { KeyStore } from './key-store.js';
import { readEntries } from './log-reader.js';
import type { PendingEntry } from './pending.js';
import { LITTLE_ENDIAN } from './section.js';
import { freezeState, type FrozenState, SNAPSHOT_FORMAT } from './snapshot-format.js';
import { dropSnapshots, forgetSnapshot, isTaken, writeSnapshot } from './snapshot-store.js';
import { buildSystemEntry, SNAPSHOT } from './system-entry.js';
import type { TrustedLog } from './trusted-log.js';

export interface TakerOptions {
  readonly prisma: PrismaClient;
  readonly trusted: TrustedLog;
  readonly keys: KeyStore;
  readonly append: (group: readonly PendingEntry[]) => Promise<unknown>;
  readonly log: LedgerLog;
  readonly faults: Faults | undefined;
  /** Entries from one snapshot to the next at least; 0 for none ever. */
  readonly every: number;
}

interface Written {
  readonly id: string;
  readonly size: bigint;
  readonly height: bigint;
  readonly hash: Uint8Array;
}

/** What is written again at each snapshot grows with the log; what is replayed at a start may grow with it too. */
const SHARE = 16n;
/** Any number: names the lock under which one process at a time writes a snapshot. */
const LOCK = 7_641_203_355_118n;
/** Longer than a snapshot of any log takes. */
const LONGEST_MS = 600_000;

export class SnapshotTaker {
  private running: Promise<void> | undefined;
  private closed = false;
  /** After a failure the log grows some more before it is tried again. */
  private notBefore = 0n;

  constructor(private readonly options: TakerOptions) {}

  /** Begins a snapshot when one is due. To be called after appends; it never throws, and nothing waits for it. */
  consider(): void {
    if (this.running !== undefined || !this.isDue()) return;
    this.running = this.take().finally(() => (this.running = undefined));
  }

  /** Returns when no snapshot is being taken. */
  async settled(): Promise<void> {
    await this.running;
  }

  /** Breaks off what is being written, and lets what is being anchored end. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private isDue(): boolean {
    const { trusted, every } = this.options;
    const { size, snapshotSize } = trusted.state;
    if (this.closed || every === 0 || !LITTLE_ENDIAN || size < this.notBefore) return false;
    const share = size / SHARE;
    return size - snapshotSize >= (share > BigInt(every) ? share : BigInt(every));
  }

  private async take(): Promise<void> {
    const { prisma, trusted, log, faults } = this.options;
    const started = performance.now();
    try {
      const written = await this.write();
      if (written === undefined) return;
      await faults?.('snapshot-written');
      // Another process may have been faster; two snapshots would harm nobody, but one is enough.
      if (trusted.state.snapshotSize >= written.size || this.closed)
        return await forgetSnapshot(prisma, written.id);
      await this.anchor(written);
      await faults?.('snapshot-anchored');
      await dropSnapshots(prisma);
      await faults?.('snapshot-dropped');
      const ms = Math.round(performance.now() - started);
      log.info({ size: written.size.toString(), ms }, 'a snapshot of the log was taken');
    } catch (error) {
      this.notBefore = trusted.size + BigInt(Math.ceil(this.options.every / 8));
      if (!this.closed) log.warn({ err: error }, 'no snapshot of the log was taken');
    }
  }

  /** The bytes, in a transaction of their own: all of them are there or none. Undefined when it isn't our turn. */
  private write(): Promise<Written | undefined> {
    const { prisma, trusted, faults } = this.options;
    return prisma.$transaction(
      async (tx) => {
        const sql = 'SELECT pg_try_advisory_xact_lock($1) AS held';
        const [lock] = await tx.$queryRawUnsafe<{ held: boolean }[]>(sql, LOCK);
        if (lock?.held !== true || !this.isDue() || (await isTaken(tx, trusted.size))) return undefined;
        // Blocks are applied in one go, so this is the end of one, unless the log stopped within it.
        const frozen = freezeState(trusted.state);
        try {
          await faults?.('snapshot-frozen');
          const id = randomUUID();
          const hash = await writeSnapshot(tx, id, frozen.chunks(), () => this.requireGoing(frozen));
          return { id, size: frozen.size, height: frozen.height, hash };
        } finally {
          frozen.release();
        }
      },
      { timeout: LONGEST_MS },
    );
  }

  private async requireGoing(frozen: FrozenState): Promise<void> {
    await this.options.faults?.('snapshot-chunk');
    const { alarm } = this.options.trusted;
    if (alarm !== undefined) throw alarm;
    if (this.closed)
      throw new VitrineError('UNAVAILABLE', `the log is closing; no snapshot of ${frozen.size}`);
  }

  private async anchor({ id, size, height, hash }: Written): Promise<void> {
    const { keys, trusted, append } = this.options;
    const log = await this.logId();
    const registered = trusted.key(keys.serviceKey.thumbprint)?.entry;
    const entry = await buildSystemEntry(keys, {
      op: SNAPSHOT,
      subject: { kind: 'Snapshot', id, version: 1 },
      supersedes: null,
      supersededHash: null,
      detail: {
        format: SNAPSHOT_FORMAT,
        hash: base64url(hash),
        height: height.toString(),
        size: size.toString(),
      },
      actor: log,
      threads: [log],
      request: randomUUID(),
      ...(registered !== undefined && { registered }),
    });
    await append([entry]);
  }

  /** The id of the log's own record: the subject of entry 0. */
  private async logId(): Promise<string> {
    const { prisma, trusted } = this.options;
    const [row] = await readEntries(prisma, 0n, 1n);
    if (row === undefined) throw new VitrineError('INTERNAL', 'expected entry 0');
    const { opening } = await trusted.verifyEntry(0n, row.leaf, row.opening, row.salt);
    return opening.subject.id;
  }
}
