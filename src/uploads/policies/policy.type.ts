/** Policies and what they require as GraphQL. Everything of it is public: who must approve what is the law of the log. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  connection,
  enumOf,
  Node,
  RecordObject,
  registerEnum,
  RoleEnum,
} from '../../api/index.js';
import { requirementFrom, type PolicyValues } from './policy.kind.js';
import { POLICY_RULES, type Requirement } from './requirement.js';

export const PolicyRuleEnum = enumOf(POLICY_RULES);

registerEnum(PolicyRuleEnum, {
  name: 'PolicyRule',
  description: 'Who approves a change before it is loaded.',
  values: {
    AUTOMATIC: 'Nobody: the rules of the operation alone decide.',
    ROLE: 'So many different members of a role.',
    INSTITUTIONS: 'So many different ones of the named institutions.',
    PERSON: 'The named member.',
  },
});

@ObjectType('Requirement', { description: 'What must be met before a change of a situation is loaded.' })
export class RequirementObject {
  readonly #requirement: Requirement;

  constructor(requirement: Requirement) {
    this.#requirement = requirement;
  }

  @Classified('PUBLIC')
  @Field(() => String, { description: 'An operation, or a finer situation such as `report.amend.late`.' })
  get situation(): string {
    return this.#requirement.situation;
  }

  @Classified('PUBLIC')
  @Field(() => PolicyRuleEnum, { description: 'Who approves.' })
  get rule(): string {
    return this.#requirement.rule;
  }

  @Classified('PUBLIC')
  @Field(() => RoleEnum, { nullable: true, description: 'The role that approves; null for any.' })
  get role(): string | null {
    return this.#requirement.role;
  }

  @Classified('PUBLIC')
  @Field(() => [ID], {
    description: 'INSTITUTIONS: ids of those that approve. ROLE: of those whose members alone count.',
  })
  get institutionIds(): readonly string[] {
    return this.#requirement.institutions;
  }

  @Classified('PUBLIC')
  @Field(() => ID, { nullable: true, description: 'PERSON: id of the member who approves; it names no one.' })
  get personId(): string | null {
    return this.#requirement.person;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'How many approve.' })
  get count(): number {
    return this.#requirement.count;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'Seconds after its asking before which nothing is confirmed.' })
  get waitSeconds(): number {
    return this.#requirement.waitSeconds;
  }

  @Classified('PUBLIC')
  @Field(() => Boolean, {
    description: 'Whether who uploads counts as one who approves, where it qualifies.',
  })
  get ownCounts(): boolean {
    return this.#requirement.ownCounts;
  }

  @Classified('PUBLIC')
  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Position of the policy’s entry on the log; null for a default, which no policy replaced.',
  })
  get policyIndex(): bigint | null {
    const { policy } = this.#requirement;
    return policy === null ? null : BigInt(policy);
  }
}

@ObjectType('Policy', {
  implements: [RecordObject, Node],
  description: 'What the state requires in one situation, in place of the default. Open to everyone.',
})
export class Policy extends RecordObject<PolicyValues> {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'An operation, or a finer situation such as `report.amend.late`.' })
  get situation(): string {
    return this.record.values.situation;
  }

  @Classified('PUBLIC')
  @Field(() => RequirementObject, { description: 'What must be met.' })
  get requirement(): RequirementObject {
    return new RequirementObject(requirementFrom(this.record.values, this.record.anchor.index));
  }

  @Classified('PUBLIC')
  @Field(() => String, { description: 'Why it is so.' })
  get reason(): string {
    return this.record.values.reason;
  }
}

export const PolicyConnection = connection<Policy>('Policy', () => Policy);
