/** Consents as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateTimeScalar,
  enumOf,
  Node,
  RecordObject,
  registerEnum,
} from '../../api/index.js';
import { CONSENT_GIVERS, CONSENT_STATES, RESTRICTABLE, type ConsentValues } from '../../documents/index.js';
import { CONSENT_TYPES } from '../../records/index.js';

export const ConsentTypeEnum = enumOf(CONSENT_TYPES);
export const ConsentStateEnum = enumOf(CONSENT_STATES);
export const ConsentGiverEnum = enumOf(CONSENT_GIVERS);
export const RestrictablePurposeEnum = enumOf(RESTRICTABLE);

registerEnum(ConsentTypeEnum, {
  name: 'ConsentType',
  description: 'What a patient decides about its records.',
  values: {
    COPY_GRANT: 'An institution may copy them: transfer of care.',
    VIEW_RESTRICTION: 'An institution, or every one but the custodian of a record, may not see them.',
    LABEL_GRANT: 'An institution may use specially protected records of one label as it may use others.',
    REPRESENTATIVE: 'Another person, by its own login, acts for the patient.',
  },
});

registerEnum(ConsentStateEnum, {
  name: 'ConsentState',
  description:
    'Whether a consent stands. One whose `validUntil` has come is in force no more, whatever this says.',
  values: { GRANTED: 'It was given and not revoked.', REVOKED: 'It was revoked.' },
});

registerEnum(ConsentGiverEnum, {
  name: 'ConsentGiver',
  description: 'As whom a consent was given or revoked.',
  values: {
    PATIENT: 'As the patient itself.',
    REPRESENTATIVE: 'As somebody whom the patient appointed.',
    REGISTRAR: 'By a registrar of the patient’s custodian, from a paper that the patient signed.',
  },
});

registerEnum(RestrictablePurposeEnum, {
  name: 'RestrictablePurpose',
  description: 'Purposes of use that a patient can forbid. An emergency can’t be forbidden.',
  values: {
    TREATMENT: 'Treating the patient.',
    COVERAGE: 'Telling who pays.',
    AUDIT: 'Auditing what was done.',
  },
});

@ObjectType('Consent', {
  implements: [RecordObject, Node],
  description:
    'What a patient decided about its records. The patient and its representatives see all of them; an institution sees what it was granted, never a restriction.',
})
export class Consent extends RecordObject<ConsentValues> {
  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the patient.' })
  get patientId(): string {
    return this.record.values.patient;
  }

  @Classified('DIRECTORY')
  @Field(() => ConsentTypeEnum, { description: 'What it decides.' })
  get type(): string {
    return this.record.values.type;
  }

  @Classified('DIRECTORY')
  @Field(() => [RestrictablePurposeEnum], {
    description: 'Of a restriction: the purposes that it forbids; empty for others.',
  })
  get purposes(): readonly string[] {
    return this.record.values.purposes;
  }

  @Classified('CLINICAL')
  @Field(() => String, { nullable: true, description: 'Of a LABEL_GRANT: the label of the records.' })
  get label(): string | null {
    return this.record.values.label;
  }

  @Classified('IDENTITY')
  @Field(() => ID, {
    nullable: true,
    description: 'Of a REPRESENTATIVE: the member who acts for the patient.',
  })
  get representativeId(): string | null {
    return this.record.values.representative;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it ends by itself; null: when it is revoked.',
  })
  get validUntil(): string | null {
    return this.record.values.validUntil;
  }

  @Classified('DIRECTORY')
  @Field(() => ConsentStateEnum, { description: 'Whether it stands.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'The member who gave it.' })
  get grantedBy(): string {
    return this.record.values.grantedBy;
  }

  @Classified('DIRECTORY')
  @Field(() => ConsentGiverEnum, { description: 'As whom that member gave it.' })
  get grantedAs(): string {
    return this.record.values.grantedAs;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => String, {
    nullable: true,
    description:
      'The institution’s name for the paper that the patient signed, where a registrar recorded it.',
  })
  get paper(): string | null {
    return this.record.values.paper;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { nullable: true, description: 'The member who revoked it.' })
  get revokedBy(): string | null {
    return this.record.values.revokedBy;
  }

  @Classified('DIRECTORY')
  @Field(() => ConsentGiverEnum, { nullable: true, description: 'As whom that member revoked it.' })
  get revokedAs(): string | null {
    return this.record.values.revokedAs;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => String, {
    nullable: true,
    description: 'The institution’s name for the paper on which the patient revoked it.',
  })
  get revokedPaper(): string | null {
    return this.record.values.revokedPaper;
  }
}

export const ConsentConnection = connection<Consent>('Consent', () => Consent);
