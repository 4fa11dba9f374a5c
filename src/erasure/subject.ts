/** Records that can be held and erased: care, and reports. What is public, or accounts for money, isn't among them. */
import { loadVisible, notFound } from '../access/index.js';
import { registerEnum, type RequestContext } from '../api/index.js';
import { encounterKind, patientKind } from '../clinical/index.js';
import type { InputPath } from '../ledger/core/index.js';
import type { AnyKind, Loaded, Member, Role } from '../records/index.js';
import { reportKind } from '../reporting/index.js';

/** One such kind. */
export interface Holdable {
  readonly kind: AnyKind;
  /** Who of its custodian may hold it, and ask for its erasure. */
  readonly roles: readonly Role[];
}

export const HOLDABLE = {
  PATIENT: { kind: patientKind, roles: ['CLINICIAN', 'REGISTRAR'] },
  ENCOUNTER: { kind: encounterKind, roles: ['CLINICIAN', 'REGISTRAR'] },
  REPORT: { kind: reportKind, roles: ['REPORTER'] },
} as const satisfies Readonly<Record<string, Holdable>>;

export type HoldableName = keyof typeof HOLDABLE;

export const HOLDABLE_NAMES = Object.keys(HOLDABLE) as HoldableName[];

export const ErasableKindEnum = { PATIENT: 'PATIENT', ENCOUNTER: 'ENCOUNTER', REPORT: 'REPORT' } as const;

registerEnum(ErasableKindEnum, {
  name: 'ErasableKind',
  description: 'What can be erased, and held so that it isn’t.',
  values: { PATIENT: 'A patient.', ENCOUNTER: 'An encounter.', REPORT: 'A report of an institution.' },
});

/** A member of the state that decides on holds and erasures. */
export function isRegulator(caller: Member): boolean {
  return caller.state && caller.roles.has('REGULATOR');
}

/**
 * The record that an input names, for who may know of it; the state's regulators decide about records that they don't
 * see, and get nothing of them but that they are there.
 * @throws VitrineError NOT_FOUND, INTEGRITY_VIOLATION
 */
export async function requireSubject(
  ctx: RequestContext,
  caller: Member,
  name: HoldableName,
  id: string,
  path: InputPath = ['input', 'id'],
): Promise<Loaded<object>> {
  const { kind }: Holdable = HOLDABLE[name];
  const record = isRegulator(caller) ? await ctx.records.load(kind, id) : await loadVisible(ctx, kind, id);
  if (record === null) throw notFound(kind.name, path);
  return record;
}

/** The threads of what is said about a record: its own, the patient's and its custodian's. */
export function threadsAbout(record: string, patient: string | null, keeper: string | null): string[] {
  return [patient ?? record, ...(keeper === null ? [] : [keeper])];
}

/** Name of the counter of a record's standing holds. */
export function holdCounter(kind: string, record: string): string {
  return `hold/${kind}/${record}`;
}
