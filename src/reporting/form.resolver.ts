/** GraphQL operations of forms. */
import { Arg, Args, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import {
  Classified,
  MutationPayload,
  PageArgs,
  pageOf,
  type ConnectionOf,
  type RequestContext,
} from '../api/index.js';
import { loadVisible } from '../access/index.js';
import { DefineFormInput } from './form.input.js';
import { formKind } from './form.kind.js';
import { defineForm, findForm, listForms } from './form.service.js';
import { Form, FormConnection } from './form.type.js';

@ObjectType('FormPayload', { implements: MutationPayload, description: 'What a mutation of a form answers.' })
export class FormPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Form, { nullable: true, description: 'The form as it is now.' })
  async form(@Ctx() ctx: RequestContext): Promise<Form | null> {
    const record = await loadVisible(ctx, formKind, this.accepted.id);
    return record === null ? null : new Form(record);
  }
}

@Resolver(() => Form)
export class FormResolver {
  @Classified('PUBLIC')
  @Query(() => Form, { nullable: true, description: 'The form of a code.' })
  async form(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: 'The form’s code.' }) code: string,
  ): Promise<Form | null> {
    const record = await findForm(ctx, code);
    return record === null ? null : new Form(record);
  }

  @Classified('PUBLIC')
  @Query(() => FormConnection, { nullable: true, description: 'All forms, by code.' })
  async forms(@Ctx() ctx: RequestContext, @Args(() => PageArgs) page: PageArgs): Promise<ConnectionOf<Form>> {
    return FormConnection.from(await listForms(ctx, pageOf(page)), (record) => new Form(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => FormPayload, { description: 'Defines a form. For regulators of the state.' })
  async defineForm(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DefineFormInput, { description: 'The form and what it asks.' })
    input: DefineFormInput,
  ): Promise<FormPayload> {
    return new FormPayload(await defineForm(ctx, input));
  }
}
