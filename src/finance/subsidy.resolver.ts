/** GraphQL operations of subsidies. */
import { Arg, Args, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import {
  Classified,
  MutationPayload,
  PageArgs,
  pageOf,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import {
  ApproveSubsidyInput,
  ConfirmSubsidyInput,
  DisburseSubsidyInput,
  ProposeSubsidyInput,
  RejectSubsidyInput,
  SubsidyFilter,
  SubsidyOrder,
} from './subsidy.input.js';
import { findSubsidy, listSubsidies } from './subsidy.list.js';
import {
  approveSubsidy,
  confirmSubsidy,
  disburseSubsidy,
  proposeSubsidy,
  rejectSubsidy,
} from './subsidy.service.js';
import { Subsidy, SubsidyConnection } from './subsidy.type.js';

@ObjectType('SubsidyPayload', {
  implements: MutationPayload,
  description: 'What a mutation of a subsidy answers.',
})
export class SubsidyPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Subsidy, { nullable: true, description: 'The subsidy as it is now.' })
  async subsidy(@Ctx() ctx: RequestContext): Promise<Subsidy | null> {
    const record = await findSubsidy(ctx, this.accepted.id);
    return record === null ? null : new Subsidy(record);
  }
}

@Resolver(() => Subsidy)
export class SubsidyResolver {
  @Classified('STRUCTURE')
  @Query(() => Subsidy, {
    nullable: true,
    description: 'The subsidy of this id; null when there is none that the caller may see.',
  })
  async subsidy(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<Subsidy | null> {
    const record = await findSubsidy(ctx, requireId(id, ['id']));
    return record === null ? null : new Subsidy(record);
  }

  @Classified('STRUCTURE')
  @Query(() => SubsidyConnection, {
    nullable: true,
    description: 'Subsidies to all institutions, newest first. For members of licensed institutions.',
  })
  async subsidies(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => SubsidyFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: SubsidyFilter,
    @Arg('orderBy', () => SubsidyOrder, { nullable: true, description: 'In which order.' })
    orderBy?: SubsidyOrder,
  ): Promise<ConnectionOf<Subsidy>> {
    const listed = await listSubsidies(ctx, {
      ...pageOf(page),
      filter: filter ?? null,
      orderBy: orderBy ?? null,
    });
    return SubsidyConnection.from(listed, (record) => new Subsidy(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => SubsidyPayload, { description: 'Proposes a subsidy. For a REGULATOR of the payer.' })
  async proposeSubsidy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ProposeSubsidyInput, {
      description: 'Who is paid, of which programme, how much and what for.',
    })
    input: ProposeSubsidyInput,
  ): Promise<SubsidyPayload> {
    return new SubsidyPayload(await proposeSubsidy(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => SubsidyPayload, {
    description:
      'Approves a proposed subsidy, if the budget holds it. For a REGULATOR of the state other than the proposer.',
  })
  async approveSubsidy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ApproveSubsidyInput, { description: 'The subsidy and the version you saw.' })
    input: ApproveSubsidyInput,
  ): Promise<SubsidyPayload> {
    return new SubsidyPayload(await approveSubsidy(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => SubsidyPayload, {
    description: 'Refuses a proposed subsidy. For a REGULATOR of the state.',
  })
  async rejectSubsidy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RejectSubsidyInput, { description: 'The subsidy, the version you saw, and why.' })
    input: RejectSubsidyInput,
  ): Promise<SubsidyPayload> {
    return new SubsidyPayload(await rejectSubsidy(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => SubsidyPayload, {
    description: 'Records the payment of an approved subsidy. For a REGULATOR of the payer.',
  })
  async disburseSubsidy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DisburseSubsidyInput, {
      description: 'The subsidy, the version you saw, and the payment’s reference.',
    })
    input: DisburseSubsidyInput,
  ): Promise<SubsidyPayload> {
    return new SubsidyPayload(await disburseSubsidy(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => SubsidyPayload, {
    description: 'Confirms that the money has come. For FINANCE of the payee.',
  })
  async confirmSubsidy(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ConfirmSubsidyInput, { description: 'The subsidy and the version you saw.' })
    input: ConfirmSubsidyInput,
  ): Promise<SubsidyPayload> {
    return new SubsidyPayload(await confirmSubsidy(ctx, input));
  }
}
