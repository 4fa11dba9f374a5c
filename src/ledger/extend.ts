/** Takes blocks from the database into the trusted log, each whole or not at all. */
import { setImmediate as breathe } from 'node:timers/promises';
import { type Checkpoint, equal, leafHash, VitrineError } from './core/index.js';
import { applyBlock, type BlockCheck } from './check-block.js';
import { messageOf, violationOf } from './finding.js';
import { type BlockRow, type EntryRow, readEntries } from './log-reader.js';
import { nativeHash } from './native.js';
import type { Query } from './query.js';
import type { VerifiedEntry } from './check-entry.js';
import { replacedBy } from './replaced.js';
import type { TrustedState } from './trusted-state.js';

export interface ExtendOptions {
  /** The log's name, which statements are signed for. */
  readonly origin: string;
  /** What was pinned outside the database: the log has to pass through it. */
  readonly pin?: Pick<Checkpoint, 'size' | 'root'>;
  /** Also do the curve arithmetic of signatures below the pin, for which the pinned root stands otherwise. */
  readonly verifySignaturesBelowPin?: boolean;
}

/** The part of the trusted log that grows. */
export interface Extensible {
  readonly state: TrustedState;
  leafHashAt(index: bigint, query: Query): Promise<Uint8Array>;
  entryAt(index: bigint, query: Query): Promise<VerifiedEntry>;
  stop(error: VitrineError): VitrineError;
}

const ENTRIES_AT_ONCE = 2048n;
/** How long blocks are checked before other work gets its turn. */
const TURN_MS = 10;

/** Checks and applies blocks, in order. What doesn't hold stops the log. */
export async function extend(
  log: Extensible,
  options: ExtendOptions,
  blocks: readonly BlockRow[],
  query: Query,
): Promise<void> {
  for (const chunk of chunks(blocks)) await applyChunk(log, options, chunk, query);
}

/** Blocks whose entries fit into memory together. */
async function applyChunk(
  log: Extensible,
  options: ExtendOptions,
  blocks: readonly BlockRow[],
  query: Query,
): Promise<void> {
  const { state } = log;
  const from = state.size;
  const entries = await readEntries(query, from, blocks.at(-1)?.size ?? from);
  const older = await supersededHashes(log, entries, query);
  const superseded = (index: bigint): Uint8Array | undefined => {
    const row = index >= from && index < state.size ? entries[Number(index - from)] : undefined;
    return row?.index === index ? leafHash(row.leaf, nativeHash) : older.get(index);
  };
  const replaced = await replacedBy(entries, (index) => log.entryAt(index, query));
  let since = performance.now();
  for (const block of blocks) {
    // Applied by this process's own commit in the meantime.
    if (block.height <= state.height) continue;
    const before = state.size;
    // Where a row is missing, the slice is shifted; the check looks each index up and says so.
    const rows = entries.slice(Number(before - from), Number(block.size - from));
    takeBlock(log, options, block, rows, { leafHash: superseded, replaced: (index) => replaced.get(index) });
    requirePin(log, options, before);
    if (performance.now() - since < TURN_MS) continue;
    await breathe();
    since = performance.now();
  }
}

function takeBlock(
  log: Extensible,
  { origin, pin, verifySignaturesBelowPin }: ExtendOptions,
  block: BlockRow,
  rows: readonly EntryRow[],
  older: Pick<BlockCheck, 'leafHash' | 'replaced'>,
): void {
  const { state } = log;
  const believed = pin !== undefined && verifySignaturesBelowPin !== true ? pin.size : 0n;
  const check: BlockCheck = {
    state,
    origin,
    report: (finding) => {
      throw violationOf(finding);
    },
    signature: (index) => (index < believed ? 'statement' : 'full'),
    ...older,
  };
  try {
    applyBlock(block, rows, check);
  } catch (cause) {
    if (cause instanceof VitrineError) throw log.stop(cause);
    const message = `checking the log failed: ${messageOf(cause)}`;
    throw log.stop(new VitrineError('INTERNAL', message, { cause }));
  }
}

/** Older leaf hashes that the signatures of these entries cover; tiles may leave the cache before they are needed. */
async function supersededHashes(
  log: Extensible,
  entries: readonly EntryRow[],
  query: Query,
): Promise<ReadonlyMap<bigint, Uint8Array>> {
  const hashes = new Map<bigint, Uint8Array>();
  for (const { kind, subject, version } of entries) {
    const head = version > 1 ? log.state.subject(kind, subject) : undefined;
    if (head !== undefined) hashes.set(head.index, await log.leafHashAt(head.index, query));
  }
  return hashes;
}

/** The pinned size has to be a block's end, with the pinned root. */
function requirePin(log: Extensible, { pin }: ExtendOptions, before: bigint): void {
  const { size, edge } = log.state;
  if (pin === undefined || before >= pin.size || size < pin.size) return;
  if (size === pin.size && equal(edge.root(), pin.root)) return;
  throw log.stop(
    new VitrineError(
      'ROLLBACK_DETECTED',
      `the database's first ${pin.size} entries aren't those that were pinned: it was replaced or rolled back. ` +
        'Restore its newest state; nothing is served until then',
    ),
  );
}

function chunks(blocks: readonly BlockRow[]): BlockRow[][] {
  const parts: BlockRow[][] = [];
  let part: BlockRow[] = [];
  for (const block of blocks) {
    part.push(block);
    if (block.size - (part[0]?.first ?? 0n) < ENTRIES_AT_ONCE) continue;
    parts.push(part);
    part = [];
  }
  return part.length > 0 ? [...parts, part] : parts;
}
