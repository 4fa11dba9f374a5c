/** Trusted documents: the query, the field of a member, the mutation. */
import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Info,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { Classified, MutationPayload, requireId, type RequestContext } from '../../api/index.js';
import { Member } from '../member.type.js';
import { TrustDocumentsInput } from './trust.input.js';
import { findTrust, trustDocuments } from './trust.service.js';
import { TrustedDocuments } from './trust.type.js';

async function listOf(ctx: RequestContext, member: string): Promise<TrustedDocuments | null> {
  const record = await findTrust(ctx, member);
  return record === null ? null : new TrustedDocuments(record);
}

@ObjectType({
  implements: MutationPayload,
  description: 'What changing a vendor’s trusted documents answers.',
})
export class TrustedDocumentsPayload extends MutationPayload {
  constructor(
    accepted: MutationPayload['accepted'],
    private readonly member: string,
  ) {
    super(accepted);
  }

  @Classified('STRUCTURE')
  @Field(() => TrustedDocuments, { nullable: true, description: 'The list as it is now.' })
  trustedDocuments(@Ctx() ctx: RequestContext): Promise<TrustedDocuments | null> {
    return listOf(ctx, this.member);
  }
}

@Resolver(() => Member)
export class TrustResolver {
  @Classified('STRUCTURE')
  @Query(() => TrustedDocuments, {
    nullable: true,
    description:
      'The documents that a vendor’s machine may send; null when no list is kept, or not for you to know.',
  })
  trustedDocuments(
    @Arg('member', () => ID, { description: 'Id of the vendor’s member.' }) member: string,
    @Ctx() ctx: RequestContext,
  ): Promise<TrustedDocuments | null> {
    return listOf(ctx, requireId(member, ['member']));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => TrustedDocuments, {
    name: 'trustedDocuments',
    nullable: true,
    description: 'VENDOR: the documents that it may send; null when no list is kept, or not for you to know.',
  })
  ofMember(@Root() member: Member, @Ctx() ctx: RequestContext): Promise<TrustedDocuments | null> {
    return listOf(ctx, member.record.head.id);
  }

  @Classified('STRUCTURE')
  @Mutation(() => TrustedDocumentsPayload, {
    description:
      'Sets the documents that a vendor’s machine may send. For a REGISTRAR of the institution that it acts for, or a REGULATOR of the state.',
  })
  async trustDocuments(
    @Arg('input', () => TrustDocumentsInput, { description: 'The member and its whole list.' })
    input: TrustDocumentsInput,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<TrustedDocumentsPayload> {
    return new TrustedDocumentsPayload(await trustDocuments(ctx, info.schema, input), input.member);
  }
}
