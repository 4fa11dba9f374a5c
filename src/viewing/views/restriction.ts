/** What a patient's consents take from looking: restrictions by institution and purpose, and labels that nobody granted. */
import type { RequestContext } from '../../api/index.js';
import { isLabelOpen, isRestricted, type EncounterValues } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { WholeList } from '../../ledger/index.js';
import type { ConsentFact, Loaded, Member } from '../../records/index.js';
import { consentKind, factsInForce } from '../consent/consent.kind.js';
import type { Purpose } from './purposes.js';

type Reader = Pick<RequestContext, 'records' | 'clock'>;

/** Who looks, and what for. */
export interface Look {
  readonly caller: Member;
  readonly purpose: Purpose;
}

/** All consents of a patient that are in force, and that there are no others: for the commit to hold. */
export interface InForce {
  readonly facts: readonly ConsentFact[];
  readonly whole: WholeList;
}

/** @throws VitrineError INTEGRITY_VIOLATION when one is missing: that none restricts rests on all being there */
export async function consentsInForce(ctx: Reader, patient: string): Promise<InForce> {
  const all = await ctx.records.complete(consentKind, 'patient', patient);
  const facts = factsInForce(all, ctx.clock().toISOString());
  return { facts, whole: { kind: consentKind.name, thread: patient, count: all.length } };
}

/**
 * The rule `restriction`: the patient doesn't forbid the caller's institution to look for this purpose. EMERGENCY is never
 * forbidden.
 * @throws VitrineError FORBIDDEN
 */
export function requireUnrestricted(consents: readonly ConsentFact[], { caller, purpose }: Look): void {
  const institution = caller.institution ?? '';
  if (purpose === 'EMERGENCY' || !isRestricted(consents, { institution, purpose })) return;
  throw new VitrineError('FORBIDDEN', `the patient forbids your institution to look for ${purpose}`, {
    path: ['input', 'purpose'],
    details: { rule: 'restriction', operation: 'view.open' },
  });
}

/** Whether a record of care may be shown: a labelled one needs the patient's grant or an emergency; its own an institution keeps. */
export function mayShow(
  consents: readonly ConsentFact[],
  { caller, purpose }: Look,
  { head }: Pick<Loaded<EncounterValues>, 'head'>,
): boolean {
  const { institution } = caller;
  if (purpose === 'EMERGENCY' || head.label === null) return true;
  return institution !== null && (head.custodian === institution || isLabelOpen(consents, institution, head));
}
