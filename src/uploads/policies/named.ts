/** Who of those that a requirement names could approve today: the person, or the institutions. By verified records. */
import type { RecordKind, Unrelated } from '../../records/index.js';
import { institutionKind, licenceActive, memberKind, type InstitutionValues } from '../../standing/index.js';
import type { Requirement } from './requirement.js';

/** Reads the newest version of a record, for decisions. */
export interface FactReader {
  fact<V extends object>(kind: RecordKind<V>, id: string): Promise<Unrelated<V> | null>;
}

export interface Named {
  /** How many approvals they can give at most; unbounded where the requirement names nobody. */
  readonly able: number;
  /** The entries that say that the others can't. */
  readonly authority: readonly bigint[];
  /** Ids that name no record. */
  readonly unknown: readonly string[];
}

const NOBODY_NAMED: Named = { able: Number.POSITIVE_INFINITY, authority: [], unknown: [] };

/**
 * Asks for the person and the institutions that a requirement names. Who carries a role isn't among it: that nobody does
 * can't be proven, that somebody does is looked for when the policy is made.
 */
export async function namedIn(
  reader: FactReader,
  requirement: Pick<Requirement, 'rule' | 'institutions' | 'person'>,
  now: Date,
): Promise<Named> {
  const today = now.toISOString().slice(0, 10);
  if (requirement.person !== null) return person(reader, requirement.person, today);
  if (requirement.institutions.length === 0) return NOBODY_NAMED;
  let able = 0;
  const authority: bigint[] = [];
  const unknown: string[] = [];
  for (const id of requirement.institutions) {
    const institution = await reader.fact(institutionKind, id);
    if (institution === null) unknown.push(id);
    else if (mayAct(institution.values, today)) able += 1;
    else authority.push(institution.anchor.index);
  }
  // Of one institution several members of a role may approve.
  const isUnbounded = requirement.rule === 'ROLE' && able > 0;
  return { able: isUnbounded ? Number.POSITIVE_INFINITY : able, authority, unknown };
}

async function person(reader: FactReader, id: string, today: string): Promise<Named> {
  const member = await reader.fact(memberKind, id);
  if (member === null) return { able: 0, authority: [], unknown: [id] };
  const { state, institution: home } = member.values;
  if (state !== 'ACTIVE' || home === null) return { able: 0, authority: [member.anchor.index], unknown: [] };
  const institution = await reader.fact(institutionKind, home);
  if (institution !== null && mayAct(institution.values, today))
    return { able: 1, authority: [], unknown: [] };
  return { able: 0, authority: institution === null ? [] : [institution.anchor.index], unknown: [] };
}

/** Whether members of an institution may act: an authority's always, others' under a licence. */
export function mayAct({ kind, licence }: InstitutionValues, today: string): boolean {
  return kind === 'AUTHORITY' || licenceActive(licence, today);
}
