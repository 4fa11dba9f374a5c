/**
 * What a patient's consents mean for others (schema/access.md, "Consent"): the one place that says so. Pure; the consents that
 * come in are all that are in force.
 */
import { isCaller } from '../records/index.js';
import type { Caller, ConsentFact, RecordHead, RelationLookups } from '../records/index.js';

/** What an institution wants to do with a patient's records. */
export interface Use {
  readonly institution: string;
  /** A purpose of use; TREATMENT is what the relations TREATING and GRANTEE are for. */
  readonly purpose: string;
}

/** As much of a record's head as consents look at. */
export type Consented = Pick<RecordHead, 'custodian' | 'label'>;

/**
 * Whether the patient forbids an institution to look, for a purpose. EMERGENCY is never forbidden.
 * @param named only by restrictions that name this institution
 */
export function isRestricted(
  consents: readonly ConsentFact[],
  { institution, purpose }: Use,
  named = false,
): boolean {
  return consents.some(
    (consent) =>
      consent.type === 'VIEW_RESTRICTION' &&
      (consent.institution === institution || (consent.institution === null && !named)) &&
      consent.purposes.includes(purpose),
  );
}

/** Whether a record is open as far as its label goes: it has none, or the patient granted it to the institution. */
export function isLabelOpen(
  consents: readonly ConsentFact[],
  institution: string,
  record: Consented,
): boolean {
  if (record.label === null) return true;
  return consents.some(
    (consent) =>
      consent.type === 'LABEL_GRANT' &&
      consent.institution === institution &&
      consent.label === record.label &&
      reaches(consent, record),
  );
}

/**
 * Whether the patient granted an institution to copy a record. A restriction that names the same institution takes it
 * away; one of all institutions leaves the one that the patient chose.
 */
export function isCopyGranted(
  consents: readonly ConsentFact[],
  institution: string,
  record: Consented,
): boolean {
  const isGranted = consents.some(
    (consent) =>
      consent.type === 'COPY_GRANT' && consent.institution === institution && reaches(consent, record),
  );
  return (
    isGranted &&
    !isRestricted(consents, { institution, purpose: 'TREATMENT' }, true) &&
    isLabelOpen(consents, institution, record)
  );
}

/** Whether an open view is one of this record: restrictions and labels yield to EMERGENCY alone. */
export function isViewOpen(consents: readonly ConsentFact[], use: Use, record: Consented): boolean {
  if (use.purpose === 'EMERGENCY') return true;
  return !isRestricted(consents, use) && isLabelOpen(consents, use.institution, record);
}

/** Whether who treats the patient may use the relation for this record. */
export function isTreatingOpen(
  consents: readonly ConsentFact[],
  institution: string,
  record: Consented,
): boolean {
  return (
    !isRestricted(consents, { institution, purpose: 'TREATMENT' }) &&
    isLabelOpen(consents, institution, record)
  );
}

/** Files of persons, and what each person decided: what was decided for one file of a person holds for all of them. */
export interface Persons {
  /** By each patient that was asked for, all files of the same person. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** By file, the consents that are in force. */
  readonly consents: ReadonlyMap<string, readonly ConsentFact[]>;
}

/**
 * The persons behind patients, and their consents.
 * @throws VitrineError INTEGRITY_VIOLATION when links or consents of one can't be shown to be whole
 */
export async function personsOf(
  patients: readonly string[],
  lookups: Pick<RelationLookups, 'linked' | 'consents'>,
): Promise<Persons> {
  const linked = await lookups.linked([...new Set(patients)]);
  const files = new Map(patients.map((patient) => [patient, [...(linked.get(patient) ?? [patient])]]));
  const consents = await lookups.consents([...new Set([...files.values()].flat())]);
  return { files, consents };
}

/** Whether the caller is this person, or acts for it: by the person's files, and its consents that are in force. */
export function isSelf(caller: Caller, person: readonly string[], consents: readonly ConsentFact[]): boolean {
  if (caller?.roles.has('PATIENT') !== true) return false;
  if (caller.patient !== null && person.includes(caller.patient)) return true;
  return consents.some((consent) => isRepresentative(consent, caller));
}

/** Those of the patients that the caller is, or acts for. */
export async function selvesAmong(
  caller: Caller,
  patients: readonly string[],
  lookups: Pick<RelationLookups, 'linked' | 'consents'>,
): Promise<ReadonlySet<string>> {
  if (caller?.roles.has('PATIENT') !== true) return new Set();
  const { files, consents } = await personsOf(patients, lookups);
  const isTheirs = ([, person]: readonly [string, readonly string[]]) =>
    isSelf(
      caller,
      person,
      person.flatMap((file) => consents.get(file) ?? []),
    );
  return new Set([...files].filter(isTheirs).map(([patient]) => patient));
}

function isRepresentative({ type, representative }: ConsentFact, caller: Caller): boolean {
  return type === 'REPRESENTATIVE' && representative !== null && isCaller(caller, representative);
}

/**
 * What an institution recorded for a patient, from paper, opens that institution's own records alone: nobody lets itself, or
 * a friend, into what others keep.
 */
function reaches({ attestedBy }: ConsentFact, { custodian }: Consented): boolean {
  return attestedBy === null || attestedBy === custodian;
}
