/** GraphQL operations of entries, and the feed. */
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  PageArgs,
  pageOf,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import {
  findInstitution,
  findMember,
  Institution,
  Member,
  toInstitution,
  toMember,
} from '../registry/index.js';
import { BlockObject } from './block.type.js';
import { follow, listEntries } from './entry.service.js';
import { EntryConnection, EntryObject, OpeningObject } from './entry.type.js';
import { EntryFilter } from './filter.input.js';
import { entryAt, requireBlock } from './log.service.js';
import { openingFor } from './opening.service.js';

/** Arguments of the feed, as type-graphql hands them to `subscribe`. */
interface TrailArguments {
  readonly after?: bigint | null;
  readonly filter?: EntryFilter | null;
}

@Resolver(() => EntryObject)
export class EntryResolver {
  @Classified('LOG')
  @Query(() => EntryObject, {
    nullable: true,
    description: 'The entry at a position; null beyond the log’s end.',
  })
  async entry(
    @Ctx() ctx: RequestContext,
    @Arg('index', () => BigIntScalar, { description: 'Position on the log, from 0.' }) index: bigint,
  ): Promise<EntryObject | null> {
    const entry = await entryAt(ctx, index);
    return entry === null ? null : new EntryObject(entry);
  }

  @Classified('LOG')
  @Query(() => EntryConnection, {
    nullable: true,
    description:
      'Entries by index. A page looks at 4096 entries at most: with a filter it may be short although more follow; `pageInfo` says so and where to go on.',
  })
  entries(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => EntryFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: EntryFilter,
  ): Promise<ConnectionOf<EntryObject>> {
    return listEntries(ctx, filter, pageOf(page));
  }

  @Classified('LOG')
  @Subscription(() => EntryObject, {
    description:
      'Every entry once and in order, as it is committed. To go on after an interruption pass the last index seen; it works across servers and restarts.',
    subscribe: ({ args, context }: { args: TrailArguments; context: RequestContext }) =>
      // type-graphql types the source by its payload, which is what the resolver below takes.
      follow(context, args.after, args.filter),
  })
  auditTrail(
    @Root() entry: VerifiedEntry,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description: 'Begin behind this index; -1 for the log’s beginning; absent: from now on.',
    })
    _after?: bigint,
    @Arg('filter', () => EntryFilter, { nullable: true, description: 'Which to follow; all by default.' })
    _filter?: EntryFilter,
  ): EntryObject {
    return new EntryObject(entry);
  }

  @Classified('LOG')
  @FieldResolver(() => Institution, {
    nullable: true,
    description: 'The institution whose member wrote it; null when a patient did, or the system itself.',
  })
  async institution(@Ctx() ctx: RequestContext, @Root() { entry }: EntryObject): Promise<Institution | null> {
    const { institution } = entry.leaf;
    const record = institution === null ? null : await findInstitution(ctx, institution);
    return record === null ? null : toInstitution(record);
  }

  @Classified('LOG')
  @FieldResolver(() => BlockObject, { description: 'The block that holds it.' })
  block(@Ctx() ctx: RequestContext, @Root() { entry }: EntryObject): Promise<BlockObject> {
    return requireBlock(ctx, entry.leaf.block);
  }

  // The fields of the opening carry LEDGER; that there is one is true of every entry.
  @Classified('LOG')
  @FieldResolver(() => OpeningObject, {
    nullable: true,
    description: 'What was done, by whom, to what; null where it isn’t for the caller.',
  })
  opening(@Ctx() ctx: RequestContext, @Root() { entry }: EntryObject): Promise<OpeningObject | null> {
    return openingFor(ctx, entry);
  }
}

@Resolver(() => OpeningObject)
export class OpeningResolver {
  @Classified('LEDGER')
  @FieldResolver(() => Member, {
    nullable: true,
    description: 'Who did it; null where the caller may not know the member.',
  })
  async actor(@Ctx() ctx: RequestContext, @Root() { parts }: OpeningObject): Promise<Member | null> {
    const record = await findMember(ctx, parts.actor);
    return record === null ? null : toMember(record);
  }
}
