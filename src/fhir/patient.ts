/** Patient → RegisterPatientInput. Photo, contacts, extensions and narrative aren't taken. */
import { addressesOf, codingOf, contactsOf, identifiersOf, labelOf, namesOf, optional } from './convert.js';
import type { Located } from './document.js';
import { checkShape } from './document.js';
import type { Problems } from './problem.js';
import { patient } from './resources.js';
import type { PatientResource } from './resources.js';
import { checkForm } from './rules.js';
import { toInstant } from './time.js';
import type { PatientValues } from './values.js';

/** A patient and the resource it was taken from. */
export interface MappedPatient {
  readonly resource: PatientResource;
  readonly values: PatientValues;
}

/** Maps a Patient; null with problems when it can't be taken whole. */
export function mapPatient(located: Located, problems: Problems): MappedPatient | null {
  const { path } = located;
  const before = problems.found.length;
  checkForm(located.resource, path, problems);
  const resource = checkShape(patient, located.resource, path, problems);
  if (resource === null) return null;
  const identifiers = identifiersOf(resource.identifier, [...path, 'identifier'], problems);
  if (identifiers.length === 0) {
    problems.add(
      [...path, 'identifier'],
      'expected an identifier: without one a person cannot be recognised',
    );
  }
  const values: PatientValues = {
    identifiers,
    names: namesOf(resource.name),
    ...optional('gender', resource.gender?.toUpperCase() as PatientValues['gender']),
    ...optional('birthDate', resource.birthDate),
    ...death(located, resource, problems),
    addresses: addressesOf(resource.address),
    contacts: contactsOf(resource.telecom, [...path, 'telecom'], problems),
    ...optional('maritalStatus', codingOf(resource.maritalStatus)),
    ...optional('language', languageOf(resource)),
    ...optional('label', labelOf(resource.meta?.security)),
  };
  return problems.found.length === before ? { resource, values } : null;
}

function death(
  { path }: Located,
  { deceasedBoolean, deceasedDateTime }: PatientResource,
  problems: Problems,
): Pick<PatientValues, 'deceased' | 'deceasedAt'> {
  if (deceasedDateTime === undefined) return optional('deceased', deceasedBoolean);
  const at = [...path, 'deceasedDateTime'];
  if (deceasedBoolean !== undefined) problems.add(at, 'expected one of deceasedBoolean and deceasedDateTime');
  const deceasedAt = toInstant(deceasedDateTime);
  if (deceasedAt !== null) return { deceased: true, deceasedAt };
  problems.add(at, 'expected a date and time with an offset: a date alone is no point in time');
  return {};
}

/** The preferred language, else the first one. */
function languageOf({ communication }: PatientResource): string | undefined {
  const one = communication?.find(({ preferred }) => preferred === true) ?? communication?.[0];
  return codingOf(one?.language)?.code;
}
