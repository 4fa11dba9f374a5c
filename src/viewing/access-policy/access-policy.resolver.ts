/** GraphQL operations of the policy of access. */
import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { Classified, DateTimeScalar, MutationPayload, type RequestContext } from '../../api/index.js';
import { SetAccessPolicyInput } from './access-policy.input.js';
import { accessTermsOf, findAccessPolicy, setAccessPolicy } from './access-policy.service.js';
import { AccessPolicy, AccessTermsObject } from './access-policy.type.js';

@ObjectType('AccessPolicyPayload', {
  implements: MutationPayload,
  description: 'What setting the policy of access answers.',
})
export class AccessPolicyPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => AccessPolicy, { nullable: true, description: 'The policy as it is now.' })
  async policy(@Ctx() ctx: RequestContext): Promise<AccessPolicy | null> {
    const record = await findAccessPolicy(ctx);
    return record === null ? null : new AccessPolicy(record);
  }
}

@Resolver(() => AccessPolicy)
export class AccessPolicyResolver {
  @Classified('PUBLIC')
  @Query(() => AccessPolicy, {
    nullable: true,
    description:
      'The recorded policy of access; null where none was set, and what the log began with holds (`accessTerms`).',
  })
  async accessPolicy(@Ctx() ctx: RequestContext): Promise<AccessPolicy | null> {
    const record = await findAccessPolicy(ctx);
    return record === null ? null : new AccessPolicy(record);
  }

  @Classified('PUBLIC')
  @Query(() => AccessTermsObject, {
    description: 'The tables of access, budgets and thresholds that are in force, or were at a moment.',
  })
  async accessTerms(
    @Ctx() ctx: RequestContext,
    @Arg('at', () => DateTimeScalar, {
      nullable: true,
      description: 'The moment, by the log’s time; now by default.',
    })
    at?: string | null,
  ): Promise<AccessTermsObject> {
    return new AccessTermsObject(await accessTermsOf(ctx, at ?? null));
  }

  @Classified('STRUCTURE')
  @Mutation(() => AccessPolicyPayload, {
    description:
      'Sets budgets and thresholds, in force with the next request. For two regulators of the state: one asks, another endorses.',
  })
  async setAccessPolicy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => SetAccessPolicyInput, { description: 'What changes, and why.' })
    input: SetAccessPolicyInput,
  ): Promise<AccessPolicyPayload> {
    return new AccessPolicyPayload(await setAccessPolicy(ctx, input));
  }
}
