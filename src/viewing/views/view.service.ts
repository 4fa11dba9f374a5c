/** Opening a view: who, of what, for which purpose, on what evidence; and the receipt of it. */
import { loadVisible, notFound } from '../../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { personOf } from '../../clinical/index.js';
import type { Loaded, Member } from '../../records/index.js';
import { creation, firstHead, requireMay, submitOne } from '../../uploads/index.js';
import { chargesOf, type Charged } from '../budgets/charges.js';
import { requireEvidence, type Evidence } from './evidence.js';
import { OPEN_VIEW } from './operations.js';
import { PURPOSE_TERMS, requirePurposeRole, requireReason, requireSubjectOf } from './purposes.js';
import { findSubject, requireMayLook, type Allowed, type Subject } from './subject.js';
import { openViewInput, type Asked, type OpenViewInput } from './view.input.js';
import { viewKind, type ViewValues } from './view.kind.js';

/**
 * Opens a view. Its receipt is on the log, on the patient's thread and on the viewer's institution's, before anything is shown.
 * @throws VitrineError FORBIDDEN, EVIDENCE_REQUIRED, NOT_FOUND, BUDGET_EXHAUSTED with the time of the refill, BAD_USER_INPUT,
 *   RATE_LIMITED for too many codes
 */
export function openView(ctx: RequestContext, input: OpenViewInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'openView', input, async (caller, making) => {
    requireMay(caller, OPEN_VIEW);
    const asked = parseInput(openViewInput, input);
    const { purpose } = asked;
    requirePurposeRole(caller, purpose);
    requireSubjectOf(purpose, asked.subject.kind);
    requireReason(purpose, asked.reason);
    const { subject, evidence, decisions } = await requireLook(ctx, caller, asked);
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
}

/** Evidence before everything that tells whether there is such a patient. */
async function requireLook(
  ctx: RequestContext,
  caller: Member,
  { subject: { kind, id }, purpose, evidence: given }: Asked,
): Promise<Allowed & { readonly subject: Subject; readonly evidence: Evidence | null }> {
  const person = kind === 'PATIENT' ? await personOf(ctx, id) : null;
  const sought = { patient: id, files: person?.files ?? [] };
  const { evidence: wanted } = PURPOSE_TERMS[purpose];
  const evidence = wanted ? await requireEvidence(ctx, caller, sought, given) : null;
  const subject = await findSubject(ctx, kind, id);
  const path = ['input', 'subject', 'id'];
  if (subject === null) throw notFound(kind.toLowerCase(), path);
  const { decisions } = await requireMayLook(ctx, { caller, purpose }, subject, { path, person });
  return { subject, evidence, decisions };
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
