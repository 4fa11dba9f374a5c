/** Explanations of decisions about fields, as GraphQL. */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Ground } from '../../access/index.js';
import {
  BigIntScalar,
  Classified,
  DateTimeScalar,
  enumOf,
  HashScalar,
  registerEnum,
  RoleEnum,
} from '../../api/index.js';
import { RELATIONS } from '../../records/index.js';
import { hashOf, type Explanation } from './explain.service.js';

const AccessLevelEnum = { NONE: 'NONE', VIEW: 'VIEW', COPY: 'COPY' } as const;
const RelationEnum = enumOf(RELATIONS);

registerEnum(AccessLevelEnum, {
  name: 'AccessLevel',
  description: 'What a member may do with a field.',
  values: {
    NONE: 'It isn’t there for the member.',
    VIEW: 'It may be looked at through a view.',
    COPY: 'Its raw value is in the answer.',
  },
});

registerEnum(RelationEnum, {
  name: 'Relation',
  description: 'What a member is to a record (schema/access.md).',
  values: {
    SELF: 'The patient, its representative, or the member whom the record is about.',
    CUSTODIAN: 'Of the institution whose record it is.',
    TREATING: 'Of an institution that treats the patient.',
    GRANTEE: 'Of an institution to which the patient granted copying.',
    VIEWER: 'Holds an open view.',
    PAYER: 'Of the institution that pays.',
    PAYEE: 'Of the institution that is paid.',
    STATE: 'Acts for an authority of the state.',
    AUDITOR: 'An auditor.',
    MEMBER: 'An active member of a licensed institution.',
    LISTED: 'Named the patient by identifier and birth date, within one request.',
  },
});

@InputType({ description: 'The record that is asked about.' })
export class ExplainSubjectInput {
  @Field(() => String, { description: 'Name of its type, as `Patient`.' })
  kind: string;

  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@ObjectType('AccessGround', { description: 'What one relation contributed to a decision.' })
export class AccessGround {
  constructor(private readonly ground: Ground) {}

  @Classified('STRUCTURE')
  @Field(() => RelationEnum, { description: 'The relation.' })
  get relation(): string {
    return this.ground.relation;
  }

  @Classified('STRUCTURE')
  @Field(() => AccessLevelEnum, { description: 'What the matrix gives through it.' })
  get cell(): string {
    return this.ground.cell;
  }

  @Classified('STRUCTURE')
  @Field(() => [RoleEnum], { description: 'Roles of the member that carry the class there.' })
  get carriedBy(): readonly string[] {
    return this.ground.carriedBy;
  }

  @Classified('STRUCTURE')
  @Field(() => AccessLevelEnum, {
    description: 'What came of it: the cell, or NONE where no role carries it.',
  })
  get level(): string {
    return this.ground.level;
  }
}

@ObjectType('AccessExplanation', {
  description: 'Why a member may, or may not, read a field: the decision that the shield makes, told.',
})
export class AccessExplanation {
  constructor(private readonly explanation: Explanation) {}

  @Classified('STRUCTURE')
  @Field(() => AccessLevelEnum, { description: 'The decision: the highest of its grounds.' })
  get level(): string {
    return this.explanation.level;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The decision in words; it names nobody and no value.' })
  get words(): string {
    return this.explanation.words;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Class of the field (schema/access.md).' })
  get fieldClass(): string {
    return this.explanation.fieldClass;
  }

  @Classified('STRUCTURE')
  @Field(() => [AccessGround], { description: 'What each relation of the member to the record contributed.' })
  get grounds(): AccessGround[] {
    return this.explanation.grounds.map((ground) => new AccessGround(ground));
  }

  @Classified('STRUCTURE')
  @Field(() => String, {
    nullable: true,
    description: 'Why the member could ask for nothing at all; null while it was in good standing.',
  })
  get standing(): string | null {
    return this.explanation.standing;
  }

  @Classified('STRUCTURE')
  @Field(() => DateTimeScalar, { description: 'The moment that it is about.' })
  get at(): string {
    return this.explanation.at;
  }

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Entry of the record’s version that stood then.' })
  get recordIndex(): bigint {
    return this.explanation.record;
  }

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, {
    nullable: true,
    description:
      'Entry that holds the tables in force then; null where the log has none, and the release’s own decided.',
  })
  get policyIndex(): bigint | null {
    return this.explanation.terms.index;
  }

  @Classified('STRUCTURE')
  @Field(() => HashScalar, { description: 'Hash of the policy of access in force then.' })
  get policyHash(): string {
    return hashOf(this.explanation);
  }
}
