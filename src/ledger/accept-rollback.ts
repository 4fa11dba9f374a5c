/**
 * Going on after a disaster (schema/disaster.md). The restored log is shorter than what was signed under its name, and
 * no witness signs it again under that name; so it goes on under another one and another key, and an entry says why.
 *
 * Order, for a crash at any step: the new key is durable before the entry names it; the entry is committed and signed
 * before the pin is moved; until the pin is moved nothing starts, and the same command again goes on where it stopped.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { base64url, predecessorOf, thumbprint, VitrineError } from './core/index.js';
import { verifyPinned } from './checkpoint-check.js';
import type { LedgerOptions } from './contract.js';
import { type KeyStore, openKeyStore } from './key-store.js';
import type { Signer } from './key-source.js';
import { keyFolder, OpenLedger, openPin } from './ledger.js';
import type { PendingEntry } from './pending.js';
import { PinFile } from './pin.js';
import { systemRandom } from './random.js';
import { ACCEPT_ROLLBACK, type Consent, describeRollback, type Rollback } from './rollback-entry.js';
import { requireBegun, requireGenesis, requireOwnLog, requireOwnSecrets, requireRestored } from './start.js';
import { buildSystemEntry } from './system-entry.js';

/** What is known of the lost log. */
export interface LostEvidence {
  /** The newest signed note, verified by a log key of this deployment. */
  readonly note: string;
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** What a rollback is accepted with. */
export type Acceptance = Pick<Rollback, 'proven' | 'reason'> & { readonly consents: readonly Consent[] };

export interface AcceptedPosition {
  /** The entry's index: as many entries as the log was restored with. */
  readonly index: bigint;
  /** The log's name from now on, its verifier key, and the newest checkpoint under them. */
  readonly origin: string;
  readonly verifierKey: string;
  readonly checkpoint: string;
}

/** Reads the pin and moves nothing: what is signed here is pinned when all is done. */
class UnmovedPin extends PinFile {
  override write(): Promise<void> {
    return Promise.resolve();
  }
}

/** A restored log that may be behind its pin: verified from its first entry on, and open for one entry. */
export class RolledBackLog {
  private constructor(
    readonly ledger: OpenLedger,
    readonly keys: KeyStore,
    private readonly pin: PinFile,
  ) {}

  /** Throws NOT_CONFIGURED and INTEGRITY_VIOLATION as a start does. Nothing is signed, nothing is followed. */
  static async open(options: LedgerOptions): Promise<RolledBackLog> {
    const { prisma } = options.database;
    const random = options.random ?? systemRandom;
    await requireRestored(prisma);
    await requireBegun(prisma, options.dataDir);
    const keys = await openKeyStore(options.keysDir ?? keyFolder(options.dataDir), { query: prisma, random });
    await requireGenesis(prisma, keys);
    const unmoved = new UnmovedPin(join(options.dataDir, 'pin'), () => 0n);
    const ledger = new OpenLedger({ ...options, snapshotEvery: 0 }, keys, unmoved, undefined);
    await ledger.sync();
    requireOwnLog(keys, ledger.trusted.state);
    await requireOwnSecrets(prisma, keys);
    return new RolledBackLog(ledger, keys, openPin(options.dataDir, keys));
  }

  /** The pinned note; undefined when there is none. */
  pinned(): Promise<string | undefined> {
    return this.pin.read();
  }

  /** The newest of signed notes, by its name and then by its size. Throws INTEGRITY_VIOLATION for one of another log. */
  newest(notes: readonly string[]): LostEvidence | undefined {
    const found = notes.map((note) => {
      const { origin, size, root } = verifyPinned(this.keys, note);
      return { note, origin, size, root };
    });
    return found.sort((a, b) => b.origin.length - a.origin.length || Number(b.size - a.size))[0];
  }

  /**
   * Where the rollback was accepted, or undefined when that is still to be done. Throws CONFLICT when nothing was lost,
   * NOT_CONFIGURED for evidence of another log.
   */
  accepted({ origin, size }: LostEvidence): bigint | undefined {
    const { trusted } = this.ledger;
    const now = trusted.state.names.nameAt(trusted.size);
    const before = predecessorOf(now?.origin ?? '');
    if (before?.origin === origin) return before.size;
    if (size > trusted.size) return undefined;
    const message = `the database holds ${trusted.size} entries and ${size} are known to have been signed: nothing was lost`;
    throw new VitrineError('CONFLICT', `${message}, start the server`);
  }

  /** Makes the key and appends the entry. Throws CONFLICT when another process did. */
  async accept(lost: LostEvidence, acceptance: Acceptance): Promise<void> {
    const { trusted } = this.ledger;
    const restored = { size: trusted.size, root: trusted.root };
    const signer = await this.keys.source.addLogKey();
    const rollback = { ...acceptance, restored, lost: lost.note };
    const entry = await this.entryOf(rollback, signer);
    await this.ledger.append([entry]);
  }

  /** Signs what stands, after a crash before that, and moves the pin to it: from then on the server starts. */
  async finish(index: bigint): Promise<AcceptedPosition> {
    const { ledger, pin } = this;
    const checkpoint = await ledger.checkpoint();
    await pin.replace(checkpoint);
    return { index, origin: ledger.origin, verifierKey: ledger.verifierKey, checkpoint };
  }

  close(): Promise<void> {
    return this.ledger.close();
  }

  private async entryOf(rollback: Rollback, signer: Signer): Promise<PendingEntry> {
    const { trusted } = this.ledger;
    const service = trusted.latestKey(null, 'service');
    const [first] = rollback.consents;
    let log = '';
    for await (const { opening } of trusted.entries(0n, 1n)) log = opening.subject.id;
    const built = await buildSystemEntry(this.keys, {
      op: ACCEPT_ROLLBACK,
      subject: { kind: 'Rollback', id: randomUUID(), version: 1 },
      supersedes: null,
      supersededHash: null,
      detail: describeRollback(rollback, publish(signer)),
      actor: first?.member ?? log,
      threads: [log],
      request: randomUUID(),
      registered: service?.entry ?? 0n,
    });
    // As of the commit, those who consent are still who they were: a suspension in between makes it stale.
    return { ...built, authority: rollback.consents.map(({ entry }) => entry) };
  }
}

/** A log key as entries publish it. */
function publish({ publicKey }: Signer): Readonly<Record<string, string | null>> {
  const published = { use: 'log', thumbprint: thumbprint(publicKey), publicKey: base64url(publicKey) };
  return { ...published, institution: null, member: null, expires: null };
}
