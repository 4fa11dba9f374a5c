/** The encounter by which an institution treats a patient, for whoever has to cite it. */
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { isCaller, type Loaded, type Member, type Unrelated } from '../records/index.js';
import type { EncounterValues } from '../documents/index.js';
import { encounterKind } from './encounter.kind.js';
import { treatingSince } from './relations.js';

/** Encounters that are looked through, newest first: mostly one of the first is it, and each that is read is verified. */
const FEW = 4;
const MOST = 100;

/**
 * Care that was given: an encounter that is only planned, or was called off, opens no file; one whose end was erased didn't go
 * on for that.
 */
export function givesTreating({ values, erased }: Unrelated<EncounterValues>): boolean {
  const isCare = values.status !== 'PLANNED' && values.status !== 'CANCELLED';
  return isCare && erased?.fields.includes('end') !== true;
}

/** Whether an encounter is care that had begun by `now` and was open or ended since `since`. */
export function isCareSince(encounter: Unrelated<EncounterValues>, since: string, now: string): boolean {
  const { start, end, retracted } = encounter.values;
  return !retracted && start <= now && (end === null || end >= since) && givesTreating(encounter);
}

/** Whether an encounter makes its institution treat the patient at a moment; one that the caller recorded doesn't. */
export function isTreating(caller: Member, encounter: Unrelated<EncounterValues>, now: Date): boolean {
  const isCare = isCareSince(encounter, treatingSince(now), now.toISOString());
  return isCare && !isCaller(caller, encounter.anchor.actor);
}

/** The newest encounter of the caller's institution that makes it treat the person, by whichever of the person's files. */
export async function treatingEncounter(
  ctx: Pick<RequestContext, 'records' | 'clock'>,
  caller: Member,
  files: readonly string[],
): Promise<Loaded<EncounterValues> | null> {
  return (await newestTreating(ctx, caller, files, FEW)) ?? newestTreating(ctx, caller, files, MOST);
}

async function newestTreating(
  ctx: Pick<RequestContext, 'records' | 'clock'>,
  caller: Member,
  files: readonly string[],
  first: number,
): Promise<Loaded<EncounterValues> | null> {
  if (caller.institution === null) return null;
  const now = ctx.clock();
  const { edges } = await ctx.records.find(encounterKind, {
    where: [
      { column: 'patient', op: 'in', value: files },
      { column: 'custodian', op: 'eq', value: caller.institution },
      { column: 'retracted', op: 'eq', value: false },
      { column: 'startedAt', op: 'lte', value: now.toISOString() },
    ],
    order: { column: 'startedAt', direction: 'DESC' },
    first,
    // One is enough, and it speaks for itself: that there are others, of whomever, isn't told by the time it takes.
    partial: true,
  });
  for (const { record } of edges)
    if (!(record instanceof VitrineError) && isTreating(caller, record, now)) return record;
  return null;
}
