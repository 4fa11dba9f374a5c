/** Names, addresses, contacts and insurance as inputs. */
import { Field, InputType } from 'type-graphql';
import { AddressUseEnum, ContactSystemEnum, ContactUseEnum, NameUseEnum } from './person.type.js';

@InputType({ description: 'A name of a person: its text, its family name or a given name, or all of them.' })
export class HumanNameInput {
  @Field(() => NameUseEnum, { nullable: true, description: 'What the name is used for.' })
  use?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The whole name as it is written; at most 300 characters.',
  })
  text?: string | null;

  @Field(() => String, { nullable: true, description: 'Family name; at most 200 characters.' })
  family?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Given names, in order; at most 16 of 200 characters.',
  })
  given?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'What stands before the name; at most 100 characters.',
  })
  prefix?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What stands behind the name; at most 100 characters.',
  })
  suffix?: string | null;
}

@InputType({ description: 'Where a person lives or is written to.' })
export class AddressInput {
  @Field(() => AddressUseEnum, { nullable: true, description: 'What the address is used for.' })
  use?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Street, number, flat; at most 8 of 200 characters.',
  })
  lines?: string[] | null;

  @Field(() => String, { nullable: true, description: 'City or village; at most 100 characters.' })
  city?: string | null;

  @Field(() => String, { nullable: true, description: 'District or county; at most 100 characters.' })
  district?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'State or region of the country; at most 100 characters.',
  })
  state?: string | null;

  @Field(() => String, { nullable: true, description: 'Postal code; at most 20 characters.' })
  postalCode?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Country, by name or ISO 3166 code; at most 100 characters.',
  })
  country?: string | null;
}

@InputType({ description: 'How a person is reached.' })
export class ContactInput {
  @Field(() => ContactSystemEnum, { description: 'What it is reached by.' })
  system: string;

  @Field(() => String, { description: 'Number or address; at most 256 characters.' })
  value: string;

  @Field(() => ContactUseEnum, { nullable: true, description: 'What it is used for.' })
  use?: string | null;
}

@InputType({ description: 'Who pays for a person’s care.' })
export class InsuranceInput {
  @Field(() => String, { description: 'The payer’s name; at most 200 characters.' })
  payer: string;

  @Field(() => String, {
    nullable: true,
    description: 'The person’s number with the payer; at most 64 characters.',
  })
  memberNumber?: string | null;
}
