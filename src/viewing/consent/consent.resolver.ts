/** GraphQL operations of consents. */
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
} from '../../api/index.js';
import { findPatient, Patient, toPatient } from '../../clinical/index.js';
import { findInstitution, Institution, Me, toInstitution } from '../../registry/index.js';
import { GrantConsentInput, RevokeConsentInput } from './consent.input.js';
import { listConsents, listConsentsOf, representedBy } from './consent.list.js';
import { findConsent, grantConsent, revokeConsent } from './consent.service.js';
import { Consent, ConsentConnection } from './consent.type.js';

async function consentOf(ctx: RequestContext, id: string): Promise<Consent | null> {
  const record = await findConsent(ctx, id);
  return record === null ? null : new Consent(record);
}

async function institutionOf(ctx: RequestContext, id: string | null): Promise<Institution | null> {
  const record = id === null ? null : await findInstitution(ctx, id);
  return record === null ? null : toInstitution(record);
}

@ObjectType({ implements: MutationPayload, description: 'What a mutation of a consent answers.' })
export class ConsentPayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Consent, {
    nullable: true,
    description: 'The consent as it is now; null for a representative who gave up its own appointment.',
  })
  consent(@Ctx() ctx: RequestContext): Promise<Consent | null> {
    return consentOf(ctx, this.accepted.id);
  }
}

@Resolver(() => Consent)
export class ConsentResolver {
  @Classified('STRUCTURE')
  @Query(() => Consent, {
    nullable: true,
    description: 'A consent; null when there is none that the caller may see.',
  })
  consent(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<Consent | null> {
    return consentOf(ctx, requireId(id, ['id']));
  }

  @Classified('STRUCTURE')
  @Query(() => ConsentConnection, {
    nullable: true,
    description:
      'Consents, newest first: of a patient, those that the caller may see; else a patient’s own, and for members of an institution what was granted to it. No list by an institution tells of restrictions.',
  })
  async consents(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
    @Arg('patient', () => ID, { nullable: true, description: 'Whose.' }) patient?: string | null,
  ): Promise<ConnectionOf<Consent>> {
    const found =
      patient === null || patient === undefined
        ? await listConsents(ctx, pageOf(page))
        : await listConsentsOf(ctx, requireId(patient, ['patient']), pageOf(page));
    return ConsentConnection.from(found, (record) => new Consent(record));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ConsentPayload, {
    description:
      'Records what a patient decides about its records. It takes effect at everybody’s next request.',
  })
  async grantConsent(
    @Arg('input', () => GrantConsentInput, { description: 'What is decided.' }) input: GrantConsentInput,
    @Ctx() ctx: RequestContext,
  ): Promise<ConsentPayload> {
    return new ConsentPayload(await grantConsent(ctx, input));
  }

  @Classified('STRUCTURE')
  @Mutation(() => ConsentPayload, {
    description: 'Revokes a consent. It takes effect at everybody’s next request.',
  })
  async revokeConsent(
    @Arg('input', () => RevokeConsentInput, { description: 'Which.' }) input: RevokeConsentInput,
    @Ctx() ctx: RequestContext,
  ): Promise<ConsentPayload> {
    return new ConsentPayload(await revokeConsent(ctx, input));
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Patient, {
    nullable: true,
    description: 'The patient, as far as the caller may know of it.',
  })
  async patient(@Root() consent: Consent, @Ctx() ctx: RequestContext): Promise<Patient | null> {
    const record = await findPatient(ctx, consent.record.values.patient);
    return record === null ? null : toPatient(record);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, {
    nullable: true,
    description: 'The institution that it is about; null for a restriction of all, and for a representative.',
  })
  institution(@Root() consent: Consent, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    return institutionOf(ctx, consent.record.values.institution);
  }

  @Classified('DIRECTORY')
  @FieldResolver(() => Institution, {
    nullable: true,
    description:
      'The institution that attests that the patient signed it on paper. It opens that one’s records alone.',
  })
  attestedBy(@Root() consent: Consent, @Ctx() ctx: RequestContext): Promise<Institution | null> {
    return institutionOf(ctx, consent.record.values.attestedBy);
  }
}

/** What patients' and members' types have of consents. */
@Resolver(() => Patient)
export class PatientConsentsResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => ConsentConnection, {
    nullable: true,
    description:
      'What the patient decided, newest first, as far as the caller may see it: all for the patient.',
  })
  async consents(
    @Root() patient: Patient,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<ConnectionOf<Consent>> {
    const found = await listConsentsOf(ctx, patient.record.head.id, pageOf(page));
    return ConsentConnection.from(found, (record) => new Consent(record));
  }
}

@Resolver(() => Me)
export class ActsForResolver {
  @Classified('STRUCTURE')
  @FieldResolver(() => [Patient], {
    nullable: true,
    description:
      'The patients who appointed you to act for them; you are SELF to them while the appointment is in force.',
  })
  async actsFor(@Ctx() ctx: RequestContext): Promise<Patient[]> {
    return (await representedBy(ctx)).map(toPatient);
  }
}
