/** Everything of access that is configured, as one thing: tables, budgets and thresholds, with one hash. */
import { z } from 'zod';
import { whole } from '../documents/index.js';
import { canonical, hex } from '../ledger/core/index.js';
import { nativeHash } from '../ledger/index.js';
import { ROLES } from '../records/index.js';
import { BUDGET_ACTS, BUDGET_ROWS } from './budgets.js';
import { accessRules, RULES_IN_CODE } from './rules.js';
import { ANOMALY_RULES, THRESHOLDS } from './thresholds.js';

/** Nobody looks up or opens more in a day. */
const MOST = 1_000_000;
/** Windows of time: a minute to a week. */
const SHORTEST = 60;
const LONGEST = 7 * 86_400;

const unique = <T>(keyOf: (item: T) => string, what: string) =>
  [
    (items: readonly T[]) => new Set(items.map(keyOf)).size === items.length,
    `expected ${what} once`,
  ] as const;

const budgetRow = z
  .strictObject({
    role: z.enum(ROLES),
    act: z.enum(BUDGET_ACTS),
    memberHour: whole(0, MOST),
    memberDay: whole(0, MOST),
    institutionHour: whole(0, MOST),
    institutionDay: whole(0, MOST),
  })
  .refine(
    (row) => row.memberHour <= row.memberDay && row.institutionHour <= row.institutionDay,
    'expected no more in an hour than in a day',
  );

const threshold = z.strictObject({
  rule: z.enum(ANOMALY_RULES),
  most: whole(1, MOST),
  seconds: whole(SHORTEST, LONGEST),
});

type Row = z.output<typeof budgetRow>;

const placeOf = ({ role, act }: Row) => ROLES.indexOf(role) * BUDGET_ACTS.length + BUDGET_ACTS.indexOf(act);

/** Budgets in the order of the table. A role and act that isn't among them has none: nothing may be done of it. */
export const budgetRows = z
  .array(budgetRow)
  .max(ROLES.length * BUDGET_ACTS.length)
  .refine(...unique<Row>((row) => `${row.role} ${row.act}`, 'each role and act'))
  .overwrite((rows) => [...rows].sort((one, other) => placeOf(one) - placeOf(other)));

type Bound = z.output<typeof threshold>;

/** Thresholds in the order of the rules. A rule that isn't among them is off. */
export const thresholds = z
  .array(threshold)
  .max(ANOMALY_RULES.length)
  .refine(...unique<Bound>(({ rule }) => rule, 'each rule'))
  .overwrite((bounds) =>
    [...bounds].sort((one, other) => ANOMALY_RULES.indexOf(one.rule) - ANOMALY_RULES.indexOf(other.rule)),
  );

export const accessTerms = z.strictObject({ rules: accessRules, budgets: budgetRows, thresholds });

export type AccessTerms = z.output<typeof accessTerms>;

/** What this release decides with where nothing else was recorded. */
export const TERMS_IN_CODE: AccessTerms = accessTerms.parse({
  rules: RULES_IN_CODE,
  budgets: BUDGET_ROWS,
  thresholds: THRESHOLDS,
});

/** SHA-256 over the canonical JSON of tables, budgets and thresholds, lower-case hex. */
export function hashOfTerms({ rules, budgets, thresholds: bounds }: AccessTerms): string {
  return hex(nativeHash(canonical({ rules, budgets, thresholds: bounds })));
}
