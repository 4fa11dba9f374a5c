/**
 * Entries of the deployment itself: `log.genesis`, `log.snapshot`, key rotations. Signed by the service key; they have
 * no sealed record and no row, so all that they say stands in the opening's detail.
 */
import {
  canonical,
  compactJws,
  type JsonObject,
  type Opening,
  signatureInput,
  statedDetail,
  statementBytes,
  utf8,
} from './core/index.js';
import type { KeyStore } from './key-store.js';
import { nativeHash } from './native.js';
import type { PendingEntry } from './pending.js';

/** How the operations of the deployment begin. */
const SYSTEM_OP = 'log.';

/** Kinds of record that only such operations make. */
export const SYSTEM_KINDS: ReadonlySet<string> = new Set(['Log', 'Snapshot', 'Rollback']);

export interface SystemEntry {
  /** `log.<verb>`. */
  readonly op: string;
  readonly subject: PendingEntry['subject'];
  /** Entry of the version that this one replaces, and that entry's leaf hash; null for version 1. */
  readonly supersedes: bigint | null;
  readonly supersededHash: Uint8Array | null;
  readonly detail: JsonObject;
  /** Member who asked for it, or the log's own record id. */
  readonly actor: string;
  readonly threads: readonly string[];
  readonly request: string;
  /** Entry that registered the service key; 0, the genesis, unless it was rotated. */
  readonly registered?: bigint;
  /** Rows that commit with it. */
  readonly rows?: PendingEntry['rows'];
}

/** An entry signed by the service key, ready to be appended. */
export async function buildSystemEntry(keys: KeyStore, entry: SystemEntry): Promise<PendingEntry> {
  const { op, subject, supersedes, supersededHash, detail, actor, threads, request } = entry;
  const detailBytes = canonical(detail);
  const stated = statedDetail(detail);
  const payload = statementBytes({
    origin: keys.origin,
    op,
    subject,
    supersedes: supersededHash,
    content: null,
    fields: null,
    detail: stated === null ? null : nativeHash(utf8(stated)),
    institution: null,
    issued: null,
    expires: null,
    request,
    part: 0,
  });
  const key = keys.serviceKey.thumbprint;
  return {
    op,
    actor,
    institution: null,
    by: { key, entry: entry.registered ?? 0n, mode: 'service' },
    subject,
    supersedes,
    content: null,
    fields: null,
    threads,
    request,
    part: 0,
    signature: compactJws(key, payload, await keys.signStatement(key, signatureInput(key, payload))),
    detail,
    authority: [],
    rows: entry.rows ?? [],
    unique: [],
    words: [],
    counters: [],
    inputHash: keys.inputMac(detailBytes),
  };
}

/** The operation that anchors a snapshot of the trusted state. */
export const SNAPSHOT = 'log.snapshot';

/** The size whose snapshot an entry anchors, or null when it anchors none. */
export function anchoredSize({ op, detail }: Pick<Opening, 'op' | 'detail'>): bigint | null {
  const size = op === SNAPSHOT ? detail?.['size'] : undefined;
  return typeof size === 'string' && /^[1-9][0-9]{0,15}$/.test(size) ? BigInt(size) : null;
}

/** Why this is no entry of the deployment though it looks like one, or null. Both halves are the writer's claim. */
export function refuseSystem({ op, subject, by }: Pick<Opening, 'op' | 'subject' | 'by'>): string | null {
  const isSystem = op.startsWith(SYSTEM_OP);
  if (isSystem && by.mode !== 'service') return `${op} is done by the service alone, got mode ${by.mode}`;
  if (!isSystem && SYSTEM_KINDS.has(subject.kind))
    return `a ${subject.kind} is made by ${SYSTEM_OP}* alone, got ${op}`;
  return null;
}
