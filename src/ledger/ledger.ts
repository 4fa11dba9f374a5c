/** The ledger of one process: opens the log it finds, or begins a new one; appends, looks up, follows. */
import { join } from 'node:path';
import { formatVkey, type NoteKey, VitrineError } from './core/index.js';
import { Alarms } from './alarms.js';
import { Background } from './background.js';
import { verifyPinned } from './checkpoint-check.js';
import { CheckpointSigner } from './checkpoint-signer.js';
import { counterOf, readCounter } from './conditions.js';
import type { Ledger, LedgerOptions } from './contract.js';
import { Erasures } from './erasures.js';
import { type KeyStore, listKeyOf, openKeyStore } from './key-store.js';
import { findRequest } from './known-requests.js';
import type { KnownRequest, PendingEntry, Position } from './pending.js';
import { PinFile } from './pin.js';
import { LogProofs } from './proofs.js';
import { type PublishedEntry, publishedKeys } from './published-keys.js';
import { systemRandom } from './random.js';
import { Sequencer } from './sequencer.js';
import { type SnapshotStart, startFromSnapshot } from './snapshot-start.js';
import { SnapshotTaker } from './snapshot-taker.js';
import {
  requireBegun,
  requireGenesis,
  requireLogKey,
  requireNotRolledBack,
  requireOwnLog,
  requireOwnSecrets,
  requireRestored,
} from './start.js';
import { StoredCheckpoints } from './stored-checkpoints.js';
import { TileReader } from './tiles.js';
import { TrustedLog } from './trusted-log.js';
import { LogWitnesses, NO_WITNESSES, type Vouched, type Witnesses } from './witnesses/index.js';
import { CHANNEL } from './write-block.js';

/** How often a counter is read again when its row and the log disagree. */
const COUNTER_ATTEMPTS = 5;

/** How long another process has to sign the checkpoint of its own commit before this one does. */
const UNSIGNED_MS = 1000;

/** Replayed in about a second. */
const SNAPSHOT_EVERY = 16_384;

/**
 * Opens a log that was begun, and verifies all of it.
 *
 * Throws NOT_CONFIGURED without genesis, without keys, with another log's keys, or without a pin unless `trustFirst`;
 * ROLLBACK_DETECTED when the database is behind the pin; INTEGRITY_VIOLATION when it doesn't verify.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { prisma } = options.database;
  const random = options.random ?? systemRandom;
  if (options.readOnly !== true) await requireRestored(prisma);
  await requireBegun(prisma, options.dataDir);
  const keys = await openKeyStore(options.keysDir ?? keyFolder(options.dataDir), { query: prisma, random });
  const pinFile = openPin(options.dataDir, keys);
  const pinned = options.withoutPin === true ? undefined : await pinFile.read();
  const pin = pinned === undefined ? undefined : verifyPinned(keys, pinned);
  const isNew = await requireNotRolledBack(prisma, {
    pin,
    trustFirst: options.trustFirst === true,
    dataDir: options.dataDir,
    // They say more than a person's word; but they are asked only when the log was verified.
    witnessed: options.witnesses !== undefined,
  });
  await requireGenesis(prisma, keys);
  const { genesisOrigin: origin } = keys;
  // An audit takes nothing over from what was verified before.
  const provenBy = options.readOnly === true ? undefined : pin;
  const begun = await startFromSnapshot({
    ...options,
    query: options.database.sql,
    origin,
    pin: provenBy,
    random,
    listKey: listKeyOf(keys),
  });
  const ledger = new OpenLedger(options, keys, pinFile, pin, begun);
  try {
    await ledger.start({ pinned: pin !== undefined, believed: isNew || options.trustFirst === true });
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** Where a deployment's keys are. */
export function keyFolder(dataDir: string): string {
  return join(dataDir, 'keys');
}

/** The pin file of a deployment. */
export function openPin(dataDir: string, keys: KeyStore): PinFile {
  return new PinFile(join(dataDir, 'pin'), (note) => verifyPinned(keys, note).size);
}

