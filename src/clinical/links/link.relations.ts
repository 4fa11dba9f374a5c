/** Who a caller is to links. */
import type { Caller, Relation, RelationLookups, Unrelated } from '../../records/index.js';
import type { LinkValues } from './link.kind.js';

/**
 * SELF for the person, CUSTODIAN for the institutions that keep either file now, AUDITOR. Who treats the patient isn't among
 * them: it finds the other files, and needs not know why they are one person's.
 */
export async function linkRelations(
  caller: Caller,
  links: readonly Unrelated<LinkValues>[],
  lookups: Pick<RelationLookups, 'linked' | 'keepers'>,
): Promise<readonly ReadonlySet<Relation>[]> {
  if (caller === null) return links.map(() => new Set<Relation>());
  const { patient, institution, roles } = caller;
  const files = patient === null ? undefined : (await lookups.linked([patient])).get(patient);
  // A file may have moved since the link was made: what it opened to its old keeper is closed.
  const isStaff = institution !== null;
  const keepers = isStaff
    ? await lookups.keepers(links.flatMap(({ values: { first, second } }) => [first, second]))
    : new Map<string, string>();
  return links.map(({ values: { first, second } }) => {
    const relations = new Set<Relation>();
    if (files !== undefined && (files.has(first) || files.has(second))) relations.add('SELF');
    if (isStaff && [first, second].some((file) => keepers.get(file) === institution))
      relations.add('CUSTODIAN');
    if (roles.has('AUDITOR')) relations.add('AUDITOR');
    return relations;
  });
}
