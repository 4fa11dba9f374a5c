/** Checks the whole log again from zero, signatures included, and reports everything that doesn't hold. */
import { setImmediate as breathe } from 'node:timers/promises';
import { equal, VitrineError } from './core/index.js';
import { applyBlock, type BlockCheck } from './check-block.js';
import { openEntry, type VerifiedEntry } from './check-entry.js';
import { verifyCheckpoint } from './checkpoint-check.js';
import { checkCosignatures } from './audit-cosignatures.js';
import { checkSnapshots } from './audit-snapshots.js';
import { checkSideTables } from './audit-tables.js';
import { type Finding, messageOf } from './finding.js';
import type { KeyStore } from './key-store.js';
import { type BlockRow, readBlocks, readEntries, readHead } from './log-reader.js';
import type { Query } from './query.js';
import { replacedBy } from './replaced.js';
import { TrustedState } from './trusted-state.js';

export interface AuditOptions {
  readonly query: Query;
  readonly keys: KeyStore;
  /** The pinned note, if there is one. */
  readonly pin?: string;
  readonly onFinding: (finding: Finding) => void;
  /** Called with the entries checked so far and the log's size. */
  readonly onProgress?: (done: bigint, total: bigint) => void;
}

export interface AuditSummary {
  readonly entries: bigint;
  readonly blocks: bigint;
  /** RFC 6962 root of the entries. */
  readonly root: Uint8Array;
  readonly findings: number;
}

interface Audit extends AuditOptions {
  readonly state: TrustedState;
  /** Root after each block, by size. */
  readonly roots: Map<bigint, Uint8Array>;
  readonly report: (finding: Finding) => void;
}

const BLOCKS_AT_ONCE = 64;
/** Missing blocks in a row before the audit gives up. */
const MOST_MISSING = 1000n;

/**
 * Audits the log: headers, roots, entries, signatures, checkpoints, pin, threads, requests and counters. What rows of
 * records say is checked by `records`. Findings are reported, not thrown.
 */
export async function auditLog(options: AuditOptions): Promise<AuditSummary> {
  let findings = 0;
  let rootReported = false;
  const report = (finding: Finding) => {
    // After one wrong root all later ones differ: the first tells where.
    if (finding.what === 'root' && rootReported) return;
    rootReported ||= finding.what === 'root';
    findings += 1;
    options.onFinding(finding);
  };
  // The state outlives nothing and no list is held against it, so nothing needs to be secret; it keeps every tile.
  const state = new TrustedState(0, new Uint8Array(32), Infinity);
  const audit: Audit = { ...options, state, roots: new Map(), report };
  await checkBlocks(audit);
  await checkHead(audit);
  await checkCheckpoints(audit);
  await checkCosignatures(options.query, state.names, audit.roots, report);
  await checkPin(audit);
  for (const finding of await checkSnapshots(options.query, state, (size) => audit.roots.has(size)))
    report(finding);
  for (const finding of await checkSideTables(options.query, options.keys, state)) report(finding);
  return { entries: state.size, blocks: state.height + 1n, root: state.edge.root(), findings };
}

async function checkBlocks(audit: Audit): Promise<void> {
  const { query, state, onProgress } = audit;
  const total = (await readHead(query))?.size ?? 0n;
  for (;;) {
    const blocks = await readBlocks(query, state.height + 1n, BLOCKS_AT_ONCE);
    if (blocks.length === 0) return;
    for (const block of blocks) {
      if (block.height - state.height > MOST_MISSING) throw unreadable(state.height + 1n);
      while (block.height > state.height + 1n) await checkBlock(audit, missingBlock(audit, block));
      await checkBlock(audit, block);
    }
    onProgress?.(state.size, total);
    await breathe();
  }
}

