/**
 * The deployment's keys: what the log, the service and the institutions sign with, and what wraps the keys of records.
 * An interface, so that a KMS can stand in for the files; several processes share one key folder.
 */
import { base64url, hex, thumbprint, utf8, VitrineError } from './core/index.js';
import { type KeySecrets, createKeyFiles, readKeyFiles } from './key-files.js';
import { nativeHash, type SigningKey, signingKeyOf } from './native.js';
import type { RowWrite } from './pending.js';
import type { Query } from './query.js';
import { derive, keyedHash, type WrappingKey, wrappingKey } from './wrapping.js';

/** A public signing key by its RFC 7638 thumbprint. */
export interface PublicKey {
  readonly thumbprint: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
}

export interface KeyStore {
  /** The log's name: the first line of every checkpoint. */
  readonly origin: string;
  readonly logKey: PublicKey;
  readonly serviceKey: PublicKey;
  /** Wraps under the master key. */
  wrap(bytes: Uint8Array, context: string): Uint8Array;
  /** Throws INTEGRITY_VIOLATION when it isn't what `wrap` gave for this context. */
  unwrap(bytes: Uint8Array, context: string): Uint8Array;
  /** Ed25519 by the log key. Only a checkpoint of what was committed or verified may come here. */
  signLog(message: Uint8Array): Uint8Array;
  /** Ed25519 by the service key or a delegated key. Throws NOT_CONFIGURED for a key that isn't held here. */
  signStatement(thumbprint: string, message: Uint8Array): Promise<Uint8Array>;
  /** Makes the key with which the deployment signs for an institution. The row must commit with its registration. */
  createDelegatedKey(institution: string | null): PublicKey & { readonly wrappedRow: RowWrite };
  /** Keyed hashes of identifiers and search words; `id` is stored beside each, so that rotation knows its rows. */
  readonly blindKey: { readonly id: string; readonly mac: (scope: string, value: string) => string };
  /** Keyed hash of a counter's value, for the opening of the entry that moved it. */
  counterMac(id: string, value: bigint): Uint8Array;
  /** Keyed hash of a canonical input, lower-case hex. */
  inputMac(bytes: Uint8Array): string;
  /** The key that wraps the keys of a custodian's records (null: the system's own), made at first use. */
  custodianKey(custodian: string | null): Promise<WrappingKey>;
  /** A custodian's key by its id, for opening. Throws INTEGRITY_VIOLATION when there is none. */
  custodianKeyById(id: string): Promise<WrappingKey>;
}

export interface KeyStoreOptions {
  readonly query: Query;
  readonly random: (length: number) => Uint8Array;
}

/** Opens the key folder. Throws NOT_CONFIGURED when a key is missing. */
export async function openKeyStore(folder: string, options: KeyStoreOptions): Promise<KeyStore> {
  return new FileKeyStore(await readKeyFiles(folder), options);
}

/** Opens the key folder and makes the keys that aren't there yet. */
export async function createKeyStore(
  folder: string,
  origin: string,
  options: KeyStoreOptions,
): Promise<KeyStore> {
  return new FileKeyStore(await createKeyFiles(folder, origin, options.random), options);
}

/** The id under which keys of the system's own records stand. */
const SYSTEM = 'system';

class FileKeyStore implements KeyStore {
  readonly origin: string;
  readonly logKey: PublicKey;
  readonly serviceKey: PublicKey;
  readonly blindKey: KeyStore['blindKey'];
  private readonly master: WrappingKey;
  private readonly log: SigningKey;
  private readonly counterKey: Uint8Array;
  private readonly inputKey: Uint8Array;
  private readonly signing = new Map<string, SigningKey>();
  private readonly custodians = new Map<string, Promise<WrappingKey>>();
  private readonly byId = new Map<string, WrappingKey>();

  constructor(
    secrets: KeySecrets,
    private readonly options: KeyStoreOptions,
  ) {
    this.origin = secrets.origin;
    this.master = wrappingKey(keyId('m', secrets.master), derive(secrets.master, 'wrap'), options.random);
    this.log = signingKeyOf(secrets.log);
    this.logKey = publicKeyOf(this.log);
    const service = signingKeyOf(secrets.service);
    this.serviceKey = publicKeyOf(service);
    this.signing.set(this.serviceKey.thumbprint, service);
    const blind = derive(secrets.master, 'blind');
    this.blindKey = {
      id: keyId('b', blind),
      mac: (scope, value) => hex(keyedHash(blind, utf8(scope), utf8(value))),
    };
    this.counterKey = derive(secrets.master, 'counter');
    this.inputKey = derive(secrets.master, 'input');
  }

