/** Inputs of erasures, with the schemas that check them. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import { Classified, UuidScalar, SignedField } from '../api/index.js';
import { maybe, text, uuid, whole } from '../standing/index.js';
import { ErasureStateEnum } from './erasure.type.js';
import { ErasableKindEnum, HOLDABLE_NAMES, type HoldableName } from './subject.js';

const LARGEST_VERSION = 2 ** 31 - 1;
/** No kind has more fields. */
const MOST_FIELDS = 64;

@InputType({
  description:
    'What to erase. For those of the record’s custodian who write such records; a regulator of another institution confirms it.',
})
export class EraseRecordInput {
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

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the sealed fields (schema/ledger.md); the whole record by default.',
  })
  fields?: string[] | null;

  @Field(() => String, {
    description:
      'The law or the request that it is done by; at most 500 characters, and nothing about a person.',
  })
  legalBasis: string;
}

/** What every decision on a request takes. */
@InputType()
abstract class DecideErasureInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The request for erasure.' })
  erasure: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;
}

@InputType({ description: 'A confirmation: it erases. For a REGULATOR of another institution.' })
export class ConfirmErasureInput extends DecideErasureInput {}

@InputType({ description: 'A refusal to erase. For a REGULATOR of another institution.' })
export class RefuseErasureInput extends DecideErasureInput {
  @Field(() => String, { description: 'Why; at most 500 characters, and nothing about a person.' })
  reason: string;
}

const version = whole(1, LARGEST_VERSION);

export const eraseInput = z.object({
  requestId: uuid,
  kind: z.enum(HOLDABLE_NAMES),
  id: uuid,
  expectedVersion: version,
  fields: maybe(
    z.array(text(64)).min(1, 'expected at least one field, or none for the whole record').max(MOST_FIELDS),
  ),
  legalBasis: text(500),
});

const decide = { requestId: uuid, erasure: uuid, expectedVersion: version };

export const decideInput = z.object(decide);
export const refuseInput = z.object({ ...decide, reason: text(500) });

@InputType({ description: 'Which requests for erasure to list; all conditions hold.' })
export class ErasureFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'About this record.' })
  record?: string | null;

  @Classified('DIRECTORY')
  @Field(() => ErasureStateEnum, { nullable: true, description: 'In this state.' })
  state?: string | null;
}
