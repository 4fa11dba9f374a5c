/** Names, addresses, contacts and insurance as GraphQL. */
import { Field, ObjectType } from 'type-graphql';
import { Classified, registerEnum } from '../api/index.js';
import { enumOf } from '../registry/index.js';
import {
  ADDRESS_USES,
  type AddressValue,
  CONTACT_SYSTEMS,
  CONTACT_USES,
  type ContactValue,
  type HumanNameValue,
  type InsuranceValue,
  NAME_USES,
} from '../documents/index.js';

export const NameUseEnum = enumOf(NAME_USES);
export const AddressUseEnum = enumOf(ADDRESS_USES);
export const ContactSystemEnum = enumOf(CONTACT_SYSTEMS);
export const ContactUseEnum = enumOf(CONTACT_USES);

registerEnum(NameUseEnum, {
  name: 'NameUse',
  description: 'What a name is used for (HL7 FHIR R4, NameUse).',
  values: {
    USUAL: 'The name that the person goes by.',
    OFFICIAL: 'The name in registers and documents.',
    TEMP: 'For a time only.',
    NICKNAME: 'What people call the person informally.',
    ANONYMOUS: 'Made up, to protect who the person is.',
    OLD: 'No longer used.',
    MAIDEN: 'From before a marriage.',
  },
});
registerEnum(AddressUseEnum, {
  name: 'AddressUse',
  description: 'What an address is used for (HL7 FHIR R4, AddressUse).',
  values: {
    HOME: 'Where the person lives.',
    WORK: 'Where the person works.',
    TEMP: 'For a time only.',
    OLD: 'No longer right.',
    BILLING: 'Where bills are sent.',
  },
});
registerEnum(ContactSystemEnum, {
  name: 'ContactSystem',
  description: 'What a contact is reached by (HL7 FHIR R4, ContactPointSystem).',
  values: {
    PHONE: 'A telephone, for calls.',
    FAX: 'A fax machine.',
    EMAIL: 'An e-mail address.',
    PAGER: 'A pager.',
    URL: 'An address on the web.',
    SMS: 'A number for text messages only.',
    OTHER: 'Anything else; its value says what.',
  },
});
registerEnum(ContactUseEnum, {
  name: 'ContactUse',
  description: 'What a contact is used for (HL7 FHIR R4, ContactPointUse).',
  values: {
    HOME: 'At home.',
    WORK: 'At work.',
    TEMP: 'For a time only.',
    OLD: 'No longer right.',
    MOBILE: 'A device that the person carries.',
  },
});

@ObjectType({ description: 'A name of a person.' })
export class HumanName implements Omit<HumanNameValue, 'use'> {
  @Classified('STRUCTURE')
  @Field(() => NameUseEnum, { nullable: true, description: 'What the name is used for.' })
  use: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'The whole name as it is written.' })
  text: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Family name.' })
  family: string | null;

  @Classified('STRUCTURE')
  @Field(() => [String], { description: 'Given names, in order.' })
  given: string[];

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'What stands before the name: a title.' })
  prefix: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'What stands behind the name.' })
  suffix: string | null;
}

@ObjectType({ description: 'Where a person lives or is written to.' })
export class Address implements Omit<AddressValue, 'use'> {
  @Classified('STRUCTURE')
  @Field(() => AddressUseEnum, { nullable: true, description: 'What the address is used for.' })
  use: string | null;

  @Classified('STRUCTURE')
  @Field(() => [String], { description: 'Street, number, flat.' })
  lines: string[];

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'City or village.' })
  city: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'District or county.' })
  district: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'State or region of the country.' })
  state: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Postal code.' })
  postalCode: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Country, by name or ISO 3166 code.' })
  country: string | null;
}

@ObjectType({ description: 'How a person is reached.' })
export class Contact implements Omit<ContactValue, 'use' | 'system'> {
  @Classified('STRUCTURE')
  @Field(() => ContactSystemEnum, { description: 'What it is reached by.' })
  system: string;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Number or address.' })
  value: string;

  @Classified('STRUCTURE')
  @Field(() => ContactUseEnum, { nullable: true, description: 'What it is used for.' })
  use: string | null;
}

@ObjectType({ description: 'Who pays for a person’s care.' })
export class Insurance implements InsuranceValue {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The payer’s name.' })
  payer: string;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'The person’s number with the payer.' })
  memberNumber: string | null;
}
