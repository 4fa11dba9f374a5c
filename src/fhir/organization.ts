/** Organization → RegisterInstitutionInput, and Practitioner → the practitioner of an encounter. */
import { fullName, identifiersOf, optional } from './convert.js';
import type { Located } from './document.js';
import { checkShape } from './document.js';
import type { Problems } from './problem.js';
import { organization, practitioner } from './resources.js';
import { checkForm } from './rules.js';
import type { OrganisationValues, PractitionerValue } from './values.js';

const PROVIDER_TYPES = 'http://terminology.hl7.org/CodeSystem/organization-type';
const HOSPITAL = /\b(hospitals?|medical (cent(er|re)s?|ctr))\b/i;

/** Whether an Organization says of itself that it provides care (type `prov`). Insurers, departments and teams don't. */
export function isProvider(located: Located): boolean {
  const parsed = organization.pick({ type: true }).safeParse(located.resource);
  return (
    parsed.success &&
    (parsed.data.type ?? []).some((type) =>
      type.coding?.some(({ system, code }) => system === PROVIDER_TYPES && code === 'prov'),
    )
  );
}

/**
 * Maps an Organization. Ownership, licence and capacity aren't in FHIR: the importer's defaults say.
 *
 * @returns null with problems when it can't be taken whole
 */
export function mapOrganization(located: Located, problems: Problems): OrganisationValues | null {
  const { path } = located;
  const before = problems.found.length;
  checkForm(located.resource, path, problems);
  const resource = checkShape(organization, located.resource, path, problems);
  if (resource === null) return null;
  const identifiers = identifiersOf(resource.identifier, [...path, 'identifier'], problems);
  if (identifiers.length === 0) {
    problems.add([...path, 'identifier'], 'expected an identifier, which an institution is recognised by');
  }
  if (resource.name === undefined) problems.add([...path, 'name'], 'expected a name');
  const types = (resource.type ?? []).flatMap((type) => [
    type.text ?? '',
    ...(type.coding ?? []).map(({ display }) => display ?? ''),
  ]);
  const kind = [resource.name ?? '', ...types].some((text) => HOSPITAL.test(text)) ? 'HOSPITAL' : 'CLINIC';
  const addresses = resource.address ?? [];
  const region =
    addresses.find(({ state }) => state !== undefined)?.state ??
    addresses.find(({ country }) => country !== undefined)?.country ??
    null;
  if (problems.found.length > before || resource.name === undefined) return null;
  return { name: resource.name, identifiers, kind, region };
}

/** Maps a Practitioner to its first identifier and its name; null with problems when it has neither. */
export function mapPractitioner(located: Located, problems: Problems): PractitionerValue | null {
  const { path } = located;
  const before = problems.found.length;
  checkForm(located.resource, path, problems);
  const resource = checkShape(practitioner, located.resource, path, problems);
  if (resource === null) return null;
  const [identifier] = identifiersOf(resource.identifier, [...path, 'identifier'], problems);
  const name = fullName(resource.name);
  if (identifier === undefined && name === undefined) {
    problems.add(path, 'expected an identifier or a name of the practitioner');
  }
  return problems.found.length > before
    ? null
    : { ...optional('identifier', identifier), ...optional('name', name) };
}
