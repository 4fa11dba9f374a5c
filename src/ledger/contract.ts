/** What the ledger of a process is to those above it, and what it is opened with. */
import type { Database } from '../database/index.js';
import type { VitrineError } from './core/index.js';
import type { Faults } from './faults.js';
import type { KeyStore } from './key-store.js';
import type { KnownRequest, PendingEntry, Position } from './pending.js';
import type { PublishedEntry } from './published-keys.js';
import type { LogProofs } from './proofs.js';
import type { TileReader } from './tiles.js';
import type { TrustedLog } from './trusted-log.js';
import type { Witnesses, WitnessSettings } from './witnesses/index.js';

/** Where the ledger says what it does; a pino logger fits. Facts are positions and codes, never data. */
export interface LedgerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface LedgerOptions {
  readonly database: Pick<Database, 'prisma' | 'sql' | 'listen' | 'turn'>;
  /** Holds the pin, and `keys/` unless `keysDir` says otherwise. */
  readonly dataDir: string;
  readonly keysDir?: string;
  readonly log: LedgerLog;
  readonly clock?: () => Date;
  readonly random?: (length: number) => Uint8Array;
  /** Believe a database that is there without a pin, once: the choice of a person (`--trust-first`). */
  readonly trustFirst?: boolean;
  /** Leave the pin out of it: for a look at a database that was restored and may be behind. */
  readonly withoutPin?: boolean;
  /** Verify every signature at start, also those that the pinned root stands for. */
  readonly verifySignaturesBelowPin?: boolean;
  /** Verified tiles of 256 leaf hashes kept in memory, 8 KB each. */
  readonly tiles?: number;
  /** Look only: sign no tail, move no pin, store no alarm, follow nobody. For audits. */
  readonly readOnly?: boolean;
  /** Entries from one snapshot of the verified log to the next at least: 16,384; 0 for none. */
  readonly snapshotEvery?: number;
  /** Who cosigns the checkpoints; without it nobody does. */
  readonly witnesses?: WitnessSettings;
  /** For tests of crashes. */
  readonly faults?: Faults;
}

export interface Ledger {
  readonly origin: string;
  /** The log's public key as a C2SP signed-note verifier key: `<origin>+<id>+<key>`. */
  readonly verifierKey: string;
  /**
   * Verifier keys that sign the checkpoint of a size. The first one always does; more follow while the log's key is
   * rotated, and one that is held no more may be missing.
   */
  verifierKeys(size: bigint): readonly string[];
  readonly keys: KeyStore;
  readonly trusted: TrustedLog;
  /** The public half as tiles and bundles, for anyone to copy. */
  readonly tiles: TileReader;
  /** Inclusion and consistency of signed sizes. */
  readonly proofs: LogProofs;
  /** Who cosigned what. */
  readonly witnesses: Witnesses;
  /**
   * Appends a group: all of it in one block, or nothing. The same request again gives the same positions.
   *
   * Throws CONFLICT when a condition fails (`details` hold kind and id of a unique key's holder), StaleAuthority when an
   * entry in `authority` was superseded, UNAVAILABLE when the outcome isn't known.
   */
  append(group: readonly PendingEntry[]): Promise<readonly Position[]>;
  /**
   * The accepted parts of a request of which `part` (0 by default) was accepted, verified and under a signed checkpoint;
   * none when the verified log doesn't hold that part.
   */
  find(
    institution: string | null,
    member: string,
    request: string,
    part?: number,
  ): Promise<readonly KnownRequest[]>;
  /** The value of a bounded counter, held against the entry that moved it last. Throws INTEGRITY_VIOLATION. */
  counter(id: string): Promise<bigint>;
  /** Verifies up to the database's head and gives the size. Throws ROLLBACK_DETECTED, INTEGRITY_VIOLATION. */
  sync(): Promise<bigint>;
  /** Calls back with the size whenever the verified log has grown, by whichever process. Gives a function that stops it. */
  onAdvance(heard: (size: bigint) => void): () => void;
  /** Calls back with the seconds that each append took, refused ones included. Gives a function that stops it. */
  onAppended(heard: (seconds: number) => void): () => void;
  /** Calls back with everything that doesn't verify. Gives a function that stops it. */
  onAlarm(heard: (error: VitrineError) => void): () => void;
  /** Raises the alarm for a record that doesn't verify; the log goes on. */
  raise(error: VitrineError): void;
  /** The newest signed checkpoint as a C2SP note, or the one of a size. Throws NOT_FOUND. */
  checkpoint(size?: bigint): Promise<string>;
  /**
   * The checkpoint to prove an entry under: the newest that the witnesses' quorum cosigned, when it covers the entry
   * at once or within `waitMs`; else the newest, with what cosignatures it has.
   */
  checkpointOver(index: bigint, waitMs?: number): Promise<string>;
  /** The entries that changed the log's key, opened for anyone. Throws INTEGRITY_VIOLATION. */
  publishedKeys(): Promise<readonly PublishedEntry[]>;
  close(): Promise<void>;
}
