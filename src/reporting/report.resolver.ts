/** GraphQL operations of reports, and the fields that lead from and to them. */
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
  MutationPayload,
  PageArgs,
  pageOf,
  requireId,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { loadVisible } from '../access/index.js';
import { Institution, toInstitution } from '../registry/index.js';
import { institutionKind } from '../standing/index.js';
import { Form } from './form.type.js';
import { AmendReportInput, FileReportInput, ReportFilter, ReportOrder } from './report.input.js';
import { listReports } from './report.list.js';
import { amendReport, fileReport, findReport, formOf } from './report.service.js';
import { Report, ReportConnection } from './report.type.js';

@ObjectType('ReportPayload', {
  implements: MutationPayload,
  description: 'What a mutation of a report answers.',
})
export class ReportPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Report, { nullable: true, description: 'The report as it is now.' })
  async report(@Ctx() ctx: RequestContext): Promise<Report | null> {
    const record = await findReport(ctx, this.accepted.id);
    return record === null ? null : new Report(record);
  }
}

@Resolver(() => Report)
export class ReportResolver {
  @Classified('STRUCTURE')
  @Query(() => Report, {
    nullable: true,
    description: 'A report; null when there is none that the caller may see.',
  })
  async report(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'The report’s id.' }) id: string,
  ): Promise<Report | null> {
    const record = await findReport(ctx, requireId(id, ['id']));
    return record === null ? null : new Report(record);
  }

  @Classified('STRUCTURE')
  @Query(() => ReportConnection, {
    nullable: true,
    description: 'Reports of all institutions, newest first. For members of licensed institutions.',
  })
  async reports(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ReportFilter, { nullable: true, description: 'Which reports.' })
    filter?: ReportFilter,
    @Arg('orderBy', () => ReportOrder, { nullable: true, description: 'In which order.' })
    orderBy?: ReportOrder,
  ): Promise<ConnectionOf<Report>> {
    const listed = await listReports(ctx, {
      ...pageOf(page),
      filter: filter ?? null,
      orderBy: orderBy ?? null,
    });
    return ReportConnection.from(listed, (record) => new Report(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ReportPayload, {
    description: 'Files the caller’s institution’s report. For its reporters.',
  })
  async fileReport(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => FileReportInput, { description: 'The form, the period and its figures.' })
    input: FileReportInput,
  ): Promise<ReportPayload> {
    return new ReportPayload(await fileReport(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ReportPayload, { description: 'Corrects a report. For reporters of its institution.' })
  async amendReport(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => AmendReportInput, {
      description: 'The report, the version you saw, all figures as they should be, and why.',
    })
    input: AmendReportInput,
  ): Promise<ReportPayload> {
    return new ReportPayload(await amendReport(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Form, { nullable: true, description: 'The form that it was filed on.' })
  async form(@Ctx() ctx: RequestContext, @Root() report: Report): Promise<Form | null> {
    const record = await formOf(ctx, report.record);
    return record === null ? null : new Form(record);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution that filed it.' })
  async institution(@Ctx() ctx: RequestContext, @Root() report: Report): Promise<Institution | null> {
    const { custodian } = report.record.head;
    const record = custodian === null ? null : await loadVisible(ctx, institutionKind, custodian);
    return record === null ? null : toInstitution(record);
  }
}

/** What reporting adds to institutions. */
@Resolver(() => Institution)
export class InstitutionReportsResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => ReportConnection, { nullable: true, description: 'Its reports, newest first.' })
  async reports(
    @Ctx() ctx: RequestContext,
    @Root() institution: Institution,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ConnectionOf<Report>> {
    const filter = { institution: institution.record.head.id };
    return ReportConnection.from(
      await listReports(ctx, { ...pageOf(page), filter }),
      (record) => new Report(record),
    );
  }
}
