/** Inputs of consents, with the schemas that check them. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../../api/index.js';
import { DateTimeScalar, SignedField, UuidScalar } from '../../api/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import { ConsentTypeEnum, RestrictablePurposeEnum } from './consent.type.js';

@InputType({ description: 'That a registrar records what the patient signed on paper.' })
export class PaperConsentInput {
  @Field(() => String, {
    description:
      'Your institution’s name for the paper, by which it is found; at most 200 characters, nothing about the patient.',
  })
  reference: string;
}

@InputType({
  description:
    'What a patient decides: by its own login, by its representative’s, or recorded from paper by a REGISTRAR of its custodian (`recordedFor`).',
})
export class GrantConsentInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The patient.' })
  patient: string;

  @Field(() => ConsentTypeEnum, { description: 'What is decided.' })
  type: string;

  @Field(() => UuidScalar, {
    nullable: true,
    description:
      'COPY_GRANT and LABEL_GRANT: the hospital or clinic. VIEW_RESTRICTION: which may not see; null: none but each record’s custodian.',
  })
  institution?: string | null;

  @Field(() => [RestrictablePurposeEnum], {
    nullable: true,
    description: 'VIEW_RESTRICTION: what for; all by default.',
  })
  purposes?: string[] | null;

  @Field(() => String, { nullable: true, description: 'LABEL_GRANT: the label of the records, exactly.' })
  label?: string | null;

  @Field(() => UuidScalar, {
    nullable: true,
    description: 'REPRESENTATIVE: the member, a person with the role PATIENT and a login of its own.',
  })
  representative?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends by itself; a moment to come.' })
  validUntil?: string | null;

  @Field(() => PaperConsentInput, {
    nullable: true,
    description:
      'For a REGISTRAR: the patient signed it on paper. It opens your own institution’s records alone.',
  })
  recordedFor?: PaperConsentInput | null;
}

const paper = z.object({ reference: text(200) });

export const grantConsentInput = z.object({
  requestId: uuid,
  patient: uuid,
  recordedFor: maybe(paper),
});

@InputType({
  description: 'Which consent is revoked: by the patient or its representative, or by a REGISTRAR as below.',
})
export class RevokeConsentInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The consent.' })
  consent: string;

  @Field(() => PaperConsentInput, {
    nullable: true,
    description:
      'For a REGISTRAR whose institution recorded the consent: the paper on which the patient revoked it.',
  })
  recordedFor?: PaperConsentInput | null;
}

export const revokeConsentInput = z.object({ requestId: uuid, consent: uuid, recordedFor: maybe(paper) });
