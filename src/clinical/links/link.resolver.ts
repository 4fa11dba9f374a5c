/** GraphQL operations of links, and what they add to patients. */
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
} from '../../api/index.js';
import { Patient, toPatient } from '../patient.type.js';
import {
  ConfirmPatientLinkInput,
  LinkPatientsInput,
  PatientLinkFilter,
  UnlinkPatientsInput,
} from './link.input.js';
import { listLinks } from './link.list.js';
import {
  confirmPatientLink,
  findLink,
  linkedFiles,
  linkPatients,
  linksOf,
  unlinkPatients,
} from './link.service.js';
import { PatientLink, PatientLinkConnection, type PatientLinkPage } from './link.type.js';

@ObjectType({ implements: MutationPayload, description: 'What a mutation of a link answers.' })
export class PatientLinkPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => PatientLink, { nullable: true, description: 'The link as it is now.' })
  async link(@Ctx() ctx: RequestContext): Promise<PatientLink | null> {
    const record = await findLink(ctx, this.accepted.id);
    return record === null ? null : new PatientLink(record);
  }
}

@Resolver(() => PatientLink)
export class PatientLinkResolver {
  @Classified('STRUCTURE')
  @Query(() => PatientLink, {
    nullable: true,
    description: 'The link of this id; null when there is none, or not for you to know.',
  })
  async patientLink(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientLink | null> {
    const record = await findLink(ctx, requireId(id, ['id']));
    return record === null ? null : new PatientLink(record);
  }

  @Classified('STRUCTURE')
  @Query(() => PatientLinkConnection, {
    nullable: true,
    description:
      'Links of files that your institution keeps, newest first, and proposals that wait for it; for a patient, its own.',
  })
  async patientLinks(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
    @Arg('filter', () => PatientLinkFilter, { nullable: true, description: 'Which to list; all by default.' })
    filter?: PatientLinkFilter,
  ): Promise<PatientLinkPage> {
    const found = await listLinks(ctx, filter ?? {}, pageOf(page));
    return PatientLinkConnection.from(found, (record) => new PatientLink(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => PatientLinkPayload, {
    description:
      'Says that two patients are one person: at once where your institution keeps both files, else as a proposal to who keeps the other.',
  })
  async linkPatients(
    @Arg('input', () => LinkPatientsInput, { description: 'The two, and by what you know it.' })
    input: LinkPatientsInput,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientLinkPayload> {
    return new PatientLinkPayload(await linkPatients(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => PatientLinkPayload, {
    description:
      'Agrees to a proposed link. From then on who treats the person reads both files as its patient’s, and the patient reads both.',
  })
  async confirmPatientLink(
    @Arg('input', () => ConfirmPatientLinkInput, { description: 'The link, and the version you saw.' })
    input: ConfirmPatientLinkInput,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientLinkPayload> {
    return new PatientLinkPayload(await confirmPatientLink(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => PatientLinkPayload, {
    description:
      'Ends a link, or refuses or withdraws a proposal: what it opened is closed at the next request.',
  })
  async unlinkPatients(
    @Arg('input', () => UnlinkPatientsInput, { description: 'The link, the version you saw, and why.' })
    input: UnlinkPatientsInput,
    @Ctx() ctx: RequestContext,
  ): Promise<PatientLinkPayload> {
    return new PatientLinkPayload(await unlinkPatients(ctx, input));
  }
}

/** What links add to patients. */
@Resolver(() => Patient)
export class LinkedPatientResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => [PatientLink], {
    nullable: true,
    description:
      'What links this file to others, proposals and ended links too: for the patient and for institutions that keep either file.',
  })
  async links(@Root() patient: Patient, @Ctx() ctx: RequestContext): Promise<PatientLink[]> {
    return (await linksOf(ctx, patient.record.head.id)).map((record) => new PatientLink(record));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => [Patient], {
    nullable: true,
    description:
      'The person’s other files, as far as they are for you to know; each with its own encounters, of which each says in `patientId` which file it is of.',
  })
  async linkedPatients(@Root() patient: Patient, @Ctx() ctx: RequestContext): Promise<Patient[]> {
    return (await linkedFiles(ctx, patient.record.head.id)).map(toPatient);
  }
}
