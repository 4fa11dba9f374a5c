/** Holds as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Classified, connection, Node, RecordObject, registerEnum } from '../api/index.js';
import { enumOf } from '../registry/index.js';
import { HOLD_STATES, type HoldValues } from './hold.kind.js';
import { ErasableKindEnum, type HoldableName } from './subject.js';

export const HoldStateEnum = enumOf(HOLD_STATES);

registerEnum(HoldStateEnum, {
  name: 'HoldState',
  description: 'Whether a hold stands.',
  values: { PLACED: 'It stands: nothing of the record is erased.', RELEASED: 'It was released.' },
});

@ObjectType('Hold', {
  implements: [RecordObject, Node],
  description: 'That a record must not be erased; by the institution that is its custodian.',
})
export class Hold extends RecordObject<HoldValues> {
  @Classified('DIRECTORY')
  @Field(() => ErasableKindEnum, { description: 'What the record is.' })
  get kind(): HoldableName {
    return this.record.values.kind;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the record; it names no one.' })
  get recordId(): string {
    return this.record.values.record;
  }

  @Classified('DIRECTORY')
  @Field(() => HoldStateEnum, { description: 'Whether it stands.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'Why it was placed.' })
  get reason(): string {
    return this.record.values.reason;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'Why it was released.' })
  get releaseReason(): string | null {
    return this.record.values.releaseReason;
  }
}

export const HoldConnection = connection<Hold>('Hold', () => Hold);
