/**
 * Where the deployment's own keys are: files in a folder by default (key-files.ts), a KMS or HSM where one stands in.
 * Nothing above this interface sees a private key.
 */
import type { PublicKey } from './key-store.js';

/** A signing key whose private half stays where it is. */
export interface Signer extends PublicKey {
  /** 64 bytes, Ed25519. A KMS answers later. */
  readonly sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** A key under which the institutions' keys are kept. `context` says what is kept where, and must be the same again. */
export interface MasterKey {
  /** Stands beside everything that it wraps, so that a rotation knows its rows. Tells nothing of the key. */
  readonly id: string;
  readonly wrap: (bytes: Uint8Array, context: string) => Uint8Array | Promise<Uint8Array>;
  /** Throws INTEGRITY_VIOLATION when the bytes weren't wrapped by this key in this context. */
  readonly unwrap: (bytes: Uint8Array, context: string) => Uint8Array | Promise<Uint8Array>;
}

/** The keys as they are held now. Which of several log and master keys is in force, the log itself says. */
export interface HeldKeys {
  /** The log's name when the keys were made. */
  readonly origin: string;
  /** Oldest first; more than one while the log's key is rotated. */
  readonly logKeys: readonly Signer[];
  /** Public log keys, 32 bytes each, that were held once: what they signed is still this log's. */
  readonly formerLogKeys: readonly Uint8Array[];
  readonly service: Signer;
  /** Oldest first; more than one while the master key is rotated. */
  readonly masters: readonly MasterKey[];
  /** 32 secret bytes that keyed hashes are derived from: blind indexes, counters, inputs. Never rotated. */
  readonly index: Uint8Array;
}

/** Holds the deployment's keys. Several processes may share one. */
export interface KeySource {
  readonly held: HeldKeys;
  /** Looks again: another process may have rotated a key. Throws NOT_CONFIGURED as opening does. */
  reload(): Promise<void>;
  /** Makes the next log key, whole and durable before it is given. It signs nothing before the log names it. */
  addLogKey(): Promise<Signer>;
  /** Destroys the private half of an older log key; the public one is remembered. No error when it is gone already. */
  retireLogKey(publicKey: Uint8Array): Promise<void>;
  /** Makes the next master key, whole and durable before it is given. */
  addMasterKey(): Promise<MasterKey>;
  /** Destroys an older master key: what is still wrapped by it is lost. No error when it is gone already. */
  retireMasterKey(id: string): Promise<void>;
}
