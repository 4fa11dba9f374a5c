/** Registers patients, or finds them when they are registered already. */
import { ClientError, PatientByIdentifierDocument, RegisterPatientDocument } from '../../client/index.js';
import type { VitrineClient } from '../../client/index.js';
import type { PlannedPatient } from '../../fhir/index.js';
import { Refusal, refusalOf } from './refusal.js';
import { asJson, requestIdOf } from './request-id.js';
import type { Counts } from './summary.js';

/**
 * Registers a patient through the institution's registrar.
 *
 * @returns the patient's id
 * @throws Refusal also when another person holds one of the identifiers
 */
export async function registerPatient(
  client: VitrineClient,
  patient: PlannedPatient,
  context: { readonly origin: string; readonly institution: string; readonly counts: Counts },
): Promise<string> {
  const about = `${context.institution} ${patient.identity}`;
  const requestId = requestIdOf(context.origin, 'registerPatient', about, asJson(patient.values));
  try {
    const { registerPatient: payload } = await client.request(RegisterPatientDocument, {
      input: { requestId, ...patient.values },
    });
    if (payload.patient === null) throw new Refusal('expected the patient in the answer to its registration');
    context.counts.patient(payload.receipt.index);
    return payload.patient.id;
  } catch (error) {
    const holder =
      error instanceof ClientError && error.code === 'CONFLICT' ? error.details['id'] : undefined;
    if (typeof holder !== 'string') throw refusalOf(error);
    const id = await findPatient(client, patient);
    if (id !== holder) {
      throw new Refusal(
        `expected identifiers of nobody else, got one of patient ${holder}, whose birth date is not known to be the same`,
        'identifier',
        'CONFLICT',
      );
    }
    context.counts.patient(null);
    return id;
  }
}

/** The registered patient with one of the identifiers and the same birth date; null when there is none. */
export async function findPatient(client: VitrineClient, { values }: PlannedPatient): Promise<string | null> {
  if (values.birthDate === undefined) return null;
  // A date that is known by year or month only is found where it is registered as such.
  const { birthDate } = values;
  for (const { system, value } of values.identifiers) {
    try {
      const { patientByIdentifier } = await client.request(PatientByIdentifierDocument, {
        system,
        value,
        birthDate,
      });
      if (patientByIdentifier !== null) return patientByIdentifier.id;
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'NOT_FOUND') throw refusalOf(error);
    }
  }
  return null;
}
