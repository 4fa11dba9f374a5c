/** GraphQL operations of holds. */
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import {
  Classified,
  PageArgs,
  pageOf,
  RecordPayload,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { HoldFilter, HoldInput } from './hold.input.js';
import { findHold, listHolds, placeHold, releaseHold } from './hold.service.js';
import { Hold, HoldConnection } from './hold.type.js';

async function holdOf(ctx: RequestContext, id: string): Promise<Hold | null> {
  const record = await findHold(ctx, id);
  return record === null ? null : new Hold(record);
}

@Resolver(() => Hold)
export class HoldResolver {
  @Classified('STRUCTURE')
  @Query(() => Hold, {
    nullable: true,
    description: 'A hold; null when there is none that the caller may see.',
  })
  hold(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'The hold’s id.' }) id: string,
  ): Promise<Hold | null> {
    return holdOf(ctx, requireId(id, ['id']));
  }

  @Classified('STRUCTURE')
  @Query(() => HoldConnection, {
    nullable: true,
    description:
      'Holds, newest first: all for the state and for auditors, else those of records that one’s institution keeps.',
  })
  async holds(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => HoldFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: HoldFilter,
  ): Promise<ConnectionOf<Hold>> {
    return HoldConnection.from(
      await listHolds(ctx, filter ?? null, pageOf(page)),
      (record) => new Hold(record),
    );
  }

  @Classified('STRUCTURE')
  @Mutation(() => RecordPayload, {
    description:
      'Holds a record: nothing of it is erased while a hold stands. One hold an institution; answers with the hold.',
  })
  async placeHold(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => HoldInput, { description: 'The record, and why.' }) input: HoldInput,
  ): Promise<RecordPayload> {
    return new RecordPayload(await placeHold(ctx, input), holdOf);
  }

  @Classified('STRUCTURE')
  @Mutation(() => RecordPayload, {
    description: 'Releases the hold that the caller’s institution placed on a record; answers with the hold.',
  })
  async releaseHold(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => HoldInput, { description: 'The record, and why.' }) input: HoldInput,
  ): Promise<RecordPayload> {
    return new RecordPayload(await releaseHold(ctx, input), holdOf);
  }
}
