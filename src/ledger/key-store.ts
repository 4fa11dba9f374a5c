/**
 * The deployment's keys: what the log, the service and the institutions sign with, and what wraps the keys of records.
 * The keys themselves are a `KeySource`'s; which of several is in force, the log says.
 */
import type { PrismaClient } from '../database/index.js';
import { equal, hex, thumbprint, utf8, VitrineError } from './core/index.js';
import {
  custodianContext,
  custodianKeyId,
  insertCustodianKey,
  signingContext,
  SYSTEM,
} from './custodian-keys.js';
import { createKeyFolder, openKeyFolder } from './file-keys.js';
import type { LogName } from './key-history.js';
import type { KeySource, MasterKey, Signer } from './key-source.js';
import { type SigningKey, signingKeyOf } from './native.js';
import type { RowWrite } from './pending.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';
import { derive, keyedHash, keyId, type WrappingKey, wrappingKey } from './wrapping.js';

/** A public signing key by its RFC 7638 thumbprint. */
export interface PublicKey {
  readonly thumbprint: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
}

/** Bytes wrapped under the master key of an id. */
export interface Wrapped {
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

export interface KeyStore {
  /** Where the keys are. */
  readonly source: KeySource;
  /** The log's name: the first line of every checkpoint. */
  readonly origin: string;
  /** Its name when it began. */
  readonly genesisOrigin: string;
  /** The key that signs the log, as far as this process has verified it; before that the oldest one. */
  readonly logKey: PublicKey;
  readonly serviceKey: PublicKey;
  /** Follows what the log says of the keys in force. */
  follow(trusted: Pick<TrustedLog, 'state' | 'size' | 'sync'>): void;
  /** Wraps under the master key in force. */
  wrap(bytes: Uint8Array, context: string): Promise<Wrapped>;
  /**
   * Throws INTEGRITY_VIOLATION when it isn't what `wrap` gave for this context, NOT_CONFIGURED when its master key isn't
   * held.
   */
  unwrap(wrapped: Wrapped, context: string): Promise<Uint8Array>;
  /** A log key of the deployment, looked for again where it isn't held; only what was verified may be signed by it. */
  logSigner(publicKey: Uint8Array): Promise<Signer | undefined>;
  /** The same without looking again. */
  heldLogSigner(publicKey: Uint8Array): Signer | undefined;
  /** Public log keys, 32 bytes each, that this deployment holds or once held. */
  everyLogKey(): readonly Uint8Array[];
  /** Whether it holds, or once held, the log key of this thumbprint. */
  hadLogKey(thumbprint: string): boolean;
  /** Ed25519 by the service key or a delegated key. Throws NOT_CONFIGURED for a key that isn't held here. */
  signStatement(thumbprint: string, message: Uint8Array): Promise<Uint8Array>;
  /**
   * Makes the key with which the deployment signs for an institution. The row must commit with its registration.
   * @param seed its private half, 32 bytes; by default random
   */
  createDelegatedKey(
    institution: string | null,
    seed?: Uint8Array,
  ): Promise<PublicKey & { readonly wrappedRow: RowWrite }>;
  /** Keyed hashes of identifiers and search words; `id` is stored beside each, so that rotation knows its rows. */
  readonly blindKey: { readonly id: string; readonly mac: (scope: string, value: string) => string };
  /** Keyed hash of a counter's value, for the opening of the entry that moved it. */
  counterMac(id: string, value: bigint): Uint8Array;
  /** Keyed hash of a canonical input, lower-case hex. */
  inputMac(bytes: Uint8Array): string;
  /** The key in force that wraps the keys of a custodian's records (null: the system's own), made at first use. */
  custodianKey(custodian: string | null): Promise<WrappingKey>;
  /** A custodian's key by its id, for opening. Throws INTEGRITY_VIOLATION when there is none. */
  custodianKeyById(id: string): Promise<WrappingKey>;
}

export interface KeyStoreOptions {
  readonly query: Query & Partial<Pick<PrismaClient, '$transaction'>>;
  readonly random: (length: number) => Uint8Array;
}

/** Opens the key folder. Throws NOT_CONFIGURED when a key is missing. */
export async function openKeyStore(folder: string, options: KeyStoreOptions): Promise<KeyStore> {
  return keyStoreOf(await openKeyFolder(folder, options.random), options);
}

/** Opens the key folder and makes the keys that aren't there yet. */
export async function createKeyStore(
  folder: string,
  origin: string,
  options: KeyStoreOptions,
): Promise<KeyStore> {
  return keyStoreOf(await createKeyFolder(folder, origin, options.random), options);
}

/** The store over any source of keys. */
export function keyStoreOf(source: KeySource, options: KeyStoreOptions): KeyStore {
  return new SourcedKeyStore(source, options);
}

/**
 * The key under which lists are summed up (list-sums.ts): a keyed hash of a counter that there is none of, so secret, and
 * the same for whoever holds the keys.
 */
export function listKeyOf(keys: Pick<KeyStore, 'counterMac'>): Uint8Array {
  return keys.counterMac('vitrine/lists/v1', 0n);
}

/** The key of the nonces that the deployment gives to clients; as secret, and as shared. */
export function nonceKeyOf(keys: Pick<KeyStore, 'counterMac'>): Uint8Array {
  return keys.counterMac('vitrine/nonces/v1', 0n);
}

type Followed = Parameters<KeyStore['follow']>[0];

class SourcedKeyStore implements KeyStore {
  readonly genesisOrigin: string;
  readonly serviceKey: PublicKey;
  readonly blindKey: KeyStore['blindKey'];
  private followed: Followed | undefined;
  /** Ends when the custodian keys before were made: each holds a connection and waits for others to be free. */
  private making: Promise<unknown> = Promise.resolve();
  private readonly counterKey: Uint8Array;
  private readonly inputKey: Uint8Array;
  private readonly signing = new Map<string, SigningKey>();
  /** By id; what is being loaded too. */
  private readonly custodians = new Map<string, Promise<WrappingKey>>();

