/** What must hold for a change when it is committed (design: architecture, "conditions"). All under the head lock. */
import { countersOf, moveCharges } from './charges.js';
import { equal, type MovedCounter, VitrineError } from './core/index.js';
import type { Draft } from './draft.js';
import { violationOf } from './finding.js';
import type { KeyStore } from './key-store.js';
import type { Charge, CounterMove, PendingEntry } from './pending.js';
import type { Query } from './query.js';
import type { CounterMark } from './trusted-state.js';

/** An entry that a decision rests on was superseded, or its key revoked, before the commit: build the change again. */
export class StaleAuthority extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StaleAuthority';
  }
}

/** Who holds a unique key. */
export interface Holder {
  readonly kind: string;
  readonly subject: string;
}

/** What the database says about the claims and counters of a batch, read once under the lock. */
export interface Facts {
  /** By `claimKey`. */
  readonly holders: ReadonlyMap<string, Holder>;
  readonly counters: ReadonlyMap<string, { readonly value: bigint; readonly entry: bigint }>;
}

/** The key of `Facts.holders`. */
export function claimKey(claim: { readonly scope: string; readonly key: string }): string {
  return `${claim.scope}\u0000${claim.key}`;
}

/** Reads what the conditions of a batch need: one query for all claims, one for all counters. */
export async function readFacts(query: Query, entries: readonly PendingEntry[]): Promise<Facts> {
  const claims = entries.flatMap((entry) => entry.unique.map(({ scope, key }) => ({ scope, key })));
  const ids = entries.flatMap(({ counters, charges = [] }) => [
    ...counters.map((move) => move.id),
    ...countersOf(charges),
  ]);
  const holders = claims.length === 0 ? [] : await readHolders(query, claims);
  const counters = ids.length === 0 ? [] : await readCounters(query, ids);
  return {
    holders: new Map(holders.map((row) => [claimKey(row), row])),
    counters: new Map(counters.map(({ id, value, entry }) => [id, { value: BigInt(value), entry }])),
  };
}

/** Throws CONFLICT unless the record stands where the change thinks it does. */
export function requireVersion(draft: Draft, entry: PendingEntry): void {
  const { kind, id, version } = entry.subject;
  const head = draft.subject(kind, id);
  const details = { kind, id, ...(head !== undefined && { version: head.count }) };
  if (entry.supersedes === null && head !== undefined) {
    throw new VitrineError('CONFLICT', `the ${kind} exists already`, { details });
  }
  if (entry.supersedes !== null && head?.index !== entry.supersedes) {
    throw new VitrineError('CONFLICT', `the ${kind} was changed meanwhile`, { details });
  }
  if (version !== (head?.count ?? 0) + 1) {
    throw new VitrineError('INTERNAL', `expected version ${(head?.count ?? 0) + 1}, got ${version}`);
  }
}

/**
 * What must hold of a statement that its uploader signed beforehand. Throws STATEMENT_EXPIRED when it's void by now, CONFLICT
 * when another record, or a thread, has the id that it chose: a record of another kind under the same id would stand on
 * that one's thread.
 */
export function requireStatement(
  draft: Draft,
  { expires, chosen, subject }: PendingEntry,
  time: string,
): void {
  if (expires !== undefined && time >= expires)
    throw new VitrineError('STATEMENT_EXPIRED', `the statement expired at ${expires}`);
  if (chosen === true && draft.holds(subject.id))
    throw new VitrineError('CONFLICT', 'the id is in use; take a new one', { details: { id: subject.id } });
}

/** Throws CONFLICT, naming the holder, when another record holds one of the keys. */
export function requireUnique(facts: Facts, entry: PendingEntry): void {
  for (const claim of entry.unique) {
    const { kind, id } = entry.subject;
    const holder = facts.holders.get(claimKey(claim));
    if (holder !== undefined && (holder.kind !== kind || holder.subject !== id)) {
      const details = { kind: holder.kind, id: holder.subject };
      throw new VitrineError('CONFLICT', 'the key belongs to another record', { path: claim.path, details });
    }
  }
}

