/** Recording and amending encounters. */
import { loadVisible, requireVersion, requireVisible } from '../access/index.js';
import type { AcceptedPort } from '../api/index.js';
import { badInput, parseInput, type RequestContext } from '../api/index.js';
import type { InputPath, Problem } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Loaded, RecordKind, Unrelated } from '../records/index.js';
import { given, requireStaff, type Staff } from '../registry/index.js';
import { workOfClass } from '../standing/index.js';
import type { Change } from '../uploads/index.js';
import { amendment, creation, firstHead, only, requestOf, requireMay } from '../uploads/index.js';
import { labelOf, present, requireStanding, retentionOf } from './care.js';
import type { AmendEncounterInput, EncounterInput, RecordEncounterInput } from './encounter.input.js';
import {
  certainlyAfter,
  type EncounterValues,
  encounterValues,
  type PatientValues,
} from '../documents/index.js';
import { encounterKind } from './encounter.kind.js';
import { AMEND_ENCOUNTER, RECORD_ENCOUNTER, RETRACT_ENCOUNTER } from './operations.js';
import { patientKind } from './patient.kind.js';

/** Only these may lie in the future. */
const NOT_YET: readonly string[] = ['PLANNED', 'CANCELLED'];

/**
 * What happened lies in the past. It is not held against the patient's birth date: an institution may record care of
 * any patient it can name, and a refusal would tell it the date.
 */
function futureProblems(values: EncounterValues, now: Date, path: InputPath): Problem[] {
  if (NOT_YET.includes(values.status)) return [];
  const times: [InputPath, string | null][] = [
    [['start'], values.start],
    [['end'], values.status === 'FINISHED' ? values.end : null],
    ...values.diagnoses.map(({ onset }, index): [InputPath, string | null] => [
      ['diagnoses', index, 'onset'],
      onset,
    ]),
  ];
  return times
    .filter(([, value]) => value !== null && certainlyAfter(value, now))
    .map(([place]) => ({ path: [...path, ...place], message: 'expected a time that is not in the future' }));
}

/**
 * The checked values of one encounter.
 * @param path where it stands in the input
 * @throws VitrineError BAD_USER_INPUT with every problem
 */
export function parseEncounter(input: unknown, now: Date, path: InputPath): EncounterValues {
  const values = parseInput(encounterValues, input, path);
  const problems = futureProblems(values, now, path);
  if (problems.length > 0) throw badInput(problems);
  return values;
}

/** The kind with its claims' paths below `path`, so that a CONFLICT points to the right item of a batch. */
function kindAt(path: InputPath): RecordKind<EncounterValues> {
  return {
    ...encounterKind,
    uniqueKeys: (values, head) =>
      (encounterKind.uniqueKeys?.(values, head) ?? []).map((key) => ({
        ...key,
        path: [...path, ...key.path.slice(1)],
      })),
  };
}

/** Finds the patients of one request, each once. */
export type Patients = (id: string) => Promise<Unrelated<PatientValues> | null>;

/** Loaded without asking for a relation: whoever can name a patient may record its care. */
export function patientsOf(ctx: RequestContext): Patients {
  const known = new Map<string, ReturnType<Patients>>();
  return (id) => {
    const found = known.get(id) ?? ctx.records.fact(patientKind, id);
    known.set(id, found);
    return found;
  };
}

/** What one encounter's change is made from. */
export interface NewEncounter {
  readonly input: EncounterInput;
  readonly values: EncounterValues;
  /** Where it stands in the input. */
  readonly path: InputPath;
}

/**
 * The change that records an encounter of the caller's institution.
 * @param id of the new record
 * @throws VitrineError NOT_FOUND when no patient has the id, CONFLICT when the patient was retracted
 */
export async function encounterChange(
  staff: Staff,
  { input, values, path }: NewEncounter,
  patients: Patients,
  id: string,
): Promise<Change<EncounterValues>> {
  const patient = await patients(values.patient);
  if (patient === null)
    throw new VitrineError('NOT_FOUND', 'no patient has this id', { path: [...path, 'patient'] });
  requireStanding(patient, [...path, 'patient']);
  const facts = {
    custodian: staff.institution,
    patient: values.patient,
    ...labelOf(input, path),
    ...retentionOf(input, null, path),
  };
  return creation(kindAt(path), firstHead(encounterKind, id, facts), values, {
    ...RECORD_ENCOUNTER,
    work: workOfClass(values.class),
    // A patient that is retracted at this moment takes no new care.
    reliesOn: [patient],
  });
}

export async function recordEncounter(
  ctx: RequestContext,
  input: RecordEncounterInput,
): Promise<AcceptedPort> {
  const staff = requireStaff(ctx.caller);
  requireMay(staff, RECORD_ENCOUNTER);
  const path = ['input'];
  return only(
    await ctx.uploads.submit(requestOf('recordEncounter', input), async (making) => {
      const values = parseEncounter(input, present(ctx), path);
      return [await encounterChange(staff, { input, values, path }, patientsOf(ctx), making.id())];
    }),
  );
}

export async function amendEncounter(ctx: RequestContext, input: AmendEncounterInput): Promise<AcceptedPort> {
  const {
    requestId: _requestId,
    signed: _signed,
    encounter,
    expectedVersion,
    label: _label,
    retainUntil: _retainUntil,
    ...changes
  } = input;
  return only(
    await ctx.uploads.submit(requestOf('amendEncounter', input), async () => {
      const base = await requireVisible(ctx, encounterKind, encounter, ['input', 'encounter']);
      requireMay(ctx.caller, AMEND_ENCOUNTER, base.relations);
      requireVersion(base, expectedVersion);
      requireStanding(base, ['input', 'encounter']);
      const values = parseEncounter({ ...base.values, ...given(changes) }, present(ctx), ['input']);
      const facts = labelOf(input);
      const kept = retentionOf(input, base.head.retention);
      const terms = { ...AMEND_ENCOUNTER, work: workOfClass(values.class) };
      return [amendment(encounterKind, base, values, terms, { ...facts, ...kept })];
    }),
  );
}

/** The change that marks an encounter as entered in error; its number becomes free. */
export async function retractEncounter(
  ctx: RequestContext,
  id: string,
  expectedVersion: number,
  reason: string,
): Promise<Change<EncounterValues>> {
  const base = await requireVisible(ctx, encounterKind, id, ['input', 'id']);
  requireMay(ctx.caller, RETRACT_ENCOUNTER, base.relations);
  requireVersion(base, expectedVersion);
  requireStanding(base, ['input', 'id']);
  const values = { ...base.values, retracted: true, retractionReason: reason };
  return amendment(encounterKind, base, values, RETRACT_ENCOUNTER);
}

export function findEncounter(ctx: RequestContext, id: string): Promise<Loaded<EncounterValues> | null> {
  return loadVisible(ctx, encounterKind, id);
}