async function checkBlock(audit: Audit, block: BlockRow): Promise<void> {
  const { query, state, keys, report, roots } = audit;
  const entries = await readEntries(query, state.size, block.size);
  const replaced = await replacedBy(entries, (index) => entryAt(audit, index));
  const check: BlockCheck = {
    state,
    origin: keys.genesisOrigin,
    report,
    signature: () => 'full',
    leafHash: (index) => (index < state.size ? state.leaves.get(index) : undefined),
    replaced: (index) => replaced.get(index),
  };
  applyBlock(block, entries, check);
  roots.set(state.size, state.edge.root());
}

/** An entry that was audited before; undefined when it doesn't verify, which was reported then. */
async function entryAt({ query, state }: Audit, index: bigint): Promise<VerifiedEntry | undefined> {
  const [row] = await readEntries(query, index, index + 1n);
  const known = state.leaves.get(index);
  try {
    const entry = row && openEntry(row.index, row.leaf, row.opening, row.salt);
    return entry !== undefined && known !== undefined && equal(entry.leafHash, known) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Stands for a block that isn't there, so that what comes after it can be checked at its place. */
function missingBlock({ state, report }: Audit, next: BlockRow): BlockRow {
  const height = state.height + 1n;
  report({ what: 'block', message: 'the block is missing', index: null, block: height });
  return { height, header: new Uint8Array(), first: state.size, size: next.first };
}

/** The head row must name the end, and nothing may stand beyond it. */
async function checkHead({ query, state, report }: Audit): Promise<void> {
  const head = await readHead(query);
  const fail = (message: string) => report({ what: 'head', message, index: null, block: null });
  if (head?.size !== state.size || head.height !== state.height) {
    fail(`expected size ${state.size} at height ${state.height}, got ${head?.size} at ${head?.height}`);
  }
  const beyond = await query.$queryRawUnsafe<{ index: bigint }[]>(
    'SELECT index FROM entry WHERE index >= $1 ORDER BY index LIMIT 1',
    state.size,
  );
  if (beyond[0] !== undefined) {
    const message = 'the entry belongs to no block';
    report({ what: 'leaf', message, index: beyond[0].index, block: null });
  }
}

async function checkCheckpoints({ query, state, roots, report }: Audit): Promise<void> {
  let after = -1n;
  for (;;) {
    const rows = await query.$queryRawUnsafe<{ size: bigint; note: string }[]>(
      'SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT 1000',
      after,
    );
    if (rows.length === 0) return;
    for (const { size, note } of rows) {
      after = size;
      const wrong = refuseCheckpoint(state, note, size, roots);
      if (wrong === null) continue;
      report({ what: 'checkpoint', message: `of size ${size}: ${wrong}`, index: null, block: null });
    }
  }
}

/** The pinned note is one of this log, and stands among its checkpoints: it was stored there before it was pinned. */
async function checkPin({ query, state, pin, roots, report }: Audit): Promise<void> {
  if (pin === undefined) return;
  const wrong = refuseCheckpoint(state, pin, undefined, roots);
  if (wrong !== null) return report({ what: 'pin', message: wrong, index: null, block: null });
  const { size } = verifyCheckpoint(state.names, pin);
  const rows = await query.$queryRawUnsafe<{ size: bigint }[]>(
    'SELECT size FROM checkpoint WHERE size = $1',
    size,
  );
  if (rows.length > 0) return;
  const message = `of size ${size}: it was pinned, and is missing`;
  report({ what: 'checkpoint', message, index: null, block: null });
}

/** Why a note isn't a checkpoint of this log, or null when it is. */
function refuseCheckpoint(
  state: TrustedState,
  note: string,
  size: bigint | undefined,
  roots: ReadonlyMap<bigint, Uint8Array>,
): string | null {
  try {
    const checkpoint = verifyCheckpoint(state.names, note);
    if (size !== undefined && checkpoint.size !== size) return `expected this size, got ${checkpoint.size}`;
    const root = roots.get(checkpoint.size);
    if (root === undefined) return `expected the size of a block, got ${checkpoint.size}`;
    return equal(root, checkpoint.root)
      ? null
      : `expected the root of ${checkpoint.size} entries, got another`;
  } catch (cause) {
    return messageOf(cause);
  }
}

function unreadable(height: bigint): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', `blocks from ${height} on are missing`);
}
