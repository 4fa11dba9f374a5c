/** GraphQL operations of policies, for the operations that a deployment has: this room needs to know no domain. */
import { Arg, Args, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { loadVisible } from '../../access/index.js';
import {
  Classified,
  MutationPayload,
  PageArgs,
  pageOf,
  type ConnectionOf,
  type RequestContext,
} from '../../api/index.js';
import type { Operations } from '../operations.js';
import { ChangePolicyInput } from './policy.input.js';
import { policyKind } from './policy.kind.js';
import { changePolicy, findPolicy, listPolicies, listRequirements } from './policy.service.js';
import { Policy, PolicyConnection, RequirementObject } from './policy.type.js';

@ObjectType('PolicyPayload', { implements: MutationPayload, description: 'What changing a policy answers.' })
export class PolicyPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Policy, { nullable: true, description: 'The policy as it is now.' })
  async policy(@Ctx() ctx: RequestContext): Promise<Policy | null> {
    const record = await loadVisible(ctx, policyKind, this.accepted.id);
    return record === null ? null : new Policy(record);
  }
}

/**
 * The resolver of policies.
 * @param operations every operation of the deployment: what policies can be about
 */
export function policyResolver(operations: Operations) {
  @Resolver(() => Policy)
  class PolicyResolver {
    @Classified('PUBLIC')
    @Query(() => Policy, {
      nullable: true,
      description: 'The policy that was recorded for a situation; null where the default holds.',
    })
    async policy(
      @Ctx() ctx: RequestContext,
      @Arg('situation', () => String, { description: 'The situation, as `requirements` lists it.' })
      situation: string,
    ): Promise<Policy | null> {
      const record = await findPolicy(ctx, situation);
      return record === null ? null : new Policy(record);
    }

    @Classified('PUBLIC')
    @Query(() => PolicyConnection, {
      nullable: true,
      description: 'Policies that were recorded, by situation.',
    })
    async policies(
      @Ctx() ctx: RequestContext,
      @Args(() => PageArgs) page: PageArgs,
    ): Promise<ConnectionOf<Policy>> {
      return PolicyConnection.from(await listPolicies(ctx, pageOf(page)), (record) => new Policy(record));
    }

    @Classified('PUBLIC')
    @Query(() => [RequirementObject], {
      description:
        'What must be met in every situation, by default or by a recorded policy: complete, as the log tells.',
    })
    async requirements(@Ctx() ctx: RequestContext): Promise<RequirementObject[]> {
      const all = await listRequirements(ctx, operations);
      return all.map((requirement) => new RequirementObject(requirement));
    }

    @Classified('STRUCTURE')
    @Mutation(() => PolicyPayload, {
      description:
        'Sets what is required in a situation. For regulators of the state, together: it is endorsed as the policy of `policy.change` and the one that it replaces say.',
    })
    async changePolicy(
      @Ctx() ctx: RequestContext,
      @Arg('input', () => ChangePolicyInput, { description: 'The situation and what it requires.' })
      input: ChangePolicyInput,
    ): Promise<PolicyPayload> {
      return new PolicyPayload(await changePolicy(ctx, operations, input));
    }
  }
  return PolicyResolver;
}
