/** What recording and amending encounters takes. */
import { Field, InputType, Int } from 'type-graphql';
import type { SignedStatementInput } from '../api/index.js';
import { DateScalar, DateTimeScalar, registerEnum, UuidScalar, SignedField } from '../api/index.js';
import { enumOf, IdentifierInput, MoneyInput } from '../registry/index.js';
import { CodingInput, PartialDateTimeScalar } from './coding.type.js';
import {
  ClinicalStatusEnum,
  EncounterClassEnum,
  EncounterStatusEnum,
  VerificationStatusEnum,
} from './encounter.type.js';

@InputType({ description: 'Who treated.' })
export class PractitionerInput {
  @Field(() => IdentifierInput, { nullable: true, description: 'The practitioner’s number in a register.' })
  identifier?: IdentifierInput | null;

  @Field(() => String, { nullable: true, description: 'The practitioner’s name; at most 200 characters.' })
  name?: string | null;
}

@InputType({ description: 'A condition that was found or treated.' })
export class DiagnosisInput {
  @Field(() => CodingInput, { description: 'What the condition is.' })
  code: CodingInput;

  @Field(() => ClinicalStatusEnum, { nullable: true, description: 'How it stands.' })
  clinicalStatus?: string | null;

  @Field(() => VerificationStatusEnum, { nullable: true, description: 'How certain it is.' })
  verificationStatus?: string | null;

  @Field(() => PartialDateTimeScalar, { nullable: true, description: 'When it began; not in the future.' })
  onset?: string | null;

  @Field(() => PartialDateTimeScalar, { nullable: true, description: 'When it ended; not before its onset.' })
  abatement?: string | null;

  @Field(() => PartialDateTimeScalar, {
    nullable: true,
    description: 'When it was first recorded, by the source.',
  })
  recordedAt?: string | null;

  @Field(() => String, { nullable: true, description: 'Free text about it; at most 2,000 characters.' })
  note?: string | null;
}

/** What recording and amending an encounter have in common. */
@InputType()
abstract class EncounterFacts {
  @Field(() => CodingInput, { nullable: true, description: 'The service that was provided.' })
  serviceCode?: CodingInput | null;

  @Field(() => [CodingInput], { nullable: true, description: 'Why the patient came; at most 32.' })
  reason?: CodingInput[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; not before its start.' })
  end?: string | null;

  @Field(() => PractitionerInput, { nullable: true, description: 'Who treated.' })
  practitioner?: PractitionerInput | null;

  @Field(() => [DiagnosisInput], {
    nullable: true,
    description: 'What was found or treated, the chief one first; at most 64.',
  })
  diagnoses?: DiagnosisInput[] | null;

  @Field(() => CodingInput, { nullable: true, description: 'How it came out.' })
  outcome?: CodingInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Free text of the clinician; at most 20,000 characters.',
  })
  note?: string | null;

  @Field(() => MoneyInput, { nullable: true, description: 'What it cost; 0 or more.' })
  cost?: MoneyInput | null;

  @Field(() => String, { nullable: true, description: 'Who pays for it; at most 200 characters.' })
  payer?: string | null;

  @Field(() => IdentifierInput, {
    nullable: true,
    description:
      'Your own number of it; CONFLICT names the encounter of your institution that has it already.',
  })
  identifier?: IdentifierInput | null;

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

@InputType({ description: 'A patient’s contact with your institution.' })
export class EncounterInput extends EncounterFacts {
  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The patient; patientByIdentifier finds the id.' })
  patient: string;

  @Field(() => EncounterClassEnum, { description: 'What kind of contact it is.' })
  class: string;

  @Field(() => EncounterStatusEnum, { description: 'How far it is.' })
  status: string;

  @Field(() => DateTimeScalar, {
    description: 'When it began; in the future only when planned or cancelled.',
  })
  start: string;
}

@InputType({
  description: 'A new encounter. For a CLINICIAN or REGISTRAR of the institution that provided it.',
})
export class RecordEncounterInput extends EncounterInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;
}

export const BatchModeEnum = enumOf(['ALL', 'EACH']);

registerEnum(BatchModeEnum, {
  name: 'BatchMode',
  description: 'What a problem with one encounter means for the others.',
  values: {
    ALL: 'All are recorded in one block, or none.',
    EACH: 'Each stands alone: those that are refused are listed, the others recorded.',
  },
});

@InputType({ description: 'Many new encounters at once. For a CLINICIAN or REGISTRAR of the institution.' })
export class RecordEncountersInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipts.' })
  requestId: string;

  @Field(() => [EncounterInput], { description: 'The encounters, 1 to 256.' })
  encounters: EncounterInput[];

  @Field(() => BatchModeEnum, {
    defaultValue: 'ALL',
    description: 'What a problem with one means for the others.',
  })
  mode: 'ALL' | 'EACH';
}

@InputType({
  description:
    'Changes of an encounter. For a CLINICIAN or REGISTRAR of the institution that keeps it. What is left out stays; null clears.',
})
export class AmendEncounterInput extends EncounterFacts {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The encounter.' })
  encounter: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => EncounterClassEnum, { nullable: true, description: 'What kind of contact it is.' })
  class?: string | null;

  @Field(() => EncounterStatusEnum, { nullable: true, description: 'How far it is.' })
  status?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it began.' })
  start?: string | null;
}
