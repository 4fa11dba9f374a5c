/**
 * Whether requirements are met. Pure: the same requirements, uploader, endorsements and moment give the same verdict.
 * Every requirement is counted by itself over the same endorsements; more endorsements never undo a verdict.
 */
import type { Endorser, Requirement } from './requirement.js';

export type Verdict =
  | { readonly state: 'CONFIRMED' }
  | {
      readonly state: 'VALIDATING';
      /** What is missing, in words, without naming anyone. */
      readonly missing: string;
      /** RFC 3339 UTC: before this it can't be confirmed, whoever endorses; null without a waiting time. */
      readonly confirmableFrom: string | null;
    };

/**
 * Whether a request may be loaded.
 *
 * @param endorsements of members in good standing; each member, and under INSTITUTIONS each institution, counts once, and
 *   the uploader only by `ownCounts`.
 * @param requestedAt RFC 3339: the waiting time runs from here.
 * @example verdict([], uploader, [], requestedAt, now) // { state: 'CONFIRMED' }
 */
export function verdict(
  requirements: readonly Requirement[],
  uploader: Endorser,
  endorsements: readonly Endorser[],
  requestedAt: string,
  now: Date,
): Verdict {
  const missing = requirements.flatMap((requirement) => {
    const lacking = requirement.count - approvals(requirement, uploader, endorsements);
    return lacking > 0 ? [wanting(requirement, lacking)] : [];
  });
  const confirmableFrom = confirmableFromOf(requirements, requestedAt);
  const waiting = confirmableFrom !== null && now.getTime() < Date.parse(confirmableFrom);
  if (missing.length === 0 && !waiting) return { state: 'CONFIRMED' };
  if (missing.length === 0) missing.push(`the waiting time until ${String(confirmableFrom)}`);
  return { state: 'VALIDATING', missing: missing.join(' and '), confirmableFrom };
}

/** When the longest waiting time is over: RFC 3339 UTC with milliseconds; null when there is none. */
export function confirmableFromOf(requirements: readonly Requirement[], requestedAt: string): string | null {
  const seconds = Math.max(0, ...requirements.map(({ waitSeconds }) => waitSeconds));
  return seconds === 0 ? null : new Date(Date.parse(requestedAt) + seconds * 1000).toISOString();
}

/** Whether a member's endorsement would count for one of the requirements: never the uploader's own. */
export function mayEndorse(
  requirements: readonly Requirement[],
  member: Endorser,
  uploader: Endorser,
): boolean {
  return requirements.some((requirement) => countsFor(requirement, member, uploader));
}

/**
 * Whether a member may refuse a request: who may endorse it, and who acts for the institution in whose name it was
 * asked. That is what a waiting time is for: a stolen login asks in an institution's name, and the institution stops it.
 */
export function mayRefuse(
  requirements: readonly Requirement[],
  member: Endorser,
  uploader: Endorser,
): boolean {
  const own = member.institution !== null && member.institution === uploader.institution;
  return (
    (own && actsForOthers(member.roles)) ||
    member.member === uploader.member ||
    mayEndorse(requirements, member, uploader)
  );
}

/** Whether a member speaks for its institution: an auditor looks at what it does and has no part in it. */
export function actsForOthers(roles: Endorser['roles']): boolean {
  return [...roles].some((role) => role !== 'AUDITOR' && role !== 'PATIENT');
}

/** Who counts for a requirement, in order, the uploader last; under INSTITUTIONS several may speak for one. */
export function approversOf(
  requirement: Requirement,
  uploader: Endorser,
  endorsements: readonly Endorser[],
): readonly Endorser[] {
  const counted = endorsements.filter((endorser) => countsFor(requirement, endorser, uploader));
  return requirement.ownCounts && qualifies(requirement, uploader) ? [...counted, uploader] : counted;
}

/** How many approvals a requirement has: distinct members, or distinct institutions. */
export function approvals(
  requirement: Requirement,
  uploader: Endorser,
  endorsements: readonly Endorser[],
): number {
  const by = requirement.rule === 'INSTITUTIONS' ? 'institution' : 'member';
  return new Set(approversOf(requirement, uploader, endorsements).map((endorser) => endorser[by])).size;
}

/** Whether this endorsement is another's than the uploader's, and of one whom the requirement asks for. */
function countsFor(requirement: Requirement, endorser: Endorser, uploader: Endorser): boolean {
  if (endorser.member === uploader.member) return false;
  // A colleague speaks for the same institution: were it counted, the institution would approve itself.
  const isOwn = requirement.rule === 'INSTITUTIONS' && endorser.institution === uploader.institution;
  return !(isOwn && !requirement.ownCounts) && qualifies(requirement, endorser);
}

function qualifies({ rule, role, institutions, person }: Requirement, endorser: Endorser): boolean {
  const hasRole = role === null || hasStanding(role, endorser);
  const isListed = endorser.institution !== null && institutions.includes(endorser.institution);
  switch (rule) {
    case 'AUTOMATIC':
      return false;
    case 'ROLE':
      return role !== null && hasRole && (institutions.length === 0 || isListed);
    case 'INSTITUTIONS':
      return isListed && hasRole && actsForOthers(endorser.roles);
    case 'PERSON':
      return endorser.member === person;
  }
}

/** A regulator is one of the state's: the role elsewhere is none. */
function hasStanding(role: NonNullable<Requirement['role']>, { roles, state }: Endorser): boolean {
  return roles.has(role) && (role !== 'REGULATOR' || state);
}

function wanting({ rule, role, institutions, count }: Requirement, lacking: number): string {
  const more = `${lacking} more of ${count}`;
  if (rule === 'INSTITUTIONS') return `${more} of ${institutions.length} institutions`;
  if (rule === 'PERSON') return 'the approval of the person that the policy names';
  return `${more} by a ${String(role)}${institutions.length === 0 ? '' : ' of certain institutions'}`;
}