  constructor(
    readonly source: KeySource,
    private readonly options: KeyStoreOptions,
  ) {
    const { origin, service, index } = source.held;
    this.genesisOrigin = origin;
    this.serviceKey = { thumbprint: service.thumbprint, publicKey: service.publicKey };
    const blind = derive(index, 'blind');
    this.blindKey = {
      id: keyId('b', blind),
      mac: (scope, value) => hex(keyedHash(blind, utf8(scope), utf8(value))),
    };
    this.counterKey = derive(index, 'counter');
    this.inputKey = derive(index, 'input');
  }

  get origin(): string {
    return this.nameNow()?.origin ?? this.genesisOrigin;
  }

  get logKey(): PublicKey {
    const publicKey = this.nameNow()?.key.publicKey ?? this.source.held.logKeys[0]?.publicKey;
    if (publicKey === undefined) throw new VitrineError('NOT_CONFIGURED', 'no log key is held');
    return { thumbprint: thumbprint(publicKey), publicKey };
  }

  follow(trusted: Followed): void {
    this.followed = trusted;
  }

  async wrap(bytes: Uint8Array, context: string): Promise<Wrapped> {
    const master = await this.masterInForce();
    return { keyId: master.id, wrapped: await master.wrap(bytes, context) };
  }

  async unwrap({ keyId, wrapped }: Wrapped, context: string): Promise<Uint8Array> {
    const master = await this.master(keyId);
    return master.unwrap(wrapped, context);
  }

  async logSigner(publicKey: Uint8Array): Promise<Signer | undefined> {
    const held = this.heldLogSigner(publicKey);
    if (held !== undefined) return held;
    await this.source.reload();
    return this.heldLogSigner(publicKey);
  }

  heldLogSigner(publicKey: Uint8Array): Signer | undefined {
    return this.source.held.logKeys.find((key) => equal(key.publicKey, publicKey));
  }

  everyLogKey(): readonly Uint8Array[] {
    const { logKeys, formerLogKeys } = this.source.held;
    return [...logKeys.map(({ publicKey }) => publicKey), ...formerLogKeys];
  }

  hadLogKey(thumb: string): boolean {
    return this.everyLogKey().some((key) => thumbprint(key) === thumb);
  }

  async signStatement(thumb: string, message: Uint8Array): Promise<Uint8Array> {
    if (thumb === this.serviceKey.thumbprint) return this.source.held.service.sign(message);
    const key = this.signing.get(thumb) ?? (await this.loadSigningKey(thumb));
    return key.signAside(message);
  }

