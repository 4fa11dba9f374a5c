/** Entry 0: the log's name, its formats, the deployment's keys, and who the ministry is. */
import { base64url, type JsonObject } from './core/index.js';
import { GENESIS } from './check-keys.js';
import type { KeyStore, PublicKey } from './key-store.js';
import type { PendingEntry } from './pending.js';
import { buildSystemEntry } from './system-entry.js';

export interface GenesisOptions {
  readonly keys: KeyStore;
  /** Record ids of the ministry's institution and of its first member, registered in the same block. */
  readonly ministry: { readonly institution: string; readonly member: string };
  /** UUIDs of the log's own record and of the request that begins it. */
  readonly id: string;
  readonly request: string;
  /** What holds from the beginning on, as those who open the log understand it; public. */
  readonly parameters?: JsonObject;
}

/** The entry that begins a log, signed by the service key that it publishes. */
export async function buildGenesis(options: GenesisOptions): Promise<PendingEntry> {
  const { keys, ministry, id, request, parameters = {} } = options;
  return buildSystemEntry(keys, {
    op: GENESIS,
    subject: { kind: 'Log', id, version: 1 },
    supersedes: null,
    supersededHash: null,
    detail: {
      origin: keys.origin,
      formats: { entry: 1, block: 1, sealed: 1 },
      keys: [publish('log', keys.logKey), publish('service', keys.serviceKey)],
      ministry: { institution: ministry.institution, member: ministry.member },
      parameters,
    },
    actor: ministry.member,
    threads: [id],
    request,
  });
}

function publish(use: 'log' | 'service', key: PublicKey): JsonObject {
  const publicKey = base64url(key.publicKey);
  return { use, thumbprint: key.thumbprint, publicKey, institution: null, member: null, expires: null };
}
