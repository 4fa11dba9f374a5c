/** Accesses to a patient's file as GraphQL. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  connection,
  DateTimeScalar,
  RELATED,
  type ConnectionOf,
  type HasRelations,
  type Related,
} from '../../api/index.js';
import { PurposeEnum } from '../views/purposes.js';
import { EvidenceKindEnum } from '../views/view.input.js';
import { AccessActEnum, PersonalClassEnum, ReadRelationEnum } from './access.enums.js';
import { cursorOf, type AccessPage } from './access.service.js';
import type { Accessed } from './accessed.js';

@ObjectType('Access', {
  description:
    'That somebody looked at a patient’s file, read values of it, or looked the patient up by identifier.',
})
export class Access implements HasRelations {
  /** @param others further lines of the same batch, where an event tells several */
  constructor(
    readonly accessed: Accessed,
    readonly others: readonly Accessed[] = [],
  ) {}

  get [RELATED](): Related {
    return { relations: this.accessed.relations };
  }

  @Classified('DIRECTORY')
  @Field(() => AccessActEnum, { description: 'What was done.' })
  get act(): string {
    return this.accessed.act;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When; of several reads the first.' })
  get time(): string {
    return this.accessed.from;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When the last of several reads was; else as `time`.' })
  get until(): string {
    return this.accessed.to;
  }

  @Classified('DIRECTORY')
  @Field(() => Int, { description: 'In how many answers values were, from `time` until `until`; else 1.' })
  get times(): number {
    return this.accessed.times;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { nullable: true, description: 'Id of the file; a person may have several, linked.' })
  get patientId(): string | null {
    return this.accessed.patient;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the member who looked.' })
  get memberId(): string {
    return this.accessed.member;
  }

  @Classified('DIRECTORY')
  @Field(() => PurposeEnum, { nullable: true, description: 'What for; null of a lookup and of reads.' })
  get purpose(): string | null {
    return this.accessed.view?.values.purpose ?? null;
  }

  @Classified('DIRECTORY')
  @Field(() => ReadRelationEnum, {
    nullable: true,
    description: 'By what whoever read may copy values; null of what wasn’t read.',
  })
  get relation(): string | null {
    return this.accessed.relation;
  }

  @Classified('DIRECTORY')
  @Field(() => [PersonalClassEnum], { description: 'What was read, by class; of nothing else.' })
  get classes(): readonly string[] {
    return this.accessed.classes;
  }

  @Classified('DIRECTORY')
  @Field(() => EvidenceKindEnum, {
    nullable: true,
    description: 'On what evidence that it treats the patient.',
  })
  get evidence(): string | null {
    return this.accessed.view?.values.evidence ?? null;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'Why, in an emergency.' })
  get reason(): string | null {
    return this.accessed.view?.values.reason ?? null;
  }

  @Classified('DIRECTORY')
  @Field(() => BigIntScalar, {
    description: 'Index on the log of its receipt, or of the batch that holds the reads.',
  })
  get index(): bigint {
    return this.accessed.place.index;
  }

  @Classified('DIRECTORY')
  @Field(() => [Access], {
    description:
      'Of an event of `accessToMe`: the person’s other reads that the same batch holds, which have no event of their own. Else empty.',
  })
  get sameBatch(): readonly Access[] {
    return this.others.map((other) => new Access(other));
  }
}

export const AccessConnection = connection<Access>('Access', () => Access);

export function toConnection({ accesses, ...more }: AccessPage): ConnectionOf<Access> {
  return AccessConnection.of(
    accesses.map((accessed) => ({ cursor: cursorOf(accessed), node: new Access(accessed) })),
    more,
  );
}
