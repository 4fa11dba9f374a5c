/** Members as GraphQL. */
import { Field, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  enumOf,
  Node,
  RecordObject,
  registerEnum,
  RoleEnum,
  type ConnectionOf,
} from '../api/index.js';
import { fromBase64url, thumbprint } from '../ledger/core/index.js';
import type { Loaded } from '../records/index.js';
import type { MemberValues } from '../standing/index.js';
import { MEMBER_STATES } from '../standing/index.js';
import { Institution } from './institution.type.js';

export const MemberStateEnum = enumOf(MEMBER_STATES);

registerEnum(MemberStateEnum, {
  name: 'MemberState',
  description: 'Whether a member may act.',
  values: {
    ACTIVE: 'It may act in its roles.',
    SUSPENDED: 'It is refused, from its next request on, until it is reinstated.',
  },
});

@ObjectType('Member', {
  implements: [RecordObject, Node],
  description:
    'Someone who may use the API: a person or machine that acts for an institution in one or more roles, or a patient for itself. For its own institution and the state to know.',
})
export class Member extends RecordObject<MemberValues> {
  @Classified('DIRECTORY')
  @Field(() => String, {
    nullable: true,
    description: 'Its name; null for a patient, whose name stands in the patient’s own record.',
  })
  get name(): string | null {
    return this.record.values.name;
  }

  @Classified('DIRECTORY')
  @Field(() => [RoleEnum], { description: 'What it does.' })
  get roles(): string[] {
    return this.record.values.roles;
  }

  @Classified('DIRECTORY')
  @Field(() => MemberStateEnum, { description: 'Whether it may act.' })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('IDENTITY')
  @Field(() => String, { nullable: true, description: 'The `sub` of its access tokens.' })
  get subject(): string {
    return this.record.values.subject;
  }

  @Classified('DIRECTORY')
  @Field(() => String, {
    nullable: true,
    description:
      'Thumbprint (RFC 7638, base64url) of its own Ed25519 key; null while its institution’s delegated key signs for it.',
  })
  get keyThumbprint(): string | null {
    const { publicKey } = this.record.values;
    return publicKey === null ? null : thumbprint(fromBase64url(publicKey));
  }

  @Classified('IDENTITY')
  @Field(() => String, { nullable: true, description: 'Why it was suspended or reinstated last.' })
  get reason(): string | null {
    return this.record.values.reason;
  }
}

export const MemberConnection = connection<Member>('Member', () => Member);

export type MemberPage = ConnectionOf<Member>;

export function toMember(record: Loaded<MemberValues>): Member {
  return new Member(record);
}

@ObjectType({ description: 'Who you are here, by verified records.' })
export class Me {
  @Classified('STRUCTURE')
  @Field(() => Member, { nullable: true, description: 'Your own membership.' })
  readonly member: Member | null;

  @Classified('STRUCTURE')
  @Field(() => Institution, {
    nullable: true,
    description: 'The institution you act for; null for a patient.',
  })
  readonly institution: Institution | null;

  @Classified('STRUCTURE')
  @Field(() => [RoleEnum], { description: 'What you do.' })
  readonly roles: string[];

  @Classified('STRUCTURE')
  @Field(() => Boolean, { description: 'Your institution holds an active licence today.' })
  readonly licensed: boolean;

  constructor(member: Member | null, institution: Institution | null, roles: string[], licensed: boolean) {
    this.member = member;
    this.institution = institution;
    this.roles = roles;
    this.licensed = licensed;
  }
}
