/**
 * What is unusual: each rule says of which accesses it speaks, about whom, and what it counts. Pure data and functions; from
 * where on it is unusual, the policy of access says.
 */
import type { AnomalyRule, Threshold } from '../../access/index.js';

/** One view or lookup, as the rules look at it. */
export interface Observed {
  /** Index of its receipt. */
  readonly index: bigint;
  readonly act: 'OPENED' | 'LISTED';
  readonly member: string;
  readonly institution: string | null;
  /** Null for a lookup that found nobody, and for views of reports and subsidies. */
  readonly patient: string | null;
  /** It cites evidence that the member's institution treats the patient. */
  readonly evident: boolean;
  /** The member's institution keeps the patient's file. */
  readonly kept: boolean;
  /** Of its entry, which all processes read alike: RFC 3339 UTC with milliseconds. */
  readonly at: string;
}

export const ALERT_SUBJECTS = ['MEMBER', 'PATIENT'] as const;

export type AlertSubject = (typeof ALERT_SUBJECTS)[number];

/** An access under a rule: whom it is about, and what is counted once. */
export interface Counted {
  readonly subject: string;
  readonly item: string;
}

interface Rule {
  readonly about: AlertSubject;
  /** Null: the rule doesn't speak of it. */
  readonly of: (seen: Observed) => Counted | null;
  /** What happened, `count` times. */
  readonly says: (count: number) => string;
}

const opened = (seen: Observed): string | null => (seen.act === 'OPENED' ? seen.patient : null);

export const RULES: Readonly<Record<AnomalyRule, Rule>> = {
  STRANGERS: {
    about: 'MEMBER',
    of: (seen) => {
      const patient = opened(seen);
      return patient === null || seen.evident || seen.kept ? null : { subject: seen.member, item: patient };
    },
    says: (count) =>
      `a member opened ${count} different patients without evidence that its institution treats them, none of whose files it keeps`,
  },
  MEMBERS: {
    about: 'PATIENT',
    of: (seen) => {
      const patient = opened(seen);
      return patient === null ? null : { subject: patient, item: seen.member };
    },
    says: (count) => `${count} different members opened one patient`,
  },
  INSTITUTIONS: {
    about: 'PATIENT',
    of: (seen) => {
      const patient = opened(seen);
      return patient === null || seen.institution === null
        ? null
        : { subject: patient, item: seen.institution };
    },
    says: (count) => `members of ${count} different institutions opened one patient`,
  },
  MISSES: {
    about: 'MEMBER',
    of: (seen) =>
      seen.act === 'LISTED' && seen.patient === null
        ? { subject: seen.member, item: seen.index.toString() }
        : null,
    says: (count) =>
      `a member asked ${count} times for patients, by identifier or for a view, and found nobody`,
  },
};

/** The alert in words: what happened, when, and what is usual. It names nobody. */
export function wordsOf(
  { rule, most, seconds }: Threshold,
  count: number,
  window: { readonly from: string; readonly to: string },
): string {
  const hours = seconds % 3600 === 0 ? `${seconds / 3600} hours` : `${seconds} seconds`;
  return (
    `${RULES[rule].says(count)}, between ${window.from} and ${window.to}: ` +
    `more than ${most} within ${hours} is unusual by the rule ${rule} of the policy of access`
  );
}
