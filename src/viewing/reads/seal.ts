/**
 * From rows to sealed batches: what was read since the last time, one entry for many, on the institution's thread. Every
 * process may do it at any time: a batch is a request of the log's, which has it once.
 */
import type { ReadRow, Reads, TakenReads } from '../../database/index.js';
import { firstHead } from '../../documents/index.js';
import { utf8, VitrineError } from '../../ledger/core/index.js';
import type { CounterMove, PendingEntry } from '../../ledger/index.js';
import { newId, sealedByDeployment, type DeploymentDependencies } from '../../uploads/index.js';
import {
  accessBatchKind,
  type AccessBatchValues,
  LINES,
  MOST_LINES,
  patientsOf,
  READ_WORD,
  readCounter,
  type ReadLine,
} from './batch.kind.js';
import { type NotedRead, readNoted } from './noted.js';

/** Lines that are sealed at once: in a few dozen entries, well below what a block takes. */
const AT_ONCE = 32 * MOST_LINES;

/** Where rows stay that the deployment didn't write: no batch has this id. */
const ASIDE = '00000000-0000-0000-0000-000000000000';

const MOST = 2n ** 62n;

export interface SealingDependencies extends DeploymentDependencies {
  readonly reads: Pick<Reads, 'waiting' | 'take' | 'taken' | 'putAside' | 'remove'>;
  /** Told of rows that the deployment didn't write. */
  readonly onViolation: (error: VitrineError) => void;
}

/**
 * Seals all reads that are written down. What can't be sealed holds up no other batch, and no other institution's reads.
 * @returns how many entries hold them
 * @throws VitrineError UNAVAILABLE; what isn't sealed by then is the next time
 */
export async function sealReads(deps: SealingDependencies): Promise<number> {
  const { reads } = deps;
  const failures: unknown[] = [];
  let entries = 0;
  const trying = async (work: () => Promise<number>): Promise<void> => {
    try {
      entries += await work();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const taken of await reads.taken(ASIDE)) await trying(() => seal(deps, taken));
  for (const institution of await reads.waiting()) await trying(() => sealOf(deps, institution));
  if (failures.length > 0) throw failures[0];
  return entries;
}

/** Seals what waits of one institution. */
async function sealOf(deps: SealingDependencies, institution: string | null): Promise<number> {
  let entries = 0;
  for (;;) {
    const taken = await deps.reads.take(newId(), institution, AT_ONCE);
    if (taken.rows.length === 0) return entries;
    entries += await seal(deps, taken);
  }
}

async function seal(deps: SealingDependencies, { batch, rows }: TakenReads): Promise<number> {
  const good = await withoutForged(deps, rows);
  const lines = linesFrom(good);
  const [first] = rows;
  if (first === undefined) return 0;
  const group: PendingEntry[] = [];
  for (let from = 0; from < lines.length; from += MOST_LINES) {
    const part = { batch, part: group.length, institution: first.institution };
    group.push(await entryOf(deps, part, lines.slice(from, from + MOST_LINES)));
  }
  if (group.length > 0) await deps.ledger.append(group);
  await deps.reads.remove(batch);
  return group.length;
}

async function entryOf(
  deps: SealingDependencies,
  { batch, part, institution }: { batch: string; part: number; institution: string | null },
  lines: readonly ReadLine[],
): Promise<PendingEntry> {
  const { keys } = deps.ledger;
  const values: AccessBatchValues = Object.fromEntries(LINES.map((name, at) => [name, lines[at] ?? null]));
  const head = firstHead(accessBatchKind, newId(), { custodian: institution });
  return sealedByDeployment(deps, {
    op: 'accessBatch.seal',
    kind: accessBatchKind,
    head,
    values,
    base: null,
    detail: { lines: lines.length },
    request: batch,
    part,
    // By the rows alone: whoever finds them again makes the same request.
    inputHash: keys.inputMac(utf8(batch)),
    counters: patientsOf(values).map((patient) => moveOf(readCounter(keys.blindKey.mac(READ_WORD, patient)))),
  });
}

function moveOf(id: string): CounterMove {
  return { id, delta: 1n, min: 1n, max: MOST, message: 'expected fewer batches about a patient' };
}

/** Rows that somebody else wrote into the table stay where they are, for whoever looks into it. */
async function withoutForged(
  { reads, ledger, onViolation }: SealingDependencies,
  rows: readonly ReadRow[],
): Promise<readonly (NotedRead & { readonly id: string })[]> {
  const forged: string[] = [];
  const good = rows.flatMap((row) => {
    const said = readNoted((scope, value) => ledger.keys.blindKey.mac(scope, value), row);
    if (said !== null) return [{ ...said, id: row.id }];
    forged.push(row.id);
    return [];
  });
  if (forged.length > 0) {
    await reads.putAside(forged, ASIDE);
    const what = `rows of access_read that the deployment did not write: ${forged.slice(0, 5).join(', ')}`;
    onViolation(new VitrineError('INTEGRITY_VIOLATION', what, { details: { kind: 'AccessBatch', what } }));
  }
  return good;
}

/** One line for each reader and patient, with all that it read. */
export function linesFrom(noted: readonly NotedRead[]): readonly ReadLine[] {
  const lines = new Map<string, ReadLine>();
  for (const { member, at, lines: read } of noted)
    for (const { patient, relation, classes } of read) {
      const key = `${patient} ${member} ${relation}`;
      const known = lines.get(key);
      lines.set(key, {
        patient,
        member,
        relation,
        classes: [...new Set([...(known?.classes ?? []), ...classes])].sort(),
        from: known === undefined || at < known.from ? at : known.from,
        to: known === undefined || at > known.to ? at : known.to,
        times: (known?.times ?? 0) + 1,
      });
    }
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}
