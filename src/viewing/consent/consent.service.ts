/** Granting and revoking consents. */
import { loadVisible, requireVisible } from '../../access/index.js';
import { badInput, parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { consentDecision, type ConsentValues } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded, Member, Unrelated } from '../../records/index.js';
import { institutionKind, memberKind } from '../../standing/index.js';
import { amendment, creation, firstHead, submitOne, type Change } from '../../uploads/index.js';
import {
  grantConsentInput,
  revokeConsentInput,
  type GrantConsentInput,
  type RevokeConsentInput,
} from './consent.input.js';
import { consentKind, isInForce } from './consent.kind.js';
import { decidedBy, giverOf, type Decided, type Giver } from './giver.js';
import { BY_PATIENT, FROM_PAPER, GRANT_CONSENT, REVOKE_CONSENT } from './operations.js';

/** Consents of one patient, revoked ones among them: every decision about its records reads them all. */
const MOST_CONSENTS = 500;

type Decision = ReturnType<typeof consentDecision.parse>;

/**
 * Records what a patient decides.
 * @throws VitrineError BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, CONFLICT when the same stands already, INTEGRITY_VIOLATION
 */
export function grantConsent(ctx: RequestContext, input: GrantConsentInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'grantConsent', input, async (caller, making) => {
    const given = parseInput(grantConsentInput, input);
    const decision = parseInput(consentDecision, input);
    requireToCome(decision, ctx.clock());
    const decided = await decidedBy(ctx, given.patient, ['input', 'patient']);
    const giver = giverOf(ctx, caller, decided, given.recordedFor !== null);
    requireOwnPower(decision, giver);
    requireNew(ctx, decision, decided);
    const subjects = await subjectsOf(ctx, decision, decided);
    const { custodian } = decided.patient.head;
    const values: ConsentValues = {
      patient: given.patient,
      ...decision,
      state: 'GRANTED',
      grantedBy: caller.id,
      grantedAs: giver.as,
      attestedBy: giver.as === 'REGISTRAR' ? custodian : null,
      paper: given.recordedFor?.reference ?? null,
      revokedBy: null,
      revokedAs: null,
      revokedPaper: null,
    };
    const head = firstHead(consentKind, making.id(), { custodian, patient: given.patient });
    return creation(consentKind, head, values, {
      ...GRANT_CONSENT,
      ...termsOf(giver, decided),
      reliesOn: [...giver.reliesOn, ...subjects],
    });
  });
}

/**
 * Revokes a consent.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, CONFLICT when it was revoked, INTEGRITY_VIOLATION
 */
export function revokeConsent(ctx: RequestContext, input: RevokeConsentInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'revokeConsent', input, async (caller) => {
    const given = parseInput(revokeConsentInput, input);
    const base = await requireVisible(ctx, consentKind, given.consent, ['input', 'consent']);
    const decided = await decidedBy(ctx, base.values.patient, ['input', 'consent']);
    const giver = giverOf(ctx, caller, decided, given.recordedFor !== null);
    requireMayRevoke(caller, base, giver);
    if (base.values.state === 'REVOKED')
      throw new VitrineError('CONFLICT', 'the consent was revoked already', { path: ['input', 'consent'] });
    const values: ConsentValues = {
      ...base.values,
      state: 'REVOKED',
      revokedBy: caller.id,
      revokedAs: giver.as,
      revokedPaper: given.recordedFor?.reference ?? null,
    };
    // Its own appointment is what it revokes: the version that it supersedes, and not beside it.
    const reliesOn = giver.reliesOn.filter(({ head }) => head.id !== base.head.id);
    return amendment(consentKind, base, values, { ...REVOKE_CONSENT, ...termsOf(giver, decided), reliesOn });
  });
}

/** The consent, or null when there is none that the caller may see. */
export function findConsent(ctx: RequestContext, id: string): Promise<Loaded<ConsentValues> | null> {
  return loadVisible(ctx, consentKind, id);
}

/** Who may, and that nothing joined the patient's consents since they were looked at. */
function termsOf(
  giver: Giver,
  { patient, consents }: Decided,
): Pick<Change<ConsentValues>, 'permission' | 'whole'> {
  return {
    permission: giver.as === 'REGISTRAR' ? FROM_PAPER : BY_PATIENT,
    whole: [{ kind: consentKind.name, thread: patient.head.id, count: consents.length }],
  };
}

