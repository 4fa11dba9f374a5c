/** Referring patients, and their own one-time codes. */
import { loadVisible, requireVisible } from '../../access/index.js';
import { parseInput, requireId, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { patientKind } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded } from '../../records/index.js';
import { requireStaff } from '../../registry/index.js';
import { institutionKind } from '../../standing/index.js';
import { amendment, creation, firstHead, requireMay, submitOne } from '../../uploads/index.js';
import { hashOfCode, newCode } from './code.js';
import { END_REFERRAL, ISSUE_CODE, REFER_PATIENT } from './operations.js';
import {
  referPatientInput,
  type EndReferralInput,
  type IssueAccessCodeInput,
  type ReferPatientInput,
} from './referral.input.js';
import { referralKind, type ReferralValues } from './referral.kind.js';

const DAY_MS = 86_400_000;
const LONGEST_MS = 366 * DAY_MS;
/** How long a code may wait to be used. */
const CODE_MS = DAY_MS;

/**
 * Lets another institution look at a patient's records for its treatment.
 * @throws VitrineError NOT_FOUND, FORBIDDEN for who neither keeps nor treats the patient, BAD_USER_INPUT
 */
export function referPatient(ctx: RequestContext, input: ReferPatientInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'referPatient', input, async (caller, making) => {
    const staff = requireStaff(caller);
    requireMay(caller, REFER_PATIENT);
    const given = parseInput(referPatientInput, input);
    requireEnd(given.validUntil, ctx.clock());
    const patient = await requireVisible(ctx, patientKind, given.patient, ['input', 'patient']);
    if (!patient.relations.has('CUSTODIAN') && !patient.relations.has('TREATING'))
      throw new VitrineError('FORBIDDEN', 'this is for an institution that keeps or treats the patient', {
        path: ['input', 'patient'],
        details: { rule: 'relation', operation: REFER_PATIENT.op },
      });
    const recipient = await requireVisible(ctx, institutionKind, given.institution, ['input', 'institution']);
    if (recipient.head.id === staff.institution)
      throw new VitrineError('BAD_USER_INPUT', 'expected another institution than your own', {
        path: ['input', 'institution'],
      });
    const values: ReferralValues = {
      patient: given.patient,
      recipient: given.institution,
      state: 'OPEN',
      validUntil: given.validUntil,
      reason: given.reason,
      code: null,
    };
    const facts = { custodian: staff.institution, patient: given.patient };
    const head = firstHead(referralKind, making.id(), facts);
    return creation(referralKind, head, values, { ...REFER_PATIENT, reliesOn: [patient] });
  });
}

function requireEnd(validUntil: string, now: Date): void {
  const end = new Date(validUntil).getTime();
  if (end > now.getTime() && end <= now.getTime() + LONGEST_MS) return;
  throw new VitrineError('BAD_USER_INPUT', 'expected an end in the future, at most a year from now', {
    path: ['input', 'validUntil'],
  });
}

/** What became of a request for a code. */
export interface IssuedCode {
  readonly accepted: AcceptedPort;
  /** Null when the request had been accepted before: it was shown then. */
  readonly code: string | null;
  readonly expires: string;
}

/**
 * A one-time code of a patient's, which is shown this once.
 * @throws VitrineError FORBIDDEN, NOT_FOUND
 */
export async function issueAccessCode(ctx: RequestContext, input: IssueAccessCodeInput): Promise<IssuedCode> {
  const code = newCode();
  const expires = new Date(ctx.clock().getTime() + CODE_MS).toISOString();
  const accepted = await submitOne(ctx, 'issueAccessCode', input, async (caller, making) => {
    requireMay(caller, ISSUE_CODE);
    const id = input.patient ?? caller.patient;
    const patient = await requireVisible(ctx, patientKind, id ?? '', ['input', 'patient']);
    requireMay(caller, ISSUE_CODE, patient.relations);
    const values: ReferralValues = {
      patient: patient.head.id,
      recipient: null,
      state: 'OPEN',
      validUntil: expires,
      reason: null,
      code: hashOfCode(ctx, patient.head.id, code),
    };
    const head = firstHead(referralKind, making.id(), { patient: patient.head.id });
    return creation(referralKind, head, values, { ...ISSUE_CODE, reliesOn: [patient] });
  });
  return { accepted, code: accepted.repeated ? null : code, expires };
}

/** Ends a referral or a code. @throws VitrineError NOT_FOUND, FORBIDDEN, CONFLICT when it has ended */
export function endReferral(ctx: RequestContext, input: EndReferralInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'endReferral', input, async (caller) => {
    const path = ['input', 'referral'] as const;
    const base = await requireVisible(ctx, referralKind, requireId(input.referral, path), path);
    requireMay(caller, END_REFERRAL, base.relations);
    if (base.values.state === 'ENDED')
      throw new VitrineError('CONFLICT', 'the referral has ended already', { path });
    return amendment(referralKind, base, { ...base.values, state: 'ENDED' }, END_REFERRAL);
  });
}

/** The referral, or null when there is none that the caller may see. */
export function findReferral(ctx: RequestContext, id: string): Promise<Loaded<ReferralValues> | null> {
  return loadVisible(ctx, referralKind, id);
}
