/** GraphQL operations of programmes. */
import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import {
  Classified,
  MutationPayload,
  PageArgs,
  pageOf,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { findInstitution, Institution, Money, toInstitution } from '../registry/index.js';
import { CreateProgrammeInput } from './programme.input.js';
import { committedOf, createProgramme, findProgramme, listProgrammes } from './programme.service.js';
import { Programme, ProgrammeConnection } from './programme.type.js';

@ObjectType('ProgrammePayload', {
  implements: MutationPayload,
  description: 'What a mutation of a programme answers.',
})
export class ProgrammePayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Programme, { nullable: true, description: 'The programme as it is now.' })
  async programme(@Ctx() ctx: RequestContext): Promise<Programme | null> {
    const record = await findProgramme(ctx, this.accepted.id);
    return record === null ? null : new Programme(record);
  }
}

@Resolver(() => Programme)
export class ProgrammeResolver {
  @Classified('STRUCTURE')
  @Query(() => Programme, {
    nullable: true,
    description: 'The programme of this id; null when there is none that the caller may see.',
  })
  async programme(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<Programme | null> {
    const record = await findProgramme(ctx, requireId(id, ['id']));
    return record === null ? null : new Programme(record);
  }

  @Classified('STRUCTURE')
  @Query(() => ProgrammeConnection, {
    nullable: true,
    description: 'All programmes, by code. For members of licensed institutions.',
  })
  async programmes(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ConnectionOf<Programme>> {
    return ProgrammeConnection.from(
      await listProgrammes(ctx, pageOf(page)),
      (record) => new Programme(record),
    );
  }

  @Classified('STRUCTURE')
  @Mutation(() => ProgrammePayload, {
    description: 'Sets up a programme that the caller’s institution pays. For a REGULATOR of the state.',
  })
  async createProgramme(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateProgrammeInput, { description: 'The programme and its budget.' })
    input: CreateProgrammeInput,
  ): Promise<ProgrammePayload> {
    return new ProgrammePayload(await createProgramme(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution that pays.' })
  async payer(@Ctx() ctx: RequestContext, @Root() programme: Programme): Promise<Institution | null> {
    const { custodian } = programme.record.head;
    const record = custodian === null ? null : await findInstitution(ctx, custodian);
    return record === null ? null : toInstitution(record);
  }

  @Classified('FINANCIAL')
  @FieldResolver(() => Money, {
    nullable: true,
    description: 'What of the budget is committed: the sum of the subsidies that were approved.',
  })
  async committed(@Ctx() ctx: RequestContext, @Root() { record }: Programme): Promise<Money | null> {
    return new Money(await committedOf(ctx, record), record.values.currency);
  }
}
