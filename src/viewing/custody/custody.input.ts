/** The input of a transfer, with the schema that checks it. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import { SignedField, UuidScalar, type SignedStatementInput } from '../../api/index.js';
import { uuid } from '../../standing/index.js';

@InputType({
  description:
    'A patient’s file that another institution is to keep. For a REGISTRAR or CLINICIAN of the institution that keeps it.',
})
export class TransferCustodyInput {
  @Field(() => UuidScalar, {
    description: 'Your id of this request; sent again once it is approved, it moves the file.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The patient.' })
  patient: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => UuidScalar, {
    description:
      'The institution that is to keep the file: a hospital or a clinic that is licensed for care.',
  })
  institution: string;
}

export const transferInput = z.object({
  requestId: uuid,
  patient: uuid,
  expectedVersion: z.int(),
  institution: uuid,
});
