/**
 * What counts as unusual, by rule: one table to be read by people, and the default of the recorded policy. Each is counted
 * over a window of time, in UTC, and more than `most` of it raises an alert.
 */

/**
 * STRANGERS: a member opens patients whom nobody of its institution treats, as far as the receipt says. MEMBERS: one patient is
 * opened by different members. INSTITUTIONS: by members of different institutions. MISSES: a member asks for identifiers that
 * find nobody.
 */
export const ANOMALY_RULES = ['STRANGERS', 'MEMBERS', 'INSTITUTIONS', 'MISSES'] as const;

export type AnomalyRule = (typeof ANOMALY_RULES)[number];

export interface Threshold {
  readonly rule: AnomalyRule;
  /** How many are usual. */
  readonly most: number;
  readonly seconds: number;
}

const HOUR = 3600;
const DAY = 86_400;

export const THRESHOLDS: readonly Threshold[] = [
  { rule: 'STRANGERS', most: 20, seconds: DAY },
  { rule: 'MEMBERS', most: 12, seconds: DAY },
  { rule: 'INSTITUTIONS', most: 4, seconds: DAY },
  { rule: 'MISSES', most: 10, seconds: HOUR },
];
