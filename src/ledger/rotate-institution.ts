/**
 * Rotation of an institution's keys (schema/keys.md): the delegated key that the deployment signs with for it, and the key
 * that wraps those of its records. One entry puts both in force. What older wrapping keys hold is wrapped anew
 * afterwards, by `records`.
 */
import { base64url, VitrineError } from './core/index.js';
import { ROTATE_INSTITUTION } from './check-keys.js';
import type { Ledger } from './contract.js';
import { custodianKeyId, insertCustodianKey } from './custodian-keys.js';
import type { RotationFaults } from './faults.js';
import type { KeyStoreOptions } from './key-store.js';
import { appendLogEntry } from './log-entry.js';

export interface InstitutionRotation {
  readonly entry: bigint;
  /** Thumbprint of the delegated key from here on. */
  readonly key: string;
  /** Number of its wrapping key from here on. */
  readonly wrapping: number;
}

export interface RotateInstitutionOptions extends KeyStoreOptions {
  readonly ledger: Ledger;
  readonly institution: string;
  /** When the delegated key expires: RFC 3339, UTC, milliseconds. */
  readonly expires: string;
  readonly faults?: RotationFaults;
}

/**
 * Puts a new delegated key and a new wrapping key in force. Changes on their way that the old ones signed or wrapped are
 * built again, nothing comes under them any more.
 *
 * @throws VitrineError NOT_FOUND for an institution that has no keys here
 */
export async function rotateInstitution(options: RotateInstitutionOptions): Promise<InstitutionRotation> {
  const { ledger, institution, expires, faults } = options;
  const { keys, trusted } = ledger;
  await ledger.sync();
  const revokes: string[] = [];
  for (const key of trusted.state.registry.all()) {
    const current = key.use === 'delegated' && key.institution === institution && key.revoked === null;
    if (current) revokes.push(key.thumbprint);
  }
  if (revokes.length === 0)
    throw new VitrineError('NOT_FOUND', `no keys are held here for institution ${institution}`);
  const wrapping = trusted.state.names.custodianKey(institution) + 1;
  const id = custodianKeyId(institution, wrapping);
  await insertCustodianKey(options, keys, { id, custodian: institution }, trusted);
  await faults?.('key-made');
  const made = await keys.createDelegatedKey(institution);
  const published = {
    use: 'delegated',
    thumbprint: made.thumbprint,
    publicKey: base64url(made.publicKey),
    institution,
    member: null,
    expires,
  };
  const entry = await appendLogEntry(ledger, {
    op: ROTATE_INSTITUTION,
    detail: { institution, keys: [published], revokes, wrapping },
    threads: [institution],
    rows: [made.wrappedRow],
  });
  await faults?.('key-anchored');
  return { entry, key: made.thumbprint, wrapping };
}

/** Drops the private halves of an institution's keys that were revoked: nothing may be signed by them any more. */
export async function dropRevokedKeys(
  { query }: Pick<KeyStoreOptions, 'query'>,
  { trusted }: Pick<Ledger, 'trusted'>,
  institution: string,
): Promise<void> {
  const revoked: string[] = [];
  for (const key of trusted.state.registry.all()) {
    if (key.institution === institution && key.use === 'delegated' && key.revoked !== null)
      revoked.push(key.thumbprint);
  }
  await query.$executeRawUnsafe('DELETE FROM signing_key WHERE thumbprint = ANY($1::text[])', revoked);
}
