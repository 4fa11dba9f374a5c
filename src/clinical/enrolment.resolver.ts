/** Enrolling members: here and not in the registry, because a member may be a patient. */
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { Classified, type RequestContext } from '../api/index.js';
import { enrolMember, EnrolMemberInput, Member, MemberPayload } from '../registry/index.js';
import { findPatient } from './patient.service.js';
import { Patient, toPatient } from './patient.type.js';

@Resolver(() => Member)
export class EnrolmentResolver {
  @Classified('STRUCTURE')
  @Mutation(() => MemberPayload, {
    description: 'Lets someone act for an institution, or a patient for itself.',
  })
  async enrolMember(
    @Arg('input', () => EnrolMemberInput, { description: 'Who it is, for whom it acts and in which roles.' })
    input: EnrolMemberInput,
    @Ctx() ctx: RequestContext,
  ): Promise<MemberPayload> {
    const keeperOf = async (patient: string) => (await findPatient(ctx, patient))?.head.custodian ?? null;
    return new MemberPayload(await enrolMember(ctx, input, keeperOf));
  }

  @Classified('IDENTITY')
  @FieldResolver(() => Patient, {
    nullable: true,
    description: 'The patient that it is, with the role PATIENT.',
  })
  async patient(@Root() member: Member, @Ctx() ctx: RequestContext): Promise<Patient | null> {
    const id = member.record.values.patient;
    const record = id === null ? null : await findPatient(ctx, id);
    return record === null ? null : toPatient(record);
  }
}
