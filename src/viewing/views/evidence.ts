/**
 * Evidence that a viewer treats a patient. Each is a rule of its own that looks into verified records and gives the one that it
 * found, so that the receipt cites it; the commit checks again that it is current.
 */
import type { RequestContext } from '../../api/index.js';
import { treatingEncounter } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member, Unrelated } from '../../records/index.js';
import { hashOfCode, requireAttempt } from '../referrals/code.js';
import { OPEN_CODE, referralKind, type ReferralValues } from '../referrals/referral.kind.js';
import type { Asked } from './view.input.js';
import type { EvidenceKind } from './view.kind.js';

/** What a receipt cites. */
export interface Evidence {
  readonly kind: EvidenceKind;
  readonly record: Unrelated<object>;
}

type Reader = Pick<RequestContext, 'records' | 'clock' | 'viewing'>;

/** A rule finds evidence or doesn't. */
type Rule = (ctx: Reader, caller: Member, patient: string, code: string) => Promise<Unrelated<object> | null>;

const treating: Rule = (ctx, caller, patient) => treatingEncounter(ctx, caller, patient);

const referral: Rule = async (ctx, caller, patient) => {
  if (caller.institution === null) return null;
  const referrals = await ctx.records.complete(referralKind, 'patient', patient);
  const isMine = ({ values }: Unrelated<ReferralValues>): boolean =>
    values.recipient === caller.institution && isOpen(values, ctx.clock());
  return referrals.findLast(isMine) ?? null;
};

const accessCode: Rule = async (ctx, caller, patient, code) => {
  await requireAttempt(ctx, caller, patient);
  const issued = await ctx.records.byKey(referralKind, OPEN_CODE, hashOfCode(ctx, patient, code));
  const fits = issued !== null && issued.values.patient === patient && isOpen(issued.values, ctx.clock());
  return fits ? issued : null;
};

export const EVIDENCE_RULES: Readonly<Record<EvidenceKind, Rule>> = {
  TREATING: treating,
  REFERRAL: referral,
  ACCESS_CODE: accessCode,
};

/** Tried when none is named; a code has to be. */
const BY_DEFAULT: readonly EvidenceKind[] = ['TREATING', 'REFERRAL'];

/** @throws VitrineError EVIDENCE_REQUIRED, in the same words whether there is such a patient or not; RATE_LIMITED */
export async function requireEvidence(
  ctx: Reader,
  caller: Member,
  patient: string,
  asked: Asked['evidence'],
): Promise<Evidence> {
  for (const kind of asked === null ? BY_DEFAULT : [asked.kind]) {
    const record = await EVIDENCE_RULES[kind](ctx, caller, patient, asked?.code ?? '');
    if (record !== null) return { kind, record };
  }
  throw new VitrineError(
    'EVIDENCE_REQUIRED',
    'TREATMENT needs evidence: an encounter at your institution that somebody else recorded, a referral to it, or the ' +
      'patient’s one-time code; or open it as EMERGENCY, with a reason',
    { path: ['input', 'evidence'], details: { rule: 'evidence', operation: 'view.open' } },
  );
}

function isOpen({ state, validUntil }: ReferralValues, now: Date): boolean {
  return state === 'OPEN' && validUntil > now.toISOString();
}
