/** Requests for erasure as GraphQL, and what every record says of what was erased of it. */
import { Field, ID, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified, connection, Node, RecordObject, registerEnum } from '../api/index.js';
import { enumOf } from '../registry/index.js';
import { ERASURE_STATES, type ErasureValues } from './erasure.kind.js';
import { ErasableKindEnum, type HoldableName } from './subject.js';

export const ErasureStateEnum = enumOf(ERASURE_STATES);

registerEnum(ErasureStateEnum, {
  name: 'ErasureState',
  description: 'What became of a request for erasure.',
  values: {
    REQUESTED: 'It awaits a regulator’s decision.',
    CONFIRMED: 'It was confirmed, and what it names is erased.',
    REFUSED: 'It was refused.',
  },
});

@ObjectType('Erasure', {
  implements: [RecordObject, Node],
  description: 'What an institution asked to be erased, and what a regulator of the state decided.',
})
export class Erasure extends RecordObject<ErasureValues> {
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
  @Field(() => [String], { nullable: true, description: 'Names of the fields; null for the whole record.' })
  get fields(): readonly string[] | null {
    return this.record.values.fields;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'The law or the request that it is done by.' })
  get legalBasis(): string {
    return this.record.values.legalBasis;
  }

  @Classified('DIRECTORY')
  @Field(() => ErasureStateEnum, { description: 'What became of it.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'Why it was refused.' })
  get refusal(): string | null {
    return this.record.values.refusal;
  }
}

export const ErasureConnection = connection<Erasure>('Erasure', () => Erasure);

@ObjectType('Erased', {
  description: 'What was erased of a record: these fields answer null, for everybody.',
})
export class ErasedObject {
  @Classified('STRUCTURE')
  @Field(() => [String], { description: 'Names of the erased sealed fields.' })
  readonly fields: readonly string[];

  @Classified('STRUCTURE')
  @Field(() => Boolean, {
    description: 'Everything is gone but what places the record; it takes no change any more.',
  })
  readonly whole: boolean;

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Position of the newest erasure’s entry on the log.',
  })
  readonly index: bigint | null;

  constructor(fields: readonly string[], whole: boolean, index: bigint | null) {
    this.fields = fields;
    this.whole = whole;
    this.index = index;
  }
}
