/** Which encounters to list, and in which order. */
import { Field, InputType } from 'type-graphql';
import {
  Classified,
  DateTimeScalar,
  OrderDirectionEnum,
  registerEnum,
  UuidScalar,
  type OrderDirection,
} from '../api/index.js';
import { enumOf } from '../registry/index.js';
import { EncounterClassEnum, EncounterStatusEnum } from './encounter.type.js';

@InputType({ description: 'A span of time.' })
export class TimeRange {
  @Field(() => DateTimeScalar, { nullable: true, description: 'Its beginning, included.' })
  from?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Its end, not included.' })
  to?: string | null;
}

@InputType({ description: 'Which encounters to list; all conditions must hold.' })
export class EncounterFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Those of this patient.' })
  patient?: string | null;

  @Classified('ADMINISTRATIVE')
  @Field(() => TimeRange, { nullable: true, description: 'Those that began in this span.' })
  start?: TimeRange | null;

  @Classified('ADMINISTRATIVE')
  @Field(() => EncounterClassEnum, { nullable: true, description: 'Those of this class.' })
  class?: string | null;

  @Classified('ADMINISTRATIVE')
  @Field(() => EncounterStatusEnum, { nullable: true, description: 'Those with this status.' })
  status?: string | null;
}

export const EncounterOrderEnum = enumOf(['START', 'RECORDED_AT']);

registerEnum(EncounterOrderEnum, {
  name: 'EncounterOrderField',
  description: 'What encounters are ordered by.',
  values: {
    START: 'When they began.',
    RECORDED_AT: 'When the current version was recorded.',
  },
});

@InputType({ description: 'How encounters are ordered.' })
export class EncounterOrder {
  @Field(() => EncounterOrderEnum, { description: 'By what.' })
  field: 'START' | 'RECORDED_AT';

  @Field(() => OrderDirectionEnum, { defaultValue: 'ASC', description: 'Which end comes first.' })
  direction: OrderDirection;
}
