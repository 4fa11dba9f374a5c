/** GraphQL types of programmes. */
import { Field, ObjectType } from 'type-graphql';
import { Classified, connection, DateScalar, Node, RecordObject } from '../api/index.js';
import { Money } from '../registry/index.js';
import type { ProgrammeValues } from './programme.kind.js';

@ObjectType('Programme', {
  implements: [RecordObject, Node],
  description:
    'What the state sets aside for subsidies. That it exists is open to members; its amounts aren’t.',
})
export class Programme extends RecordObject<ProgrammeValues> {
  @Classified('DIRECTORY')
  @Field(() => String, { description: 'Its code, unique in the whole system.' })
  get code(): string {
    return this.record.values.code;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'Its title.' })
  get title(): string {
    return this.record.values.title;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'ISO 4217 code of the one currency that it pays in.' })
  get currency(): string {
    return this.record.values.currency;
  }

  @Classified('DIRECTORY')
  @Field(() => DateScalar, { description: 'First day on which subsidies may be proposed and approved.' })
  get validFrom(): string {
    return this.record.values.validFrom;
  }

  @Classified('DIRECTORY')
  @Field(() => DateScalar, {
    nullable: true,
    description: 'Last day on which subsidies may be proposed and approved; null for no end.',
  })
  get validUntil(): string | null {
    return this.record.values.validUntil;
  }

  @Classified('FINANCIAL')
  @Field(() => Money, { nullable: true, description: 'All that it may pay.' })
  get budget(): Money | null {
    return new Money(BigInt(this.record.values.budget), this.record.values.currency);
  }
}

export const ProgrammeConnection = connection<Programme>('Programme', () => Programme);
