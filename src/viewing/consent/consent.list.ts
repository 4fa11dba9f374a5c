/** Lists of consents: a patient's own, and those by which an institution was granted something. */
import { visible } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { findPatient, type PatientValues } from '../../clinical/index.js';
import type { ConsentValues } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { listedOn, type Edge, type Loaded, type Page } from '../../records/index.js';
import { actsFor } from '../../reporting/index.js';
import { requireSignedIn } from '../../uploads/index.js';
import { consentKind, isInForce } from './consent.kind.js';

/** As many consents as a patient may have. */
const MOST = 500;

interface Wanted {
  readonly first: number;
  readonly after?: string;
}

/**
 * One page of a patient's consents that the caller may see, newest first: of a list that is proven whole where the caller may know
 * of the patient, else those that name its institution.
 * @throws VitrineError INTEGRITY_VIOLATION
 */
export async function listConsentsOf(
  ctx: RequestContext,
  patient: string,
  page: Wanted,
): Promise<Page<ConsentValues>> {
  const isKnown = (await findPatient(ctx, patient)) !== null;
  const all = isKnown
    ? await ctx.records.complete(consentKind, 'patient', patient)
    : await consentsNaming(ctx, patient);
  const edges = all
    .filter((record) => visible(ctx.caller, consentKind, record))
    .reverse()
    .map((record): Edge<ConsentValues> => ({ cursor: record.head.id, record }));
  return pageOfEdges(edges, page);
}

/**
 * What an institution was granted by a patient, and recorded for it, though the patient itself isn't there for it any more: asked
 * in the same way whomever it asks about.
 */
async function consentsNaming(ctx: RequestContext, patient: string): Promise<Loaded<ConsentValues>[]> {
  const institution = ctx.caller?.institution ?? null;
  if (institution === null) return [];
  const pages = await Promise.all(
    (['grantee', 'custodian'] as const).map((column) =>
      ctx.records.find(consentKind, {
        where: [listedOn('patient', patient), listedOn(column, institution)],
        first: MOST,
        partial: true,
      }),
    ),
  );
  const found = new Map<string, Loaded<ConsentValues>>();
  for (const { record } of pages.flatMap(({ edges }) => edges)) {
    if (record instanceof VitrineError) throw record;
    found.set(record.head.id, record);
  }
  return [...found.values()].sort((a, b) => (a.head.id < b.head.id ? -1 : 1));
}

/**
 * For a patient, its own; for members of an institution, what was granted to it, newest first.
 * @throws VitrineError UNAUTHENTICATED, FORBIDDEN
 */
export function listConsents(ctx: RequestContext, page: Wanted): Promise<Page<ConsentValues>> {
  const caller = requireSignedIn(ctx.caller);
  if (caller.patient !== null) return listConsentsOf(ctx, caller.patient, page);
  const { institution } = caller;
  if (!actsFor(caller, institution))
    throw new VitrineError('FORBIDDEN', 'this is for patients and for members of an institution');
  return ctx.records.find(consentKind, {
    where: [{ column: 'grantee', op: 'eq', value: institution }],
    order: { column: 'id', direction: 'DESC' },
    ...page,
  });
}

/** The patients for whom the caller acts by an appointment in force; a list that is proven whole. */
export async function representedBy(ctx: RequestContext): Promise<readonly Loaded<PatientValues>[]> {
  const { caller } = ctx;
  if (caller === null || !caller.roles.has('PATIENT')) return [];
  const now = ctx.clock().toISOString();
  const appointments = await ctx.records.complete(consentKind, 'representative', caller.id);
  const ids = new Set(
    appointments.filter(({ values }) => isInForce(values, now)).map(({ values }) => values.patient),
  );
  const patients = await Promise.all([...ids].map((id) => findPatient(ctx, id)));
  return patients.filter((patient) => patient !== null);
}

function pageOfEdges<V>(edges: readonly Edge<V>[], { first, after }: Wanted): Page<V> {
  const start = after === undefined ? 0 : edges.findIndex(({ cursor }) => cursor === after) + 1;
  if (after !== undefined && start === 0)
    throw new VitrineError('BAD_USER_INPUT', 'expected the cursor of a consent in this list', {
      path: ['after'],
    });
  const page = edges.slice(start, start + first);
  return { edges: page, hasNextPage: start + first < edges.length, hasPreviousPage: start > 0 };
}
