/**
 * Evidence that a viewer treats a patient. Each is a rule of its own that looks into verified records and gives the one that it
 * found, so that the receipt cites it; the commit checks again that it is current.
 */
import type { RequestContext } from '../../api/index.js';
import { encounterKind, isTreating, treatingEncounter } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member, Unrelated } from '../../records/index.js';
import { hashOfCode, requireAttempt } from '../referrals/code.js';
import { OPEN_CODE, referralKind, type ReferralValues } from '../referrals/referral.kind.js';
import type { Asked } from './view.input.js';
import type { EvidenceKind, ViewValues } from './view.kind.js';

/** What a receipt cites. */
export interface Evidence {
  readonly kind: EvidenceKind;
  readonly record: Unrelated<object>;
}

type Reader = Pick<RequestContext, 'records' | 'clock' | 'viewing'>;

/** Whom somebody wants to look at. */
interface Sought {
  readonly patient: string;
  /** All files of the person, this one first. */
  readonly files: readonly string[];
}

/** A rule finds evidence or doesn't. */
type Rule = (ctx: Reader, caller: Member, sought: Sought, code: string) => Promise<Unrelated<object> | null>;

/** Who treats a person by one file treats the person. A referral and a code are of the file that they name. */
const treating: Rule = async (ctx, caller, sought) =>
  (await knownTreating(ctx, caller, sought)) ?? findTreating(ctx, caller, sought);

/** By process: the encounter that was evidence last, by institution and patient. A ward opens the same files all day. */
const known = new WeakMap<Reader['viewing'], Map<string, string>>();
const MOST_KNOWN = 4096;

/** The encounter that was evidence last, if it still is: as the log has it, which the commit looks at again. */
async function knownTreating(
  ctx: Reader,
  caller: Member,
  { patient, files }: Sought,
): Promise<Unrelated<object> | null> {
  const id = known.get(ctx.viewing)?.get(`${caller.institution ?? ''} ${patient}`);
  const encounter = id === undefined ? null : await ctx.records.fact(encounterKind, id);
  if (encounter === null || encounter.head.custodian !== caller.institution) return null;
  const isStill = files.includes(encounter.values.patient) && isTreating(caller, encounter, ctx.clock());
  return isStill ? encounter : null;
}

async function findTreating(
  ctx: Reader,
  caller: Member,
  { patient, files }: Sought,
): Promise<Unrelated<object> | null> {
  const found = await treatingEncounter(ctx, caller, files);
  if (found === null) return null;
  const byPatient = known.get(ctx.viewing) ?? new Map<string, string>();
  known.set(ctx.viewing, byPatient.set(`${caller.institution ?? ''} ${patient}`, found.head.id));
  const [oldest] = byPatient.keys();
  if (byPatient.size > MOST_KNOWN && oldest !== undefined) byPatient.delete(oldest);
  return found;
}

const referral: Rule = async (ctx, caller, { patient }) => {
  if (caller.institution === null) return null;
  const { edges } = await ctx.records.find(referralKind, {
    where: [
      { column: 'patient', op: 'eq', value: patient },
      { column: 'recipient', op: 'eq', value: caller.institution },
      { column: 'state', op: 'eq', value: 'OPEN' },
    ],
    order: { column: 'validUntil', direction: 'DESC' },
    first: 1,
    partial: true,
  });
  const [newest] = edges;
  if (newest === undefined || newest.record instanceof VitrineError) return null;
  return isOpen(newest.record.values, ctx.clock()) ? newest.record : null;
};

const accessCode: Rule = async (ctx, caller, { patient }, code) => {
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
  sought: Sought,
  asked: Asked['evidence'],
): Promise<Evidence> {
  for (const kind of asked === null ? BY_DEFAULT : [asked.kind]) {
    const record = await EVIDENCE_RULES[kind](ctx, caller, sought, asked?.code ?? '');
    if (record !== null) return { kind, record };
  }
  throw evidenceRequired();
}

/** The one refusal of TREATMENT. What the patient restricts is no evidence either, and nobody is told of it. */
export function evidenceRequired(): VitrineError {
  return new VitrineError(
    'EVIDENCE_REQUIRED',
    'TREATMENT needs evidence: an encounter at your institution that somebody else recorded, a referral to it, or the ' +
      'patient’s one-time code; or open it as EMERGENCY, with a reason',
    { path: ['input', 'evidence'], details: { rule: 'evidence', operation: 'view.open' } },
  );
}

/**
 * Whether what a receipt cites still lets its viewer look: at each page, for what was ended since, an encounter, a referral,
 * or the link over which care of another file counts.
 */
export async function evidenceHolds(
  ctx: Reader,
  caller: Member,
  { evidence, evidenceRecord }: ViewValues,
  files: readonly string[],
): Promise<boolean> {
  if (evidence === null || evidenceRecord === null) return true;
  if (evidence === 'TREATING') {
    const encounter = await ctx.records.load(encounterKind, evidenceRecord);
    return (
      encounter !== null &&
      files.includes(encounter.values.patient) &&
      isTreating(caller, encounter, ctx.clock())
    );
  }
  const given = await ctx.records.load(referralKind, evidenceRecord);
  // A code's time is the one in which it may be shown.
  if (evidence === 'ACCESS_CODE') return given?.values.state === 'OPEN';
  return given !== null && isOpen(given.values, ctx.clock());
}

function isOpen({ state, validUntil }: ReferralValues, now: Date): boolean {
  return state === 'OPEN' && validUntil > now.toISOString();
}
