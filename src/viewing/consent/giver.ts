/** As whom a caller decides for a patient, and the records that this rests on. */
import { loadVisible, notFound } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { patientKind, type PatientValues } from '../../clinical/index.js';
import type { ConsentGiver, ConsentValues } from '../../documents/index.js';
import { VitrineError, type InputPath } from '../../ledger/core/index.js';
import type { Loaded, Member, Unrelated } from '../../records/index.js';
import { consentKind, isInForce } from './consent.kind.js';

export interface Giver {
  readonly as: ConsentGiver;
  /** What says so, beside the caller's standing. */
  readonly reliesOn: readonly Unrelated<object>[];
}

/** A patient and all of its consents, as one decision sees them. */
export interface Decided {
  readonly patient: Loaded<PatientValues>;
  readonly consents: readonly Loaded<ConsentValues>[];
}

/**
 * The patient and its consents; proven to be all.
 * @throws VitrineError NOT_FOUND when the caller may not know the patient, ERASED, CONFLICT when it was retracted,
 *   INTEGRITY_VIOLATION
 */
export async function decidedBy(ctx: RequestContext, id: string, path: InputPath): Promise<Decided> {
  const patient = await loadVisible(ctx, patientKind, id);
  if (patient === null) throw notFound(patientKind.name, path);
  if (patient.erased?.whole === true) throw new VitrineError('ERASED', 'the patient was erased', { path });
  if (patient.values.retracted) throw new VitrineError('CONFLICT', 'the patient was retracted', { path });
  return { patient, consents: await ctx.records.complete(consentKind, 'patient', id) };
}

/**
 * @param fromPaper the caller says that it records what the patient signed
 * @throws VitrineError FORBIDDEN for who is neither the patient, nor acts for it, nor a registrar of its custodian
 */
export function giverOf(
  ctx: Pick<RequestContext, 'clock'>,
  caller: Member,
  { patient, consents }: Decided,
  fromPaper: boolean,
): Giver {
  if (fromPaper) {
    if (caller.roles.has('REGISTRAR') && patient.relations.has('CUSTODIAN'))
      return { as: 'REGISTRAR', reliesOn: [patient] };
    throw new VitrineError('FORBIDDEN', 'expected a REGISTRAR of the patient’s custodian', {
      path: ['input', 'recordedFor'],
    });
  }
  if (caller.patient === patient.head.id) return { as: 'PATIENT', reliesOn: [] };
  const now = ctx.clock().toISOString();
  const appointment = consents.find(
    ({ values }) =>
      values.type === 'REPRESENTATIVE' && values.representative === caller.id && isInForce(values, now),
  );
  if (appointment !== undefined) return { as: 'REPRESENTATIVE', reliesOn: [appointment] };
  throw new VitrineError('FORBIDDEN', 'expected the patient, or who acts for it by an appointment in force');
}
