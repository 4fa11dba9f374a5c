/** Which files belong to one person: what confirmed links lead to, from file to file. */
import type { LinkValues } from './link.kind.js';

/** As much of a link as it takes. */
export type LinkFacts = Pick<LinkValues, 'first' | 'second' | 'state'>;

/** All links of a patient, whatever their state: proven complete. */
export type LinksOf = (patient: string) => Promise<readonly LinkFacts[]>;

/** All files of the person of each patient, itself among them. Each file's links are asked for once. */
export async function groupsOf(
  patients: readonly string[],
  linksOf: LinksOf,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const groups = new Map<string, ReadonlySet<string>>();
  for (const patient of patients) {
    if (groups.has(patient)) continue;
    const group = await groupOf(patient, linksOf);
    for (const file of group) groups.set(file, group);
  }
  return groups;
}

/** All files of the person of one patient, itself among them. */
export async function groupOf(patient: string, linksOf: LinksOf): Promise<ReadonlySet<string>> {
  // A set is walked in the order of adding, what is added on the way included.
  const group = new Set([patient]);
  for (const file of group)
    for (const { first, second, state } of await linksOf(file))
      if (state === 'CONFIRMED') group.add(first === file ? second : first);
  return group;
}
