/** Encounter → EncounterInput. Locations, histories, priority and length aren't taken. */
import { codingOf, labelOf, optional, urlIdentifier } from './convert.js';
import type { Located } from './document.js';
import { checkShape } from './document.js';
import type { Problems } from './problem.js';
import { encounter } from './resources.js';
import type { EncounterResource } from './resources.js';
import { checkForm } from './rules.js';
import { toInstant } from './time.js';
import type {
  CodingValue,
  DiagnosisValue,
  EncounterClass,
  EncounterStatus,
  EncounterValues,
  IdentifierValue,
  PractitionerValue,
} from './values.js';

/** What stands in the encounter itself; its references are followed by `plan.ts`. */
export interface MappedEncounter {
  readonly located: Located;
  readonly resource: EncounterResource;
  readonly values: Omit<EncounterValues, 'practitioner' | 'diagnoses' | 'label'>;
  readonly label: string | undefined;
}

const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const CLASSES = new Set<string>([
  'AMB',
  'EMER',
  'FLD',
  'HH',
  'IMP',
  'ACUTE',
  'NONAC',
  'OBSENC',
  'PRENC',
  'SS',
  'VR',
]);

/** Whether it says of itself that it was entered in error. */
export function isErroneousEncounter(located: Located): boolean {
  return located.resource['status'] === 'entered-in-error';
}

/** Maps what stands in an Encounter; null with problems when it can't be taken whole. */
export function mapEncounter(located: Located, problems: Problems): MappedEncounter | null {
  const { path } = located;
  const before = problems.found.length;
  checkForm(located.resource, path, problems);
  const resource = checkShape(encounter, located.resource, path, problems);
  if (resource === null) return null;
  const { system, code } = resource.class;
  if (system !== ACT_CODE || code === undefined || !CLASSES.has(code)) {
    problems.add([...path, 'class'], `expected one of ${[...CLASSES].join(', ')} of v3-ActCode`);
  }
  const start = toInstant(resource.period.start) ?? '';
  const end = resource.period.end === undefined ? undefined : (toInstant(resource.period.end) ?? undefined);
  if (end !== undefined && end < start) {
    problems.add([...path, 'period', 'end'], 'expected the end not before the start');
  }
  if (problems.found.length > before) return null;
  const values = {
    ...optional('identifier', identifierOf(located, resource)),
    class: code as EncounterClass,
    status: statusOf(resource.status),
    ...optional('serviceCode', codingOf(resource.type?.[0])),
    reason: (resource.reasonCode ?? [])
      .map(codingOf)
      .filter((reason): reason is CodingValue => reason !== undefined),
    start,
    ...optional('end', end),
    ...optional('outcome', codingOf(resource.hospitalization?.dischargeDisposition)),
  };
  return { located, resource, values, label: labelOf(resource.meta?.security) };
}

/** The whole encounter, with what its references led to. */
export function completeEncounter(
  mapped: MappedEncounter,
  practitioner: PractitionerValue | undefined,
  diagnoses: readonly { readonly values: DiagnosisValue; readonly label: string | undefined }[],
): EncounterValues {
  const labels = [mapped.label, ...diagnoses.map(({ label }) => label)].flatMap(
    (label) => label?.split(' ') ?? [],
  );
  return {
    ...mapped.values,
    ...optional('practitioner', practitioner),
    diagnoses: diagnoses.map(({ values }) => values),
    ...optional('label', labels.length === 0 ? undefined : [...new Set(labels)].sort().join(' ')),
  };
}

/** FHIR writes `in-progress` and `onleave`. */
function statusOf(status: EncounterResource['status']): EncounterStatus {
  if (status === 'onleave') return 'ON_LEAVE';
  return status.replace('-', '_').toUpperCase() as EncounterStatus;
}

/** The first identifier with a system; else its URL. One without a system is a local number and says nothing here. */
function identifierOf(located: Located, resource: EncounterResource): IdentifierValue | undefined {
  for (const { use, system, value } of resource.identifier ?? []) {
    if (use !== 'old' && system !== undefined && value !== undefined) return { system, value };
  }
  return urlIdentifier(located);
}
