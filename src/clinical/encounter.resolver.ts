/** Encounters: queries, mutations, and an encounter's patient. */
import {
  Arg,
  Args,
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
  PageArgs,
  pageOf,
  requireId,
  UuidScalar,
  type RequestContext,
} from '../api/index.js';
import { recordEncounters, type BatchOutcome, type RefusedPart } from './encounter.batch.js';
import { EncounterFilter, EncounterOrder } from './encounter.filter.js';
import { AmendEncounterInput, RecordEncounterInput, RecordEncountersInput } from './encounter.input.js';
import { listEncounters } from './encounter.list.js';
import { amendEncounter, findEncounter, recordEncounter } from './encounter.service.js';
import { Encounter, EncounterConnection, toEncounter, type EncounterPage } from './encounter.type.js';
import { findPatient } from './patient.service.js';
import { Patient, toPatient } from './patient.type.js';

@ObjectType({ implements: MutationPayload, description: 'What a mutation of an encounter answers.' })
export class EncounterPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Encounter, { nullable: true, description: 'The encounter as it is now.' })
  async encounter(@Ctx() ctx: RequestContext): Promise<Encounter | null> {
    const record = await findEncounter(ctx, this.accepted.id);
    return record === null ? null : toEncounter(record);
  }
}

@ObjectType('RefusedPart', { description: 'Why one encounter of a batch was not recorded.' })
export class RefusedPartType {
  readonly #refused: RefusedPart;

  constructor(refused: RefusedPart) {
    this.#refused = refused;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'Its place in the input, from 0.' })
  get part(): number {
    return this.#refused.part;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The error code (schema/errors.md).' })
  get code(): string {
    return this.#refused.code;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'What was expected and what came.' })
  get message(): string {
    return this.#refused.message;
  }

  @Classified('STRUCTURE')
  @Field(() => [String], { description: 'Where in the input the cause stands, outermost first.' })
  get path(): string[] {
    return this.#refused.path.map(String);
  }

  @Classified('STRUCTURE')
  @Field(() => ID, {
    nullable: true,
    description:
      'The upload request that it waits for, or that was denied or expired; null for other reasons.',
  })
  get upload(): string | null {
    return this.#refused.upload;
  }
}

/** What a batch answers; `audit` adds `receipts`. */
@ObjectType({ description: 'What recording many encounters answers.' })
export class EncountersPayload {
  constructor(readonly outcome: BatchOutcome) {}

  @Classified('STRUCTURE')
  @Field(() => UuidScalar, { description: 'The request id that the mutation was called with.' })
  get requestId(): string {
    return this.outcome.requestId;
  }

  @Classified('STRUCTURE')
  @Field(() => [RefusedPartType], {
    description: 'Those that were not recorded, and why; with the mode ALL none.',
  })
  get refused(): RefusedPartType[] {
    return this.outcome.refused.map((refused) => new RefusedPartType(refused));
  }

  @Classified('STRUCTURE')
  @Field(() => [Encounter], {
    nullable: 'itemsAndList',
    description: 'Those that were recorded, in the input’s order.',
  })
  encounters(@Ctx() ctx: RequestContext): Promise<(Encounter | null)[]> {
    return Promise.all(
      this.outcome.accepted.map(async ({ id }) => {
        const record = await findEncounter(ctx, id);
        return record === null ? null : toEncounter(record);
      }),
    );
  }
}

@Resolver(() => Encounter)
export class EncounterResolver {
  @Classified('STRUCTURE')
  @Query(() => Encounter, {
    nullable: true,
    description: 'The encounter of this id; null when there is none, or not for you to know.',
  })
  async encounter(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Encounter | null> {
    const record = await findEncounter(ctx, requireId(id, ['id']));
    return record === null ? null : toEncounter(record);
  }

  @Classified('STRUCTURE')
  @Query(() => EncounterConnection, {
    nullable: true,
    description: 'The encounters of your institution; for a patient, its own.',
  })
  async encounters(
    @Arg('filter', () => EncounterFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter: EncounterFilter | null,
    @Arg('orderBy', () => EncounterOrder, {
      nullable: true,
      description: 'In which order; as they were first recorded by default.',
    })
    order: EncounterOrder | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<EncounterPage> {
    const found = await listEncounters(ctx, filter ?? {}, order ?? null, pageOf(page));
    return EncounterConnection.from(found, toEncounter);
  }

  @Classified('STRUCTURE')
  @Mutation(() => EncounterPayload, { description: 'Records an encounter that your institution provided.' })
  async recordEncounter(
    @Arg('input', () => RecordEncounterInput, { description: 'The encounter and whose it is.' })
    input: RecordEncounterInput,
    @Ctx() ctx: RequestContext,
  ): Promise<EncounterPayload> {
    return new EncounterPayload(await recordEncounter(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => EncountersPayload, {
    description: 'Records up to 256 encounters that your institution provided.',
  })
  async recordEncounters(
    @Arg('input', () => RecordEncountersInput, {
      description: 'The encounters, and what a problem with one means for the others.',
    })
    input: RecordEncountersInput,
    @Ctx() ctx: RequestContext,
  ): Promise<EncountersPayload> {
    return new EncountersPayload(await recordEncounters(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => EncounterPayload, {
    description: 'Makes a new version of an encounter; the one before stays on the log.',
  })
  async amendEncounter(
    @Arg('input', () => AmendEncounterInput, {
      description: 'The encounter, the version you saw, and what changes.',
    })
    input: AmendEncounterInput,
    @Ctx() ctx: RequestContext,
  ): Promise<EncounterPayload> {
    return new EncounterPayload(await amendEncounter(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Patient, {
    nullable: true,
    description: 'The patient, as far as it is for you to know; `patientId` is there in any case.',
  })
  async patient(@Root() encounter: Encounter, @Ctx() ctx: RequestContext): Promise<Patient | null> {
    const record = await findPatient(ctx, encounter.record.values.patient);
    return record === null ? null : toPatient(record);
  }
}
