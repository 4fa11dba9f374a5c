/** What the witnesses' side needs of the log and its process. */
import type { NoteKey, VitrineError } from '../core/index.js';
import type { Query } from '../query.js';

export interface WitnessLog {
  readonly query: Query;
  readonly logger: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
  };
  /** The keys that sign the log now. */
  readonly keys: () => readonly NoteKey[];
  /** Entries of the trusted log. */
  readonly size: () => bigint;
  /** The newest checkpoint, signed now if nobody has. */
  readonly newest: () => Promise<string>;
  /** The log's own note of a size, with the root that the trusted log has there. Throws NOT_FOUND without one. */
  readonly note: (size: bigint) => Promise<string>;
  /** RFC 6962 consistency proof of the trusted log, 1 <= from < to. Signs nothing. */
  readonly proof: (from: bigint, to: bigint) => Promise<readonly Uint8Array[]>;
  /** Verifies up to the database's head and gives the size. */
  readonly sync: () => Promise<bigint>;
  /** Stops the log for good. */
  readonly stop: (error: VitrineError) => void;
  readonly onAdvance: (heard: () => void) => () => void;
  readonly listen: (channel: string, heard: (payload: string) => void) => Promise<() => Promise<void>>;
  readonly turn: (name: string, onChange: (mine: boolean) => void) => () => Promise<void>;
}
