/** Institutions: queries, mutations, and the fields that need the clock or another record. */
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
  RecordObject,
  type RequestContext,
} from '../api/index.js';
import {
  AmendInstitutionInput,
  ChangeLicenceInput,
  InstitutionFilter,
  RegisterInstitutionInput,
} from './institution.input.js';
import {
  amendInstitution,
  changeLicence,
  findInstitution,
  listInstitutions,
  registerInstitution,
} from './institution.service.js';
import {
  Institution,
  InstitutionConnection,
  LicenceType,
  toInstitution,
  type InstitutionPage,
} from './institution.type.js';

@ObjectType({ implements: MutationPayload, description: 'What a mutation of an institution answers.' })
export class InstitutionPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Institution, { nullable: true, description: 'The institution as it is now.' })
  async institution(@Ctx() ctx: RequestContext): Promise<Institution | null> {
    const record = await findInstitution(ctx, this.accepted.id);
    return record === null ? null : toInstitution(record);
  }
}

@Resolver(() => Institution)
export class InstitutionResolver {
  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => Institution, {
    nullable: true,
    description: 'The institution of this id; null when there is none.',
  })
  async institution(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Institution | null> {
    const record = await findInstitution(ctx, requireId(id, ['id']));
    return record === null ? null : toInstitution(record);
  }

  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => InstitutionConnection, {
    nullable: true,
    description: 'All institutions, those registered first before.',
  })
  async institutions(
    @Arg('filter', () => InstitutionFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter: InstitutionFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<InstitutionPage> {
    return InstitutionConnection.from(await listInstitutions(ctx, filter ?? {}, pageOf(page)), toInstitution);
  }

  @Classified('STRUCTURE')
  @Mutation(() => InstitutionPayload, {
    description:
      'Registers an institution with its licence, and makes its signing key. For a REGULATOR of the state.',
  })
  async registerInstitution(
    @Arg('input', () => RegisterInstitutionInput, { description: 'The institution and its licence.' })
    input: RegisterInstitutionInput,
    @Ctx() ctx: RequestContext,
  ): Promise<InstitutionPayload> {
    return new InstitutionPayload(await registerInstitution(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => InstitutionPayload, {
    description:
      'Replaces an institution’s licence; works at its next request. For a REGULATOR of the state.',
  })
  async changeLicence(
    @Arg('input', () => ChangeLicenceInput, { description: 'The institution and its new licence.' })
    input: ChangeLicenceInput,
    @Ctx() ctx: RequestContext,
  ): Promise<InstitutionPayload> {
    return new InstitutionPayload(await changeLicence(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => InstitutionPayload, {
    description: 'Changes an institution’s facts. For its own REGISTRAR, or a REGULATOR of the state.',
  })
  async amendInstitution(
    @Arg('input', () => AmendInstitutionInput, { description: 'The institution and what changes.' })
    input: AmendInstitutionInput,
    @Ctx() ctx: RequestContext,
  ): Promise<InstitutionPayload> {
    return new InstitutionPayload(await amendInstitution(ctx, input));
  }

  @Classified('PUBLIC')
  @FieldResolver(() => LicenceType, { description: 'What the state allows it to do.' })
  licence(@Root() institution: Institution, @Ctx() ctx: RequestContext): LicenceType {
    return new LicenceType(institution.record.values.licence, ctx.clock().toISOString().slice(0, 10));
  }
}

/** Adds the custodian to every record type (design: api, "Each record type also has these"). */
@Resolver(() => RecordObject)
export class CustodianResolver {
  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => Institution, {
    nullable: true,
    description: 'The institution whose record it is; null for records of the system itself.',
  })
  async custodian(
    @Root() parent: RecordObject<object>,
    @Ctx() ctx: RequestContext,
  ): Promise<Institution | null> {
    const { custodian } = parent.record.head;
    const record = custodian === null ? null : await findInstitution(ctx, custodian);
    return record === null ? null : toInstitution(record);
  }
}
