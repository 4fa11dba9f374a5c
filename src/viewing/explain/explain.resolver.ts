/** The query that explains a decision about a field. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Classified, DateTimeScalar, type RequestContext } from '../../api/index.js';
import { explainAccess } from './explain.service.js';
import { AccessExplanation, ExplainSubjectInput } from './explain.type.js';

@Resolver()
export class ExplainResolver {
  @Classified('STRUCTURE')
  @Query(() => AccessExplanation, {
    nullable: true,
    description:
      'Why a member may, or may not, read a field, now or at a moment. Auditors ask about everyone, members about themselves, and whose record it is about everyone who asks for it. Null where the record isn’t there for you.',
  })
  async explainAccess(
    @Ctx() ctx: RequestContext,
    @Arg('subject', () => ExplainSubjectInput, { description: 'The record.' })
    subject: ExplainSubjectInput,
    @Arg('member', () => ID, { description: 'The member.' })
    member: string,
    @Arg('field', () => String, {
      nullable: true,
      description: 'The field, as proof bundles name it; by default that the record is there at all.',
    })
    field?: string | null,
    @Arg('at', () => DateTimeScalar, { nullable: true, description: 'The moment; now by default.' })
    at?: string | null,
  ): Promise<AccessExplanation | null> {
    const asked = { subject, field: field ?? null, member, at: at ?? null };
    const explanation = await explainAccess(ctx, asked);
    return explanation === null ? null : new AccessExplanation(explanation);
  }
}
