/** Who has an open view of a patient: what the relation VIEWER rests on. */
import { VitrineError } from '../../ledger/core/index.js';
import type { RecordStore, Unrelated, ViewFact } from '../../records/index.js';
import { viewKind, type ViewValues } from './view.kind.js';

/** Views read at most: of one institution, of a page of patients, open within minutes. */
const MOST = 1000;

/** Open views by patient. One that doesn't verify gives nobody anything. */
export async function openViews(
  store: Pick<RecordStore, 'find' | 'ledger'>,
  patients: readonly string[],
  institution: string,
  now: Date,
): Promise<ReadonlyMap<string, readonly ViewFact[]>> {
  const views = new Map<string, ViewFact[]>();
  // Of the institution's own views, which it knows of: whether anybody looked at these patients isn't told by the time it takes.
  if (patients.length === 0 || store.ledger.trusted.listLength(viewKind.name, institution) === 0)
    return views;
  const listed = await store.find(viewKind, {
    where: [
      { column: 'patient', op: 'in', value: patients },
      { column: 'institution', op: 'eq', value: institution },
      { column: 'act', op: 'eq', value: 'OPENED' },
      { column: 'expiresAt', op: 'gt', value: now.toISOString() },
    ],
    first: MOST,
  });
  for (const { outcome } of listed) {
    if (outcome instanceof VitrineError) continue;
    const { patient, member, purpose } = (outcome as Unrelated<ViewValues>).values; // the kind tells what they are
    if (patient !== null && purpose !== null)
      views.set(patient, [...(views.get(patient) ?? []), { member, purpose }]);
  }
  return views;
}
