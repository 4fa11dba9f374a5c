/** GraphQL operations of requests for permission to upload. */
import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  followLog,
  MutationPayload,
  PageArgs,
  pageOf,
  parseInput,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../../api/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';
import { KeyEntryObject, keyEntries } from './key-entries.js';
import { mayDecide, waitsFor } from './outlook.js';
import { findUpload, listUploads } from './list.js';
import {
  DenyUploadInput,
  denyInput,
  EndorseUploadInput,
  endorseInput,
  requestInput,
  RequestUploadInput,
  UploadRequestFilter,
} from './upload.input.js';
import { uploadKind } from './upload.kind.js';
import { UploadRequestConnection, UploadRequestObject } from './upload.type.js';

@ObjectType('UploadRequestPayload', {
  implements: MutationPayload,
  description: 'What a mutation of an upload request answers.',
})
export class UploadRequestPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => UploadRequestObject, { nullable: true, description: 'The request as it is now.' })
  async uploadRequest(@Ctx() ctx: RequestContext): Promise<UploadRequestObject | null> {
    const record = await findUpload(ctx, this.accepted.id);
    return record === null ? null : new UploadRequestObject(record);
  }
}

@Resolver(() => UploadRequestObject)
export class UploadRequestResolver {
  @Classified('STRUCTURE')
  @Query(() => UploadRequestObject, {
    nullable: true,
    description: 'A request for permission to upload; null when there is none that the caller may see.',
  })
  async uploadRequest(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'The request’s id.' }) id: string,
  ): Promise<UploadRequestObject | null> {
    const record = await findUpload(ctx, requireId(id, ['id']));
    return record === null ? null : new UploadRequestObject(record);
  }

  @Classified('STRUCTURE')
  @Query(() => UploadRequestConnection, {
    nullable: true,
    description:
      'Requests for permission to upload, newest change first: all for auditors, those of the registry, reporting and finance and those that a policy puts before it for the state, else those of one’s institution.',
  })
  async uploadRequests(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => UploadRequestFilter, {
      nullable: true,
      description: 'Which to list; all by default.',
    })
    filter?: UploadRequestFilter,
  ): Promise<ConnectionOf<UploadRequestObject>> {
    const found = await listUploads(ctx, filter ?? null, pageOf(page));
    return UploadRequestConnection.from(found, (record) => new UploadRequestObject(record));
  }

  @Classified('STRUCTURE')
  @Subscription(() => UploadRequestObject, {
    nullable: true,
    name: 'uploadRequests',
    description:
      'Each step of every upload request that the caller may see, once and in order; the request comes as it is when it is sent. To go on after an interruption pass the last event’s `extensions.after`.',
    subscribe: ({ args, context }: { args: { after?: bigint | null }; context: RequestContext }) =>
      followLog(context, {
        after: args.after,
        choose: (ctx) =>
          Promise.resolve(
            async ({ opening: { subject } }: VerifiedEntry) =>
              subject.kind === uploadKind.name && (await findUpload(ctx, subject.id)) !== null,
          ),
      }),
  })
  async followUploadRequests(
    @Ctx() ctx: RequestContext,
    @Root() entry: VerifiedEntry,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description: 'Begin behind this index; -1 for the log’s beginning; absent: from now on.',
    })
    _after?: bigint,
  ): Promise<UploadRequestObject | null> {
    const record = await findUpload(ctx, entry.opening.subject.id);
    return record === null ? null : new UploadRequestObject(record);
  }

  @Classified('STRUCTURE')
  @Mutation(() => UploadRequestPayload, {
    description:
      'Asks for permission to upload what statements commit to, by your own key. Once it is CONFIRMED, the mutation itself loads it, under the same `requestId`.',
  })
  async requestUpload(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RequestUploadInput, { description: 'The statements.' }) input: RequestUploadInput,
  ): Promise<UploadRequestPayload> {
    return new UploadRequestPayload(await ctx.requests.ask(parseInput(requestInput, input)));
  }

  @Classified('STRUCTURE')
  @Mutation(() => UploadRequestPayload, {
    description:
      'Endorses an upload request. Once everything is there that its policy asks, it is CONFIRMED and may be loaded.',
  })
  async endorseUpload(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => EndorseUploadInput, { description: 'The request.' }) input: EndorseUploadInput,
  ): Promise<UploadRequestPayload> {
    return new UploadRequestPayload(await ctx.requests.endorse(parseInput(endorseInput, input)));
  }

  @Classified('STRUCTURE')
  @Mutation(() => UploadRequestPayload, { description: 'Denies an upload request, for good.' })
  async denyUpload(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DenyUploadInput, { description: 'The request, and why.' }) input: DenyUploadInput,
  ): Promise<UploadRequestPayload> {
    return new UploadRequestPayload(await ctx.requests.deny(parseInput(denyInput, input)));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => String, {
    nullable: true,
    description: 'What a VALIDATING request waits for, in words that name nobody; null otherwise.',
  })
  waitsFor(@Ctx() ctx: RequestContext, @Root() { record }: UploadRequestObject): string | null {
    return waitsFor(record.values, ctx.clock());
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Boolean, { description: 'The caller’s endorsement would count now.' })
  mayEndorse(@Ctx() ctx: RequestContext, @Root() { record }: UploadRequestObject): boolean {
    return mayDecide(record.values, ctx.caller, 'endorse', ctx.clock());
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Boolean, { description: 'The caller may deny it now.' })
  mayDeny(@Ctx() ctx: RequestContext, @Root() { record }: UploadRequestObject): boolean {
    return mayDecide(record.values, ctx.caller, 'refuse', ctx.clock());
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => [KeyEntryObject], {
    description:
      'Entries that registered, and where they were, revoked the keys that signed the statements; oldest first. None of a patient’s own key.',
  })
  keyEntries(@Ctx() ctx: RequestContext, @Root() { record }: UploadRequestObject): Promise<KeyEntryObject[]> {
    return keyEntries(ctx, record.values.statements);
  }
}
