/** GraphQL operations of views, and the lookup of a patient. */
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import {
  Classified,
  MutationPayload,
  PartialDateScalar,
  requireId,
  type RequestContext,
} from '../../api/index.js';
import { Patient, toPatient } from '../../clinical/index.js';
import { findInstitution, Institution, toInstitution } from '../../registry/index.js';
import { lookUpPatient } from './lookup.service.js';
import { linksOf } from './page.service.js';
import { OpenViewInput } from './view.input.js';
import { findView, openView } from './view.service.js';
import { View, ViewPage } from './view.type.js';

async function viewOf(ctx: RequestContext, id: string): Promise<View | null> {
  const record = await findView(ctx, id);
  return record === null ? null : new View(record);
}

@ObjectType({ implements: MutationPayload, description: 'What opening a view answers.' })
export class ViewPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => View, { nullable: true, description: 'The view.' })
  view(@Ctx() ctx: RequestContext): Promise<View | null> {
    return viewOf(ctx, this.accepted.id);
  }
}

@Resolver(() => View)
export class ViewResolver {
  @Classified('STRUCTURE')
  @Query(() => View, { nullable: true, description: 'A view; null when there is none for you to know of.' })
  view(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<View | null> {
    return viewOf(ctx, requireId(id, ['id']));
  }

  @Classified('STRUCTURE')
  @Query(() => Patient, {
    nullable: true,
    description:
      'The patient who has this identifier and was born on this day: its id, to record care under. NOT_FOUND when either is not so. For a CLINICIAN or REGISTRAR. Each lookup is on the log, and counts against your budget whether it finds somebody or not.',
  })
  async patientByIdentifier(
    @Arg('system', () => String, { description: 'URI of the numbering system.' }) system: string,
    @Arg('value', () => String, { description: 'The number, exactly.' }) value: string,
    @Arg('birthDate', () => PartialDateScalar, {
      description:
        'The birth date exactly as it is recorded: a day, or a month or year where no more is known.',
    })
    birthDate: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Patient | null> {
    return toPatient(await lookUpPatient(ctx, { system, value, birthDate }));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ViewPayload, {
    description:
      'Opens a view: a short look at somebody’s record as images, for one purpose, with a receipt on the log. No structured value leaves with it (schema/access.md).',
  })
  async openView(
    @Arg('input', () => OpenViewInput, { description: 'What to look at, what for, on what evidence.' })
    input: OpenViewInput,
    @Ctx() ctx: RequestContext,
  ): Promise<ViewPayload> {
    return new ViewPayload(await openView(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, { nullable: true, description: 'The institution that looked.' })
  async institution(@Root() { record }: View, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    const id = record.values.institution;
    const found = id === null ? null : await findInstitution(ctx, id);
    return found === null ? null : toInstitution(found);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => [ViewPage], {
    nullable: true,
    description: 'Its pages, for who opened it with this key while it is open; else null.',
  })
  async pages(@Root() { record }: View, @Ctx() ctx: RequestContext): Promise<ViewPage[] | null> {
    return (await linksOf(ctx, record))?.map((link) => new ViewPage(link)) ?? null;
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Int, {
    nullable: true,
    description: 'How many pages it has, for who opened it while it is open; else null.',
  })
  async pageCount(@Root() { record }: View, @Ctx() ctx: RequestContext): Promise<number | null> {
    return (await linksOf(ctx, record))?.length ?? null;
  }
}
