/** What is required where no policy was recorded (schema/uploads.md, "Policies"). A recorded policy takes its place. */
import type { Requirement } from './requirement.js';

/** The operation that changes policies, and the situation whose policy says who may. */
export const POLICY_CHANGE = 'policy.change';

/** The operation that changes budgets, thresholds and the tables of access. */
export const ACCESS_CHANGE = 'accessPolicy.set';

/** A report amended or retracted after the last day on which it wasn't late. */
export const LATE_AMENDMENT = 'report.amend.late';
export const LATE_RETRACTION = 'report.retract.late';

/** A change of where an institution is paid. */
export const ACCOUNT_CHANGE = 'institution.amend.account';

/** An enrolment or a reinstatement of somebody who oversees others: REGULATOR or AUDITOR. */
export const OVERSIGHT_ENROLMENT = 'member.enrol.oversight';
export const OVERSIGHT_REINSTATEMENT = 'member.reinstate.oversight';

/** Three days, within which an institution notices that its account is being changed, over a weekend too. */
const ACCOUNT_WAIT_SECONDS = 72 * 3600;

type Terms = Omit<Requirement, 'situation' | 'policy'>;

const AUTOMATIC: Terms = {
  rule: 'AUTOMATIC',
  role: null,
  institutions: [],
  person: null,
  count: 0,
  waitSeconds: 0,
  ownCounts: false,
};

const ONE_REGULATOR: Terms = { ...AUTOMATIC, rule: 'ROLE', role: 'REGULATOR', count: 1 };

/** Those that aren't automatic. */
const DEFAULTS: Readonly<Record<string, Terms>> = {
  // A regulator does these; its own approval is the ministry's.
  'institution.register': { ...ONE_REGULATOR, ownCounts: true },
  'institution.licence': { ...ONE_REGULATOR, ownCounts: true },
  [LATE_AMENDMENT]: ONE_REGULATOR,
  // Or a late report would be amended by retracting it and filing another.
  [LATE_RETRACTION]: ONE_REGULATOR,
  // Two of two institutions: the payee's own member asks, a regulator approves, and both have time to think better of it.
  [ACCOUNT_CHANGE]: { ...ONE_REGULATOR, waitSeconds: ACCOUNT_WAIT_SECONDS },
  [POLICY_CHANGE]: { ...ONE_REGULATOR, count: 2, ownCounts: true },
  [ACCESS_CHANGE]: { ...ONE_REGULATOR, count: 2, ownCounts: true },
};

/** Situations that operations alone don't tell. Every operation is a situation of its own besides. */
export const SPECIAL_SITUATIONS: readonly string[] = [
  LATE_AMENDMENT,
  LATE_RETRACTION,
  ACCOUNT_CHANGE,
  OVERSIGHT_ENROLMENT,
  OVERSIGHT_REINSTATEMENT,
];

/** The requirement of a situation for which no policy was recorded. */
export function defaultRequirement(situation: string): Requirement {
  const terms = Object.hasOwn(DEFAULTS, situation) ? DEFAULTS[situation] : undefined;
  return { situation, ...(terms ?? AUTOMATIC), policy: null };
}
