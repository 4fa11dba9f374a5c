/** Members: queries and mutations. `enrolMember` stands in the clinical domain, for it may name a patient. */
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
  type RequestContext,
} from '../api/index.js';
import { findInstitution } from './institution.service.js';
import { Institution, toInstitution } from './institution.type.js';
import { MemberFilter, ReinstateMemberInput, RotateKeyInput, SuspendMemberInput } from './member.input.js';
import { findMember, listMembers, reinstateMember, rotateKey, suspendMember } from './member.service.js';
import { Me, Member, MemberConnection, toMember, type MemberPage } from './member.type.js';

@ObjectType({ implements: MutationPayload, description: 'What a mutation of a member answers.' })
export class MemberPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Member, { nullable: true, description: 'The member as it is now.' })
  async member(@Ctx() ctx: RequestContext): Promise<Member | null> {
    const record = await findMember(ctx, this.accepted.id);
    return record === null ? null : toMember(record);
  }
}

@Resolver(() => Member)
export class MemberResolver {
  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => Me, { nullable: true, description: 'Who you are here; null without an access token.' })
  async me(@Ctx() ctx: RequestContext): Promise<Me | null> {
    const { caller } = ctx;
    if (caller === null) return null;
    const member = await findMember(ctx, caller.id);
    const institution = caller.institution === null ? null : await findInstitution(ctx, caller.institution);
    return new Me(
      member === null ? null : toMember(member),
      institution === null ? null : toInstitution(institution),
      [...caller.roles],
      caller.licensed,
    );
  }

  @Classified('STRUCTURE')
  @Query(() => Member, {
    nullable: true,
    description: 'The member of this id; null when there is none, or not for you to know.',
  })
  async member(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Member | null> {
    const record = await findMember(ctx, requireId(id, ['id']));
    return record === null ? null : toMember(record);
  }

  @Classified('STRUCTURE')
  @Query(() => MemberConnection, {
    nullable: true,
    description: 'The members that your institution keeps; for the state, those of all institutions.',
  })
  async members(
    @Arg('filter', () => MemberFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter: MemberFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<MemberPage> {
    return MemberConnection.from(await listMembers(ctx, filter ?? {}, pageOf(page)), toMember);
  }

  @Classified('STRUCTURE')
  @Mutation(() => MemberPayload, { description: 'Stops a member: it is refused at its next request.' })
  async suspendMember(
    @Arg('input', () => SuspendMemberInput, { description: 'The member, and why.' })
    input: SuspendMemberInput,
    @Ctx() ctx: RequestContext,
  ): Promise<MemberPayload> {
    return new MemberPayload(await suspendMember(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => MemberPayload, { description: 'Lets a suspended member act again.' })
  async reinstateMember(
    @Arg('input', () => ReinstateMemberInput, { description: 'The member, and why.' })
    input: ReinstateMemberInput,
    @Ctx() ctx: RequestContext,
  ): Promise<MemberPayload> {
    return new MemberPayload(await reinstateMember(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => MemberPayload, { description: 'Registers your new key in place of the one before.' })
  async rotateKey(
    @Arg('input', () => RotateKeyInput, { description: 'The member and its new key.' }) input: RotateKeyInput,
    @Ctx() ctx: RequestContext,
  ): Promise<MemberPayload> {
    return new MemberPayload(await rotateKey(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, {
    nullable: true,
    description: 'The institution that it acts for; null for a patient.',
  })
  async institution(@Root() member: Member, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    const id = member.record.values.institution;
    const record = id === null ? null : await findInstitution(ctx, id);
    return record === null ? null : toInstitution(record);
  }
}
