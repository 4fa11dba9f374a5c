/** Entries about the log itself: versions of the `Log` record that the genesis began, each superseding the one before. */
import { randomUUID } from 'node:crypto';
import { type JsonObject, VitrineError } from './core/index.js';
import type { VerifiedEntry } from './check-entry.js';
import type { Ledger } from './contract.js';
import type { PendingEntry } from './pending.js';
import { buildSystemEntry } from './system-entry.js';

type Log = Pick<Ledger, 'keys' | 'trusted' | 'append'>;

export interface LogEntry {
  /** `log.<verb>`. */
  readonly op: string;
  readonly detail: JsonObject;
  /** Other threads that it is on, beside the log's own. */
  readonly threads?: readonly string[];
  readonly rows?: PendingEntry['rows'];
}

/** The newest entry about the log itself, verified. */
export async function newestLogEntry({ trusted }: Pick<Ledger, 'trusted'>): Promise<VerifiedEntry> {
  const genesis = await trusted.entryAt(0n);
  const { kind, id } = genesis.opening.subject;
  const head = trusted.subject(kind, id);
  if (head === undefined || head.index === 0n) return genesis;
  return trusted.entryAt(head.index);
}

/**
 * Appends an entry about the log itself, signed by the service key. Since each version supersedes the newest, of two
 * commands at the same time one is refused.
 *
 * @returns the entry's index
 * @throws VitrineError CONFLICT when another such entry was appended meanwhile
 */
export async function appendLogEntry(log: Log, entry: LogEntry): Promise<bigint> {
  const { keys, trusted } = log;
  const newest = await newestLogEntry(log);
  const { kind, id, version } = newest.opening.subject;
  const registered = trusted.key(keys.serviceKey.thumbprint)?.entry;
  const pending = await buildSystemEntry(keys, {
    op: entry.op,
    subject: { kind, id, version: version + 1 },
    supersedes: newest.index,
    supersededHash: newest.leafHash,
    detail: entry.detail,
    actor: id,
    threads: [id, ...(entry.threads ?? [])],
    request: randomUUID(),
    ...(registered !== undefined && { registered }),
    ...(entry.rows && { rows: entry.rows }),
  });
  const [position] = await log.append([pending]);
  if (position === undefined) throw new VitrineError('INTERNAL', 'expected the place of one entry');
  return position.index;
}
