/**
 * Raw reads of patients: what an answer shows of somebody to others than the person itself and who acts for it. They are
 * noticed where it is decided that a value may be shown, and written down before the answer leaves.
 */
import type { Related, RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { FieldClass, Loaded } from '../records/index.js';
import { copiedThrough } from './levels.js';

/** Classes of what is told of a person. DIRECTORY, which names no one, isn't among them. */
export const PERSONAL_CLASSES = [
  'IDENTITY',
  'CRITICAL',
  'CLINICAL',
  'ADMINISTRATIVE',
  'OPINION',
] as const satisfies readonly FieldClass[];

export type PersonalClass = (typeof PERSONAL_CLASSES)[number];

/** Notes that the answer shows the caller values of a class, if they are a patient's and the caller isn't it. */
export function noteRead(
  { caller, reads }: Pick<RequestContext, 'caller' | 'reads'>,
  related: Related | null,
  fieldClass: FieldClass,
): void {
  const patient = related?.patient ?? null;
  const personal = PERSONAL_CLASSES.find((name) => name === fieldClass);
  if (related === null || patient === null || personal === undefined) return;
  const relation = copiedThrough(caller, related.relations, personal);
  if (relation !== null && relation !== 'SELF') reads.note(patient, relation, personal);
}

/**
 * The same for what a list tells by its filter or its order: that these are the patients with such a name, though it shows
 * ids alone.
 */
export function noteFound(
  ctx: Pick<RequestContext, 'caller' | 'reads'>,
  edges: readonly { readonly record: Loaded<object> | VitrineError }[],
  fieldClass: PersonalClass,
): void {
  for (const { record } of edges)
    if (!(record instanceof VitrineError))
      noteRead(ctx, { relations: record.relations, patient: record.head.patient }, fieldClass);
}
