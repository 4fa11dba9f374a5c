/** Patients as GraphQL. */
import { Field, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateTimeScalar,
  Node,
  PartialDateScalar,
  RecordObject,
  registerEnum,
  type ConnectionOf,
} from '../api/index.js';
import type { Loaded } from '../records/index.js';
import { enumOf, IdentifierType } from '../registry/index.js';
import { Coding } from './coding.type.js';
import { ALERT_CATEGORIES, ALERT_SEVERITIES, GENDERS, type PatientValues } from '../documents/index.js';
import { displayNameOf, isUnidentified } from './display-name.js';
import { Address, Contact, HumanName, Insurance } from './person.type.js';

export const GenderEnum = enumOf(GENDERS);
export const AlertCategoryEnum = enumOf(ALERT_CATEGORIES);
export const AlertSeverityEnum = enumOf(ALERT_SEVERITIES);

registerEnum(GenderEnum, {
  name: 'Gender',
  description: 'Administrative gender (HL7 FHIR R4, AdministrativeGender).',
  values: {
    MALE: 'Male.',
    FEMALE: 'Female.',
    OTHER: 'Neither male nor female.',
    UNKNOWN: 'Not known to who recorded it.',
  },
});
registerEnum(AlertCategoryEnum, {
  name: 'AlertCategory',
  description: 'What an alert is about.',
  values: {
    ALLERGY: 'An allergy or an intolerance.',
    MEDICATION: 'A medicine that is taken.',
    CONDITION: 'An illness or another condition.',
    DEVICE: 'A device in or on the body: a pacemaker, a pump.',
    OTHER: 'Anything else; its text says what.',
  },
});
registerEnum(AlertSeverityEnum, {
  name: 'AlertSeverity',
  description: 'How much harm not knowing can do.',
  values: {
    LOW: 'Little harm.',
    MODERATE: 'Harm that needs treatment.',
    HIGH: 'Serious or lasting harm, or death.',
  },
});

@ObjectType({ description: 'What harms a patient when it is not known: an allergy, a current medication, …' })
export class Alert {
  @Classified('STRUCTURE')
  @Field(() => AlertCategoryEnum, { description: 'What it is about.' })
  category: string;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The alert in words.' })
  text: string;

  @Classified('STRUCTURE')
  @Field(() => Coding, { nullable: true, description: 'The alert as a code.' })
  code: Coding | null;

  @Classified('STRUCTURE')
  @Field(() => AlertSeverityEnum, { nullable: true, description: 'How much harm not knowing can do.' })
  severity: string | null;
}

@ObjectType({
  implements: [RecordObject, Node],
  description: 'A person who is cared for; each person is one patient in the whole system.',
})
export class Patient extends RecordObject<PatientValues> {
  @Classified('IDENTITY')
  @Field(() => [IdentifierType], {
    nullable: true,
    description: 'Numbers that name the person: national, insurance, hospital numbers.',
  })
  get identifiers(): IdentifierType[] {
    return this.record.values.identifiers;
  }

  @Classified('IDENTITY')
  @Field(() => [HumanName], { nullable: true, description: 'Names, those in use first.' })
  get names(): HumanName[] {
    return this.record.values.names;
  }

  @Classified('IDENTITY')
  @Field(() => String, {
    nullable: true,
    description:
      'What to show as the name: the first one as it is written; of a person without names `Unidentified` and the end of the id.',
  })
  get displayName(): string {
    return displayNameOf(this.record);
  }

  @Classified('IDENTITY')
  @Field(() => Boolean, {
    nullable: true,
    description: 'Nobody knows yet who the person is: it has no identifiers.',
  })
  get unidentified(): boolean | null {
    return isUnidentified(this.record);
  }

  @Classified('IDENTITY')
  @Field(() => GenderEnum, { nullable: true, description: 'Administrative gender.' })
  get gender(): string | null {
    return this.record.values.gender;
  }

  @Classified('IDENTITY')
  @Field(() => PartialDateScalar, { nullable: true, description: 'Birth date, as precisely as it is known.' })
  get birthDate(): string | null {
    return this.record.values.birthDate;
  }

  @Classified('IDENTITY')
  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the person has died; null when it is not known.',
  })
  get deceased(): boolean | null {
    return this.record.values.deceased;
  }

  @Classified('IDENTITY')
  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person died.' })
  get deceasedAt(): string | null {
    return this.record.values.deceasedAt;
  }

  @Classified('IDENTITY')
  @Field(() => [Address], { nullable: true, description: 'Where the person lives or is written to.' })
  get addresses(): Address[] {
    return this.record.values.addresses;
  }

  @Classified('IDENTITY')
  @Field(() => [Contact], { nullable: true, description: 'How the person is reached.' })
  get contacts(): Contact[] {
    return this.record.values.contacts;
  }

  @Classified('IDENTITY')
  @Field(() => [Insurance], { nullable: true, description: 'Who pays for the person’s care.' })
  get insurance(): Insurance[] {
    return this.record.values.insurance;
  }

  @Classified('IDENTITY')
  @Field(() => Coding, { nullable: true, description: 'Marital status.' })
  get maritalStatus(): Coding | null {
    return this.record.values.maritalStatus;
  }

  @Classified('IDENTITY')
  @Field(() => String, {
    nullable: true,
    description: 'BCP 47 tag of the language to speak with the person.',
  })
  get language(): string | null {
    return this.record.values.language;
  }

  @Classified('CRITICAL')
  @Field(() => [Alert], { nullable: true, description: 'What harms the person when it is not known.' })
  get alerts(): Alert[] {
    return this.record.values.alerts;
  }

  @Classified('DIRECTORY')
  @Field(() => Boolean, { description: 'Entered in error: it stays on the log and counts no more.' })
  get retracted(): boolean {
    return this.record.values.retracted;
  }

  @Classified('IDENTITY')
  @Field(() => String, { nullable: true, description: 'Why it was retracted.' })
  get retractionReason(): string | null {
    return this.record.values.retractionReason;
  }
}

export const PatientConnection = connection<Patient>('Patient', () => Patient);

export type PatientPage = ConnectionOf<Patient>;

export function toPatient(record: Loaded<PatientValues>): Patient {
  return new Patient(record);
}
