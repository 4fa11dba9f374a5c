/** Inputs of links, with the schemas that check them. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import { Classified, SignedField, UuidScalar, type SignedStatementInput } from '../../api/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import { LinkStateEnum } from './link.type.js';

@InputType({
  description:
    'Two patients who are one person. For a REGISTRAR or CLINICIAN of the institution that keeps the first.',
})
export class LinkPatientsInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'A patient whose file your institution keeps.' })
  patient: string;

  @Field(() => UuidScalar, { description: 'The other patient; patientByIdentifier finds the id.' })
  other: string;

  @Field(() => String, {
    description:
      'By what you know that they are one person; at most 500 characters. Those who must agree read it.',
  })
  evidence: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Why they are one person though the files’ identifiers or birth dates contradict each other; at most 500 characters.',
  })
  contradictionReason?: string | null;
}

export const linkInput = z.object({
  requestId: uuid,
  patient: uuid,
  other: uuid,
  evidence: text(500),
  contradictionReason: maybe(text(500)),
});

@InputType({
  description:
    'A proposed link that you agree to: for a REGISTRAR or CLINICIAN of the institution that keeps the other file, and for that patient.',
})
export class ConfirmPatientLinkInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The link.' })
  link: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Why you agree though the files’ identifiers or birth dates contradict each other; at most 500 characters.',
  })
  contradictionReason?: string | null;
}

export const confirmInput = z.object({
  requestId: uuid,
  link: uuid,
  expectedVersion: z.int(),
  contradictionReason: maybe(text(500)),
});

@InputType({
  description:
    'A link that ends, or a proposal that is refused or withdrawn. For a REGISTRAR or CLINICIAN of an institution that keeps either file, and for the patient.',
})
export class UnlinkPatientsInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The link.' })
  link: string;

  @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
  expectedVersion: number;

  @Field(() => String, { description: 'Why; at most 500 characters.' })
  reason: string;
}

export const unlinkInput = z.object({
  requestId: uuid,
  link: uuid,
  expectedVersion: z.int(),
  reason: text(500),
});

@InputType({ description: 'Which links to list; all conditions hold.' })
export class PatientLinkFilter {
  @Classified('DIRECTORY')
  @Field(() => LinkStateEnum, { nullable: true, description: 'In this state.' })
  state?: string | null;
}
