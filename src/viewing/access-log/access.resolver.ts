/** GraphQL operations of the log of accesses. */
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import {
  BigIntScalar,
  Classified,
  PageArgs,
  pageOf,
  requireId,
  RoleEnum,
  type ConnectionOf,
  type RequestContext,
} from '../../api/index.js';
import { Patient } from '../../clinical/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';
import {
  findInstitution,
  findMember,
  Institution,
  Member,
  toInstitution,
  toMember,
} from '../../registry/index.js';
import { View } from '../views/view.type.js';
import { AccessFilter } from './access.filter.js';
import { accessesAt, followAccesses, listAccesses, rolesOf } from './access.service.js';
import { Access, AccessConnection, toConnection } from './access.type.js';

/** Arguments of the feed, as type-graphql hands them to `subscribe`. */
interface FollowArguments {
  readonly after?: bigint | null;
  readonly patient?: string | null;
}

function follow({ args, context }: { args: FollowArguments; context: RequestContext }) {
  const { after, patient } = args;
  return followAccesses(
    context,
    after,
    patient === null || patient === undefined ? null : requireId(patient, ['patient']),
  );
}

@Resolver(() => Access)
export class AccessResolver {
  @Classified('STRUCTURE')
  @Query(() => AccessConnection, {
    nullable: true,
    description:
      'Who looked at a patient’s file or read values of it, newest first: a list that is proven whole. All of it, of all linked files, for the patient and who acts for it; of this file, all for auditors, and for an institution what its own members did.',
  })
  async accessLog(
    @Arg('patient', () => ID, { description: 'Whose file.' }) patient: string,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
    @Arg('filter', () => AccessFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: AccessFilter,
  ): Promise<ConnectionOf<Access>> {
    return toConnection(await listAccesses(ctx, requireId(patient, ['patient']), filter, pageOf(page)));
  }

  @Classified('STRUCTURE')
  @Subscription(() => Access, {
    description:
      'For patients and who acts for them: every access to the person’s files once and in order, as it comes to the log: reads with the batch that holds them. To go on after an interruption pass the last index seen; it works across servers and restarts.',
    subscribe: follow,
  })
  async accessToMe(
    @Root() entry: VerifiedEntry,
    @Ctx() ctx: RequestContext,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description: 'Begin behind this index; -1 for the log’s beginning; absent: from now on.',
    })
    _after?: bigint,
    @Arg('patient', () => ID, {
      nullable: true,
      description: 'Whose, of those for whom you act; your own by default. It ends with the appointment.',
    })
    patient?: string,
  ): Promise<Access> {
    const [first, ...others] = await accessesAt(ctx, entry, patient);
    return new Access(first, others);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution whose member looked.' })
  async institution(@Root() { accessed }: Access, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    const { institution: id } = accessed;
    const found = id === null ? null : await findInstitution(ctx, id);
    return found === null ? null : toInstitution(found);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => [RoleEnum], { description: 'What the member who looked does, as of now.' })
  async roles(@Root() { accessed }: Access, @Ctx() ctx: RequestContext): Promise<string[]> {
    return [...(await rolesOf(ctx, accessed))];
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, {
    nullable: true,
    description:
      'The member who looked; null where that isn’t for you to know: to patients, names stay with the institution.',
  })
  async member(@Root() { accessed }: Access, @Ctx() ctx: RequestContext): Promise<Member | null> {
    const found = await findMember(ctx, accessed.member);
    return found === null ? null : toMember(found);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => View, { nullable: true, description: 'Its receipt; null of reads.' })
  view(@Root() { accessed: { view } }: Access): View | null {
    return view === null ? null : new View(view);
  }
}

/** What patients' type has of it. */
@Resolver(() => Patient)
export class PatientAccessResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => AccessConnection, {
    nullable: true,
    description: 'Who looked at the file, newest first, as far as it is for you (`accessLog`).',
  })
  async accessLog(
    @Root() patient: Patient,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
    @Arg('filter', () => AccessFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: AccessFilter,
  ): Promise<ConnectionOf<Access>> {
    return toConnection(await listAccesses(ctx, patient.record.head.id, filter, pageOf(page)));
  }
}
