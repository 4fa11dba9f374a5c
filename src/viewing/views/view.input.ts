/** The input of a view, with the schema that checks it. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { enumOf, registerEnum, UuidScalar } from '../../api/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import {
  PurposeEnum,
  PURPOSES,
  SUBJECT_KINDS,
  SubjectKindEnum,
  type Purpose,
  type SubjectKind,
} from './purposes.js';
import { EVIDENCE_KINDS, VIEW_LANGUAGES, type EvidenceKind } from './view.kind.js';

export const EvidenceKindEnum = enumOf(EVIDENCE_KINDS);

registerEnum(EvidenceKindEnum, {
  name: 'EvidenceKind',
  description: 'By what a viewer shows that it treats a patient.',
  values: {
    TREATING: 'An encounter at its institution, open or ended within 30 days, that somebody else recorded.',
    REFERRAL: 'A referral to its institution.',
    ACCESS_CODE: 'A one-time code that the patient gave.',
  },
});

export const ViewLanguageEnum = enumOf(VIEW_LANGUAGES);

registerEnum(ViewLanguageEnum, {
  name: 'ViewLanguage',
  description: 'The language of a view’s labels (BCP 47); values stand as they were recorded.',
  values: { en: 'English.', ru: 'Russian.' },
});

@InputType({ description: 'What is looked at.' })
export class ViewSubjectInput {
  @Field(() => SubjectKindEnum, { description: 'What it is.' })
  kind: SubjectKind;

  @Field(() => UuidScalar, { description: 'Its id.' })
  id: string;
}

@InputType({ description: 'By what the viewer shows that it treats the patient.' })
export class ViewEvidenceInput {
  @Field(() => EvidenceKindEnum, { description: 'What the evidence is.' })
  kind: EvidenceKind;

  @Field(() => String, { nullable: true, description: 'The patient’s code, of ACCESS_CODE alone.' })
  code?: string | null;
}

@InputType({ description: 'A look at somebody’s record without taking it.' })
export class OpenViewInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @Field(() => ViewSubjectInput, { description: 'What is looked at.' })
  subject: ViewSubjectInput;

  @Field(() => PurposeEnum, { description: 'What for.' })
  purpose: Purpose;

  @Field(() => ViewEvidenceInput, {
    nullable: true,
    description: 'For TREATMENT: by default, treating the patient or else a referral.',
  })
  evidence?: ViewEvidenceInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why, for EMERGENCY alone; at most 500 characters, for the patient, auditors and your own institution to read: nothing about the patient’s health.',
  })
  reason?: string | null;

  @Field(() => ViewLanguageEnum, { defaultValue: 'en', description: 'The language of the pages.' })
  language: 'en' | 'ru';
}

export const openViewInput = z.object({
  requestId: uuid,
  subject: z.object({ kind: z.enum(SUBJECT_KINDS), id: uuid }),
  purpose: z.enum(PURPOSES),
  evidence: maybe(
    z
      .object({ kind: z.enum(EVIDENCE_KINDS), code: maybe(text(64)) })
      .refine((evidence) => (evidence.kind === 'ACCESS_CODE') === (evidence.code !== null), {
        path: ['code'],
        message: 'expected a code with ACCESS_CODE, and with nothing else',
      }),
  ),
  reason: maybe(text(500)),
  language: z.enum(VIEW_LANGUAGES).default('en'),
});

export type Asked = z.output<typeof openViewInput>;
