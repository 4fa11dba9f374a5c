/** What a view is of: found, allowed, and loaded from verified records; at its opening, and again for each page. */
import { levelOf, PURPOSE_CLASSES } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { patientKind, personOf, type PatientValues, type Person } from '../../clinical/index.js';
import { subsidyKind, type SubsidyValues } from '../../finance/index.js';
import type { AnyKind, Loaded, Unrelated } from '../../records/index.js';
import { reportKind, type ReportValues } from '../../reporting/index.js';
import type { SubjectKind } from './purposes.js';
import { decisionsOf, isForbidden, mayShow, type Decisions, type Look } from './restriction.js';

/** A subject, verified; what the caller is to a patient, evidence and consents say, not relations. */
export type Subject =
  | { readonly kind: 'PATIENT'; readonly record: Unrelated<PatientValues> }
  | { readonly kind: 'REPORT'; readonly record: Loaded<ReportValues> }
  | { readonly kind: 'SUBSIDY'; readonly record: Loaded<SubsidyValues> };

const KINDS = { REPORT: reportKind, SUBSIDY: subsidyKind } as const satisfies Partial<
  Record<SubjectKind, AnyKind>
>;

/** The subject's record as the log has it; null when there is none, or nothing is left of it. @throws VitrineError INTEGRITY_VIOLATION */
export async function findSubject(
  ctx: Pick<RequestContext, 'records'>,
  kind: SubjectKind,
  id: string,
): Promise<Subject | null> {
  const record =
    kind === 'PATIENT'
      ? await ctx.records.fact(patientKind, id)
      : await ctx.records.load<object>(KINDS[kind], id);
  if (record === null || record.erased?.whole === true) return null;
  return { kind, record } as Subject; // the kind tells what its values are
}

/** That a subject may be looked at, and what that rests on: what a patient decided, for the commit to hold still. */
export interface Allowed {
  /** Of a patient; null of others. */
  readonly decisions: Decisions | null;
}

/**
 * Whether the caller may look at the subject for the purpose at this moment, apart from evidence: null when it may not, and why
 * not is nobody's to know. What the patient forbids and what a label keeps isn't told from what isn't there.
 * @throws VitrineError INTEGRITY_VIOLATION
 */
export async function mayLook(
  ctx: Pick<RequestContext, 'records' | 'clock'>,
  look: Look,
  subject: Subject,
  person: Person | null = null,
): Promise<Allowed | null> {
  const { caller, purpose } = look;
  const { record } = subject;
  if (subject.kind === 'PATIENT') {
    const decisions = await decisionsOf(ctx, person ?? (await personOf(ctx, record.head.id)));
    if (isForbidden(decisions.facts, look) || !mayShow(decisions.facts, look, record)) return null;
    return { decisions };
  }
  const { relations } = subject.record;
  const isShown = PURPOSE_CLASSES[purpose].some((shown) => levelOf(caller, relations, shown) !== 'NONE');
  return isShown ? { decisions: null } : null;
}
