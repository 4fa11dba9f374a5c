/** GraphQL operations of blocks and checkpoints. */
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  PageArgs,
  pageOf,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { BlockConnection, BlockObject, CheckpointObject } from './block.type.js';
import { followCheckpoints, newestCheckpoint } from './checkpoint.service.js';
import { CosignatureObject } from './cosignature.type.js';
import { blockAt, listBlocks, noteCovering } from './log.service.js';

@Resolver(() => BlockObject)
export class BlockResolver {
  @Classified('LOG')
  @Query(() => CheckpointObject, { description: 'The newest signed state of the log.' })
  checkpoint(
    @Ctx() ctx: RequestContext,
    @Arg('cosigned', () => Boolean, {
      defaultValue: false,
      description: 'The newest that enough witnesses cosigned; NOT_FOUND while there is none.',
    })
    cosigned: boolean,
  ): Promise<CheckpointObject> {
    return newestCheckpoint(ctx, cosigned);
  }

  @Classified('LOG')
  @Subscription(() => CheckpointObject, {
    description:
      'The newest checkpoint now and whenever the log has grown, and the newest cosigned one whenever enough witnesses have signed. Under load some are skipped: each is the newest of its moment.',
    subscribe: ({ context }: { context: RequestContext }) => followCheckpoints(context),
  })
  checkpoints(@Root() checkpoint: CheckpointObject): CheckpointObject {
    return checkpoint;
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

@Resolver(() => CheckpointObject)
export class CheckpointFieldsResolver {
  @Classified('LOG')
  @FieldResolver(() => [CosignatureObject], {
    description: 'What the log’s witnesses signed of it until now; their lines stand in `note` too.',
  })
  async cosignatures(
    @Ctx() ctx: RequestContext,
    @Root() { size }: CheckpointObject,
  ): Promise<CosignatureObject[]> {
    const cosignatures = await ctx.log.witnesses.cosignatures(size);
    return cosignatures.map((one) => new CosignatureObject(one));
  }
}