function requireToCome({ validUntil }: Decision, now: Date): void {
  if (validUntil !== null && validUntil <= now.toISOString())
    throw badInput([{ path: ['input', 'validUntil'], message: 'expected a moment to come' }]);
}

/** Who acts for a patient doesn't choose who else does. */
function requireOwnPower({ type }: Decision, { as }: Giver): void {
  if (type !== 'REPRESENTATIVE' || as !== 'REPRESENTATIVE') return;
  throw new VitrineError('FORBIDDEN', 'a representative can’t appoint another', { path: ['input', 'type'] });
}

/** One decision stands once, so that revoking it takes it away. */
function requireNew(ctx: RequestContext, decision: Decision, { consents }: Decided): void {
  const now = ctx.clock().toISOString();
  const wanted = keyOf(decision);
  const same = consents.find(({ values }) => isInForce(values, now) && keyOf(values) === wanted);
  if (same !== undefined)
    throw new VitrineError('CONFLICT', 'the same stands already: revoke it first, to give it anew', {
      path: ['input', 'type'],
      details: same.relations.has('SELF') ? { kind: consentKind.name, id: same.head.id } : {},
    });
  if (consents.length >= MOST_CONSENTS)
    throw new VitrineError('CONFLICT', `expected at most ${MOST_CONSENTS} consents of a patient`, {
      path: ['input', 'patient'],
    });
}

/** What tells one decision from another; until when it holds doesn't. */
function keyOf({ type, institution, purposes, label, representative }: Decision): string {
  return JSON.stringify([type, institution, purposes, label, representative]);
}

/**
 * The institution or the member that a decision is about.
 * @throws VitrineError NOT_FOUND, BAD_USER_INPUT
 */
async function subjectsOf(
  ctx: RequestContext,
  { type, institution, representative }: Decision,
  { patient }: Decided,
): Promise<readonly Unrelated<object>[]> {
  if (representative !== null) return [await requirePerson(ctx, representative, patient.head.id)];
  if (institution === null) return [];
  const path = ['input', 'institution'];
  const record = await ctx.records.fact(institutionKind, institution);
  if (record === null) throw new VitrineError('NOT_FOUND', 'no institution has this id', { path });
  const isCare = record.values.kind === 'HOSPITAL' || record.values.kind === 'CLINIC';
  // To the state care is statistics, whatever a patient grants.
  if (type !== 'VIEW_RESTRICTION' && !isCare)
    throw badInput([{ path, message: 'expected a hospital or a clinic' }]);
  return [record];
}

/** Members who aren't people with a login of their own look like none. */
async function requirePerson(ctx: RequestContext, id: string, patient: string): Promise<Unrelated<object>> {
  const path = ['input', 'representative'];
  const member = await ctx.records.fact(memberKind, id);
  if (member === null || !member.values.roles.includes('PATIENT') || member.values.state !== 'ACTIVE')
    throw new VitrineError('NOT_FOUND', 'no person with the role PATIENT has this member id', { path });
  if (member.values.patient === patient)
    throw badInput([{ path, message: 'expected somebody else than the patient' }]);
  return member;
}

/**
 * A representative revokes no other's appointment. A registrar revokes what its institution recorded, and no restriction that
 * holds against that institution: nobody opens by its own hand what was closed to it.
 */
function requireMayRevoke(caller: Member, { values, head }: Loaded<ConsentValues>, { as }: Giver): void {
  const refuse = (message: string): never => {
    throw new VitrineError('FORBIDDEN', message, { path: ['input', 'consent'] });
  };
  if (as === 'REPRESENTATIVE' && values.type === 'REPRESENTATIVE' && values.representative !== caller.id)
    refuse('a representative revokes no other’s appointment');
  if (as !== 'REGISTRAR') return;
  if (values.attestedBy === null || values.attestedBy !== head.custodian)
    refuse('expected a consent that your institution recorded from paper');
  if (
    values.type === 'VIEW_RESTRICTION' &&
    (values.institution === null || values.institution === caller.institution)
  )
    refuse('the patient itself revokes what restricts your institution');
}
