/** What registering, amending and listing institutions takes. */
import { Field, InputType, Int } from 'type-graphql';
import type { SignedStatementInput } from '../api/index.js';
import { Classified, DateScalar, UuidScalar, SignedField } from '../api/index.js';
import { IdentifierInput } from './identifier.type.js';
import {
  InstitutionKindEnum,
  LicenceStateEnum,
  LicensedWorkEnum,
  OwnershipEnum,
} from './institution.type.js';

@InputType({ description: 'What the state allows an institution to do.' })
export class LicenceInput {
  @Field(() => String, { description: 'The licence’s number; at most 64 characters.' })
  number: string;

  @Field(() => LicenceStateEnum, { defaultValue: 'ACTIVE', description: 'ACTIVE, SUSPENDED or REVOKED.' })
  state: string;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'First day it is valid; none: from its granting on.',
  })
  validFrom?: string | null;

  @Field(() => DateScalar, { nullable: true, description: 'Last day it is valid; none: without end.' })
  validUntil?: string | null;

  @Field(() => [LicensedWorkEnum], {
    nullable: true,
    description:
      'Kinds of work it allows; none of them: an empty list. Left out, a new institution’s allows all that there are, and a licence that is changed what it did.',
  })
  work?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'What else the regulator says of it; at most 500 characters. Nothing is decided by it.',
  })
  remark?: string | null;
}

@InputType({ description: 'How much an institution can take on.' })
export class CapacityInput {
  @Field(() => Int, { nullable: true, description: 'Beds for inpatients, 0 to 100,000.' })
  beds?: number | null;

  @Field(() => Int, { nullable: true, description: 'People employed, 0 to 1,000,000.' })
  staff?: number | null;
}

@InputType({ description: 'Where an institution is paid.' })
export class BankAccountInput {
  @Field(() => String, { description: 'IBAN (ISO 13616); spaces are dropped, check digits must hold.' })
  iban: string;

  @Field(() => String, { description: 'Name of the account’s holder; at most 140 characters.' })
  holder: string;
}

@InputType({ description: 'A new institution. For a REGULATOR of the state.' })
export class RegisterInstitutionInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => String, { description: 'Its name; at most 200 characters.' })
  name: string;

  @Field(() => InstitutionKindEnum, { description: 'What it is; can’t be changed later.' })
  kind: string;

  @Field(() => OwnershipEnum, { description: 'Who owns it.' })
  ownership: string;

  @Field(() => String, { description: 'The region it lies in; at most 64 characters.' })
  region: string;

  @Field(() => [IdentifierInput], {
    description: 'Its register numbers; no other institution may have one of them.',
  })
  identifiers: IdentifierInput[];

  @Field(() => LicenceInput, { description: 'Its licence.' })
  licence: LicenceInput;

  @Field(() => CapacityInput, { nullable: true, description: 'How much it can take on.' })
  capacity?: CapacityInput | null;

  @Field(() => BankAccountInput, { nullable: true, description: 'Where it is paid.' })
  account?: BankAccountInput | null;
}

@InputType({
  description:
    'Changes of an institution, by its own REGISTRAR or a REGULATOR of the state. What is left out stays; null clears. Where it is paid only its own REGISTRAR or FINANCE changes, and a REGULATOR approves (schema/uploads.md).',
})
export class AmendInstitutionInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The institution.' })
  institution: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version you saw; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => String, { nullable: true, description: 'Its name.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'The region it lies in.' })
  region?: string | null;

  @Field(() => [IdentifierInput], { nullable: true, description: 'All its register numbers.' })
  identifiers?: IdentifierInput[] | null;

  @Field(() => CapacityInput, { nullable: true, description: 'How much it can take on.' })
  capacity?: CapacityInput | null;

  @Field(() => BankAccountInput, {
    nullable: true,
    description: 'Where it is paid: approved by a REGULATOR, three days later at the earliest.',
  })
  account?: BankAccountInput | null;
}

@InputType({ description: 'A new state of an institution’s licence. For a REGULATOR of the state.' })
export class ChangeLicenceInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The institution.' })
  institution: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version you saw; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => LicenceInput, { description: 'The whole licence as it is from now on.' })
  licence: LicenceInput;
}

@InputType({ description: 'Which institutions to list; all conditions must hold.' })
export class InstitutionFilter {
  @Classified('PUBLIC')
  @Field(() => String, { nullable: true, description: 'Those of this region.' })
  region?: string | null;

  @Classified('PUBLIC')
  @Field(() => OwnershipEnum, { nullable: true, description: 'Those with this ownership.' })
  ownership?: string | null;

  @Classified('PUBLIC')
  @Field(() => InstitutionKindEnum, { nullable: true, description: 'Those of this kind.' })
  kind?: string | null;

  @Classified('PUBLIC')
  @Field(() => LicenceStateEnum, {
    nullable: true,
    description: 'Those whose licence is in this state today.',
  })
  licenceState?: string | null;

  @Classified('PUBLIC')
  @Field(() => IdentifierInput, { nullable: true, description: 'The one that has this register number.' })
  identifier?: IdentifierInput | null;
}
