/** What enrolling, suspending and listing members takes. */
import { Field, InputType, Int } from 'type-graphql';
import type { SignedStatementInput } from '../api/index.js';
import { Base64Scalar, Classified, RoleEnum, SignedField, UuidScalar } from '../api/index.js';
import { MemberStateEnum } from './member.type.js';

@InputType({
  description:
    'A new member. By a REGULATOR of the state for any institution, by an institution’s REGISTRAR for its own, with the role PATIENT by a REGISTRAR of the institution that keeps the patient’s record.',
})
export class EnrolMemberInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, {
    nullable: true,
    description: 'The institution it acts for; none for a PATIENT.',
  })
  institution?: string | null;

  @Field(() => String, {
    description: 'The `sub` of its access tokens; at most 255 characters. No other member may have it.',
  })
  subject: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Its name; at most 200 characters. Not kept for a PATIENT, whose name stands in the patient’s record.',
  })
  name?: string | null;

  @Field(() => [RoleEnum], {
    description:
      'What it does. REGULATOR and AUDITOR only in an authority, given by the state; PATIENT alone.',
  })
  roles: string[];

  @Field(() => Base64Scalar, {
    nullable: true,
    description: 'Its own Ed25519 public key, 32 bytes; none: its institution’s delegated key signs for it.',
  })
  publicKey?: Uint8Array | null;

  @Field(() => UuidScalar, {
    nullable: true,
    description: 'The patient that it is; with the role PATIENT only.',
  })
  patient?: string | null;
}

@InputType({ description: 'Which member may no longer act. For whoever may enrol it.' })
export class SuspendMemberInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The member.' })
  member: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version you saw; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => String, { description: 'Why; at most 500 characters.' })
  reason: string;
}

@InputType({ description: 'Which suspended member may act again. For whoever may enrol it.' })
export class ReinstateMemberInput extends SuspendMemberInput {}

@InputType({ description: 'A new key of a member. For the member itself.' })
export class RotateKeyInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The member.' })
  member: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version you saw; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => Base64Scalar, { description: 'Its new Ed25519 public key, 32 bytes; the one before ends.' })
  publicKey: Uint8Array;
}

@InputType({ description: 'Which members to list; all conditions must hold.' })
export class MemberFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Those who act for this institution.' })
  institution?: string | null;

  @Classified('DIRECTORY')
  @Field(() => RoleEnum, { nullable: true, description: 'Those who have this role.' })
  role?: string | null;

  @Classified('DIRECTORY')
  @Field(() => MemberStateEnum, { nullable: true, description: 'Those in this state.' })
  state?: string | null;
}
