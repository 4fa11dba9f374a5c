/**
 * Accesses as the log itself tells them: all that the rules look at stands in a receipt's entry, in the half that whoever owns the
 * database can neither change nor leave out unnoticed. So a receipt whose row is hidden counts like any other.
 */
import type { VerifiedEntry } from '../../ledger/index.js';
import { OPEN_VIEW } from '../views/operations.js';
import type { SubjectKind } from '../views/purposes.js';
import { viewKind } from '../views/view.kind.js';
import type { Observed } from './rules.js';

/** A view, a lookup or a look in vain, and the id of its record. */
export interface Access extends Omit<Observed, 'kept'> {
  readonly view: string;
}

const PATIENT: SubjectKind = 'PATIENT';

/** The access that an entry is the receipt of; null for any other entry. */
export function accessIn({ index, leaf, opening }: VerifiedEntry): Access | null {
  const { op, actor, subject, threads, detail } = opening;
  if (subject.kind !== viewKind.name || subject.version !== 1) return null;
  const { institution, time } = leaf;
  const isOpened = op === OPEN_VIEW.op;
  // It stands on the threads of what was looked at and of the member's institution; on its own where there is neither.
  const about = threads.find(({ id }) => id !== institution && id !== subject.id)?.id ?? null;
  return {
    view: subject.id,
    index,
    act: isOpened ? 'OPENED' : 'LISTED',
    member: actor,
    institution,
    patient: isOpened && detail?.['subject'] !== PATIENT ? null : about,
    evident: typeof detail?.['evidence'] === 'string',
    at: time,
  };
}
