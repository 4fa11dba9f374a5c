/** Coded concepts as GraphQL. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { Classified, isPartialDate, normalDateTime } from '../api/index.js';
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import type { CodingValue } from '../documents/index.js';

@ObjectType({ description: 'A concept: a code of a vocabulary, its wording, or both (HL7 FHIR R4, Coding).' })
export class Coding implements CodingValue {
  @Classified('STRUCTURE')
  @Field(() => String, {
    nullable: true,
    description: 'URI of the vocabulary, for example `http://snomed.info/sct`.',
  })
  system: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'The code.' })
  code: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'The concept in words.' })
  display: string | null;
}

@InputType({ description: 'A concept: a code of a vocabulary, its wording, or both.' })
export class CodingInput {
  @Field(() => String, { nullable: true, description: 'URI of the vocabulary; at most 256 characters.' })
  system?: string | null;

  @Field(() => String, { nullable: true, description: 'The code; at most 64 characters.' })
  code?: string | null;

  @Field(() => String, { nullable: true, description: 'The concept in words; at most 500 characters.' })
  display?: string | null;
}

function partialDateTime(value: unknown): string {
  const known = typeof value === 'string' ? (isPartialDate(value) ? value : normalDateTime(value)) : null;
  if (known !== null) return known;
  throw new GraphQLError(
    'PartialDateTime: expected a date YYYY, YYYY-MM or YYYY-MM-DD, or an RFC 3339 time',
    {
      extensions: { code: 'BAD_USER_INPUT' },
    },
  );
}

/** When something began or ended, as precisely as it is known (HL7 FHIR R4, dateTime). */
export const PartialDateTimeScalar = new GraphQLScalarType<string, string>({
  name: 'PartialDateTime',
  description:
    'A time as far as it is known: `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or an RFC 3339 moment, answered in UTC with milliseconds.',
  serialize: partialDateTime,
  parseValue: partialDateTime,
  parseLiteral: (node) => partialDateTime(node.kind === Kind.STRING ? node.value : null),
});
