/** `node(id:)`: any record by its id alone (https://relay.dev/graphql/objectidentification.htm). */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Classified, Node, requireId } from '../api/index.js';
import type { RequestContext } from '../api/index.js';
import { RECORD_TYPES } from './records.js';

/** The record of this id, or null. The log, not a table, tells which kind it is. */
export async function findNode(context: RequestContext, id: string): Promise<object | null> {
  await context.log.sync();
  const type = RECORD_TYPES.find(({ kind }) => context.log.trusted.hasSubject(kind.name, id));
  return type ? type.fetch(context, id) : null;
}

@Resolver()
export class NodeResolver {
  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => Node, {
    nullable: true,
    description:
      'The record of this id, of whatever type; null when there is none that the caller may know of.',
  })
  node(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Identifier of a record.' }) id: string,
  ): Promise<object | null> {
    return findNode(context, requireId(id, ['id']));
  }
}
