/** Referrals as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Classified, DateTimeScalar, enumOf, Node, RecordObject, registerEnum } from '../../api/index.js';
import { REFERRAL_STATES, type ReferralValues } from './referral.kind.js';

export const ReferralStateEnum = enumOf(REFERRAL_STATES);

registerEnum(ReferralStateEnum, {
  name: 'ReferralState',
  description: 'Whether a referral opens views.',
  values: { OPEN: 'It does, until its end.', ENDED: 'It was ended.' },
});

@ObjectType('Referral', {
  implements: [RecordObject, Node],
  description:
    'That somebody is to treat a patient and may look at its records for that: an institution, or whoever has a one-time code of the patient’s.',
})
export class Referral extends RecordObject<ReferralValues> {
  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the patient; it names no one.' })
  get patientId(): string {
    return this.record.values.patient;
  }

  @Classified('DIRECTORY')
  @Field(() => ReferralStateEnum, { description: 'Whether it opens views.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'Until when it does.' })
  get validUntil(): string {
    return this.record.values.validUntil;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'What for.' })
  get reason(): string | null {
    return this.record.values.reason;
  }
}
