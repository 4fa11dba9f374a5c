/**
 * Takes one block into the state: its header against the chain, each entry against the log before it, and the root of
 * everything. The trusted log's report throws at the first thing that doesn't hold; an audit's collects and goes on.
 */
import { type BlockHeader, equal, headerHash, parseHeader, VitrineError } from './core/index.js';
import { checkEntry, openEntry, type SignatureCheck, type VerifiedEntry } from './check-entry.js';
import { type Finding, messageOf, type Report } from './finding.js';
import type { BlockRow, EntryRow } from './log-reader.js';
import { nativeHash } from './native.js';
import { leafHash } from './core/index.js';
import type { TrustedState } from './trusted-state.js';

export interface BlockCheck {
  readonly state: TrustedState;
  readonly origin: string;
  readonly report: Report;
  /** How much of the signature of the entry at an index to check. */
  readonly signature: (index: bigint) => SignatureCheck;
  /** Verified leaf hash of an entry below the state's size, if it is at hand. */
  readonly leafHash: (index: bigint) => Uint8Array | undefined;
  /** The entry at an index that a transfer among the rows supersedes. */
  readonly replaced: (index: bigint) => VerifiedEntry | undefined;
}

/** What the log claims in a header column is looped over: beyond this, an audit ends rather than runs for years. */
const MOST_MISSING = 100_000n;
const ZEROS = new Uint8Array(32);

/** Checks a block and its entries and applies them. `entries`: those from the state's size to the block's, in order. */
export function applyBlock(block: BlockRow, entries: readonly EntryRow[], check: BlockCheck): void {
  const { state } = check;
  const height = state.height + 1n;
  const fail = (what: Finding['what'], message: string) =>
    check.report({ what, message, index: null, block: height });
  const header = readHeader(block, fail);
  if (header !== undefined) checkHeader(header, block, state, fail);
  const rowAt = finder(entries, state.size);
  const size = header?.size ?? block.size;
  if (size - state.size > BigInt(entries.length) + MOST_MISSING) {
    throw new VitrineError('INTEGRITY_VIOLATION', `block ${height} claims ${size} entries, most are missing`);
  }
  for (let index = state.size; index < size; index++) applyRow(index, rowAt(index), header, check);
  if (header !== undefined && !equal(state.edge.root(), header.root)) {
    fail('root', `expected the root of ${state.size} entries, got another`);
  }
  state.applyHeader(headerHash(block.header, nativeHash), header?.time ?? state.time);
}

/** Finds rows by their index: each stands in its place, unless one is missing or too many. */
function finder(rows: readonly EntryRow[], first: bigint): (index: bigint) => EntryRow | undefined {
  let byIndex: ReadonlyMap<bigint, EntryRow> | undefined;
  return (index) => {
    const row = rows[Number(index - first)];
    if (row?.index === index && byIndex === undefined) return row;
    byIndex ??= new Map(rows.map((one) => [one.index, one]));
    return byIndex.get(index);
  };
}

type Fail = (what: Finding['what'], message: string) => void;

function readHeader(block: BlockRow, fail: Fail): BlockHeader | undefined {
  try {
    return parseHeader(block.header);
  } catch (cause) {
    fail('block', messageOf(cause));
    return undefined;
  }
}

function checkHeader(header: BlockHeader, block: BlockRow, state: TrustedState, fail: Fail): void {
  const height = state.height + 1n;
  const previous = state.headers.at(state.headers.length - 1) ?? ZEROS;
  if (header.height !== height) fail('block', `expected height ${height}, got ${header.height}`);
  if (!equal(header.previous, previous)) fail('block', "expected the previous header's hash, got another");
  if (header.first !== state.size) fail('block', `expected first ${state.size}, got ${header.first}`);
  if (header.time < state.time) fail('block', `expected a time from ${state.time} on, got ${header.time}`);
  if (block.height !== height || block.first !== header.first || block.size !== header.size) {
    fail('columns', 'expected columns that equal the header, got others');
  }
}

function applyRow(
  index: bigint,
  row: EntryRow | undefined,
  header: BlockHeader | undefined,
  check: BlockCheck,
): void {
  const { state } = check;
  const entry = row === undefined ? undefined : open(row, index, check);
  if (entry === undefined) {
    if (row === undefined) wrong('leaf', 'the entry is missing', index, check);
    state.applyLeaf(row === undefined ? ZEROS : leafHash(row.leaf, nativeHash));
    return;
  }
  const { leaf, opening } = entry;
  if (row !== undefined) checkPlace(row, entry, header, check);
  const { supersedes, institution } = leaf;
  const superseded = supersedes === null ? null : (check.leafHash(supersedes) ?? null);
  const { origin } = check;
  const signature = check.signature(index);
  const replaced = supersedes === null ? null : (check.replaced(supersedes) ?? null);
  const { findings, keys, step } = checkEntry(entry, {
    view: state,
    origin,
    superseded,
    replaced,
    signature,
  });
  for (const finding of findings) check.report(finding);
  state.applyEntry({ index, leafHash: entry.leafHash, supersedes, institution, opening, keys, step });
}

function wrong(what: Finding['what'], message: string, index: bigint, { state, report }: BlockCheck): void {
  report({ what, message, index, block: state.height + 1n });
}

/** The leaf says the block that holds it, and the columns say what the halves say. */
function checkPlace(
  row: EntryRow,
  entry: VerifiedEntry,
  header: BlockHeader | undefined,
  check: BlockCheck,
): void {
  const { index, leaf } = entry;
  const block = check.state.height + 1n;
  if (leaf.block !== block) wrong('leaf', `expected block ${block}, got ${leaf.block}`, index, check);
  if (header !== undefined && leaf.time !== header.time)
    wrong('leaf', `expected the block's time ${header.time}, got ${leaf.time}`, index, check);
  if (!sameColumns(row, entry))
    wrong('columns', 'expected columns that equal the opening, got others', index, check);
}

function open(row: EntryRow, index: bigint, check: BlockCheck): VerifiedEntry | undefined {
  try {
    return openEntry(row.index, row.leaf, row.opening, row.salt);
  } catch (cause) {
    wrong('link', messageOf(cause), index, check);
    return undefined;
  }
}

/** The database finds entries by these columns, so each must say what the verified halves say. */
function sameColumns(row: EntryRow, { leaf, opening }: VerifiedEntry): boolean {
  const { kind, id, version } = opening.subject;
  return (
    row.block === leaf.block &&
    row.kind === kind &&
    row.subject === id &&
    row.version === version &&
    row.institution === leaf.institution &&
    row.actor === opening.actor
  );
}
