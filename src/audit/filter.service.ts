/** What a caller may ask the log: public facts freely, those of openings only where it may read the openings. */
import { levelOf, requireClass } from '../access/index.js';
import { parseInput, type RequestContext } from '../api/index.js';
import type { InputPath } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import type { Relation } from '../records/index.js';
import { entryFilter, type EntryConditions, type EntryFilter } from './filter.input.js';
import { relationsTo } from './opening.service.js';

/** Whether an entry is among those that were asked for. */
export type Match = (entry: VerifiedEntry) => boolean;

/** A filter that the caller may use, as a test and as bounds on the index. */
export interface Conditions {
  readonly match: Match;
  /** First index. */
  readonly from: bigint;
  /** Index before which it ends; null for no end. */
  readonly to: bigint | null;
}

/**
 * Checks a filter and whether the caller may use it.
 * @throws VitrineError BAD_USER_INPUT; FORBIDDEN where a condition tells what the caller couldn't read of each entry
 */
export async function conditionsOf(
  ctx: RequestContext,
  filter: EntryFilter | null | undefined,
): Promise<Conditions> {
  const wanted = parseInput(entryFilter, filter ?? {}, ['filter']);
  await requireAllowed(ctx, wanted);
  return { match: matcher(wanted), from: wanted.from ?? 0n, to: wanted.to };
}

async function requireAllowed(ctx: RequestContext, wanted: EntryConditions): Promise<void> {
  const { subject, thread, op } = wanted;
  if (subject !== null) {
    requireLedger(ctx, await relationsTo(ctx, subject.kind, subject.id), ['filter', 'subject']);
  }
  if (thread !== null) requireLedger(ctx, await relationsToThread(ctx, thread), ['filter', 'thread']);
  // Of one record whose openings the caller may read, it may ask for some operations; of all entries only who reads all.
  if (op !== null && subject === null)
    requireLedger(ctx, new Set<Relation>(['AUDITOR']), ['filter', 'op'], 'AUDITOR');
}

function requireLedger(
  ctx: RequestContext,
  relations: ReadonlySet<Relation>,
  path: InputPath,
  role?: 'AUDITOR',
): void {
  const held = role === undefined || ctx.caller?.roles.has(role) === true ? relations : new Set<Relation>();
  requireClass(ctx.caller, String(path.at(-1)), 'LEDGER', held, path);
}

/** What the caller is to what a thread is about, whichever kind of record that is; nothing when the log has no such. */
async function relationsToThread(ctx: RequestContext, id: string): Promise<ReadonlySet<Relation>> {
  for (const kind of ctx.kinds.all) {
    if (!ctx.log.trusted.hasSubject(kind.name, id)) continue;
    const relations = await relationsTo(ctx, kind.name, id);
    if (levelOf(ctx.caller, relations, 'LEDGER') === 'COPY') return relations;
  }
  return new Set();
}

function matcher({ institution, from, to, subject, thread, op }: EntryConditions): Match {
  return ({ index, leaf, opening }) =>
    (institution === null || leaf.institution === institution) &&
    (from === null || index >= from) &&
    (to === null || index < to) &&
    (subject === null || (opening.subject.kind === subject.kind && opening.subject.id === subject.id)) &&
    (thread === null || opening.threads.some(({ id }) => id === thread)) &&
    (op === null || opening.op === op);
}
