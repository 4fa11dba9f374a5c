/** Inputs of subsidies, with the schemas that check them. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import {
  Classified,
  OrderDirectionEnum,
  registerEnum,
  UuidScalar,
  type OrderDirection,
  SignedField,
} from '../api/index.js';
import { MoneyInput } from '../registry/index.js';
import { maybe, text, uuid, whole } from '../standing/index.js';
import { SUBSIDY_STATES, type SubsidyState } from './lifecycle.js';
import { moneyInput } from './money.js';
import { SubsidyStateEnum } from './subsidy.type.js';

@InputType({
  description: 'A subsidy to propose. It is paid to the account that the payee has registered now.',
})
export class ProposeSubsidyInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'Id of the programme that pays.' })
  programme: string;

  @Field(() => UuidScalar, { description: 'Id of the institution that is paid.' })
  payee: string;

  @Field(() => MoneyInput, { description: 'How much, in the programme’s currency.' })
  amount: MoneyInput;

  @Field(() => String, { description: 'What for; at most 500 characters.' })
  purpose: string;
}

/** What every step of a subsidy's life takes. */
@InputType({ description: 'A step in a subsidy’s life.' })
class SubsidyStepInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The subsidy’s id.' })
  subsidy: string;

  @Field(() => Int, {
    description: 'The version that the client had in hand; CONFLICT if it isn’t the newest.',
  })
  expectedVersion: number;
}

@InputType({ description: 'An approval, by another member of the state than the proposer.' })
export class ApproveSubsidyInput extends SubsidyStepInput {}

@InputType({ description: 'A refusal of a proposed subsidy.' })
export class RejectSubsidyInput extends SubsidyStepInput {
  @Field(() => String, { description: 'Why; at most 500 characters.' })
  reason: string;
}

@InputType({ description: 'The payment of an approved subsidy, made at the bank.' })
export class DisburseSubsidyInput extends SubsidyStepInput {
  @Field(() => String, { description: 'The payment’s reference at the bank; at most 140 characters.' })
  reference: string;
}

@InputType({ description: 'The payee’s confirmation that the money has come.' })
export class ConfirmSubsidyInput extends SubsidyStepInput {}

@InputType({ description: 'Which subsidies to list; all conditions hold.' })
export class SubsidyFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Of this programme.' })
  programme?: string | null;

  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'To this institution.' })
  payee?: string | null;

  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Paid by this institution.' })
  payer?: string | null;

  @Classified('DIRECTORY')
  @Field(() => SubsidyStateEnum, { nullable: true, description: 'In this state.' })
  state?: SubsidyState | null;
}

export const SubsidyOrderFieldEnum = { RECORDED_AT: 'RECORDED_AT', AMOUNT: 'AMOUNT' } as const;

registerEnum(SubsidyOrderFieldEnum, {
  name: 'SubsidyOrderField',
  description: 'What subsidies are ordered by.',
  values: {
    RECORDED_AT: 'When they were proposed.',
    AMOUNT: 'Minor units, whatever the currency. For those who may copy the amount of each in the list.',
  },
});

@InputType({ description: 'An order of subsidies.' })
export class SubsidyOrder {
  @Classified('DIRECTORY')
  @Field(() => SubsidyOrderFieldEnum, { description: 'What they are ordered by.' })
  field: keyof typeof SubsidyOrderFieldEnum;

  @Classified('DIRECTORY')
  @Field(() => OrderDirectionEnum, { defaultValue: 'DESC', description: 'Which end comes first.' })
  direction: OrderDirection;
}

export const proposeSubsidyInput = z.object({
  requestId: uuid,
  programme: uuid,
  payee: uuid,
  amount: moneyInput,
  purpose: text(500),
});

const step = { requestId: uuid, subsidy: uuid, expectedVersion: whole(1, 2 ** 31 - 1) };

export const stepInput = z.object(step);
export const rejectSubsidyInput = z.object({ ...step, reason: text(500) });
export const disburseSubsidyInput = z.object({ ...step, reference: text(140) });

export const subsidyFilter = z.object({
  programme: maybe(uuid),
  payee: maybe(uuid),
  payer: maybe(uuid),
  state: maybe(z.enum(SUBSIDY_STATES)),
});
