/** Who a caller is to holds and to requests for erasure. */
import type { Caller, Relation, Unrelated } from '../records/index.js';
import { actsFor } from '../reporting/index.js';

/** As much of the values as relations rest on. */
export interface AboutRecord {
  /** The custodian of the record that it is about. */
  readonly keeper: string | null;
}

/** SELF for the patient, CUSTODIAN for who wrote it and for who keeps the record, STATE and AUDITOR. */
export function aboutRelations(
  caller: Caller,
  { head, values }: Unrelated<AboutRecord>,
): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (caller.patient !== null && caller.patient === head.patient) relations.add('SELF');
  if (actsFor(caller, head.custodian) || actsFor(caller, values.keeper)) relations.add('CUSTODIAN');
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}
