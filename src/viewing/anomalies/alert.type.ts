/** Alerts about unusual access as GraphQL. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  connection,
  DateTimeScalar,
  enumOf,
  Node,
  RecordObject,
  registerEnum,
} from '../../api/index.js';
import { AnomalyRuleEnum } from '../access-policy/access-policy.type.js';
import type { AccessAlertValues } from './alert.kind.js';
import { ALERT_SUBJECTS } from './rules.js';

const AlertSubjectEnum = enumOf(ALERT_SUBJECTS);

registerEnum(AlertSubjectEnum, {
  name: 'AccessAlertSubject',
  description: 'Whom an alert about unusual access is about.',
  values: { MEMBER: 'A member that looked.', PATIENT: 'A patient who was looked at.' },
});

@ObjectType('AccessAlert', {
  implements: [RecordObject, Node],
  description:
    'Something unusual about who looked at what. For auditors; those about members for the state’s regulators too.',
})
export class AccessAlert extends RecordObject<AccessAlertValues> {
  @Classified('DIRECTORY')
  @Field(() => AnomalyRuleEnum, { description: 'The rule that raised it.' })
  get rule(): string {
    return this.record.values.rule;
  }

  @Classified('DIRECTORY')
  @Field(() => AlertSubjectEnum, { description: 'What `subjectId` is of.' })
  get subjectKind(): string {
    return this.record.values.subjectKind;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the member, or of the patient; it names no one.' })
  get subjectId(): string {
    return this.record.values.subject;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the member’s institution; null where it is about a patient.',
  })
  get institutionId(): string | null {
    return this.record.values.institution;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When the window begins in which it was counted.' })
  get from(): string {
    return this.record.values.from;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When that window ends.' })
  get to(): string {
    return this.record.values.to;
  }

  @Classified('DIRECTORY')
  @Field(() => Int, { description: 'How many are usual in a window.' })
  get most(): number {
    return this.record.values.most;
  }

  @Classified('DIRECTORY')
  @Field(() => Int, { description: 'How many there were when it was raised; more may have followed.' })
  get count(): number {
    return this.record.values.count;
  }

  @Classified('DIRECTORY')
  @Field(() => [BigIntScalar], {
    description:
      'Positions of the receipts that were counted, oldest first; the newest 100 where there are more.',
  })
  get receipts(): readonly bigint[] {
    return this.record.values.receipts.map(BigInt);
  }

  @Classified('DIRECTORY')
  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Position of the entry that says what is usual; null where the log has none.',
  })
  get policyIndex(): bigint | null {
    const { policy } = this.record.values;
    return policy === null ? null : BigInt(policy);
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'The rule and what happened, in words; it names nobody.' })
  get words(): string {
    return this.record.values.words;
  }
}

export const AccessAlertConnection = connection<AccessAlert>('AccessAlert', () => AccessAlert);
