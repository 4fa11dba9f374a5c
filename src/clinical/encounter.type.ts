/** Encounters as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateTimeScalar,
  Node,
  RecordObject,
  registerEnum,
  type ConnectionOf,
} from '../api/index.js';
import type { Loaded } from '../records/index.js';
import { enumOf, IdentifierType, Money } from '../registry/index.js';
import { Coding, PartialDateTimeScalar } from './coding.type.js';
import {
  CLINICAL_STATUSES,
  ENCOUNTER_CLASSES,
  ENCOUNTER_STATUSES,
  type EncounterValues,
  VERIFICATION_STATUSES,
} from '../documents/index.js';

export const EncounterClassEnum = enumOf(ENCOUNTER_CLASSES);
export const EncounterStatusEnum = enumOf(ENCOUNTER_STATUSES);
export const ClinicalStatusEnum = enumOf(CLINICAL_STATUSES);
export const VerificationStatusEnum = enumOf(VERIFICATION_STATUSES);

registerEnum(EncounterClassEnum, {
  name: 'EncounterClass',
  description: 'What kind of contact an encounter is (HL7 v3, ActEncounterCode).',
  values: {
    AMB: 'Ambulatory.',
    EMER: 'Emergency.',
    FLD: 'In the field: outside of institutions and homes.',
    HH: 'At the patient’s home.',
    IMP: 'Inpatient.',
    ACUTE: 'Inpatient, acute.',
    NONAC: 'Inpatient, not acute.',
    OBSENC: 'Observation.',
    PRENC: 'Before admission.',
    SS: 'Short stay.',
    VR: 'Virtual.',
  },
});
registerEnum(EncounterStatusEnum, {
  name: 'EncounterStatus',
  description:
    'How far an encounter is (HL7 FHIR R4, EncounterStatus; an encounter entered in error is retracted instead).',
  values: {
    PLANNED: 'It hasn’t begun.',
    ARRIVED: 'The patient is there and waits.',
    TRIAGED: 'The patient’s urgency was judged; treatment hasn’t begun.',
    IN_PROGRESS: 'It has begun.',
    ON_LEAVE: 'It has begun, and the patient is away for a time.',
    FINISHED: 'It has ended.',
    CANCELLED: 'It was called off before it began.',
    UNKNOWN: 'How far it is isn’t known.',
  },
});
registerEnum(ClinicalStatusEnum, {
  name: 'ClinicalStatus',
  description: 'How a condition stands (HL7 FHIR R4, Condition Clinical Status Codes).',
  values: {
    ACTIVE: 'The patient has it.',
    RECURRENCE: 'It came back after it was resolved.',
    RELAPSE: 'It came back or got worse after it was better.',
    INACTIVE: 'The patient doesn’t have it now.',
    REMISSION: 'Its signs are gone; it may come back.',
    RESOLVED: 'It is over, and isn’t expected back.',
  },
});
registerEnum(VerificationStatusEnum, {
  name: 'VerificationStatus',
  description: 'How certain a condition is (HL7 FHIR R4, ConditionVerificationStatus).',
  values: {
    UNCONFIRMED: 'Not enough is known to be certain.',
    PROVISIONAL: 'Assumed while it is looked into.',
    DIFFERENTIAL: 'One of several that are possible.',
    CONFIRMED: 'Certain enough to treat it.',
    REFUTED: 'Ruled out.',
    ENTERED_IN_ERROR: 'Recorded by mistake.',
  },
});

@ObjectType({ description: 'Who treated.' })
export class Practitioner {
  @Classified('STRUCTURE')
  @Field(() => IdentifierType, { nullable: true, description: 'The practitioner’s number in a register.' })
  identifier: IdentifierType | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'The practitioner’s name.' })
  name: string | null;
}

@ObjectType({ description: 'A condition that was found or treated.' })
export class Diagnosis {
  @Classified('STRUCTURE')
  @Field(() => Coding, { description: 'What the condition is.' })
  code: Coding;

  @Classified('STRUCTURE')
  @Field(() => ClinicalStatusEnum, { nullable: true, description: 'How it stands.' })
  clinicalStatus: string | null;

  @Classified('STRUCTURE')
  @Field(() => VerificationStatusEnum, { nullable: true, description: 'How certain it is.' })
  verificationStatus: string | null;

  @Classified('STRUCTURE')
  @Field(() => PartialDateTimeScalar, { nullable: true, description: 'When it began.' })
  onset: string | null;

  @Classified('STRUCTURE')
  @Field(() => PartialDateTimeScalar, { nullable: true, description: 'When it ended.' })
  abatement: string | null;

  @Classified('STRUCTURE')
  @Field(() => PartialDateTimeScalar, {
    nullable: true,
    description: 'When it was first recorded, by the source.',
  })
  recordedAt: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Free text about it.' })
  note: string | null;
}

@ObjectType({
  implements: [RecordObject, Node],
  description: 'A patient’s contact with an institution, which provided it and keeps the record.',
})
export class Encounter extends RecordObject<EncounterValues> {
  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'The patient’s id; it names no one.' })
  get patientId(): string {
    return this.record.values.patient;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => EncounterClassEnum, { nullable: true, description: 'What kind of contact it is.' })
  get class(): string {
    return this.record.values.class;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => EncounterStatusEnum, { nullable: true, description: 'How far it is.' })
  get status(): string {
    return this.record.values.status;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => Coding, { nullable: true, description: 'The service that was provided.' })
  get serviceCode(): Coding | null {
    return this.record.values.serviceCode;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it began, or is planned to.' })
  get start(): string {
    return this.record.values.start;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it goes on.' })
  get end(): string | null {
    return this.record.values.end;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => Practitioner, { nullable: true, description: 'Who treated.' })
  get practitioner(): Practitioner | null {
    return this.record.values.practitioner;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => Money, { nullable: true, description: 'What it cost.' })
  get cost(): Money | null {
    const { cost } = this.record.values;
    return cost === null ? null : new Money(BigInt(cost.amount), cost.currency);
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => String, { nullable: true, description: 'Who pays for it.' })
  get payer(): string | null {
    return this.record.values.payer;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => IdentifierType, { nullable: true, description: 'The institution’s own number of it.' })
  get identifier(): IdentifierType | null {
    return this.record.values.identifier;
  }

  @Classified('CLINICAL')
  @Field(() => [Coding], { nullable: true, description: 'Why the patient came.' })
  get reason(): Coding[] {
    return this.record.values.reason;
  }

  @Classified('CLINICAL')
  @Field(() => [Diagnosis], {
    nullable: true,
    description: 'What was found or treated, the chief one first.',
  })
  get diagnoses(): Diagnosis[] {
    return this.record.values.diagnoses;
  }

  @Classified('CLINICAL')
  @Field(() => Coding, { nullable: true, description: 'How it came out.' })
  get outcome(): Coding | null {
    return this.record.values.outcome;
  }

  @Classified('CLINICAL')
  @Field(() => String, { nullable: true, description: 'Free text of the clinician.' })
  get note(): string | null {
    return this.record.values.note;
  }

  @Classified('DIRECTORY')
  @Field(() => Boolean, { description: 'Entered in error: it stays on the log and counts no more.' })
  get retracted(): boolean {
    return this.record.values.retracted;
  }

  @Classified('ADMINISTRATIVE')
  @Field(() => String, { nullable: true, description: 'Why it was retracted.' })
  get retractionReason(): string | null {
    return this.record.values.retractionReason;
  }
}

export const EncounterConnection = connection<Encounter>('Encounter', () => Encounter);

export type EncounterPage = ConnectionOf<Encounter>;

export function toEncounter(record: Loaded<EncounterValues>): Encounter {
  return new Encounter(record);
}