  wrap(bytes: Uint8Array, context: string): Uint8Array {
    return this.master.wrap(bytes, context);
  }

  unwrap(bytes: Uint8Array, context: string): Uint8Array {
    return this.master.unwrap(bytes, context);
  }

  signLog(message: Uint8Array): Uint8Array {
    return this.log.sign(message);
  }

  async signStatement(thumbprint: string, message: Uint8Array): Promise<Uint8Array> {
    const key = this.signing.get(thumbprint) ?? (await this.loadSigningKey(thumbprint));
    return key.sign(message);
  }

  createDelegatedKey(institution: string | null): PublicKey & { readonly wrappedRow: RowWrite } {
    const seed = this.options.random(32);
    const key = signingKeyOf(seed);
    const made = publicKeyOf(key);
    this.signing.set(made.thumbprint, key);
    const wrapped = this.wrap(seed, signingContext(made.thumbprint));
    const wrappedRow: RowWrite = {
      table: 'signing_key',
      columns: { thumbprint: 'text', institution: 'uuid', wrapped: 'bytea' },
      values: { thumbprint: made.thumbprint, institution, wrapped },
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
    const known = this.custodians.get(name);
    if (known !== undefined) return known;
    const loading = this.loadCustodianKey(name);
    this.custodians.set(name, loading);
    loading.catch(() => this.custodians.delete(name));
    return loading;
  }

  async custodianKeyById(id: string): Promise<WrappingKey> {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const rows = await this.options.query.$queryRawUnsafe<{ wrapped: Uint8Array }[]>(
      'SELECT wrapped FROM custodian_key WHERE id = $1',
      id,
    );
    const row = rows[0];
    if (row === undefined) throw new VitrineError('INTEGRITY_VIOLATION', `custodian key ${id} is missing`);
    return this.unwrapCustodianKey(id, row.wrapped);
  }

  private async loadSigningKey(thumbprint: string): Promise<SigningKey> {
    const rows = await this.options.query.$queryRawUnsafe<{ wrapped: Uint8Array }[]>(
      'SELECT wrapped FROM signing_key WHERE thumbprint = $1',
      thumbprint,
    );
    const row = rows[0];
    if (row === undefined)
      throw new VitrineError('NOT_CONFIGURED', `signing key ${thumbprint} isn't held here`);
    const key = signingKeyOf(this.unwrap(row.wrapped, signingContext(thumbprint)));
    this.signing.set(thumbprint, key);
    return key;
  }

  /** The first key that stands in the table is the custodian's, whichever process put it there. */
  private async loadCustodianKey(custodian: string): Promise<WrappingKey> {
    const { query, random } = this.options;
    const id = `${custodian}/1`;
    const select = 'SELECT id, wrapped FROM custodian_key WHERE custodian = $1 ORDER BY id LIMIT 1';
    let rows = await query.$queryRawUnsafe<{ id: string; wrapped: Uint8Array }[]>(select, custodian);
    if (rows.length === 0) {
      const wrapped = this.wrap(random(32), custodianContext(id));
      await query.$executeRawUnsafe(
        'INSERT INTO custodian_key (id, custodian, wrapped) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
        id,
        custodian,
        wrapped,
      );
      rows = await query.$queryRawUnsafe(select, custodian);
    }
    const row = rows[0];
    if (row === undefined) throw new VitrineError('INTEGRITY_VIOLATION', `custodian key ${id} is missing`);
    return this.unwrapCustodianKey(row.id, row.wrapped);
  }

  private unwrapCustodianKey(id: string, wrapped: Uint8Array): WrappingKey {
    const key = wrappingKey(id, this.unwrap(wrapped, custodianContext(id)), this.options.random);
    this.byId.set(id, key);
    return key;
  }
}

function publicKeyOf(key: SigningKey): PublicKey {
  return { thumbprint: thumbprint(key.publicKey), publicKey: key.publicKey };
}

/** Names a secret key without telling it. */
function keyId(prefix: string, key: Uint8Array): string {
  return `${prefix}-${base64url(nativeHash(derive(key, 'id'))).slice(0, 16)}`;
}

function signingContext(thumbprint: string): string {
  return `signing/${thumbprint}`;
}

function custodianContext(id: string): string {
  return `custodian/${id}`;
}