export class OpenLedger implements Ledger {
  readonly trusted: TrustedLog;
  readonly tiles: TileReader;
  readonly proofs: LogProofs;
  /** Undefined without a policy, and for audits. */
  private readonly asked: LogWitnesses | undefined;
  private readonly stored: StoredCheckpoints;
  private readonly sequencer: Sequencer;
  private readonly signer: CheckpointSigner;
  /** Takes snapshots of the verified log. */
  readonly snapshots: SnapshotTaker;
  private readonly erasures: Erasures;
  private readonly advanceListeners = new Set<(size: bigint) => void>();
  private readonly alarms: Alarms;
  private readonly appendListeners = new Set<(seconds: number) => void>();
  private announced = 0n;
  private syncing: Promise<bigint> | undefined;
  private nextSync: Promise<bigint> | undefined;
  private readonly background: Background;
  private unlisten: (() => Promise<void>) | undefined;
  private signTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: LedgerOptions,
    readonly keys: KeyStore,
    pinFile: PinFile,
    pin: { readonly size: bigint; readonly root: Uint8Array } | undefined,
    private readonly begun: SnapshotStart = { from: 0n, alarms: [] },
  ) {
    const { prisma, sql } = options.database;
    const random = options.random ?? systemRandom;
    this.background = new Background(options.log);
    this.alarms = new Alarms({ query: sql, log: options.log, stored: options.readOnly !== true });
    this.trusted = new TrustedLog({
      origin: keys.genesisOrigin,
      query: sql,
      random,
      listKey: listKeyOf(keys),
      onAlarm: (error) => this.raise(error),
      ...(pin !== undefined && { pin }),
      ...(options.tiles !== undefined && { tiles: options.tiles }),
      ...(begun.state !== undefined && { state: begun.state }),
      verifySignaturesBelowPin: options.verifySignaturesBelowPin === true,
    });
    keys.follow(this.trusted);
    this.erasures = new Erasures({ ...options, prisma, trusted: this.trusted });
    this.tiles = new TileReader({
      trusted: this.trusted,
      query: sql,
      newest: async () => {
        await this.sync();
        return this.witnesses.attach(await this.checkpoint());
      },
      onViolation: (error) => this.raise(error),
    });
    this.proofs = new LogProofs(this.tiles);
    this.stored = new StoredCheckpoints({ query: sql, trusted: this.trusted, proofs: this.proofs });
    this.asked = this.witnessesOf();
    const { faults } = options;
    this.signer = new CheckpointSigner({ query: sql, keys, pin: pinFile, trusted: this.trusted, faults });
    this.sequencer = new Sequencer({
      sql,
      trusted: this.trusted,
      keys,
      signer: this.signer,
      clock: options.clock ?? (() => new Date()),
      random,
      faults,
      onAppend: (size) => {
        this.announce(size);
        this.snapshots.consider();
      },
    });
    this.snapshots = new SnapshotTaker({
      prisma,
      trusted: this.trusted,
      keys,
      append: (group) => this.append(group),
      log: options.log,
      faults,
      every: options.snapshotEvery ?? SNAPSHOT_EVERY,
    });
  }

  get origin(): string {
    return this.keys.origin;
  }

  get verifierKey(): string {
    const [key = ''] = this.verifierKeys(this.trusted.size);
    return key;
  }

  verifierKeys(size: bigint): readonly string[] {
    return this.signersOf(size).map(formatVkey);
  }

  /** Whose signatures the checkpoint of a size bears: the key in force first. */
  private signersOf(size: bigint): readonly NoteKey[] {
    const signers = this.trusted.state.signersOf(size);
    return signers === undefined ? [] : [signers.name.key, ...signers.beside];
  }

  get witnesses(): Witnesses {
    return this.asked ?? NO_WITNESSES;
  }

  /**
   * Verifies what there is, asks the witnesses about it, signs an unsigned tail, and follows other processes.
   */
  async start(vouched: Vouched): Promise<void> {
    const { from, alarms } = this.begun;
    for (const alarm of alarms) this.raise(alarm);
    const size = await this.sync();
    const replayed = (size - from).toString();
    this.options.log.info(
      { size: size.toString(), snapshot: from.toString(), replayed },
      'the log was verified',
    );
    requireOwnLog(this.keys, this.trusted.state);
    await requireOwnSecrets(this.options.database.sql, this.keys);
    if (this.options.readOnly === true) return;
    await requireLogKey(this.keys, this.trusted.state);
    // Before anything is signed or pinned: of a database that went back, nothing shall be.
    await this.asked?.confirm(await this.stored.newest(), vouched);
    await this.signer.cover(this.trusted.size);
    await this.erasures.open();
    await this.follow();
    await this.asked?.run();
  }

  /** Hears of other processes' commits. */
  async follow(): Promise<void> {
    this.unlisten = await this.options.database.listen(CHANNEL, (size) => {
      this.background.run(() => this.hear(size), 'the log was not followed');
    });
  }

  /** @param size that was announced; empty when announcements may have been missed */
  private async hear(size: string): Promise<void> {
    // Every process hears its own commits too.
    if (/^\d{1,18}$/.test(size) && (await this.trusted.has(BigInt(size)))) return;
    await this.sync();
  }

  async append(group: readonly PendingEntry[]): Promise<readonly Position[]> {
    const { alarm } = this.trusted;
    if (alarm !== undefined) throw alarm;
    const started = performance.now();
    try {
      const positions = await this.alarms.over(this.sequencer.append(group));
      await this.erasures.cover();
      return positions;
    } finally {
      for (const heard of this.appendListeners) heard((performance.now() - started) / 1000);
    }
  }

  onAppended(heard: (seconds: number) => void): () => void {
    this.appendListeners.add(heard);
    return () => this.appendListeners.delete(heard);
  }

  async find(
    institution: string | null,
    member: string,
    request: string,
    part = 0,
  ): Promise<readonly KnownRequest[]> {
    const asked = { institution, member, request, part };
    const found = await this.alarms.over(findRequest(this.options.database.sql, this.trusted, asked));
    await this.signer.cover(found.reduce((size, { index }) => (index >= size ? index + 1n : size), 0n));
    await this.erasures.cover();
    return found;
  }

  counter(id: string): Promise<bigint> {
    return this.alarms.over(this.readCounter(id));
  }

  private async readCounter(id: string): Promise<bigint> {
    const { trusted, keys } = this;
    for (let attempt = 1; attempt <= COUNTER_ATTEMPTS; attempt++) {
      const before = trusted.size;
      const row = await readCounter(this.options.database.sql, id);
      await trusted.reach(row.head, before);
      const mark = trusted.state.counter(id);
      // Else it was moved after the row was read.
      if (mark === undefined || mark.entry < row.head) return counterOf(row, id, mark, keys);
    }
    throw new VitrineError('UNAVAILABLE', 'a counter moves faster than it can be read; ask again');
  }

  sync(): Promise<bigint> {
    if (this.syncing === undefined) {
      this.syncing = this.syncNow().finally(() => (this.syncing = undefined));
      return this.syncing;
    }
    // One under way may have looked before this was asked. All who ask meanwhile share the next one.
    this.nextSync ??= this.syncing
      .catch(() => undefined)
      .then(() => {
        this.nextSync = undefined;
        return this.sync();
      });
    return this.nextSync;
  }

  private async syncNow(): Promise<bigint> {
    const size = await this.trusted.sync();
    this.announce(size);
    return size;
  }

  onAdvance(heard: (size: bigint) => void): () => void {
    this.advanceListeners.add(heard);
    return () => this.advanceListeners.delete(heard);
  }

  onAlarm(heard: (error: VitrineError) => void): () => void {
    return this.alarms.on(heard);
  }

  raise(error: VitrineError): void {
    this.alarms.raise(error);
    // Whoever waits for the log to grow waits in vain: they ask again and learn why.
    if (this.trusted.alarm === error) for (const heard of this.advanceListeners) heard(this.trusted.size);
  }

  async checkpoint(size?: bigint): Promise<string> {
    if (size === undefined) {
      await this.signer.cover(this.trusted.size);
      if (this.signer.note !== undefined) return this.signer.note;
    }
    return this.stored.of(size ?? this.trusted.size);
  }

  async checkpointOver(index: bigint, waitMs = 0): Promise<string> {
    const cosigned = (await this.witnesses.covers(index, waitMs)) && (await this.witnesses.checkpoint());
    return cosigned || this.witnesses.attach(await this.checkpoint());
  }

  publishedKeys(): Promise<readonly PublishedEntry[]> {
    const { sql } = this.options.database;
    return this.alarms.over(publishedKeys(sql, this.trusted, this.trusted.size));
  }

  async close(): Promise<void> {
    await this.asked?.close();
    await this.unlisten?.();
    // A notification that was being followed would find the database closed, or set the timer again.
    await this.background.close();
    await this.snapshots.close();
    await this.sequencer.close();
    await this.erasures.close();
    clearTimeout(this.signTimer);
  }

  private witnessesOf(): LogWitnesses | undefined {
    const { witnesses, readOnly, database, log: logger } = this.options;
    if (witnesses === undefined || readOnly === true) return undefined;
    return new LogWitnesses(witnesses, {
      query: database.sql,
      logger,
      keys: () => this.signersOf(this.trusted.size),
      size: () => this.trusted.size,
      newest: () => this.checkpoint(),
      note: (size) => this.stored.verified(size),
      proof: (from, to) => this.proofs.growth(from, to),
      sync: () => this.sync(),
      stop: (error) => void this.trusted.stop(error),
      onAdvance: (heard) => this.onAdvance(heard),
      listen: (channel, heard) => database.listen(channel, heard),
      turn: (name, onChange) => database.turn(name, onChange),
    });
  }

  /** Tells listeners once of each size, and sees to it that what another process committed gets signed. */
  private announce(size: bigint): void {
    if (size <= this.announced) return;
    this.announced = size;
    for (const heard of this.advanceListeners) heard(size);
    this.background.run(() => this.erasures.cover(), 'an erasure was not written down');
    if (this.options.readOnly === true) return;
    this.signTimer ??= setTimeout(() => {
      this.signTimer = undefined;
      this.background.run(() => this.signer.cover(this.trusted.size), 'no checkpoint was signed');
    }, UNSIGNED_MS).unref();
  }
}
