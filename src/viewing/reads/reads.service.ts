/** The raw reads of a patient, out of the sealed batches that tell of it: all of them, by the counter that says how many. */
import type { RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { everyPage, listedOn, type Loaded } from '../../records/index.js';
import {
  accessBatchKind,
  type AccessBatchValues,
  linesOf,
  READ_WORD,
  readCounter,
  type ReadLine,
} from './batch.kind.js';

export interface FoundLine {
  readonly batch: Loaded<AccessBatchValues>;
  /** The field's name and its value. */
  readonly line: readonly [string, ReadLine];
}

/** Name of the counter of a patient's batches. */
export function counterOf({ viewing }: Pick<RequestContext, 'viewing'>, patient: string): string {
  return readCounter(viewing.mac(READ_WORD, patient));
}

/**
 * Every line about a patient that was sealed, or of the batches of one institution alone.
 * @throws VitrineError INTEGRITY_VIOLATION when batches are missing or don't verify
 */
export async function readsOf(
  ctx: RequestContext,
  patient: string,
  institution: string | null = null,
): Promise<readonly FoundLine[]> {
  // The counter is of all batches, and others' are nothing to an institution; that none of its own is missing, the list by it proves.
  // Before the batches: one more that comes meanwhile is verified as they are.
  const least = institution === null ? await ctx.uploads.counter(counterOf(ctx, patient)) : 0n;
  if (institution === null && least === 0n) return [];
  const where = institution === null ? [] : [listedOn('custodian', institution)];
  const words = [{ scope: READ_WORD, value: patient }];
  const { records: batches } = await everyPage(ctx.records, accessBatchKind, { where, words });
  if (BigInt(batches.length) >= least)
    return batches.flatMap((batch) => linesAbout(batch, new Set([patient])));
  const what = 'batches of raw reads of a patient are missing';
  throw new VitrineError('INTEGRITY_VIOLATION', what, { details: { kind: accessBatchKind.name, what } });
}

/** The lines of a batch about some patients. */
export function linesAbout(
  batch: Loaded<AccessBatchValues>,
  patients: ReadonlySet<string>,
): readonly FoundLine[] {
  return linesOf(batch.values)
    .filter(([, { patient }]) => patients.has(patient))
    .map((line) => ({ batch, line }));
}
