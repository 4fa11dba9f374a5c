/** Inputs of holds, with the schema that checks them. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import { Classified, UuidScalar, SignedField } from '../api/index.js';
import { text, uuid } from '../standing/index.js';
import { HoldStateEnum } from './hold.type.js';
import { ErasableKindEnum, HOLDABLE_NAMES, type HoldableName } from './subject.js';

@InputType({
  description:
    'A record that must not be erased, or may be again. For a REGULATOR of the state, and for those of its custodian who write such records.',
})
export class HoldInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => ErasableKindEnum, { description: 'What the record is.' })
  kind: HoldableName;

  @Field(() => UuidScalar, { description: 'The record.' })
  id: string;

  @Field(() => String, { description: 'Why; at most 500 characters, and nothing about a person.' })
  reason: string;
}

export const holdInput = z.object({
  requestId: uuid,
  kind: z.enum(HOLDABLE_NAMES),
  id: uuid,
  reason: text(500),
});

@InputType({ description: 'Which holds to list; all conditions hold.' })
export class HoldFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Of this record.' })
  record?: string | null;

  @Classified('DIRECTORY')
  @Field(() => HoldStateEnum, { nullable: true, description: 'In this state.' })
  state?: string | null;
}
