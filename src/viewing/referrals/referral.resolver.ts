/** GraphQL operations of referrals. */
import {
  Arg,
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
  DateTimeScalar,
  MutationPayload,
  requireId,
  type RequestContext,
} from '../../api/index.js';
import { findInstitution, Institution, toInstitution } from '../../registry/index.js';
import { EndReferralInput, IssueAccessCodeInput, ReferPatientInput } from './referral.input.js';
import {
  endReferral,
  findReferral,
  issueAccessCode,
  referPatient,
  type IssuedCode,
} from './referral.service.js';
import { Referral } from './referral.type.js';

async function referralOf(ctx: RequestContext, id: string): Promise<Referral | null> {
  const record = await findReferral(ctx, id);
  return record === null ? null : new Referral(record);
}

@ObjectType({ implements: MutationPayload, description: 'What a mutation of a referral answers.' })
export class ReferralPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Referral, { nullable: true, description: 'The referral as it is now.' })
  referral(@Ctx() ctx: RequestContext): Promise<Referral | null> {
    return referralOf(ctx, this.accepted.id);
  }
}

@ObjectType({ implements: MutationPayload, description: 'A one-time code of a patient’s.' })
export class AccessCodePayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => String, {
    nullable: true,
    description: 'The code. Shown this once: null when the same request is sent again.',
  })
  readonly code: string | null;

  @Classified('STRUCTURE')
  @Field(() => DateTimeScalar, { description: 'Until when it opens one view.' })
  readonly expiresAt: string;

  constructor({ accepted, code, expires }: IssuedCode) {
    super(accepted);
    this.code = code;
    this.expiresAt = expires;
  }

  @Classified('STRUCTURE')
  @Field(() => Referral, { nullable: true, description: 'What it stands for on the log.' })
  referral(@Ctx() ctx: RequestContext): Promise<Referral | null> {
    return referralOf(ctx, this.accepted.id);
  }
}

@Resolver(() => Referral)
export class ReferralResolver {
  @Classified('STRUCTURE')
  @Query(() => Referral, {
    nullable: true,
    description: 'A referral; null when there is none for you to see.',
  })
  referral(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<Referral | null> {
    return referralOf(ctx, requireId(id, ['id']));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, {
    nullable: true,
    description: 'The institution that is to treat the patient; null: whoever has the code.',
  })
  async recipient(@Root() { record }: Referral, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    const id = record.values.recipient;
    const found = id === null ? null : await findInstitution(ctx, id);
    return found === null ? null : toInstitution(found);
  }

  @Classified('STRUCTURE')
  @Mutation(() => ReferralPayload, {
    description:
      'Lets another institution look at a patient’s records to treat it. For a CLINICIAN of an institution that keeps or treats the patient.',
  })
  async referPatient(
    @Arg('input', () => ReferPatientInput, { description: 'The patient, to whom, until when.' })
    input: ReferPatientInput,
    @Ctx() ctx: RequestContext,
  ): Promise<ReferralPayload> {
    return new ReferralPayload(await referPatient(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => AccessCodePayload, {
    description: 'A one-time code with which one clinician may open one view of your records, for a day.',
  })
  async issueAccessCode(
    @Arg('input', () => IssueAccessCodeInput, { description: 'For whom.' }) input: IssueAccessCodeInput,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessCodePayload> {
    return new AccessCodePayload(await issueAccessCode(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ReferralPayload, {
    description: 'Ends a referral or a code. For the institution that made it, and for the patient.',
  })
  async endReferral(
    @Arg('input', () => EndReferralInput, { description: 'Which.' }) input: EndReferralInput,
    @Ctx() ctx: RequestContext,
  ): Promise<ReferralPayload> {
    return new ReferralPayload(await endReferral(ctx, input));
  }
}
