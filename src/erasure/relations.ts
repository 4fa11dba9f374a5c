/** Who a caller is to holds and to requests for erasure. */
import type { Caller, Relation, RelationLookups, Unrelated } from '../records/index.js';
import { actsFor } from '../reporting/index.js';

/** As much of the values as relations rest on. */
export interface AboutRecord {
  /** What the record that it is about is, and its id. */
  readonly kind: string;
  readonly record: string;
  /** Its custodian when this was written. */
  readonly keeper: string | null;
}

/** SELF for the patient, CUSTODIAN for who wrote it and for who keeps the record now, STATE and AUDITOR. */
export async function aboutRelations(
  caller: Caller,
  records: readonly Unrelated<AboutRecord>[],
  lookups: Pick<RelationLookups, 'linked' | 'keepers'>,
): Promise<readonly ReadonlySet<Relation>[]> {
  const patient = caller?.patient ?? null;
  const files = patient === null ? undefined : (await lookups.linked([patient])).get(patient);
  // Patients' files alone move from keeper to keeper.
  const moving = records.flatMap(({ values: { kind, record } }) => (kind === 'PATIENT' ? [record] : []));
  const keepers = caller === null || moving.length === 0 ? undefined : await lookups.keepers(moving);
  return records.map((about) => {
    const { kind, record, keeper } = about.values;
    return relationsTo(caller, about, files, kind === 'PATIENT' ? (keepers?.get(record) ?? null) : keeper);
  });
}

function relationsTo(
  caller: Caller,
  { head }: Unrelated<AboutRecord>,
  files: ReadonlySet<string> | undefined,
  keeper: string | null,
): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (head.patient !== null && files?.has(head.patient) === true) relations.add('SELF');
  if (actsFor(caller, head.custodian) || actsFor(caller, keeper)) relations.add('CUSTODIAN');
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}
