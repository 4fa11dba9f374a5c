/** The policy of access as GraphQL. Everything of it is public: by which rules access is decided is no secret. */
import { Field, Int, ObjectType } from 'type-graphql';
import { ANOMALY_RULES, hashOfTerms, rulesText, type BudgetRow, type Threshold } from '../../access/index.js';
import {
  BigIntScalar,
  Classified,
  enumOf,
  HashScalar,
  Node,
  RecordObject,
  registerEnum,
  RoleEnum,
} from '../../api/index.js';
import { BudgetActEnum } from '../budgets/enums.js';
import type { AccessPolicyValues } from './access-policy.kind.js';
import type { TermsInForce } from './in-force.js';

export const AnomalyRuleEnum = enumOf(ANOMALY_RULES);

registerEnum(AnomalyRuleEnum, {
  name: 'AnomalyRule',
  description: 'What counts as unusual access.',
  values: {
    STRANGERS: 'A member opens many different patients without evidence that it treats them.',
    MEMBERS: 'Many different members open one patient.',
    INSTITUTIONS: 'Members of many different institutions open one patient.',
    MISSES: 'A member asks for many identifiers that find nobody.',
  },
});

@ObjectType('AccessBudget', {
  description: 'How many different patients those with a role may look up or open.',
})
export class AccessBudget {
  constructor(private readonly row: BudgetRow) {}

  @Classified('PUBLIC')
  @Field(() => RoleEnum, { description: 'The role.' })
  get role(): string {
    return this.row.role;
  }

  @Classified('PUBLIC')
  @Field(() => BudgetActEnum, { description: 'What is counted.' })
  get act(): string {
    return this.row.act;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'A member’s, in an hour.' })
  get memberHour(): number {
    return this.row.memberHour;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'A member’s, in a day.' })
  get memberDay(): number {
    return this.row.memberDay;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'Of all members of an institution together, in an hour.' })
  get institutionHour(): number {
    return this.row.institutionHour;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'Of all members of an institution together, in a day.' })
  get institutionDay(): number {
    return this.row.institutionDay;
  }
}

@ObjectType('AccessThreshold', { description: 'From where on something is unusual, and raises an alert.' })
export class AccessThreshold {
  constructor(private readonly threshold: Threshold) {}

  @Classified('PUBLIC')
  @Field(() => AnomalyRuleEnum, { description: 'What is looked at.' })
  get rule(): string {
    return this.threshold.rule;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'How many are usual; one more raises an alert.' })
  get most(): number {
    return this.threshold.most;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'Within how many seconds.' })
  get seconds(): number {
    return this.threshold.seconds;
  }
}

@ObjectType('AccessTerms', { description: 'By what access is decided and watched, at a moment.' })
export class AccessTermsObject {
  constructor(private readonly held: TermsInForce) {}

  @Classified('PUBLIC')
  @Field(() => BigIntScalar, {
    nullable: true,
    description:
      'Position of the entry that holds them: the policy’s, or 0, with which the log began; null where the log holds none and the release’s own are in force.',
  })
  get index(): bigint | null {
    return this.held.index;
  }

  @Classified('PUBLIC')
  @Field(() => HashScalar, {
    description: 'SHA-256 over the canonical JSON (RFC 8785) of `{budgets, rules, thresholds}`.',
  })
  get hash(): string {
    return hashOfTerms(this.held.terms);
  }

  @Classified('PUBLIC')
  @Field(() => String, {
    description:
      'The tables of access (schema/access.md) as canonical JSON: which level through which relation, what each role carries, what a view shows by purpose.',
  })
  get rules(): string {
    return rulesText(this.held.terms.rules);
  }

  @Classified('PUBLIC')
  @Field(() => [AccessBudget], { description: 'Budgets by role and act.' })
  get budgets(): AccessBudget[] {
    return this.held.terms.budgets.map((row) => new AccessBudget(row));
  }

  @Classified('PUBLIC')
  @Field(() => [AccessThreshold], { description: 'What raises an alert.' })
  get thresholds(): AccessThreshold[] {
    return this.held.terms.thresholds.map((threshold) => new AccessThreshold(threshold));
  }
}

@ObjectType('AccessPolicy', {
  implements: [RecordObject, Node],
  description: 'The recorded tables of access, budgets and thresholds of the deployment. Open to everyone.',
})
export class AccessPolicy extends RecordObject<AccessPolicyValues> {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'The tables of access as canonical JSON.' })
  get rules(): string {
    return this.record.values.rules;
  }

  @Classified('PUBLIC')
  @Field(() => [AccessBudget], { description: 'Budgets by role and act.' })
  get budgets(): AccessBudget[] {
    return this.record.values.budgets.map((row) => new AccessBudget(row));
  }

  @Classified('PUBLIC')
  @Field(() => [AccessThreshold], { description: 'What raises an alert.' })
  get thresholds(): AccessThreshold[] {
    return this.record.values.thresholds.map((threshold) => new AccessThreshold(threshold));
  }

  @Classified('PUBLIC')
  @Field(() => HashScalar, {
    description: 'SHA-256 over the canonical JSON of `{budgets, rules, thresholds}`.',
  })
  get hash(): string {
    return this.record.values.hash;
  }

  @Classified('PUBLIC')
  @Field(() => String, { description: 'Why it is so.' })
  get reason(): string {
    return this.record.values.reason;
  }
}
