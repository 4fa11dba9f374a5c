/** `node(id:)`: any record by its id alone (https://relay.dev/graphql/objectidentification.htm). */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Classified, Node, requireId } from '../api/index.js';
import type { RequestContext } from '../api/index.js';
import { INSTITUTIONS, PATIENTS, RECORD_TYPES, type RecordType } from './records.js';

/**
 * The record of this id, or null. The log, not a table, tells which kind it is. Where the answer is null, a record of care and
 * one of another kind have been looked for, whatever the id names: the time doesn't tell that it names something.
 */
export async function findNode(context: RequestContext, id: string): Promise<object | null> {
  await context.log.sync();
  const type = RECORD_TYPES.find(({ kind }) => context.log.trusted.hasSubject(kind.name, id)) ?? PATIENTS;
  const found = await type.fetch(context, id);
  if (found === null) await (isOfCare(type) ? INSTITUTIONS : PATIENTS).fetch(context, id);
  return found;
}

/** What the caller is to these is looked up; to the others it follows from the record itself. */
function isOfCare({ kind }: RecordType): boolean {
  return kind.name === 'Patient' || kind.name === 'Encounter';
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
