/** Rows of `custodian_key`: the keys that wrap the keys of a custodian's records, themselves under the master key. */
import { StaleAuthority } from './conditions.js';
import type { KeyFacts } from './key-history.js';
import type { KeyStore, KeyStoreOptions } from './key-store.js';
import type { PendingEntry } from './pending.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';

/** A custodian's key by its id, `<custodian>/<number>`. */
export interface CustodianKeyName {
  readonly id: string;
  readonly custodian: string;
}

/** Longer than any commit holds the head. */
const LONGEST_MS = 30_000;

const INSERT = `
  INSERT INTO custodian_key (id, custodian, key_id, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`;

/**
 * Throws StaleAuthority when a row is wrapped under a key that was in force no more when it is committed: once a rotation
 * stands on the log, nothing comes under the old key, so that rewrapping has an end.
 */
export function requireWrapping(
  names: KeyFacts,
  { rows, rewraps = [] }: Pick<PendingEntry, 'rows' | 'rewraps'>,
): void {
  for (const { keyId } of rewraps) requireCustodianKey(names, keyId);
  for (const { table, values } of rows) {
    const id = values['key_id'];
    if (typeof id !== 'string') continue;
    const master = names.masterKey();
    if (table === 'signing_key' && master !== null && id !== master)
      throw new StaleAuthority(`the master key ${id} was rotated meanwhile`);
    if (table === 'wrapped_key') requireCustodianKey(names, id);
  }
}

function requireCustodianKey(names: KeyFacts, id: string): void {
  const [custodian = ''] = id.split('/');
  if (id !== custodianKeyId(custodian, names.custodianKey(custodian)))
    throw new StaleAuthority(`the wrapping key ${id} was rotated meanwhile`);
}

/** The id under which keys of the system's own records stand. */
export const SYSTEM = 'system';

/** Whether the key of this id is one of a custodian's (null: the system's own). */
export function isKeyOf(id: string, custodian: string | null): boolean {
  return id.startsWith(`${custodian ?? SYSTEM}/`);
}

/** The id of a custodian's key. */
export function custodianKeyId(custodian: string, number: number): string {
  return `${custodian}/${number}`;
}

/** What the key of this id is wrapped for. */
export function custodianContext(id: string): string {
  return `custodian/${id}`;
}

/** What the signing key of this thumbprint is wrapped for. */
export function signingContext(thumbprint: string): string {
  return `signing/${thumbprint}`;
}

/**
 * Makes a custodian's key unless it is there. The head is held meanwhile, so that no rotation of the master key commits
 * between the choice of the master key and the row: once a rotation is anchored, nothing more comes under the old one.
 */
export async function insertCustodianKey(
  { query, random }: Pick<KeyStoreOptions, 'query' | 'random'>,
  keys: Pick<KeyStore, 'wrap'>,
  { id, custodian }: CustodianKeyName,
  followed: Pick<TrustedLog, 'sync'> | undefined,
): Promise<void> {
  const insert = async (tx: Query): Promise<void> => {
    const { keyId, wrapped } = await keys.wrap(random(32), custodianContext(id));
    await tx.$executeRawUnsafe(INSERT, id, custodian, keyId, wrapped);
  };
  // Block 0 is being built: there is nothing to rotate yet.
  if (followed === undefined || query.$transaction === undefined) return insert(query);
  await query.$transaction(
    async (tx) => {
      await tx.$queryRawUnsafe('SELECT size FROM log_head WHERE id = 1 FOR SHARE');
      await followed.sync(tx);
      await insert(tx);
    },
    { isolationLevel: 'ReadCommitted', maxWait: LONGEST_MS, timeout: LONGEST_MS },
  );
}
