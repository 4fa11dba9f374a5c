/** Entries that the deployment itself makes of records: nobody asked, or a rule decided. Signed by the service key. */
import { randomUUID } from 'node:crypto';
import type { CounterMove, Ledger, PendingEntry } from '../ledger/index.js';
import { nativeHash } from '../ledger/index.js';
import type { JsonObject } from '../ledger/core/index.js';
import { canonical, compactJws, signatureInput, VitrineError } from '../ledger/core/index.js';
import type { AnyKind, Random, RecordHead, SealedRecord, Unrelated } from '../records/index.js';
import { sealRecord } from '../records/index.js';
import type { Signing } from './statement.js';
import { signStatement } from './statement.js';

export interface DeploymentDependencies {
  readonly ledger: Ledger;
  readonly random: Random;
  readonly clock: () => Date;
}

/** A version that is sealed already. */
export interface DeploymentVersion extends Pick<PendingEntry, 'unaccepted' | 'charges'> {
  readonly op: string;
  readonly kind: AnyKind;
  readonly head: RecordHead;
  readonly values: object;
  readonly base: Unrelated<object> | null;
  readonly detail: JsonObject;
  /** By default one of its own. */
  readonly request?: string;
  readonly part?: number;
  readonly inputHash?: string;
  /** Entries that it rests on: none of them may be superseded when it is committed. */
  readonly authority?: readonly bigint[];
  readonly counters?: readonly CounterMove[];
}

/** The entry of a version that is sealed, ready to be appended. */
export async function deploymentEntry(
  { ledger, clock }: DeploymentDependencies,
  version: DeploymentVersion,
  sealed: SealedRecord & Partial<Pick<PendingEntry, 'rewraps'>>,
): Promise<PendingEntry> {
  const { op, kind, head, values, base, authority = [], unaccepted = [], charges = [] } = version;
  const detail: JsonObject =
    authority.length === 0 ? version.detail : { ...version.detail, authority: authority.map(Number) };
  const service = ledger.trusted.latestKey(null, 'service');
  if (service === undefined) throw new VitrineError('NOT_CONFIGURED', 'the log has no service key');
  const by = { key: service.thumbprint, entry: service.entry, mode: 'service' } as const;
  const request = version.request ?? randomUUID();
  const part = version.part ?? 0;
  const signing: Signing = { origin: ledger.origin, keys: ledger.keys, hash: nativeHash, clock };
  const { content, fields } = sealed;
  const change = { op, base: base === null ? null : { ...base, relations: new Set<never>() }, head };
  return {
    ...sealed,
    op,
    actor: await logId(ledger),
    institution: null,
    by,
    subject: { kind: kind.name, id: head.id, version: head.version },
    supersedes: base?.anchor.index ?? null,
    threads: [...new Set(kind.threads(values, head))],
    request,
    part,
    signature: await signStatement(signing, by, {
      change,
      content,
      fields,
      detail,
      institution: null,
      request,
      part,
    }),
    detail,
    authority,
    unaccepted,
    counters: version.counters ?? [],
    charges,
    inputHash: version.inputHash ?? ledger.keys.inputMac(canonical(detail)),
  };
}

/** Seals a version and makes its entry. */
export async function sealedByDeployment(
  deps: DeploymentDependencies,
  version: DeploymentVersion,
): Promise<PendingEntry> {
  const { kind, head, values } = version;
  return deploymentEntry(deps, version, await sealRecord(kind, head, values, deps.ledger.keys, deps.random));
}

/** Signs, as a compact JWS, what the deployment says beside the log. */
export async function signByService(
  { trusted, keys }: Ledger,
  payload: Uint8Array,
): Promise<{ readonly jws: string; readonly key: Uint8Array; readonly entry: bigint }> {
  const service = trusted.latestKey(null, 'service');
  if (service === undefined) throw new VitrineError('NOT_CONFIGURED', 'the log has no service key');
  const { thumbprint, publicKey: key, entry } = service;
  const signature = await keys.signStatement(thumbprint, signatureInput(thumbprint, payload));
  return { jws: compactJws(thumbprint, payload, signature), key, entry };
}

/** The id of the log's own record, who acts where nobody does: the subject of entry 0. */
async function logId({ trusted }: Ledger): Promise<string> {
  for await (const { opening } of trusted.entries(0n, 1n)) return opening.subject.id;
  throw new VitrineError('INTERNAL', 'expected entry 0');
}
