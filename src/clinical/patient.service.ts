/** Registering and amending patients, and finding one. */
import { loadVisible, requireVersion, requireVisible, visible } from '../access/index.js';
import type { AcceptedPort } from '../api/index.js';
import { badInput, parseInput, type RequestContext } from '../api/index.js';
import type { Problem } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Loaded } from '../records/index.js';
import { withRelation } from '../records/index.js';
import { given, requireStaff } from '../registry/index.js';
import { identifier, identifierKey } from '../standing/index.js';
import type { Change } from '../uploads/index.js';
import { amendment, creation, firstHead, only, requestOf, requireMay } from '../uploads/index.js';
import { BY_CUSTODIAN, labelOf, present, requireStanding, retentionOf } from './care.js';
import { AMEND_PATIENT, REGISTER_PATIENT, RETRACT_PATIENT } from './operations.js';
import { amendedValues, certainlyAfter, type PatientValues, registeredValues } from '../documents/index.js';
import type { AmendPatientInput, RegisterPatientInput } from './patient.input.js';
import { PATIENT_IDENTIFIER, patientKind } from './patient.kind.js';

/** Birth and death lie in the past. */
function requirePast(values: PatientValues, now: Date): void {
  const problems: Problem[] = [];
  for (const name of ['birthDate', 'deceasedAt'] as const) {
    const value = values[name];
    if (value !== null && certainlyAfter(value, now))
      problems.push({ path: ['input', name], message: 'expected a time that is not in the future' });
  }
  if (problems.length > 0) throw badInput(problems);
}

/**
 * What a taken identifier may tell: the holder's id goes to who may know of it, or gave its birth date as it is recorded, as a
 * lookup asks for. Anybody else learns that the identifier is taken, which uniqueness itself says, and not whose it is. Who may
 * not know of the holder has looked it up by this, and is charged for it.
 * @throws VitrineError BUDGET_EXHAUSTED
 */
async function conflictFor(
  ctx: RequestContext,
  error: VitrineError,
  birthDate: string | null,
  identifiers: readonly unknown[] | null | undefined,
): Promise<VitrineError> {
  if (error.code !== 'CONFLICT') return error;
  const { kind, id } = error.details;
  const [, field, place] = error.inputPath ?? [];
  if (kind !== patientKind.name || typeof id !== 'string' || field !== 'identifiers') return error;
  const holder = await ctx.records.load(patientKind, id);
  if (holder !== null && visible(ctx.caller, patientKind, holder)) return error;
  const isTold = birthDate !== null && holder?.values.birthDate === birthDate;
  const at = Number(place);
  const tried = parseInput(identifier, identifiers?.[at], ['input', 'identifiers', at]);
  await ctx.viewing.tried(ctx, identifierKey(tried), isTold ? id : null);
  return isTold ? error : new VitrineError('CONFLICT', error.message, { path: ['input', 'identifiers', at] });
}

/** Whoever gives numbers to a patient has lookups left. @throws VitrineError BUDGET_EXHAUSTED */
function requireTries(ctx: RequestContext, identifiers: readonly unknown[] | null | undefined): void {
  if (ctx.caller !== null && (identifiers ?? []).length > 0) ctx.viewing.requireTries(ctx.caller);
}

/**
 * Registers a person. One whose identifier is registered already is refused with CONFLICT, and the details name that
 * patient to who may know of it, so that its care can be recorded there.
 */
export async function registerPatient(
  ctx: RequestContext,
  input: RegisterPatientInput,
): Promise<AcceptedPort> {
  const staff = requireStaff(ctx.caller);
  requireMay(staff, REGISTER_PATIENT);
  const submitted = ctx.uploads.submit(requestOf('registerPatient', input), (making) => {
    const values = parseInput(registeredValues(input), input);
    requirePast(values, present(ctx));
    requireTries(ctx, values.identifiers);
    const facts = { ...labelOf(input), ...retentionOf(input, null) };
    const id = making.id();
    const head = firstHead(patientKind, id, { custodian: staff.institution, patient: id, ...facts });
    return Promise.resolve([creation(patientKind, head, values, REGISTER_PATIENT)]);
  });
  return only(
    await submitted.catch(async (error: unknown) => {
      if (error instanceof VitrineError)
        throw await conflictFor(ctx, error, input.birthDate ?? null, input.identifiers);
      throw error;
    }),
  );
}

export async function amendPatient(ctx: RequestContext, input: AmendPatientInput): Promise<AcceptedPort> {
  const {
    requestId: _requestId,
    signed: _signed,
    patient,
    expectedVersion,
    label: _label,
    retainUntil: _retainUntil,
    ...changes
  } = input;
  const submitted = ctx.uploads.submit(requestOf('amendPatient', input), async () => {
    const base = await requireVisible(ctx, patientKind, patient, ['input', 'patient']);
    requireMay(ctx.caller, AMEND_PATIENT, base.relations);
    requireVersion(base, expectedVersion);
    requireStanding(base, ['input', 'patient']);
    const values = parseInput(amendedValues(base.values), { ...base.values, ...given(changes) });
    requirePast(values, present(ctx));
    requireTries(ctx, input.identifiers);
    const facts = labelOf(input);
    const kept = retentionOf(input, base.head.retention);
    return [amendment(patientKind, base, values, AMEND_PATIENT, { ...facts, ...kept })];
  });
  return only(
    await submitted.catch(async (error: unknown) => {
      if (error instanceof VitrineError)
        throw await conflictFor(ctx, error, input.birthDate ?? null, input.identifiers);
      throw error;
    }),
  );
}

/** The change that marks a patient as entered in error; its identifiers become free. */
export async function retractPatient(
  ctx: RequestContext,
  id: string,
  expectedVersion: number,
  reason: string,
): Promise<Change<PatientValues>> {
  const base = await requireVisible(ctx, patientKind, id, ['input', 'id']);
  requireMay(ctx.caller, RETRACT_PATIENT, base.relations);
  requireVersion(base, expectedVersion);
  requireStanding(base, ['input', 'id']);
  const values = { ...base.values, retracted: true, retractionReason: reason };
  return amendment(patientKind, base, values, RETRACT_PATIENT);
}

export function findPatient(ctx: RequestContext, id: string): Promise<Loaded<PatientValues> | null> {
  return loadVisible(ctx, patientKind, id);
}

/** Whom a caller asks for by identifier. */
export interface Identified {
  readonly system: string;
  readonly value: string;
  readonly birthDate: string;
}

/**
 * The patient with this identifier, for whoever also knows the birth date as it is recorded: one that is known by year
 * or month alone is found by that year or month, never by a day in it, nor a day by its year. One without a birth date
 * isn't found. The caller becomes LISTED, which tells it that the patient is there and under which id. A wrong birth
 * date and no such patient look the same.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, LICENCE_INACTIVE
 */
export async function patientByIdentifier(
  ctx: RequestContext,
  asked: Identified,
): Promise<Loaded<PatientValues>> {
  const staff = requireStaff(ctx.caller);
  requireMay(staff, { op: 'patient.lookup', permission: BY_CUSTODIAN });
  if (!staff.licensed)
    throw new VitrineError('LICENCE_INACTIVE', 'this needs an active licence of your institution');
  const wanted = parseInput(identifier, { system: asked.system, value: asked.value }, []);
  const record = await ctx.records.byKey(patientKind, PATIENT_IDENTIFIER, identifierKey(wanted));
  if (record === null || record.values.birthDate !== asked.birthDate)
    throw new VitrineError('NOT_FOUND', 'no patient has this identifier and birth date');
  return withRelation(record, 'LISTED');
}
