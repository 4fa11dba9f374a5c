/** What setting the policy of access takes. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import {
  budgetRows,
  thresholds,
  type AnomalyRule,
  type BudgetAct,
  type BudgetRow,
} from '../../access/index.js';
import { RoleEnum, SignedField, UuidScalar, type SignedStatementInput } from '../../api/index.js';
import type { Role } from '../../records/index.js';
import { maybe, text, whole } from '../../standing/index.js';
import { BudgetActEnum } from '../budgets/enums.js';
import { AnomalyRuleEnum } from './access-policy.type.js';

const LARGEST_VERSION = 2 ** 31 - 1;

@InputType({ description: 'How many different patients those with a role may look up or open.' })
export class AccessBudgetInput {
  @Field(() => RoleEnum, { description: 'The role.' })
  role: Role;

  @Field(() => BudgetActEnum, { description: 'What is counted.' })
  act: BudgetAct;

  @Field(() => Int, { description: 'A member’s, in an hour.' })
  memberHour: number;

  @Field(() => Int, { description: 'A member’s, in a day; no fewer than in an hour.' })
  memberDay: number;

  @Field(() => Int, { description: 'Of all members of an institution together, in an hour.' })
  institutionHour: number;

  @Field(() => Int, { description: 'Of all members of an institution together, in a day.' })
  institutionDay: number;
}

@InputType({ description: 'From where on something is unusual.' })
export class AccessThresholdInput {
  @Field(() => AnomalyRuleEnum, { description: 'What is looked at.' })
  rule: AnomalyRule;

  @Field(() => Int, { description: 'How many are usual; one more raises an alert.' })
  most: number;

  @Field(() => Int, {
    description: 'Within how many seconds, 60 to 604800; windows follow each other from 1970 on.',
  })
  seconds: number;
}

@InputType({
  description:
    'Budgets and thresholds from now on. For two REGULATORs of the state together (the situation `accessPolicy.set`). What isn’t given stays as it is.',
})
export class SetAccessPolicyInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version you saw, 0 for none; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => [AccessBudgetInput], {
    nullable: true,
    description:
      'All budgets: a role and act that isn’t among them has none, and may do nothing of it. A CLINICIAN has one of EMERGENCY.',
  })
  budgets?: AccessBudgetInput[] | null;

  @Field(() => [AccessThresholdInput], {
    nullable: true,
    description: 'All thresholds: a rule that isn’t among them raises nothing.',
  })
  thresholds?: AccessThresholdInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Tables of a coming release, as its `accessTerms` gives them, so that it may start on this log. They change nothing by themselves, and may not be narrower than those of this release.',
  })
  rules?: string | null;

  @Field(() => String, { description: 'Why; at most 500 characters, and nothing about a person.' })
  reason: string;
}

/** Who can't wait must never be shut out by a table, be it by a line that was forgotten. */
const keepsEmergencies = (rows: readonly BudgetRow[]): boolean =>
  rows.some(({ role, act, memberHour }) => role === 'CLINICIAN' && act === 'EMERGENCY' && memberHour > 0);

export const setAccessPolicyInput = z.object({
  expectedVersion: maybe(whole(0, LARGEST_VERSION)),
  budgets: maybe(
    budgetRows.refine(keepsEmergencies, 'expected a budget of EMERGENCY for a CLINICIAN, at least 1 an hour'),
  ),
  thresholds: maybe(thresholds),
  rules: maybe(z.string().max(20_000, 'expected at most 20000 characters')),
  reason: text(500),
});

export type AskedPolicy = z.output<typeof setAccessPolicyInput>;
