/** Sums of money as GraphQL, shared by the domains. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified } from '../api/index.js';

@ObjectType('Money', { description: 'An amount of money. Never a fraction: minor units of its currency.' })
export class Money {
  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'How much, in minor units (cents, kopecks, …) of the currency.' })
  readonly amount: bigint;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'ISO 4217 code, for example `EUR`.' })
  readonly currency: string;

  constructor(amount: bigint, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

@InputType({ description: 'An amount of money.' })
export class MoneyInput {
  @Field(() => BigIntScalar, { description: 'How much, in minor units (cents, kopecks, …) of the currency.' })
  amount: bigint;

  @Field(() => String, { description: 'ISO 4217 code in capital letters, for example `EUR`.' })
  currency: string;
}
