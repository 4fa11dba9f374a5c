/** GraphQL operations of erasures, and what every record says of its own. */
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
} from 'type-graphql';
import {
  Classified,
  DateScalar,
  MutationPayload,
  PageArgs,
  pageOf,
  RecordObject,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { erasedOf } from './erased.service.js';
import { ConfirmErasureInput, ErasureFilter, EraseRecordInput, RefuseErasureInput } from './erasure.input.js';
import { confirmErasure, eraseRecord, findErasure, listErasures, refuseErasure } from './erasure.service.js';
import { ErasedObject, Erasure, ErasureConnection } from './erasure.type.js';

@ObjectType('ErasurePayload', {
  implements: MutationPayload,
  description: 'What a mutation of an erasure answers.',
})
export class ErasurePayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Erasure, { nullable: true, description: 'The request as it is now.' })
  async erasure(@Ctx() ctx: RequestContext): Promise<Erasure | null> {
    const record = await findErasure(ctx, this.accepted.id);
    return record === null ? null : new Erasure(record);
  }
}

@Resolver(() => Erasure)
export class ErasureResolver {
  @Classified('STRUCTURE')
  @Query(() => Erasure, {
    nullable: true,
    description: 'A request for erasure; null when there is none that the caller may see.',
  })
  async erasure(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'The request’s id.' }) id: string,
  ): Promise<Erasure | null> {
    const record = await findErasure(ctx, requireId(id, ['id']));
    return record === null ? null : new Erasure(record);
  }

  @Classified('STRUCTURE')
  @Query(() => ErasureConnection, {
    nullable: true,
    description:
      'Requests for erasure, newest first: all for the state and for auditors, else those about records that one’s institution keeps.',
  })
  async erasures(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ErasureFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: ErasureFilter,
  ): Promise<ConnectionOf<Erasure>> {
    const found = await listErasures(ctx, filter ?? null, pageOf(page));
    return ErasureConnection.from(found, (record) => new Erasure(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ErasurePayload, {
    description:
      'Asks for the erasure of a record or of some of its fields. Nothing is erased before a regulator of another institution confirms it.',
  })
  async eraseRecord(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => EraseRecordInput, { description: 'What to erase, and the legal basis.' })
    input: EraseRecordInput,
  ): Promise<ErasurePayload> {
    return new ErasurePayload(await eraseRecord(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ErasurePayload, {
    description:
      'Confirms a request for erasure: the values are destroyed in all versions of the record, for good. The log and what is left still verify.',
  })
  async confirmErasure(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ConfirmErasureInput, { description: 'The request.' }) input: ConfirmErasureInput,
  ): Promise<ErasurePayload> {
    return new ErasurePayload(await confirmErasure(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ErasurePayload, { description: 'Refuses a request for erasure: nothing is erased.' })
  async refuseErasure(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RefuseErasureInput, { description: 'The request, and why.' })
    input: RefuseErasureInput,
  ): Promise<ErasurePayload> {
    return new ErasurePayload(await refuseErasure(ctx, input));
  }
}

/** What erasure adds to every record. */
@Resolver(() => RecordObject)
export class ErasedResolver {
  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => ErasedObject, {
    nullable: true,
    description: 'What was erased of it; null when nothing was.',
  })
  erased(@Ctx() ctx: RequestContext, @Root() { record }: RecordObject<object>): Promise<ErasedObject | null> {
    return erasedOf(ctx, record);
  }

  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => DateScalar, {
    nullable: true,
    description: 'The day before which nothing of it may be erased; null for none.',
  })
  retainUntil(@Root() { record }: RecordObject<object>): string | null {
    return record.head.retention;
  }
}
