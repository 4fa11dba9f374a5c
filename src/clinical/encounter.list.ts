/** Lists of encounters: an institution's own, a patient's own, and those of one patient. */
import { findVisible, noteFound, requireFilter } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Condition, Loaded, Member, Page, Query, Relation } from '../records/index.js';
import { isGiven } from '../registry/index.js';
import { requireSignedIn } from '../uploads/index.js';
import type { EncounterFilter, EncounterOrder } from './encounter.filter.js';
import type { EncounterValues, PatientValues } from '../documents/index.js';
import { encounterKind } from './encounter.kind.js';
import { findPatient } from './patient.service.js';

const ORDER_COLUMNS = { START: 'startedAt', RECORDED_AT: 'entry' } as const;

/** To whom all encounters of a patient are open, as far as that they are there. */
const ALL_OF_PATIENT: readonly Relation[] = ['SELF', 'TREATING', 'GRANTEE', 'AUDITOR'];

/** Which encounters a caller may list, and what it is to every one of them. */
function scopeOf(caller: Member): { where: Condition; relations: ReadonlySet<Relation> } {
  const { institution, patient } = caller;
  if (institution !== null)
    return {
      where: { column: 'custodian', op: 'eq', value: institution },
      relations: new Set<Relation>(['CUSTODIAN']),
    };
  if (patient === null)
    throw new VitrineError('FORBIDDEN', 'this is for members of an institution and for patients');
  return {
    where: { column: 'patient', op: 'eq', value: patient },
    relations: new Set<Relation>(['SELF']),
  };
}

function conditionsOf(filter: EncounterFilter): Condition[] {
  const where: Condition[] = [];
  for (const column of ['patient', 'class', 'status'] as const) {
    const value = filter[column];
    if (isGiven(value)) where.push({ column, op: 'eq', value });
  }
  if (isGiven(filter.start?.from)) where.push({ column: 'startedAt', op: 'gte', value: filter.start.from });
  if (isGiven(filter.start?.to)) where.push({ column: 'startedAt', op: 'lt', value: filter.start.to });
  return where;
}

/** One page of the encounters of the caller's institution, or, for a patient, of its own. */
export async function listEncounters(
  ctx: RequestContext,
  filter: EncounterFilter,
  order: EncounterOrder | null,
  page: { first: number; after?: string },
): Promise<Page<EncounterValues>> {
  const caller = requireSignedIn(ctx.caller);
  const scope = scopeOf(caller);
  const asked = conditionsOf(filter);
  requireFilter(
    caller,
    encounterKind,
    asked.map(({ column }) => column),
    scope.relations,
  );
  const column = order === null ? null : ORDER_COLUMNS[order.field];
  if (column !== null) requireFilter(caller, encounterKind, [column], scope.relations, ['orderBy']);
  const found = await findVisible(ctx, encounterKind, {
    where: [scope.where, ...asked],
    ...(await provenBy(ctx, filter, scope.where)),
    ...(order === null || column === null ? {} : { order: { column, direction: order.direction } }),
    ...page,
  });
  // What kind of care these had, and when, is told by the list, whatever it shows of them.
  const told = [...asked.map((condition) => condition.column), ...(column === null ? [] : [column])];
  if (told.some((name) => encounterKind.columns[name]?.class === 'ADMINISTRATIVE'))
    noteFound(ctx, found.edges, 'ADMINISTRATIVE');
  return found;
}

/**
 * By which list the page is proven: by the patient's, which mostly is the shorter one, where the caller may know of the patient. Else
 * by its own, so that no work is of how many encounters others have of the patient, or whether there is one.
 */
async function provenBy(
  ctx: RequestContext,
  { patient }: EncounterFilter,
  { column }: Condition,
): Promise<Pick<Query, 'by'>> {
  const isOthers = isGiven(patient) && column !== 'patient' && (await findPatient(ctx, patient)) === null;
  return isOthers ? { by: column } : {};
}

/** One page of a patient's encounters: all, for whoever they are open to; else those of the caller's institution. */
export async function listEncountersOf(
  ctx: RequestContext,
  patient: Loaded<PatientValues>,
  page: { first: number; after?: string },
): Promise<Page<EncounterValues>> {
  const caller = requireSignedIn(ctx.caller);
  const where: Condition[] = [{ column: 'patient', op: 'eq', value: patient.head.id }];
  if (!ALL_OF_PATIENT.some((relation) => patient.relations.has(relation))) {
    if (caller.institution === null) return { edges: [], hasNextPage: false, hasPreviousPage: false };
    where.push({ column: 'custodian', op: 'eq', value: caller.institution });
  }
  return findVisible(ctx, encounterKind, { where, ...page });
}
