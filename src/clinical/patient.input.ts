/** What registering, amending and listing patients takes. */
import { Field, InputType, Int } from 'type-graphql';
import type { SignedStatementInput } from '../api/index.js';
import {
  Classified,
  DateScalar,
  DateTimeScalar,
  OrderDirectionEnum,
  PartialDateScalar,
  registerEnum,
  UuidScalar,
  type OrderDirection,
  SignedField,
} from '../api/index.js';
import { enumOf, IdentifierInput } from '../registry/index.js';
import { CodingInput } from './coding.type.js';
import { AlertCategoryEnum, AlertSeverityEnum, GenderEnum } from './patient.type.js';
import { AddressInput, ContactInput, HumanNameInput, InsuranceInput } from './person.input.js';

@InputType({ description: 'What harms a patient when it is not known.' })
export class AlertInput {
  @Field(() => AlertCategoryEnum, { description: 'What it is about.' })
  category: string;

  @Field(() => String, { description: 'The alert in words; at most 500 characters.' })
  text: string;

  @Field(() => CodingInput, { nullable: true, description: 'The alert as a code.' })
  code?: CodingInput | null;

  @Field(() => AlertSeverityEnum, { nullable: true, description: 'How much harm not knowing can do.' })
  severity?: string | null;
}

/** What registering and amending a patient have in common. */
@InputType()
abstract class PatientFacts {
  @Field(() => [HumanNameInput], { nullable: true, description: 'Names, those in use first; at most 16.' })
  names?: HumanNameInput[] | null;

  @Field(() => GenderEnum, { nullable: true, description: 'Administrative gender.' })
  gender?: string | null;

  @Field(() => PartialDateScalar, {
    nullable: true,
    description: 'Birth date, as precisely as it is known; not in the future.',
  })
  birthDate?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the person has died.' })
  deceased?: boolean | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the person died: not before birth, not in the future.',
  })
  deceasedAt?: string | null;

  @Field(() => [AddressInput], {
    nullable: true,
    description: 'Where the person lives or is written to; at most 16.',
  })
  addresses?: AddressInput[] | null;

  @Field(() => [ContactInput], { nullable: true, description: 'How the person is reached; at most 32.' })
  contacts?: ContactInput[] | null;

  @Field(() => [InsuranceInput], {
    nullable: true,
    description: 'Who pays for the person’s care; at most 16.',
  })
  insurance?: InsuranceInput[] | null;

  @Field(() => CodingInput, { nullable: true, description: 'Marital status.' })
  maritalStatus?: CodingInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'BCP 47 tag of the language to speak with the person.',
  })
  language?: string | null;

  @Field(() => [AlertInput], {
    nullable: true,
    description: 'What harms the person when it is not known; at most 64.',
  })
  alerts?: AlertInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Marks a specially protected record (psychiatry, HIV, …); at most 64 characters.',
  })
  label?: string | null;

  @Field(() => DateScalar, {
    nullable: true,
    description:
      'The day before which nothing of the record may be erased; it can only be moved to a later one.',
  })
  retainUntil?: string | null;
}

@InputType({ description: 'A new patient. For a REGISTRAR or CLINICIAN; your institution keeps the record.' })
export class RegisterPatientInput extends PatientFacts {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => [IdentifierInput], {
    nullable: true,
    description:
      'Numbers that name the person, 1 to 32; none where the person is unidentified. CONFLICT names the patient that has one of them already.',
  })
  identifiers?: IdentifierInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True: nobody knows yet who the person is, and no identifiers are given. A designation to go by may be given as a name of the use TEMP.',
  })
  unidentified?: boolean | null;
}

@InputType({
  description:
    'Changes of a patient. For a REGISTRAR or CLINICIAN of the institution that keeps the record. What is left out stays; null clears.',
})
export class AmendPatientInput extends PatientFacts {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The patient.' })
  patient: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => [IdentifierInput], {
    nullable: true,
    description:
      'All numbers that name the person, 1 to 32. With the first of them a person who was unidentified is so no more.',
  })
  identifiers?: IdentifierInput[] | null;
}

@InputType({ description: 'Which of your institution’s patients to list; all conditions must hold.' })
export class PatientFilter {
  @Classified('IDENTITY')
  @Field(() => String, {
    nullable: true,
    description:
      'Words of the name, or their first 3 to 6 letters; all must be there. Case and diacritics don’t count.',
  })
  name?: string | null;

  @Classified('IDENTITY')
  @Field(() => IdentifierInput, { nullable: true, description: 'The one that has this number.' })
  identifier?: IdentifierInput | null;
}

export const PatientOrderEnum = enumOf(['RECORDED_AT']);

registerEnum(PatientOrderEnum, {
  name: 'PatientOrderField',
  description: 'What patients are ordered by.',
  values: { RECORDED_AT: 'When the current version was recorded.' },
});

@InputType({ description: 'How patients are ordered.' })
export class PatientOrder {
  @Field(() => PatientOrderEnum, { description: 'By what.' })
  field: string;

  @Field(() => OrderDirectionEnum, { defaultValue: 'ASC', description: 'Which end comes first.' })
  direction: OrderDirection;
}