/** Moves the counters of an entry in the draft. Throws CONFLICT with a move's own message beyond its bounds. */
export function moveCounters(
  draft: Draft,
  facts: Facts,
  keys: KeyStore,
  moves: readonly CounterMove[],
): readonly MovedCounter[] {
  const moved = new Map<string, MovedCounter>();
  for (const { id, delta, min, max, message } of moves) {
    const value = (draft.value(id) ?? requireCounter(id, draft.counter(id), facts, keys)) + delta;
    if (value < min || value > max) throw new VitrineError('CONFLICT', message, { details: { counter: id } });
    draft.move(id, value);
    moved.set(id, { id, mac: keys.counterMac(id, value) });
  }
  return [...moved.values()];
}

/** Moves the counters of an entry's charges in the draft. Throws BUDGET_EXHAUSTED with the time of the refill. */
export function moveAllowances(
  draft: Draft,
  facts: Facts,
  keys: KeyStore,
  charges: readonly Charge[],
  time: string,
): readonly MovedCounter[] {
  const read = (id: string): bigint => draft.value(id) ?? requireCounter(id, draft.counter(id), facts, keys);
  return moveCharges(draft, charges, time, read, (id, value) => keys.counterMac(id, value));
}

/** The row's value, which must be the one that the counter's last mover anchored. */
function requireCounter(id: string, mark: CounterMark | undefined, facts: Facts, keys: KeyStore): bigint {
  const row = facts.counters.get(id);
  if (mark === undefined && row === undefined) return 0n;
  const index = mark?.entry ?? null;
  if (mark === undefined || row?.entry !== mark.entry || !equal(keys.counterMac(id, row.value), mark.mac)) {
    const message = `expected the value of ${id} that its last move anchored, got another`;
    throw violationOf({ what: 'counter', message, index, block: null });
  }
  return row.value;
}

/** A counter's row, and the log's size that it is of. */
export interface CounterRow {
  readonly head: bigint;
  /** Null, and `entry` too, before its first move. */
  readonly value: string | null;
  readonly entry: bigint | null;
}

export async function readCounter(query: Query, id: string): Promise<CounterRow> {
  const [row] = await query.$queryRawUnsafe<CounterRow[]>(
    `SELECT h.size AS head, c.value::text AS value, c.entry
     FROM (SELECT size FROM log_head WHERE id = 1) h LEFT JOIN counter c ON c.id = $1`,
    id,
  );
  return row ?? { head: 0n, value: null, entry: null };
}

/**
 * The value of a row that nothing overtook; 0 before its first move.
 *
 * @param mark where the verified log says the counter was moved last.
 * @throws VitrineError INTEGRITY_VIOLATION when the row isn't what that move anchored.
 */
export function counterOf(
  { value, entry }: CounterRow,
  id: string,
  mark: CounterMark | undefined,
  keys: KeyStore,
): bigint {
  const row = value === null || entry === null ? null : { value: BigInt(value), entry };
  const counters = new Map(row === null ? [] : [[id, row]]);
  return requireCounter(id, mark, { holders: new Map(), counters }, keys);
}

function readHolders(
  query: Query,
  claims: readonly { scope: string; key: string }[],
): Promise<(Holder & { scope: string; key: string })[]> {
  return query.$queryRawUnsafe(
    `SELECT u.scope, u.key, u.kind, u.subject FROM unique_key u
     JOIN json_to_recordset($1::json) AS r(scope text, key text) ON u.scope = r.scope AND u.key = r.key`,
    JSON.stringify(claims),
  );
}

function readCounters(
  query: Query,
  ids: readonly string[],
): Promise<{ id: string; value: string; entry: bigint }[]> {
  return query.$queryRawUnsafe(
    `SELECT id, value::text AS value, entry FROM counter
     WHERE id IN (SELECT json_array_elements_text($1::json))`,
    JSON.stringify([...new Set(ids)]),
  );
}
