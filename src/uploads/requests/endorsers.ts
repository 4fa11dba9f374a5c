/** Who endorsed a request, as it stands now, and the records that say so: what is decided by them rests on these. */
import { VitrineError } from '../../ledger/core/index.js';
import type { RecordStore, Unrelated } from '../../records/index.js';
import {
  institutionKind,
  memberKind,
  type InstitutionValues,
  type MemberValues,
} from '../../standing/index.js';
import { mayAct, type Endorser } from '../policies/index.js';
import { asEndorser, type UploadValues } from './upload.kind.js';

/** Those who count, with the versions of members and institutions that they count by. */
export interface Counted {
  readonly endorsers: readonly Endorser[];
  readonly reliesOn: readonly Unrelated<object>[];
}

/**
 * Who endorsed, as it stands now: the suspended don't count, nor members of an institution whose licence isn't in force,
 * and a role that was taken doesn't either.
 * @param today ISO, UTC
 * @throws VitrineError INTEGRITY_VIOLATION when a member or an institution doesn't verify
 */
export async function countedOf(
  store: Pick<RecordStore, 'load'>,
  { endorsements }: UploadValues,
  today: string,
): Promise<Counted> {
  const made = endorsements.filter(({ decision }) => decision === 'endorse');
  if (made.length === 0) return { endorsers: [], reliesOn: [] };
  const members = await store.load(
    memberKind,
    made.map(({ member }) => member),
  );
  const acting = await actingOf(
    store,
    made.flatMap(({ institution }) => institution ?? []),
    today,
  );
  const endorsers: Endorser[] = [];
  const reliesOn = new Set<Unrelated<object>>();
  for (const one of made) {
    const member = verified(members.get(one.member));
    // The store opened it as this kind, whose schema has validated its values.
    const now = member?.values as MemberValues | undefined;
    if (!member || now?.state !== 'ACTIVE' || now.institution !== one.institution) continue;
    const institution = one.institution === null ? null : acting.get(one.institution);
    if (institution === undefined) continue;
    endorsers.push(asEndorser({ ...one, roles: one.roles.filter((role) => now.roles.includes(role)) }));
    reliesOn.add(member);
    if (institution !== null) reliesOn.add(institution);
  }
  return { endorsers, reliesOn: [...reliesOn] };
}

/** Those of the institutions whose members may act today. */
async function actingOf(
  store: Pick<RecordStore, 'load'>,
  ids: readonly string[],
  today: string,
): Promise<ReadonlyMap<string, Unrelated<object>>> {
  const found = await store.load(institutionKind, [...new Set(ids)]);
  const acting = new Map<string, Unrelated<object>>();
  for (const [id, one] of found) {
    const institution = verified(one);
    // As of members.
    if (institution && mayAct(institution.values as InstitutionValues, today)) acting.set(id, institution);
  }
  return acting;
}

function verified(
  found: Unrelated<object> | VitrineError | null | undefined,
): Unrelated<object> | null | undefined {
  if (found instanceof VitrineError) throw found;
  return found;
}
