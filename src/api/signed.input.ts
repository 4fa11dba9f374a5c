/** A change that its uploader signs itself (schema/ledger.md, "Who signed"). */
import { Field, InputType } from 'type-graphql';

@InputType({
  description:
    'Your own signature of this change, with your registered key; without it your institution’s delegated key signs for you. The client library makes it.',
})
export class SignedStatementInput {
  @Field(() => String, {
    description:
      'The statement as compact JWS (EdDSA): what is written, by commitments, where, for whom and until when. A refusal names each rule that it fails.',
  })
  statement: string;

  @Field(() => String, {
    description:
      'The 32 random bytes, base64url, from which the salts of the commitments were made. Not stored, and not to be used again.',
  })
  seed: string;
}

/** The field `signed` of an input that makes a version of a record. */
export function SignedField(): PropertyDecorator {
  return Field(() => SignedStatementInput, {
    nullable: true,
    description: 'Your own signature of it, in place of your institution’s delegated one.',
  }); // type-graphql types it for methods too
}
