/** Who a caller is to links. */
import type { Caller, Relation, RelationLookups, Unrelated } from '../../records/index.js';
import type { LinkValues } from './link.kind.js';

/**
 * SELF for the person, CUSTODIAN for the institutions that keep either file, AUDITOR. Who treats the patient isn't among
 * them: it finds the other files, and needs not know why they are one person's.
 */
export async function linkRelations(
  caller: Caller,
  links: readonly Unrelated<LinkValues>[],
  lookups: Pick<RelationLookups, 'linked'>,
): Promise<readonly ReadonlySet<Relation>[]> {
  if (caller === null) return links.map(() => new Set<Relation>());
  const { patient, institution, roles } = caller;
  const files = patient === null ? undefined : (await lookups.linked([patient])).get(patient);
  return links.map(({ head, values: { first, second, firstKeeper, secondKeeper } }) => {
    const relations = new Set<Relation>();
    if (files !== undefined && (files.has(first) || files.has(second))) relations.add('SELF');
    const keepers = [head.custodian, firstKeeper, secondKeeper];
    if (institution !== null && keepers.includes(institution)) relations.add('CUSTODIAN');
    if (roles.has('AUDITOR')) relations.add('AUDITOR');
    return relations;
  });
}
