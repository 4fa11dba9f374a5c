/** The fields of subsidies that are other records, and what finance adds to institutions. */
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Classified, PageArgs, pageOf, type ConnectionOf, type RequestContext } from '../api/index.js';
import {
  findInstitution,
  findMember,
  Institution,
  Member,
  toInstitution,
  toMember,
} from '../registry/index.js';
import { findProgramme } from './programme.service.js';
import { Programme } from './programme.type.js';
import { listSubsidies } from './subsidy.list.js';
import { Subsidy, SubsidyConnection } from './subsidy.type.js';

@Resolver(() => Subsidy)
export class SubsidyFieldsResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => Programme, { nullable: true, description: 'The programme that pays.' })
  async programme(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Programme | null> {
    const programme = await findProgramme(ctx, record.values.programme);
    return programme === null ? null : new Programme(programme);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution that pays.' })
  payer(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Institution | null> {
    return institutionOf(ctx, record.head.custodian);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution that is paid.' })
  payee(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Institution | null> {
    return institutionOf(ctx, record.values.payee);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, {
    nullable: true,
    description: 'Who proposed it; null where the caller may not know members of the payer.',
  })
  proposedBy(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Member | null> {
    return memberOf(ctx, record.values.proposedBy);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, { nullable: true, description: 'Who approved it; never its proposer.' })
  approvedBy(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Member | null> {
    return memberOf(ctx, record.values.approvedBy);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, { nullable: true, description: 'Who rejected it.' })
  rejectedBy(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Member | null> {
    return memberOf(ctx, record.values.rejectedBy);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, { nullable: true, description: 'Who paid it.' })
  disbursedBy(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Member | null> {
    return memberOf(ctx, record.values.disbursedBy);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Member, {
    nullable: true,
    description: 'Who confirmed, for the payee, that the money has come.',
  })
  confirmedBy(@Ctx() ctx: RequestContext, @Root() { record }: Subsidy): Promise<Member | null> {
    return memberOf(ctx, record.values.confirmedBy);
  }
}

/** What finance adds to institutions. */
@Resolver(() => Institution)
export class InstitutionSubsidiesResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => SubsidyConnection, { nullable: true, description: 'Subsidies to it, newest first.' })
  async subsidies(
    @Ctx() ctx: RequestContext,
    @Root() institution: Institution,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ConnectionOf<Subsidy>> {
    const filter = { payee: institution.record.head.id };
    return SubsidyConnection.from(
      await listSubsidies(ctx, { ...pageOf(page), filter }),
      (record) => new Subsidy(record),
    );
  }
}

async function institutionOf(ctx: RequestContext, id: string | null): Promise<Institution | null> {
  const record = id === null ? null : await findInstitution(ctx, id);
  return record === null ? null : toInstitution(record);
}

async function memberOf(ctx: RequestContext, id: string | null): Promise<Member | null> {
  const record = id === null ? null : await findMember(ctx, id);
  return record === null ? null : toMember(record);
}
