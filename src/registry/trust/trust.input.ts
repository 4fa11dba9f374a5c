/** What keeping a vendor's trusted documents takes. */
import { Field, InputType, Int } from 'type-graphql';
import type { SignedStatementInput } from '../../api/index.js';
import { SignedField, UuidScalar } from '../../api/index.js';

@InputType({ description: 'One document that a vendor’s machine may send.' })
export class TrustedDocumentInput {
  @Field(() => String, { description: 'How people call it; at most 200 characters.' })
  name: string;

  @Field(() => String, {
    description:
      'Its GraphQL text with every fragment that it uses; valid in this schema, at most 32,768 characters without white space and comments.',
  })
  text: string;
}

@InputType({ description: 'All documents that a vendor’s machine may send from now on.' })
export class TrustDocumentsInput {
  @Field(() => UuidScalar, { description: 'Your id of this request; sent again, it gets the same receipt.' })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The member with the role VENDOR that your institution enrolled.' })
  member: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether nothing else runs for it; true by default.',
  })
  enforced?: boolean | null;

  @Field(() => [TrustedDocumentInput], {
    description: 'The whole list, at most 512; it replaces the one before.',
  })
  documents: TrustedDocumentInput[];

  @Field(() => Int, {
    nullable: true,
    description:
      'The version you saw, 0 when there was none; CONFLICT when another is current. Absent: whichever is current.',
  })
  expectedVersion?: number | null;

  @Field(() => String, { description: 'Why; at most 500 characters, and nothing about a person.' })
  reason: string;
}
