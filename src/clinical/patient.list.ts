/** Lists of patients: an institution's own, by name and identifier too. */
import { noteFound, requireClass } from '../access/index.js';
import { parseInput, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Condition, Loaded, Member, Order, Page, Relation } from '../records/index.js';
import { isGiven } from '../registry/index.js';
import { identifier, identifierKey, orEmpty } from '../standing/index.js';
import { requireSignedIn } from '../uploads/index.js';
import { nameMatches, nameScope, wordsOf } from './name-search.js';
import type { PatientFilter, PatientOrder } from './patient.input.js';
import type { PatientValues } from '../documents/index.js';
import { PATIENT_IDENTIFIER, patientKind } from './patient.kind.js';

/** More words than a name has. */
const MOST_WORDS = 8;

/** Which patients a caller may list, and what it is to every one of them. */
interface Scope {
  readonly where: Condition;
  readonly holds: (record: Loaded<PatientValues>) => boolean;
  readonly relations: ReadonlySet<Relation>;
}

function scopeOf(caller: Member): Scope {
  const { institution, patient } = caller;
  if (institution !== null)
    return {
      where: { column: 'custodian', op: 'eq', value: institution },
      holds: (record) => record.head.custodian === institution,
      relations: new Set<Relation>(['CUSTODIAN']),
    };
  if (patient === null)
    throw new VitrineError('FORBIDDEN', 'this is for members of an institution and for patients');
  return {
    where: { column: 'id', op: 'eq', value: patient },
    holds: (record) => record.head.id === patient,
    relations: new Set<Relation>(['SELF']),
  };
}

/** The words to search, or null when the filter asks for no name. */
function searchedWords(filter: PatientFilter): string[] | null {
  if (!isGiven(filter.name)) return null;
  const words = wordsOf(filter.name);
  if (words.length > 0 && words.length <= MOST_WORDS) return words;
  throw new VitrineError('BAD_USER_INPUT', `expected 1 to ${MOST_WORDS} words of a name`, {
    path: ['filter', 'name'],
  });
}

/** One page of the patients whose records the caller's institution keeps; for a patient, itself. */
export async function listPatients(
  ctx: RequestContext,
  filter: PatientFilter,
  order: PatientOrder | null,
  page: { first: number; after?: string },
): Promise<Page<PatientValues>> {
  const caller = requireSignedIn(ctx.caller);
  const scope = scopeOf(caller);
  for (const name of ['name', 'identifier'] as const)
    if (isGiven(filter[name])) requireClass(caller, name, 'IDENTITY', scope.relations);
  const words = searchedWords(filter);
  const fits = (record: Loaded<PatientValues>) =>
    scope.holds(record) && (words === null || nameMatches(orEmpty(record.values.names), words));
  if (isGiven(filter.identifier)) return noted(ctx, await byIdentifier(ctx, filter.identifier, fits));
  const sorted: Order | null = order === null ? null : { column: 'entry', direction: order.direction };
  // A patient's own record is found by id; the words of names belong to institutions.
  const search = words === null || caller.institution === null ? [] : words;
  const found = await ctx.records.find(patientKind, {
    where: [scope.where],
    words: search.map((value) => ({ scope: nameScope(caller.institution ?? ''), value })),
    ...(sorted === null ? {} : { order: sorted }),
    ...page,
  });
  // The words' rows are outside the seal: what they found must itself match.
  const edges = found.edges.filter(({ record }) => record instanceof VitrineError || fits(record));
  return words === null ? { ...found, edges } : noted(ctx, { ...found, edges });
}

/** Whose name or identifier was asked for is told by the list, whatever it shows of them. */
function noted(ctx: RequestContext, page: Page<PatientValues>): Page<PatientValues> {
  noteFound(ctx, page.edges, 'IDENTITY');
  return page;
}

async function byIdentifier(
  ctx: RequestContext,
  asked: { readonly system: string; readonly value: string },
  fits: (record: Loaded<PatientValues>) => boolean,
): Promise<Page<PatientValues>> {
  const wanted = parseInput(identifier, asked, ['filter', 'identifier']);
  const record = await ctx.records.byKey(patientKind, PATIENT_IDENTIFIER, identifierKey(wanted));
  const edges = record !== null && fits(record) ? [{ cursor: record.head.id, record }] : [];
  return { edges, hasNextPage: false, hasPreviousPage: false };
}
