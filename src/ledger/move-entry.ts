/**
 * What an entry of an operation `<kind>.transfer` says of itself (schema/ledger.md, "Custody that moves"): the record leaves
 * the list of one thread and joins that of another. No other entry moves a record.
 */
import { type Opening, VitrineError } from './core/index.js';
import * as strict from './core/strict.js';
import type { VerifiedEntry } from './check-entry.js';
import type { EntryRow } from './log-reader.js';

const TRANSFER = '.transfer';

/** The threads that a record moves between. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Tells whether an entry moves the record that it is about. */
export function isTransfer({ op }: Pick<Opening, 'op'>): boolean {
  return op.endsWith(TRANSFER);
}

/** Tells of an entry as it stands in the database whether it may be a transfer: reading it then tells. */
export function mayTransfer({ version, opening }: Pick<EntryRow, 'version' | 'opening'>): boolean {
  return (
    version > 1 && Buffer.from(opening.buffer, opening.byteOffset, opening.length).includes(`${TRANSFER}"`)
  );
}

/** The move that a transfer declares; null for every other entry, and for one that declares none in the one form. */
export function moveOf({ op, detail }: Pick<Opening, 'op' | 'detail'>): Move | null {
  if (!isTransfer({ op })) return null;
  try {
    const moved = strict.object(detail?.['moved'] ?? null, 'moved', ['from', 'to']);
    return { from: strict.uuid(moved.from, 'from'), to: strict.uuid(moved.to, 'to') };
  } catch (cause) {
    if (cause instanceof VitrineError) return null;
    throw cause;
  }
}

/** The threads on whose lists a version leaves its record: all of its own, but the one that it moves from. */
function placesOf(opening: Opening): ReadonlySet<string> {
  const from = moveOf(opening)?.from;
  return new Set(opening.threads.map(({ id }) => id).filter((id) => id !== from));
}

/**
 * Why an entry doesn't move its record as a transfer may, or null: from a thread that the version before left it on, to one
 * that it wasn't on, with its own place on both. Only what moves is looked at.
 * @param replaced the entry that it supersedes; null when there is none, or it can't be read
 */
export function refuseMove(opening: Opening, replaced: VerifiedEntry | null): string | null {
  if (!isTransfer(opening)) return null;
  const move = moveOf(opening);
  if (move === null) return 'expected a transfer that says from where to where, got none';
  const { from, to } = move;
  const own = new Set(opening.threads.map(({ id }) => id));
  const { kind, id } = opening.subject;
  if (from === id || to === id || !own.has(from) || !own.has(to))
    return `expected a transfer on the threads ${from} and ${to}, and neither of them the record's own`;
  if (replaced === null) return 'expected a transfer of a version that can be read, got none';
  const before = replaced.opening;
  if (before.subject.kind !== kind || before.subject.id !== id)
    return 'expected a transfer of a version of the same record, got one of another';
  const places = placesOf(before);
  if (!places.has(from)) return `expected a transfer from where the record is, got one from ${from}`;
  return places.has(to) ? `expected a transfer to another list, got ${to}, where the record is` : null;
}
