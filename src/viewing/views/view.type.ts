/** Views as GraphQL. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Classified, DateTimeScalar, enumOf, Node, RecordObject, registerEnum } from '../../api/index.js';
import type { PageLink } from './page.service.js';
import { PurposeEnum, SubjectKindEnum } from './purposes.js';
import { EvidenceKindEnum, ViewLanguageEnum } from './view.input.js';
import { VIEW_ACTS, type ViewValues } from './view.kind.js';

export const ViewActEnum = enumOf(VIEW_ACTS);

registerEnum(ViewActEnum, {
  name: 'ViewAct',
  description: 'What was done.',
  values: {
    OPENED: 'A view was opened: its pages could be looked at.',
    LISTED:
      'A patient was asked for by identifier, found or not; or a view was asked for of nobody who is there for the caller.',
  },
});

@ObjectType('View', {
  implements: [RecordObject, Node],
  description:
    'The receipt of looking at somebody’s record without taking it. For who looked, its institution, the patient and auditors.',
})
export class View extends RecordObject<ViewValues> {
  @Classified('DIRECTORY')
  @Field(() => ViewActEnum, { description: 'What was done.' })
  get act(): string {
    return this.record.values.act;
  }

  @Classified('DIRECTORY')
  @Field(() => SubjectKindEnum, { description: 'What was looked at.' })
  get subjectKind(): string {
    return this.record.values.subjectKind;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { nullable: true, description: 'Its id; null where a lookup found nobody.' })
  get subjectId(): string | null {
    return this.record.values.subject;
  }

  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Id of the member who looked.' })
  get memberId(): string {
    return this.record.values.member;
  }

  @Classified('DIRECTORY')
  @Field(() => PurposeEnum, { nullable: true, description: 'What for; null of a lookup by identifier.' })
  get purpose(): string | null {
    return this.record.values.purpose;
  }

  @Classified('DIRECTORY')
  @Field(() => EvidenceKindEnum, { nullable: true, description: 'On what evidence, for TREATMENT.' })
  get evidence(): string | null {
    return this.record.values.evidence;
  }

  @Classified('DIRECTORY')
  @Field(() => String, {
    nullable: true,
    description: 'Why, in an emergency; for the patient, auditors and the viewer’s institution.',
  })
  get reason(): string | null {
    return this.record.values.reason;
  }

  @Classified('DIRECTORY')
  @Field(() => ViewLanguageEnum, { description: 'The language of its pages.' })
  get language(): string {
    return this.record.values.language;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When it was opened.' })
  get openedAt(): string {
    return this.record.values.openedAt;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'Until when its pages can be fetched.' })
  get expiresAt(): string {
    return this.record.values.expiresAt;
  }
}

@ObjectType('ViewPage', { description: 'A page of a view, as an image.' })
export class ViewPage {
  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'Its number, from 1.' })
  readonly number: number;

  @Classified('STRUCTURE')
  @Field(() => String, {
    description:
      'Where its PNG is, below this server’s address. For GET with the same token and key; works once, while the view is open. `&scale=2` gives twice the pixels.',
  })
  readonly url: string;

  constructor({ number, url }: PageLink) {
    this.number = number;
    this.url = url;
  }
}
