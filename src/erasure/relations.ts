/** Who a caller is to holds and to requests for erasure. */
import type { Caller, Relation, RelationLookups, Unrelated } from '../records/index.js';
import { actsFor } from '../reporting/index.js';

/** As much of the values as relations rest on. */
export interface AboutRecord {
  /** The custodian of the record that it is about. */
  readonly keeper: string | null;
}

/** SELF for the patient, CUSTODIAN for who wrote it and for who keeps the record, STATE and AUDITOR. */
export async function aboutRelations(
  caller: Caller,
  records: readonly Unrelated<AboutRecord>[],
  lookups: Pick<RelationLookups, 'linked'>,
): Promise<readonly ReadonlySet<Relation>[]> {
  const patient = caller?.patient ?? null;
  const files = patient === null ? undefined : (await lookups.linked([patient])).get(patient);
  return records.map((record) => relationsTo(caller, record, files));
}

function relationsTo(
  caller: Caller,
  { head, values }: Unrelated<AboutRecord>,
  files: ReadonlySet<string> | undefined,
): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (head.patient !== null && files?.has(head.patient) === true) relations.add('SELF');
  if (actsFor(caller, head.custodian) || actsFor(caller, values.keeper)) relations.add('CUSTODIAN');
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}
