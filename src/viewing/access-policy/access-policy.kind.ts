/** The record kind AccessPolicy: the tables of access, budgets and thresholds that are in force. One a deployment; public. */
import { z } from 'zod';
import {
  accessTerms,
  budgetRows,
  hashOfTerms,
  parseRules,
  rulesText,
  thresholds,
  type AccessTerms,
} from '../../access/index.js';
import { namedId } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { RecordKind } from '../../records/index.js';
import { text } from '../../standing/index.js';
import { relationsToPolicy } from '../../uploads/index.js';

/** Tables are far shorter; what is signed and sealed has a bound all the same. */
const LONGEST_RULES = 20_000;

const rules = z
  .string('expected the tables of access as JSON')
  .max(LONGEST_RULES, `expected at most ${LONGEST_RULES} characters`)
  .transform((given, context) => {
    const parsed = parseRules(given);
    if (parsed !== null) return rulesText(parsed);
    context.addIssue({ code: 'custom', message: 'expected tables of access, as `accessTerms` gives them' });
    return z.NEVER;
  });

const shape = z.strictObject({
  rules,
  budgets: budgetRows,
  thresholds,
  /** SHA-256 over all of it, lower-case hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  reason: text(500),
});

export type AccessPolicyValues = z.output<typeof shape>;

const values: z.ZodType<AccessPolicyValues> = shape.superRefine((policy, context) => {
  if (policy.hash === hashOfTerms(termsOf(policy))) return;
  context.addIssue({ code: 'custom', path: ['hash'], message: 'expected the hash of what it holds' });
});

/** The policy as what is asked of it. @throws VitrineError INTERNAL for tables that its schema didn't check */
export function termsOf(policy: Pick<AccessPolicyValues, 'rules' | 'budgets' | 'thresholds'>): AccessTerms {
  const parsed = parseRules(policy.rules);
  if (parsed === null) throw new VitrineError('INTERNAL', 'expected tables of access in the access policy');
  return accessTerms.parse({ rules: parsed, budgets: policy.budgets, thresholds: policy.thresholds });
}

/** The id of the one policy of access: the log itself tells whether there is one. */
export const ACCESS_POLICY_ID = namedId('vitrine/access-policy/v1', '');

export const accessPolicyKind: RecordKind<AccessPolicyValues> = {
  name: 'AccessPolicy',
  noun: 'accessPolicy',
  schema: 1,
  named: true,
  existence: 'PUBLIC',
  table: 'access_policy',
  fields: {
    rules: 'PUBLIC',
    budgets: 'PUBLIC',
    thresholds: 'PUBLIC',
    hash: 'PUBLIC',
    reason: 'PUBLIC',
  },
  values,
  columns: {
    hash: { type: 'text', class: 'PUBLIC', of: (policy) => policy.hash },
  },
  threads: (_policy, head) => [head.id],
  relations: (caller, records) =>
    Promise.resolve(records.map(({ head }) => relationsToPolicy(caller, head.custodian))),
};
