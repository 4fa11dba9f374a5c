/** Links as GraphQL. */
import { Field, ID, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  Node,
  type ConnectionOf,
  RecordObject,
  registerEnum,
} from '../../api/index.js';
import { enumOf } from '../../registry/index.js';
import { LINK_STATES, type LinkValues } from './link.kind.js';

export const LinkStateEnum = enumOf(LINK_STATES);

registerEnum(LinkStateEnum, {
  name: 'PatientLinkState',
  description: 'Whether a link holds.',
  values: {
    PROPOSED:
      'The institution that keeps the other file, or that patient, hasn’t agreed yet: it opens nothing.',
    CONFIRMED: 'The two are one person.',
    ENDED: 'It was ended, refused or withdrawn: it opens nothing.',
  },
});

@ObjectType({
  implements: [RecordObject, Node],
  description: 'That two patients are one person. It changes neither file.',
})
export class PatientLink extends RecordObject<LinkValues> {
  @Classified('DIRECTORY')
  @Field(() => [ID], { description: 'Ids of the two patients; they name no one.' })
  get patientIds(): string[] {
    return [this.record.values.first, this.record.values.second];
  }

  @Classified('DIRECTORY')
  @Field(() => [ID], {
    description: 'Ids of the institutions that keep their files, in the same order.',
  })
  get keeperIds(): string[] {
    return [this.record.values.firstKeeper, this.record.values.secondKeeper];
  }

  @Classified('DIRECTORY')
  @Field(() => LinkStateEnum, { description: 'Whether it holds.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('IDENTITY')
  @Field(() => String, {
    nullable: true,
    description: 'By what whoever proposed it knows that they are one person.',
  })
  get evidence(): string {
    return this.record.values.evidence;
  }

  @Classified('IDENTITY')
  @Field(() => String, {
    nullable: true,
    description: 'Why they are one person though the files contradict each other.',
  })
  get contradictionReason(): string | null {
    return this.record.values.contradictionReason;
  }

  @Classified('IDENTITY')
  @Field(() => String, { nullable: true, description: 'Why it ended.' })
  get endReason(): string | null {
    return this.record.values.endReason;
  }
}

export const PatientLinkConnection = connection<PatientLink>('PatientLink', () => PatientLink);

export type PatientLinkPage = ConnectionOf<PatientLink>;
