/**
 * Who is asking: from a token's subject to a member in good standing, by verified records. What was found is
 * remembered for as long as the log says that neither record was replaced, so a suspension works at the next request.
 */
import type { Ledger } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Member, RecordReader, Unrelated } from '../records/index.js';
import { institutionKind } from './institution.kind.js';
import type { InstitutionValues } from './institution.kind.js';
import { licenceActive, licenceState } from './licence.js';
import { MEMBER_SUBJECT, memberKind } from './member.kind.js';
import type { MemberValues } from './member.kind.js';

export interface StandingDependencies {
  readonly ledger: Ledger;
  /** A reader without a caller. */
  readonly reader: () => RecordReader;
  readonly clock: () => Date;
}

interface Known {
  readonly member: Unrelated<MemberValues>;
  readonly institution: Unrelated<InstitutionValues> | null;
}

/** Members remembered at most; beyond, the one remembered longest ago is looked up anew. */
const REMEMBERED = 10_000;

export class Standing {
  readonly #deps: StandingDependencies;
  readonly #known = new Map<string, Known>();

  constructor(deps: StandingDependencies) {
    this.#deps = deps;
  }

  /**
   * The member behind the `sub` of a token whose signature was checked.
   * @throws VitrineError UNAUTHENTICATED (no such member), FORBIDDEN (suspended), LICENCE_INACTIVE (its institution's
   *   licence is suspended, revoked, expired or not begun)
   */
  async callerOf(subject: string): Promise<Member> {
    await this.#deps.ledger.sync();
    const known = this.#current(subject) ?? (await this.#look(subject));
    return memberIn(known, this.#deps.clock().toISOString().slice(0, 10));
  }

  /**
   * The member behind the `sub` of a token, in good standing or not: in whose name something was refused. Null for a
   * stranger.
   */
  async memberOf(subject: string): Promise<Member | null> {
    const today = this.#deps.clock().toISOString().slice(0, 10);
    try {
      return callerFrom(this.#current(subject) ?? (await this.#look(subject)), today);
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }

  #current(subject: string): Known | undefined {
    const known = this.#known.get(subject);
    if (known === undefined) return undefined;
    const { trusted } = this.#deps.ledger;
    const replaced = (record: Unrelated<object> | null) =>
      record !== null && trusted.isSuperseded(record.anchor.index);
    if (!replaced(known.member) && !replaced(known.institution)) return known;
    this.#known.delete(subject);
    return undefined;
  }

  async #look(subject: string): Promise<Known> {
    const reader = this.#deps.reader();
    const member = await reader.byKey(memberKind, MEMBER_SUBJECT, subject);
    if (member === null)
      throw new VitrineError('UNAUTHENTICATED', 'no member is enrolled under this token’s subject');
    const home = member.values.institution;
    const institution = home === null ? null : await reader.load(institutionKind, home);
    if (home !== null && institution === null)
      throw new VitrineError('UNAUTHENTICATED', 'the member’s institution is not registered');
    const known = { member, institution };
    this.#known.set(subject, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

/**
 * The member of a record on a day, with the institution that it acts for: now, or as both stood then.
 * @throws VitrineError FORBIDDEN (suspended), LICENCE_INACTIVE
 */
export function memberIn(known: Known, today: string): Member {
  const { member, institution } = known;
  if (member.values.state !== 'ACTIVE')
    throw new VitrineError('FORBIDDEN', 'the member is suspended', {
      details: { rule: 'member', member: member.head.id },
    });
  if (institution !== null) requireStanding(institution, today);
  return callerFrom(known, today);
}

/** An authority of the state needs no licence; everyone else's must be in force. */
function requireStanding(institution: Unrelated<InstitutionValues>, today: string): void {
  if (institution.values.kind === 'AUTHORITY') return;
  const { licence } = institution.values;
  if (licenceActive(licence, today)) return;
  const state = licenceState(licence, today);
  const why = state === 'ACTIVE' ? 'has not begun' : `is ${state.toLowerCase()}`;
  throw new VitrineError('LICENCE_INACTIVE', `the institution's licence ${why}`, {
    details: { rule: 'licence', institution: institution.head.id, state },
  });
}

function callerFrom({ member, institution }: Known, today: string): Member {
  const roles = new Set(member.values.roles);
  const authority = institution?.values.kind === 'AUTHORITY';
  return {
    id: member.head.id,
    institution: member.values.institution,
    roles,
    // An auditor of the state looks over its shoulder; it does not act as the state.
    state: authority && roles.has('REGULATOR'),
    licensed: authority || (institution !== null && licenceActive(institution.values.licence, today)),
    ...(authority || institution === null ? {} : { work: institution.values.licence.work }),
    patient: member.values.patient,
    authority: [member, institution].flatMap((record) => (record === null ? [] : [record.anchor.index])),
  };
}
