/**
 * One commit: a batch of groups in one transaction that holds the head row's lock, so that of all processes one at a
 * time appends (design: ledger, "Appending").
 */
import type { Sql } from '../database/index.js';
import { VitrineError } from './core/index.js';
import { claimKey, readFacts, StaleAuthority } from './conditions.js';
import { Draft } from './draft.js';
import type { Faults } from './faults.js';
import type { KeyStore } from './key-store.js';
import type { VerifiedEntry } from './check-entry.js';
import { orViolation, readKnown, requestOf, requireSameRequest } from './known-requests.js';
import { lockHead } from './log-reader.js';
import { isTransfer } from './move-entry.js';
import { type BlockPlan, headerOf, type PlacedEntry, placeGroup } from './place.js';
import type { PendingEntry, Position } from './pending.js';
import type { Query } from './query.js';
import type { OwnBlock, TrustedLog } from './trusted-log.js';
import { writeBlock } from './write-block.js';

export interface CommitOptions {
  readonly sql: Sql;
  readonly trusted: TrustedLog;
  readonly keys: KeyStore;
  readonly clock: () => Date;
  readonly random: (length: number) => Uint8Array;
  readonly faults: Faults | undefined;
}

/** What became of a group: its positions, or why it was refused. */
export type Outcome = readonly Position[] | VitrineError | StaleAuthority;

export interface Committed {
  /** One for each group, in order. */
  readonly outcomes: readonly Outcome[];
  /** The block that was written; none when every group was known or refused. */
  readonly block: OwnBlock | undefined;
}

/**
 * Commits what of a batch can be committed. Refusals are outcomes; what is thrown concerns the whole batch, and then it
 * may or may not be durable: asking again finds out, since accepted requests are known.
 */
export async function commitBatch(
  options: CommitOptions,
  groups: readonly (readonly PendingEntry[])[],
): Promise<Committed> {
  const { sql, trusted, faults } = options;
  let settled: (() => void) | undefined;
  try {
    // READ COMMITTED: each statement must see what was committed before it had the lock.
    const committed = await sql.transaction(async (tx) => {
      const result = await appendUnderLock(tx, options, groups);
      if (result.block === undefined) return result;
      await faults?.('before-commit');
      settled = trusted.expectOwn();
      return result;
    });
    if (committed.block !== undefined) {
      await faults?.('after-commit');
      trusted.applyOwn(committed.block);
    }
    return committed;
  } finally {
    settled?.();
  }
}

async function appendUnderLock(
  query: Query,
  options: CommitOptions,
  groups: readonly (readonly PendingEntry[])[],
): Promise<Committed> {
  const { trusted } = options;
  await trusted.sync(query, lockHead);
  const entries = groups.flat();
  const known = await readKnown(query, trusted, entries.map(requestOf));
  const plan = await planBlock(query, options, entries);
  const outcomes = groups.map((group) =>
    settle(() => requireSameRequest(group, known, trusted) ?? place(plan, group)),
  );
  if (plan.placed.length === 0) return { outcomes, block: undefined };
  const { header, bytes } = headerOf(plan, trusted.state.edge.clone());
  await writeBlock(query, { header, bytes, placed: plan.placed, draft: plan.draft });
  const block = { header, headerBytes: bytes, entries: plan.placed.map((one) => one.applied) };
  return { outcomes, block };
}

async function planBlock(
  query: Query,
  { trusted, keys, clock, random }: CommitOptions,
  entries: readonly PendingEntry[],
): Promise<BlockPlan> {
  const { state } = trusted;
  const superseded = new Map<bigint, Uint8Array | VitrineError>();
  const replaced = new Map<bigint, VerifiedEntry | VitrineError>();
  for (const { op, supersedes } of entries) {
    if (supersedes === null || supersedes >= trusted.size) continue;
    superseded.set(supersedes, await orViolation(trusted.leafHashAt(supersedes, query)));
    if (isTransfer({ op })) replaced.set(supersedes, await orViolation(trusted.entryAt(supersedes, query)));
  }
  const now = clock().toISOString();
  return {
    state,
    keys,
    random,
    superseded,
    replaced,
    facts: await readFacts(query, entries),
    height: state.height + 1n,
    time: now > state.time ? now : state.time,
    draft: new Draft(state),
    placed: [],
  };
}

function place(plan: BlockPlan, group: readonly PendingEntry[]): readonly Position[] {
  requireDistinct(group);
  return placeGroup(plan, group).map(positionOf);
}

/** Within a group, nothing may touch the same record or the same key twice: the order of its parts means nothing. */
function requireDistinct(group: readonly PendingEntry[]): void {
  const subjects = new Set(group.map(({ subject }) => `${subject.kind}/${subject.id}`));
  const parts = new Set(group.map(({ request, part }) => `${request}/${part}`));
  if (subjects.size !== group.length || parts.size !== group.length) {
    throw new VitrineError('INTERNAL', 'expected other records and parts in each entry of a group');
  }
  const holders = new Map<string, string>();
  for (const { subject, unique } of group) {
    for (const claim of unique) {
      const holder = holders.get(claimKey(claim));
      holders.set(claimKey(claim), subject.id);
      if (holder === undefined || holder === subject.id) continue;
      throw new VitrineError('CONFLICT', 'the key is claimed twice in one request', { path: claim.path });
    }
  }
}

function positionOf({ entry }: PlacedEntry): Position {
  return { index: entry.index, block: entry.leaf.block };
}

/** A refusal concerns its group alone; anything else the whole batch. */
function settle(decide: () => readonly Position[]): Outcome {
  try {
    return decide();
  } catch (error) {
    if (error instanceof VitrineError || error instanceof StaleAuthority) return error;
    throw error;
  }
}
