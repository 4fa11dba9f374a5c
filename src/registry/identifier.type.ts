/** Business identifiers as GraphQL, shared by the domains. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { Classified } from '../api/index.js';
import type { Identifier } from '../standing/index.js';

@ObjectType('Identifier', {
  description: 'A number that an issuer gave: a register number, a national number, …',
})
export class IdentifierType implements Identifier {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'URI of the issuer’s numbering system.' })
  system: string;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The number, unique within its system.' })
  value: string;
}

@InputType({ description: 'A number that an issuer gave.' })
export class IdentifierInput {
  @Field(() => String, {
    description: 'URI of the issuer’s numbering system, without spaces or `|`; at most 256 characters.',
  })
  system: string;

  @Field(() => String, { description: 'The number, unique within its system; at most 256 characters.' })
  value: string;
}
