/** GraphQL type of subsidies. */
import { Field, ObjectType } from 'type-graphql';
import { Classified, connection, Node, RecordObject, registerEnum } from '../api/index.js';
import { BankAccountType, Money } from '../registry/index.js';
import type { SubsidyState } from './lifecycle.js';
import type { SubsidyValues } from './subsidy.kind.js';

export const SubsidyStateEnum = {
  PROPOSED: 'PROPOSED',
  APPROVED: 'APPROVED',
  REJECTED: 'REJECTED',
  DISBURSED: 'DISBURSED',
  CONFIRMED: 'CONFIRMED',
} as const satisfies { [S in SubsidyState]: S };

registerEnum(SubsidyStateEnum, {
  name: 'SubsidyState',
  description: 'Where a subsidy is in its life.',
  values: {
    PROPOSED: 'Proposed by a regulator of the payer; commits nothing yet.',
    APPROVED: 'Approved by another member of the state; its amount is committed.',
    REJECTED: 'Refused; an end.',
    DISBURSED: 'Paid out by the payer.',
    CONFIRMED: 'The payee has the money; an end.',
  },
});

@ObjectType('Subsidy', {
  implements: [RecordObject, Node],
  description:
    'One payment of a programme to an institution. Who gets one is open to members; how much isn’t.',
})
export class Subsidy extends RecordObject<SubsidyValues> {
  @Classified('DIRECTORY')
  @Field(() => SubsidyStateEnum, { description: 'Where it is in its life.' })
  get state(): SubsidyState {
    return this.record.values.state;
  }

  @Classified('FINANCIAL')
  @Field(() => Money, { nullable: true, description: 'How much.' })
  get amount(): Money | null {
    return new Money(BigInt(this.record.values.amount), this.record.values.currency);
  }

  @Classified('FINANCIAL')
  @Field(() => String, { nullable: true, description: 'What for.' })
  get purpose(): string | null {
    return this.record.values.purpose;
  }

  @Classified('FINANCIAL')
  @Field(() => String, {
    nullable: true,
    description: 'The payment’s reference at the bank; null until disbursed.',
  })
  get reference(): string | null {
    return this.record.values.reference;
  }

  @Classified('FINANCIAL')
  @Field(() => String, { nullable: true, description: 'Why it was rejected; null otherwise.' })
  get reason(): string | null {
    return this.record.values.reason;
  }

  @Classified('ACCOUNT')
  @Field(() => BankAccountType, {
    nullable: true,
    description: 'Where it is paid: the payee’s account as it was registered when the subsidy was proposed.',
  })
  get account(): BankAccountType | null {
    return this.record.values.account;
  }
}

export const SubsidyConnection = connection<Subsidy>('Subsidy', () => Subsidy);
