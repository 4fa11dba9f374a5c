/** GraphQL operations of blocks and checkpoints. */
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  PageArgs,
  pageOf,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { BlockConnection, BlockObject, CheckpointObject } from './block.type.js';
import { blockAt, listBlocks, newestCheckpoint, noteCovering } from './log.service.js';

@Resolver(() => BlockObject)
export class BlockResolver {
  @Classified('LOG')
  @Query(() => CheckpointObject, { description: 'The newest signed state of the log.' })
  checkpoint(@Ctx() ctx: RequestContext): Promise<CheckpointObject> {
    return newestCheckpoint(ctx);
  }

  @Classified('LOG')
  @Query(() => BlockObject, {
    nullable: true,
    description: 'The block of a height; null when there is none.',
  })
  async block(
    @Ctx() ctx: RequestContext,
    @Arg('height', () => BigIntScalar, { description: 'Its place in the chain, from 0.' }) height: bigint,
  ): Promise<BlockObject | null> {
    await ctx.log.sync();
    return blockAt(ctx, height);
  }

  @Classified('LOG')
  @Query(() => BlockConnection, { nullable: true, description: 'Blocks by height.' })
  async blocks(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ConnectionOf<BlockObject>> {
    const args = pageOf(page);
    const { blocks, more } = await listBlocks(ctx, args);
    const edges = blocks.map((block) => ({ cursor: block.height.toString(), node: block }));
    return BlockConnection.of(edges, { hasNextPage: more, hasPreviousPage: args.after !== undefined });
  }
}

@Resolver(() => BlockObject)
export class BlockFieldsResolver {
  @Classified('LOG')
  @FieldResolver(() => String, {
    description:
      'The C2SP signed note (tlog-checkpoint) of the log at its end; where commits were so close that only a later one was signed, the newest, which covers it too.',
  })
  checkpoint(@Ctx() ctx: RequestContext, @Root() block: BlockObject): Promise<string> {
    return noteCovering(ctx, block.size);
  }
}
