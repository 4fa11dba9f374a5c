/** Looking a patient up by identifier: charged and written down whether it is there or not, so that trying costs. */
import { randomUUID } from 'node:crypto';
import { parseInput, type RequestContext } from '../../api/index.js';
import { patientByIdentifier, type Identified, type PatientValues } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded, Member } from '../../records/index.js';
import { requireStaff, type Staff } from '../../registry/index.js';
import { identifier, identifierKey } from '../../standing/index.js';
import { creation, firstHead, requireMay } from '../../uploads/index.js';
import { chargesOf } from '../budgets/charges.js';
import { LIST_PATIENT } from './operations.js';
import { viewKind, type ViewValues } from './view.kind.js';

/**
 * The patient who has this identifier and was born on this day.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, LICENCE_INACTIVE, BUDGET_EXHAUSTED with the time of the refill
 */
export async function lookUpPatient(ctx: RequestContext, asked: Identified): Promise<Loaded<PatientValues>> {
  const staff = requireStaff(ctx.caller);
  requireMay(staff, LIST_PATIENT);
  const wanted = parseInput(identifier, { system: asked.system, value: asked.value }, []);
  // Found before it is charged, shown after: nobody learns anything from a refusal.
  const found = await patientByIdentifier(ctx, asked).catch((error: unknown) => {
    if (error instanceof VitrineError && error.code === 'NOT_FOUND') return error;
    throw error;
  });
  const patient = found instanceof VitrineError ? null : found;
  try {
    await chargeLookup(ctx, staff, identifierKey(wanted), patient?.head.id ?? null);
  } catch (error) {
    // It is a query, which no guard of mutations stands in front of.
    await ctx.uploads.denied({ requestId: null, operation: LIST_PATIENT.op }, error);
    throw error;
  }
  if (found instanceof VitrineError) throw found;
  return found;
}

/**
 * Writes a lookup down, in the commit that charges it.
 * @param item the identifier that was asked for
 * @param patient whom it found; null for nobody
 * @throws VitrineError BUDGET_EXHAUSTED with the time of the refill
 */
export async function chargeLookup(
  ctx: RequestContext,
  staff: Staff,
  item: string,
  patient: string | null,
): Promise<void> {
  await ctx.uploads.submit({ requestId: randomUUID(), input: null }, async (making) => {
    const head = firstHead(viewKind, making.id(), {
      custodian: staff.institution,
      patient,
    });
    const charged = await chargesOf(ctx, staff, 'LISTED', item);
    return [creation(viewKind, head, listed(ctx, staff, patient), { ...LIST_PATIENT, ...charged })];
  });
}

function listed(ctx: RequestContext, staff: Member, patient: string | null): ViewValues {
  const now = ctx.clock().toISOString();
  return {
    act: 'LISTED',
    subjectKind: 'PATIENT',
    subject: patient,
    patient,
    institution: staff.institution,
    member: staff.id,
    purpose: null,
    evidence: null,
    evidenceRecord: null,
    evidenceEntry: null,
    reason: null,
    language: 'en',
    openedAt: now,
    expiresAt: now,
    key: ctx.key,
  };
}
