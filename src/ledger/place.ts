/** Gives waiting entries their places: index, block, time, threads, counters; and builds the bytes that are anchored. */
import {
  type BlockHeader,
  encodeHeader,
  encodeLeaf,
  encodeOpening,
  type Leaf,
  leafHash,
  linkHash,
  type Opening,
  type RightEdge,
  VitrineError,
} from './core/index.js';
import { checkEntry, type SignatureCheck, type VerifiedEntry } from './check-entry.js';
import { GENESIS } from './check-keys.js';
import {
  type Facts,
  moveAllowances,
  moveCounters,
  requireStatement,
  requireUnique,
  requireVersion,
  StaleAuthority,
} from './conditions.js';
import { requireWrapping } from './custodian-keys.js';
import { Draft } from './draft.js';
import type { KeyStore } from './key-store.js';
import { nativeHash } from './native.js';
import type { PendingEntry } from './pending.js';
import type { Applied, TrustedState } from './trusted-state.js';

/** An entry with its place, ready to be written. */
export interface PlacedEntry {
  readonly pending: PendingEntry;
  readonly entry: VerifiedEntry;
  readonly applied: Applied;
}

/** The block that a batch builds. */
export interface BlockPlan {
  readonly state: TrustedState;
  readonly keys: KeyStore;
  readonly random: (length: number) => Uint8Array;
  readonly facts: Facts;
  readonly height: bigint;
  readonly time: string;
  /** Everything placed so far. */
  readonly draft: Draft;
  readonly placed: PlacedEntry[];
  /** Verified leaf hashes of entries that the batch supersedes, by index, or why one can't be had. */
  readonly superseded: ReadonlyMap<bigint, Uint8Array | VitrineError>;
  /** Those that a transfer supersedes, themselves. */
  readonly replaced: ReadonlyMap<bigint, VerifiedEntry | VitrineError>;
}

/**
 * Places a group behind what is placed already, all of it or nothing. Throws CONFLICT or StaleAuthority when one of its
 * conditions fails.
 */
export function placeGroup(plan: BlockPlan, group: readonly PendingEntry[]): readonly PlacedEntry[] {
  const draft = new Draft(plan.draft);
  const from = plan.state.size + BigInt(plan.placed.length);
  const placed = group.map((pending, i) => {
    requireAuthority(plan, draft, pending);
    requireVersion(draft, pending);
    requireStatement(draft, pending, plan.time);
    requireUnique(plan.facts, pending);
    const one = placeEntry(plan, draft, pending, from + BigInt(i));
    draft.apply(one.applied);
    return one;
  });
  draft.keep();
  plan.placed.push(...placed);
  return placed;
}

/** The header over what was placed. `edge` grows by it. */
export function headerOf(plan: BlockPlan, edge: RightEdge): { header: BlockHeader; bytes: Uint8Array } {
  const { state, height, time, placed } = plan;
  const previous = state.headers.at(state.headers.length - 1) ?? new Uint8Array(32);
  for (const { entry } of placed) edge.append(entry.leafHash);
  const header = {
    v: 1,
    height,
    previous,
    first: state.size,
    size: edge.size,
    root: edge.root(),
    time,
  } as const;
  return { header, bytes: encodeHeader(header) };
}

function requireAuthority(plan: BlockPlan, draft: Draft, pending: PendingEntry): void {
  for (const index of pending.authority) {
    if (plan.state.isSuperseded(index)) throw new StaleAuthority(`entry ${index} was superseded meanwhile`);
  }
  for (const { kind, id } of pending.absent ?? []) {
    if (draft.subject(kind, id) !== undefined) throw new StaleAuthority(`a ${kind} ${id} was made meanwhile`);
  }
  // A request of the same block isn't seen here: `takeBatch` keeps it for another.
  for (const part of pending.unaccepted ?? []) {
    if (plan.state.hasRequest(part))
      throw new StaleAuthority(`request ${part.request} was accepted meanwhile`);
  }
  for (const { kind, thread, count } of pending.whole ?? []) {
    if (draft.began(kind, thread) !== count) throw new StaleAuthority(`a ${kind} joined ${thread} meanwhile`);
  }
  const revoked = draft.key(pending.by.key)?.revoked ?? null;
  if (revoked !== null) {
    throw new StaleAuthority(`key ${pending.by.key} was revoked meanwhile`);
  }
  requireWrapping(draft.names, pending);
}

function placeEntry(plan: BlockPlan, draft: Draft, pending: PendingEntry, index: bigint): PlacedEntry {
  if (pending.op === GENESIS && index !== 0n) throw new VitrineError('CONFLICT', 'the log has begun already');
  const { facts, keys } = plan;
  const counters = [
    ...moveCounters(draft, facts, keys, pending.counters),
    ...moveAllowances(draft, facts, keys, pending.charges ?? [], plan.time),
  ];
  const opening: Opening = {
    op: pending.op,
    actor: pending.actor,
    by: pending.by,
    subject: pending.subject,
    threads: pending.threads.map((id) => {
      const head = draft.thread(id);
      return { id, seq: BigInt((head?.count ?? 0) + 1), prev: head?.index ?? null };
    }),
    request: pending.request,
    part: pending.part,
    signature: pending.signature,
    detail: pending.detail,
    ...(counters.length > 0 && { counters }),
  };
  const openingBytes = encoded(() => encodeOpening(opening));
  const salt = plan.random(16);
  const leaf: Leaf = {
    v: 1,
    time: plan.time,
    block: plan.height,
    institution: pending.institution,
    supersedes: pending.supersedes,
    content: pending.content,
    fields: pending.fields,
    link: linkHash(salt, openingBytes, nativeHash),
  };
  const leafBytes = encoded(() => encodeLeaf(leaf));
  const hash = leafHash(leafBytes, nativeHash);
  const entry = { index, leaf, opening, leafHash: hash, leafBytes, openingBytes, salt };
  return { pending, entry, applied: applied(plan, draft, entry) };
}

/** A malformed entry of our own is a mistake in the program, and no attack on the log. */
function encoded(encode: () => Uint8Array): Uint8Array {
  try {
    return encode();
  } catch (cause) {
    if (!(cause instanceof VitrineError) || cause.code !== 'INTEGRITY_VIOLATION') throw cause;
    throw new VitrineError('INTERNAL', `the entry can't be encoded: ${cause.message}`, { cause });
  }
}

/**
 * Nothing is committed that a reader would refuse: one bad entry would stop every trusted log for good. The curve
 * arithmetic is left out for keys that are held here.
 */
function applied(plan: BlockPlan, draft: Draft, entry: VerifiedEntry): Applied {
  const { index, leafHash, leaf, opening } = entry;
  const { supersedes, institution } = leaf;
  const superseded = supersedes === null ? null : (plan.superseded.get(supersedes) ?? null);
  if (superseded instanceof VitrineError) throw superseded;
  const replaced = supersedes === null ? null : (plan.replaced.get(supersedes) ?? null);
  if (replaced instanceof VitrineError) throw replaced;
  const signature: SignatureCheck = opening.by.mode === 'own' ? 'full' : 'statement';
  const origin = plan.keys.genesisOrigin;
  const checked = checkEntry(entry, { view: draft, origin, superseded, replaced, signature });
  const [finding] = checked.findings;
  if (finding !== undefined) {
    throw new VitrineError('INTERNAL', `the entry can't be appended: ${finding.what}: ${finding.message}`);
  }
  const { keys, step } = checked;
  return { index, leafHash, supersedes, institution, opening, keys, step };
}
