/** Inputs of referrals, with the schemas that check them. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { DateTimeScalar, SignedField, UuidScalar, type SignedStatementInput } from '../../api/index.js';
import { maybe, moment, text, uuid } from '../../standing/index.js';

const REQUEST = 'The client’s id of this request; the same again gets the same receipt.';

@InputType({ description: 'A patient whom another institution is to treat.' })
export class ReferPatientInput {
  @Field(() => UuidScalar, { description: REQUEST })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The patient.' })
  patient: string;

  @Field(() => UuidScalar, { description: 'The institution that is to treat it.' })
  institution: string;

  @Field(() => DateTimeScalar, { description: 'Until when it may look, at most a year from now.' })
  validUntil: string;

  @Field(() => String, {
    nullable: true,
    description: 'What for, in at most 500 characters; nothing about the patient.',
  })
  reason?: string | null;
}

export const referPatientInput = z.object({
  requestId: uuid,
  patient: uuid,
  institution: uuid,
  validUntil: moment,
  reason: maybe(text(500)),
});

@InputType({ description: 'A one-time code with which a clinician may look at your records.' })
export class IssueAccessCodeInput {
  @Field(() => UuidScalar, { description: REQUEST })
  requestId: string;

  @Field(() => UuidScalar, { nullable: true, description: 'The patient; by default the one that you are.' })
  patient?: string | null;
}

@InputType({ description: 'A referral, or a code, that isn’t to open views any more.' })
export class EndReferralInput {
  @Field(() => UuidScalar, { description: REQUEST })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The referral.' })
  referral: string;
}
