/** What changing a policy takes. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../../api/index.js';
import { RoleEnum, SignedField, UuidScalar } from '../../api/index.js';
import { maybe, whole } from '../../standing/index.js';
import { PolicyRuleEnum } from './policy.type.js';

const LARGEST_VERSION = 2 ** 31 - 1;

@InputType({
  description:
    'What is required in a situation from now on. For a REGULATOR of the state; endorsed as the policy of `policy.change` and the one that it replaces say (schema/uploads.md).',
})
export class ChangePolicyInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => String, {
    description: 'What it is about: an operation, or one of the finer situations that `requirements` lists.',
  })
  situation: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version you saw, 0 for none; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => PolicyRuleEnum, { description: 'Who approves.' })
  rule: string;

  @Field(() => RoleEnum, {
    nullable: true,
    description:
      'ROLE: the role that approves. INSTITUTIONS: the role with which an institution is spoken for.',
  })
  role?: string | null;

  @Field(() => [UuidScalar], {
    nullable: true,
    description:
      'INSTITUTIONS: those that approve, 1 to 64. ROLE: whose members alone count; all by default.',
  })
  institutions?: string[] | null;

  @Field(() => UuidScalar, { nullable: true, description: 'PERSON: the member who approves.' })
  person?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many approve, 1 to 16; 1 by default, and 0 for AUTOMATIC.',
  })
  count?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds after its asking before which nothing is confirmed, at most 28 days; 0 by default.',
  })
  waitSeconds?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether who uploads counts as one who approves, where it qualifies; false by default.',
  })
  ownCounts?: boolean | null;

  @Field(() => String, { description: 'Why; at most 500 characters, and nothing about a person.' })
  reason: string;
}

/** Beside the policy's own values, which their schema checks. */
export const changePolicyInput = z.object({ expectedVersion: maybe(whole(0, LARGEST_VERSION)) });
