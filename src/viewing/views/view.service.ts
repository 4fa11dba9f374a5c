/** Opening a view: who, of what, for which purpose, on what evidence; and the receipt of it. */
import { randomUUID } from 'node:crypto';
import { loadVisible, notFound } from '../../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { personOf } from '../../clinical/index.js';
import type { VitrineError } from '../../ledger/core/index.js';
import type { Loaded, Member } from '../../records/index.js';
import { creation, firstHead, requireMay, submitOne } from '../../uploads/index.js';
import { chargesOf, type Charged } from '../budgets/charges.js';
import { evidenceRequired, requireEvidence, type Evidence } from './evidence.js';
import { OPEN_VIEW, REFUSE_VIEW } from './operations.js';
import { PURPOSE_TERMS, requirePurposeRole, requireReason, requireSubjectOf } from './purposes.js';
import { findSubject, mayLook, type Allowed, type Subject } from './subject.js';
import { openViewInput, type Asked, type OpenViewInput } from './view.input.js';
import { viewKind, type ViewValues } from './view.kind.js';

/**
 * Opens a view. Its receipt is on the log, on the patient's thread and on the viewer's institution's, before anything is shown.
 * @throws VitrineError FORBIDDEN, EVIDENCE_REQUIRED, NOT_FOUND, BUDGET_EXHAUSTED with the time of the refill, BAD_USER_INPUT,
 *   RATE_LIMITED for too many codes
 */
export async function openView(ctx: RequestContext, input: OpenViewInput): Promise<AcceptedPort> {
  // Asked for in vain, by the last attempt to make the change.
  const missed: { last: Missed | null } = { last: null };
  const opening = submitOne(ctx, 'openView', input, async (caller, making) => {
    missed.last = null;
    requireMay(caller, OPEN_VIEW);
    const asked = parseInput(openViewInput, input);
    const { purpose } = asked;
    requirePurposeRole(caller, purpose);
    requireSubjectOf(purpose, asked.subject.kind);
    requireReason(purpose, asked.reason);
    const look = await findLook(ctx, caller, asked);
    if (look === null) {
      missed.last = { caller, asked };
      throw refusalOf(asked);
    }
    const { subject, evidence, decisions } = look;
    const values = valuesOf(ctx, caller, asked, evidence);
    const { charges, reliesOn, absent } = await chargesFor(ctx, caller, asked);
    const head = firstHead(viewKind, making.id(), {
      custodian: caller.institution,
      patient: values.patient,
    });
    return creation(viewKind, head, values, {
      ...OPEN_VIEW,
      reliesOn: [
        subject.record,
        ...(evidence === null ? [] : [evidence.record]),
        ...(decisions?.person.links ?? []),
        ...reliesOn,
      ],
      absent,
      // That no restriction stands, on no file of the person, is an absence: none may come before the commit.
      whole: decisions?.whole ?? [],
      charges,
      // An auditor reads in the opening what the look was for; an emergency is announced by it.
      detail: {
        purpose,
        subject: asked.subject.kind,
        ...(evidence === null
          ? {}
          : { evidence: evidence.kind, evidenceEntry: Number(evidence.record.anchor.index) }),
      },
    });
  });
  try {
    return await opening;
  } catch (error) {
    // Outside the submission, whose change it isn't. Over the budget that is what is answered, whatever there is.
    if (missed.last !== null) await chargeMiss(ctx, missed.last);
    throw error;
  }
}

/** Evidence before everything that tells whether there is such a patient. Null: nothing is there for this caller to look at. */
async function findLook(
  ctx: RequestContext,
  caller: Member,
  { subject: { kind, id }, purpose, evidence: given }: Asked,
): Promise<(Allowed & { readonly subject: Subject; readonly evidence: Evidence | null }) | null> {
  const person = kind === 'PATIENT' ? await personOf(ctx, id) : null;
  const sought = { patient: id, files: person?.files ?? [] };
  const { evidence: wanted } = PURPOSE_TERMS[purpose];
  const evidence = wanted ? await requireEvidence(ctx, caller, sought, given) : null;
  const subject = await findSubject(ctx, kind, id);
  const allowed = subject === null ? null : await mayLook(ctx, { caller, purpose }, subject, person);
  return subject === null || allowed === null ? null : { subject, evidence, decisions: allowed.decisions };
}

/** A look in vain. */
interface Missed {
  readonly caller: Member;
  readonly asked: Asked;
}

/**
 * One refusal a purpose, in the same words whether nothing has this id, the patient restricts it or the label does: no
 * institution is told of a restriction, and what is refused for one tells nothing of who exists.
 */
function refusalOf({ purpose, subject }: Asked): VitrineError {
  if (PURPOSE_TERMS[purpose].evidence) return evidenceRequired();
  return notFound(subject.kind.toLowerCase(), ['input', 'subject', 'id']);
}

/**
 * Without evidence, asking for somebody in vain costs what opening it does, and is written down as a lookup that found nobody
 * is, so that trying ids is bounded and raises the alert. It names nobody: whose file was refused isn't told to its institution.
 * @throws VitrineError BUDGET_EXHAUSTED, as for a patient who is there
 */
async function chargeMiss(ctx: RequestContext, { caller, asked }: Missed): Promise<void> {
  const { purpose, subject } = asked;
  if (subject.kind !== 'PATIENT' || PURPOSE_TERMS[purpose].evidence) return;
  await ctx.uploads.submit({ requestId: randomUUID(), input: null }, async (making) => {
    const head = firstHead(viewKind, making.id(), { custodian: caller.institution, patient: null });
    const charged = await chargesFor(ctx, caller, asked);
    const now = ctx.clock().toISOString();
    const nobody = { act: 'LISTED', subject: null, patient: null, expiresAt: now } as const;
    const values = { ...valuesOf(ctx, caller, asked, null), ...nobody };
    return [creation(viewKind, head, values, { ...REFUSE_VIEW, ...charged, detail: { purpose } })];
  });
}

function valuesOf(
  ctx: RequestContext,
  caller: Member,
  { subject, purpose, reason, language }: Asked,
  evidence: Evidence | null,
): ViewValues {
  const now = ctx.clock();
  const { lifetimeMs, emergencyMs } = ctx.viewing;
  const lifetime = purpose === 'EMERGENCY' ? emergencyMs : lifetimeMs;
  return {
    act: 'OPENED',
    subjectKind: subject.kind,
    subject: subject.id,
    patient: subject.kind === 'PATIENT' ? subject.id : null,
    institution: caller.institution,
    member: caller.id,
    purpose,
    evidence: evidence?.kind ?? null,
    evidenceRecord: evidence?.record.head.id ?? null,
    evidenceEntry: evidence?.record.anchor.index.toString() ?? null,
    reason,
    language,
    openedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + lifetime).toISOString(),
    key: ctx.key,
  };
}

/** Budgets count patients; reports and subsidies are no one's. */
function chargesFor(ctx: RequestContext, caller: Member, { subject, purpose }: Asked): Promise<Charged> {
  if (subject.kind !== 'PATIENT') return Promise.resolve({ charges: [], reliesOn: [], absent: [] });
  return chargesOf(ctx, caller, purpose === 'EMERGENCY' ? 'EMERGENCY' : 'OPENED', subject.id);
}

/** The view, or null when there is none that the caller may see. */
export function findView(ctx: RequestContext, id: string): Promise<Loaded<ViewValues> | null> {
  return loadVisible(ctx, viewKind, id);
}
