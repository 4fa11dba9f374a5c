/** Inputs of requests for permission, with the schemas that check them. */
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { Classified, UuidScalar } from '../../api/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import { UploadStateEnum } from './upload.type.js';
import { MAX_STATEMENTS } from './upload.kind.js';

/** Longest compact JWS that is read. */
const MAX_JWS = 8192;
const MAX_REASONS = 16;

@InputType({
  description:
    'Asks for permission to upload what the statements commit to; what it is isn’t told. For who may do the operation.',
})
export class RequestUploadInput {
  @Field(() => UuidScalar, {
    description:
      'The client’s id of the request, which the statements name and under which the change is sent once it is confirmed.',
  })
  requestId: string;

  @Field(() => [String], {
    description: `1 to ${MAX_STATEMENTS} statements as compact JWS by your own key, of one operation, parts 0, 1, 2 … (schema/uploads.md).`,
  })
  statements: string[];

  @Field(() => String, {
    nullable: true,
    description: 'What policies look at where it is finer than the operation: `report.amend.late`.',
  })
  situation?: string | null;
}

/** What every decision takes. */
@InputType()
abstract class DecideUploadInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this decision; the same again gets the same receipt.',
  })
  requestId: string;

  @Field(() => ID, { description: 'The upload request.' })
  upload: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Your own key’s signature of the decision as compact JWS (schema/uploads.md, “Endorsements”); left out, your institution’s delegated key signs for you.',
  })
  endorsement?: string | null;
}

@InputType({
  description: 'An endorsement of an upload request. For whom its policy names, never the uploader.',
})
export class EndorseUploadInput extends DecideUploadInput {}

@InputType({
  description:
    'A refusal of an upload request, for good. For whom its policy names, and for the uploader’s own institution.',
})
export class DenyUploadInput extends DecideUploadInput {
  @Field(() => [String], {
    description: 'Names of what isn’t met, 1 to 16 of at most 100 characters; nothing about a person.',
  })
  reasons: string[];
}

@InputType({ description: 'Which upload requests to list; all conditions hold.' })
export class UploadRequestFilter {
  @Classified('DIRECTORY')
  @Field(() => UploadStateEnum, { nullable: true, description: 'In this state.' })
  state?: string | null;

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'Of this operation: `institution.licence`.' })
  operation?: string | null;

  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Asked for by this institution.' })
  institution?: string | null;

  @Classified('DIRECTORY')
  @Field(() => Boolean, { nullable: true, description: 'Asked for by the caller.' })
  mine?: boolean | null;

  @Classified('DIRECTORY')
  @Field(() => Boolean, {
    nullable: true,
    description:
      'VALIDATING, and the caller’s endorsement would count and isn’t given yet; true, or left out.',
  })
  awaitingMe?: boolean | null;
}

const jws = z
  .string()
  .min(1, 'expected a compact JWS')
  .max(MAX_JWS, `expected at most ${MAX_JWS} characters`);
const decide = { requestId: uuid, upload: uuid, endorsement: maybe(jws) };

export const requestInput = z.object({
  requestId: uuid,
  situation: maybe(text(100)),
  statements: z
    .array(jws)
    .min(1, `expected 1 to ${MAX_STATEMENTS} statements`)
    .max(MAX_STATEMENTS, `expected 1 to ${MAX_STATEMENTS} statements`),
});
export const endorseInput = z.object(decide);
export const denyInput = z.object({
  ...decide,
  reasons: z
    .array(text(100))
    .min(1, 'expected at least one reason')
    .max(MAX_REASONS, `expected at most ${MAX_REASONS} reasons`),
});
