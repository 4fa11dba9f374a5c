/** What must be approved by whom before a change of a situation may be loaded, as plain data. */
import type { Role } from '../../records/index.js';

/** AUTOMATIC: the rules alone. ROLE: members of a role. INSTITUTIONS: k of n institutions. PERSON: one member. */
export const POLICY_RULES = ['AUTOMATIC', 'ROLE', 'INSTITUTIONS', 'PERSON'] as const;

export type PolicyRule = (typeof POLICY_RULES)[number];

/** One thing that must be met; where there are several, all of them. */
export interface Requirement {
  /** `institution.licence`, `report.amend.late`: what the change is, as policies see it. */
  readonly situation: string;
  readonly rule: PolicyRule;
  /** The role that an endorser must have; for INSTITUTIONS optional. */
  readonly role: Role | null;
  /** INSTITUTIONS: the n, in order. ROLE: those whose members count; empty for every institution's. */
  readonly institutions: readonly string[];
  /** PERSON: the member's id. */
  readonly person: string | null;
  /** How many distinct members (ROLE, PERSON) or institutions (INSTITUTIONS); 0 for AUTOMATIC. */
  readonly count: number;
  /** How long after its asking a request may be confirmed at the earliest. */
  readonly waitSeconds: number;
  /** The uploader's own standing counts as one approval, where it qualifies. */
  readonly ownCounts: boolean;
  /** Index of the entry of the policy that it is copied from, decimal; null for a default. */
  readonly policy: string | null;
}

/** A member as far as requirements look at it: whoever uploads, and whoever endorses. */
export interface Endorser {
  readonly member: string;
  readonly institution: string | null;
  readonly roles: ReadonlySet<Role>;
  /** It acts for the state. */
  readonly state: boolean;
}