  async createDelegatedKey(
    institution: string | null,
    seed: Uint8Array = this.options.random(32),
  ): Promise<PublicKey & { readonly wrappedRow: RowWrite }> {
    const key = signingKeyOf(seed);
    const made = { thumbprint: thumbprint(key.publicKey), publicKey: key.publicKey };
    const { keyId, wrapped } = await this.wrap(seed, signingContext(made.thumbprint));
    this.signing.set(made.thumbprint, key);
    const wrappedRow: RowWrite = {
      table: 'signing_key',
      columns: { thumbprint: 'text', institution: 'uuid', key_id: 'text', wrapped: 'bytea' },
      values: { thumbprint: made.thumbprint, institution, key_id: keyId, wrapped },
      mode: 'insert',
    };
    return { ...made, wrappedRow };
  }

  counterMac(id: string, value: bigint): Uint8Array {
    return keyedHash(this.counterKey, utf8(id), utf8(value.toString()));
  }

  inputMac(bytes: Uint8Array): string {
    return hex(keyedHash(this.inputKey, bytes));
  }

  custodianKey(custodian: string | null): Promise<WrappingKey> {
    const name = custodian ?? SYSTEM;
    const number = this.followed?.state.names.custodianKey(name) ?? 1;
    const id = custodianKeyId(name, number);
    // Later ones are made by their rotation; only the first comes into being by being used.
    return this.cached(id, () =>
      number === 1 ? this.makeCustodianKey(name, id) : this.loadCustodianKey(id),
    );
  }

  custodianKeyById(id: string): Promise<WrappingKey> {
    return this.cached(id, () => this.loadCustodianKey(id));
  }

  private nameNow(): LogName | undefined {
    const { followed } = this;
    return followed?.state.names.nameAt(followed.size);
  }

  private async masterInForce(): Promise<MasterKey> {
    const id = this.followed?.state.names.masterKey() ?? this.source.held.masters[0]?.id;
    if (id === undefined) throw new VitrineError('NOT_CONFIGURED', 'no master key is held');
    return this.master(id);
  }

  private async master(id: string): Promise<MasterKey> {
    const find = () => this.source.held.masters.find((master) => master.id === id);
    const held = find();
    if (held !== undefined) return held;
    await this.source.reload();
    const found = find();
    if (found !== undefined) return found;
    const message = `the master key ${id} isn't in the key folder: put its file there`;
    throw new VitrineError('NOT_CONFIGURED', message);
  }

  private cached(id: string, load: () => Promise<WrappingKey>): Promise<WrappingKey> {
    const known = this.custodians.get(id);
    if (known !== undefined) return known;
    const loading = load();
    this.custodians.set(id, loading);
    loading.catch(() => this.custodians.delete(id));
    return loading;
  }

  private async loadSigningKey(thumb: string): Promise<SigningKey> {
    const [row] = await this.options.query.$queryRawUnsafe<Wrapped[]>(
      'SELECT key_id AS "keyId", wrapped FROM signing_key WHERE thumbprint = $1',
      thumb,
    );
    if (row === undefined) throw new VitrineError('NOT_CONFIGURED', `signing key ${thumb} isn't held here`);
    const key = signingKeyOf(await this.unwrap(row, signingContext(thumb)));
    this.signing.set(thumb, key);
    return key;
  }

  /** The first key that stands in the table is the custodian's, whichever process put it there. */
  private async makeCustodianKey(custodian: string, id: string): Promise<WrappingKey> {
    if ((await this.readCustodianKey(id)) === undefined) {
      const insert = () => insertCustodianKey(this.options, this, { id, custodian }, this.followed);
      const made = this.making.then(insert);
      this.making = made.catch(() => undefined);
      await made;
    }
    return this.loadCustodianKey(id);
  }

  private async loadCustodianKey(id: string): Promise<WrappingKey> {
    const row = await this.readCustodianKey(id);
    if (row === undefined) throw new VitrineError('INTEGRITY_VIOLATION', `custodian key ${id} is missing`);
    const { random } = this.options;
    return wrappingKey(id, await this.unwrap(row, custodianContext(id)), random);
  }

  private async readCustodianKey(id: string): Promise<Wrapped | undefined> {
    const rows = await this.options.query.$queryRawUnsafe<Wrapped[]>(
      'SELECT key_id AS "keyId", wrapped FROM custodian_key WHERE id = $1',
      id,
    );
    return rows[0];
  }
}
