/** Patients: queries, mutations, and a patient's encounters. */
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
  type RequestContext,
} from '../api/index.js';
import { listEncountersOf } from './encounter.list.js';
import { EncounterConnection, toEncounter, type EncounterPage } from './encounter.type.js';
import { AmendPatientInput, PatientFilter, PatientOrder, RegisterPatientInput } from './patient.input.js';
import { listPatients } from './patient.list.js';
import { amendPatient, findPatient, registerPatient } from './patient.service.js';
import { Patient, PatientConnection, toPatient, type PatientPage } from './patient.type.js';

@ObjectType({ implements: MutationPayload, description: 'What a mutation of a patient answers.' })
export class PatientPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Patient, { nullable: true, description: 'The patient as it is now.' })
  async patient(@Ctx() ctx: RequestContext): Promise<Patient | null> {
    const record = await findPatient(ctx, this.accepted.id);
    return record === null ? null : toPatient(record);
  }
}

@Resolver(() => Patient)
export class PatientResolver {
  @Classified('STRUCTURE')
  @Query(() => Patient, {
    nullable: true,
    description: 'The patient of this id; null when there is none, or not for you to know.',
  })
  async patient(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Patient | null> {
    const record = await findPatient(ctx, requireId(id, ['id']));
    return record === null ? null : toPatient(record);
  }

  @Classified('STRUCTURE')
  @Query(() => PatientConnection, {
    nullable: true,
    description: 'The patients whose records your institution keeps; for a patient, itself.',
  })
  async patients(
    @Arg('filter', () => PatientFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter: PatientFilter | null,
    @Arg('orderBy', () => PatientOrder, {
      nullable: true,
      description: 'In which order; by registration by default.',
    })
    order: PatientOrder | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientPage> {
    const found = await listPatients(ctx, filter ?? {}, order ?? null, pageOf(page));
    return PatientConnection.from(found, toPatient);
  }

  @Classified('STRUCTURE')
  @Mutation(() => PatientPayload, {
    description:
      'Registers a patient. CONFLICT names the patient who has one of the identifiers already: record care there instead.',
  })
  async registerPatient(
    @Arg('input', () => RegisterPatientInput, { description: 'What is known of the patient.' })
    input: RegisterPatientInput,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientPayload> {
    return new PatientPayload(await registerPatient(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => PatientPayload, {
    description: 'Makes a new version of a patient; the one before stays on the log.',
  })
  async amendPatient(
    @Arg('input', () => AmendPatientInput, {
      description: 'The patient, the version you saw, and what changes.',
    })
    input: AmendPatientInput,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientPayload> {
    return new PatientPayload(await amendPatient(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => EncounterConnection, {
    nullable: true,
    description:
      'The patient’s encounters: all for the patient and for institutions that treat it, else those of your institution.',
  })
  async encounters(
    @Root() patient: Patient,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<EncounterPage> {
    return EncounterConnection.from(await listEncountersOf(ctx, patient.record, pageOf(page)), toEncounter);
  }
}
