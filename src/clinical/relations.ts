/** Who a caller is to patients and their encounters (design: access, "Relations and the matrix"). */
import { isCaller } from '../records/index.js';
import type {
  Caller,
  ConsentFact,
  Member,
  Relation,
  RelationLookups,
  Unrelated,
  ViewFact,
} from '../records/index.js';
import { isCopyGranted, isSelf, isTreatingOpen, isViewOpen, personsOf } from './consents.js';

/** Days after the end of an encounter for which its institution still treats the patient. */
const TREATING_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;

/** The moment since which an encounter must have been open, to treat the patient by it now. */
export function treatingSince(now: Date): string {
  return new Date(now.getTime() - TREATING_DAYS * DAY_MILLISECONDS).toISOString();
}

/** How a kind of care is about patients. */
export interface About<V> {
  /** The patient whom a record is about. */
  readonly patientOf: (record: Unrelated<V>) => string;
  /** Whether it matters that the custodian itself treats the patient: it opens others' encounters, not its own. */
  readonly custodianTreats: boolean;
}

/** SELF, CUSTODIAN, TREATING, GRANTEE and AUDITOR; never STATE or MEMBER: to the state, care is statistics. */
export async function careRelations<V extends object>(
  caller: Caller,
  records: readonly Unrelated<V>[],
  lookups: RelationLookups,
  { patientOf, custodianTreats }: About<V>,
): Promise<readonly ReadonlySet<Relation>[]> {
  if (caller === null) return records.map(() => new Set<Relation>());
  const { institution } = caller;
  const isOwn = (record: Unrelated<V>) => institution !== null && institution === record.head.custodian;
  const { files, consents } = await personsOf(records.map(patientOf), lookups);
  const filesOf = (record: Unrelated<V>) => files.get(patientOf(record)) ?? [patientOf(record)];
  const asked = records.filter((record) => custodianTreats || !isOwn(record));
  const treated = await treatedBy(caller, [...new Set(asked.flatMap(filesOf))], lookups);
  // A view shows nothing of its own to an institution that it may not copy: nobody asks for it.
  const foreign = records.filter((record) => !isOwn(record));
  const viewed = await viewedBy(caller, foreign.flatMap(filesOf), lookups);
  return records.map((record) => {
    const relations = new Set<Relation>();
    const person = filesOf(record);
    const decided = person.flatMap((file) => consents.get(file) ?? []);
    if (isSelf(caller, person, decided)) relations.add('SELF');
    if (isOwn(record)) relations.add('CUSTODIAN');
    const isTreated = person.some((file) => treated.has(file));
    for (const relation of givenBy(decided, institution, isTreated, record)) relations.add(relation);
    const isOpen = ({ member, purpose }: ViewFact): boolean =>
      isViewOpen(decided, { institution: institution ?? '', purpose }, record.head) &&
      isCaller(caller, member);
    // A view shows the encounters of all files of the person.
    const isViewed = !isOwn(record) && person.some((file) => viewed.get(file)?.some(isOpen) === true);
    if (isViewed) relations.add('VIEWER');
    if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
    return relations;
  });
}

/** What treating the patient, and the patient's consents, make an institution to a record. */
function givenBy(
  consents: readonly ConsentFact[],
  institution: string | null,
  isTreated: boolean,
  { head }: Unrelated<object>,
): readonly Relation[] {
  if (institution === null) return [];
  const relations: Relation[] = [];
  if (isTreated && isTreatingOpen(consents, institution, head)) relations.push('TREATING');
  if (isCopyGranted(consents, institution, head)) relations.push('GRANTEE');
  return relations;
}

/** Those of the patients whom the caller's institution treats, by encounters that the caller didn't record. */
async function treatedBy(
  caller: Member,
  patients: readonly string[],
  lookups: RelationLookups,
): Promise<ReadonlySet<string>> {
  if (caller.institution === null || patients.length === 0) return new Set();
  const since = treatingSince(lookups.now());
  const isOwn = (member: string): boolean => isCaller(caller, member);
  return lookups.treated(patients, caller.institution, isOwn, since);
}

/** Who of the caller's institution has an open view of each of the patients. */
async function viewedBy(
  caller: Member,
  patients: readonly string[],
  lookups: RelationLookups,
): Promise<ReadonlyMap<string, readonly ViewFact[]>> {
  if (caller.institution === null || patients.length === 0) return new Map();
  return lookups.viewed([...new Set(patients)], caller.institution);
}
