/** Accesses to a patient's file as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
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
import { ViewActEnum } from '../views/view.type.js';
import { cursorOf, type AccessPage, type AccessRecord } from './access.service.js';

@ObjectType('Access', {
  description: 'That somebody looked at a patient’s file, or looked the patient up by identifier.',
})
export class Access implements HasRelations {
  constructor(readonly record: AccessRecord) {}

  get [RELATED](): Related {
    return { relations: this.record.relations, kind: this.record.kind };
  }

  @Classified('DIRECTORY')
  @Field(() => ViewActEnum, { description: 'What was done.' })
  get act(): string {
    return this.record.values.act;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When.' })
  get time(): string {
    return this.record.values.openedAt;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { nullable: true, description: 'Id of the file; a person may have several, linked.' })
  get patientId(): string | null {
    return this.record.values.patient;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the member who looked.' })
  get memberId(): string {
    return this.record.values.member;
  }

  @Classified('DIRECTORY')
  @Field(() => PurposeEnum, { nullable: true, description: 'What for; null of a lookup.' })
  get purpose(): string | null {
    return this.record.values.purpose;
  }

  @Classified('DIRECTORY')
  @Field(() => EvidenceKindEnum, {
    nullable: true,
    description: 'On what evidence that it treats the patient.',
  })
  get evidence(): string | null {
    return this.record.values.evidence;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'Why, in an emergency.' })
  get reason(): string | null {
    return this.record.values.reason;
  }

  @Classified('DIRECTORY')
  @Field(() => BigIntScalar, { description: 'Index of its receipt on the log.' })
  get index(): bigint {
    return this.record.anchor.index;
  }
}

export const AccessConnection = connection<Access>('Access', () => Access);

export function toConnection({ records, ...more }: AccessPage): ConnectionOf<Access> {
  return AccessConnection.of(
    records.map((record) => ({ cursor: cursorOf(record), node: new Access(record) })),
    more,
  );
}
