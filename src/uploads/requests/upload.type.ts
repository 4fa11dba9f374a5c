/** Requests for permission as GraphQL: ids and plain data; higher rooms add members and institutions. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateTimeScalar,
  Node,
  RecordObject,
  registerEnum,
  UuidScalar,
} from '../../api/index.js';
import { parseStatement, type Statement } from '../../ledger/core/index.js';
import { RequirementObject } from '../policies/index.js';
import { progressOf, type Progress } from './outlook.js';
import type { Endorsement, UploadValues } from './upload.kind.js';

export const UploadStateEnum = {
  VALIDATING: 'VALIDATING',
  CONFIRMED: 'CONFIRMED',
  DENIED: 'DENIED',
  LOADED: 'LOADED',
  EXPIRED: 'EXPIRED',
} as const;

registerEnum(UploadStateEnum, {
  name: 'UploadState',
  description: 'What a request for permission to upload is at.',
  values: {
    VALIDATING: 'It waits for what its policy asks.',
    CONFIRMED: 'It may be loaded: by the same mutation under the same `requestId`.',
    DENIED: 'A rule, or somebody whom the policy names, refused it; for good.',
    LOADED: 'What was asked for stands on the log.',
    EXPIRED: 'It was not loaded in its time.',
  },
});

export const UploadModeEnum = { OWN: 'OWN', DELEGATED: 'DELEGATED', SERVICE: 'SERVICE' } as const;

registerEnum(UploadModeEnum, {
  name: 'UploadMode',
  description: 'Whose key signed.',
  values: {
    OWN: 'The member’s own registered key.',
    DELEGATED: 'The institution’s key, which the deployment holds for its interactive members.',
    SERVICE: 'The deployment’s own key, for a member that acts for no institution.',
  },
});

export const UploadDecisionEnum = { ENDORSED: 'ENDORSED', REFUSED: 'REFUSED' } as const;

registerEnum(UploadDecisionEnum, {
  name: 'UploadDecision',
  description: 'What a member decided on an upload request.',
  values: { ENDORSED: 'It endorsed it.', REFUSED: 'It refused it.' },
});

const MODES = { own: 'OWN', delegated: 'DELEGATED', service: 'SERVICE' } as const;

@ObjectType('UploadStatement', {
  description: 'What is to be uploaded, by its commitments: no value of it is told.',
})
export class UploadStatementObject {
  readonly #statement: Statement;

  constructor(readonly text: string) {
    this.#statement = parseStatement(text).statement;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The statement as it was signed: compact JWS.' })
  get jws(): string {
    return this.text;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Its operation.' })
  get operation(): string {
    return this.#statement.op;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Kind of the record: `Report`.' })
  get kind(): string {
    return this.#statement.subject.kind;
  }

  @Classified('STRUCTURE')
  @Field(() => ID, { description: 'Id of the record; it names no one.' })
  get recordId(): string {
    return this.#statement.subject.id;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'The version that it makes of it.' })
  get version(): number {
    return this.#statement.subject.version;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'Place among the request’s statements, from 0.' })
  get part(): number {
    return this.#statement.part;
  }
}

@ObjectType('UploadEndorsement', { description: 'One member’s decision on an upload request.' })
export class UploadEndorsementObject {
  constructor(private readonly made: Endorsement) {}

  @Classified('STRUCTURE')
  @Field(() => UploadDecisionEnum, { description: 'What was decided.' })
  get decision(): string {
    return this.made.decision === 'endorse' ? 'ENDORSED' : 'REFUSED';
  }

  @Classified('STRUCTURE')
  @Field(() => ID, { description: 'Id of the member who decided.' })
  get memberId(): string {
    return this.made.member;
  }

  @Classified('STRUCTURE')
  @Field(() => ID, { nullable: true, description: 'Id of the institution that it acted for.' })
  get institutionId(): string | null {
    return this.made.institution;
  }

  @Classified('STRUCTURE')
  @Field(() => UploadModeEnum, { description: 'Whose key signed the decision.' })
  get mode(): string {
    return MODES[this.made.mode];
  }

  @Classified('STRUCTURE')
  @Field(() => DateTimeScalar, { description: 'When it was signed.' })
  get time(): string {
    return this.made.time;
  }

  @Classified('STRUCTURE')
  @Field(() => String, {
    description: 'The signed decision: compact JWS (schema/uploads.md, “Endorsements”).',
  })
  get signature(): string {
    return this.made.signature;
  }
}

@ObjectType('UploadReason', { description: 'Why an upload request was denied: no value of it is told.' })
export class UploadReasonObject {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The rule that refused, or the validator’s name of what isn’t met.' })
  readonly rule: string;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Its code (schema/errors.md).' })
  readonly code: string;

  constructor({ rule, code }: UploadValues['reasons'][number]) {
    this.rule = rule;
    this.code = code;
  }
}

@ObjectType('UploadRequirement', {
  description:
    'What an upload request must meet, as it was required when it was asked for, and how far it is met. What is required when it is loaded counts besides.',
})
export class UploadRequirementObject extends RequirementObject {
  constructor(private readonly progress: Progress) {
    super(progress.requirement);
  }

  @Classified('STRUCTURE')
  @Field(() => [ID], {
    description:
      'Ids of the members who count for it so far, as they stood when they endorsed; the uploader’s where its own standing counts.',
  })
  get approvedBy(): readonly string[] {
    return this.progress.approvedBy;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, {
    description: 'How many of `count` have approved: different members, or institutions under INSTITUTIONS.',
  })
  get approvals(): number {
    return this.progress.approvals;
  }

  @Classified('STRUCTURE')
  @Field(() => Boolean, {
    description: 'As many have approved as it asks for; whether its waiting time is over is another matter.',
  })
  get isMet(): boolean {
    return this.progress.approvals >= this.progress.requirement.count;
  }
}

@ObjectType('UploadRequest', {
  implements: [RecordObject, Node],
  description:
    'What somebody asked to upload, who must endorse it, and what was decided. It holds commitments, and no value.',
})
export class UploadRequestObject extends RecordObject<UploadValues> {
  @Classified('DIRECTORY')
  @Field(() => UploadStateEnum, {
    description:
      'What it is at. Past `expiresAt` it takes nothing any more, also before it is marked as EXPIRED.',
  })
  get state(): string {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'The operation: `institution.licence`.' })
  get operation(): string {
    return this.record.values.operation;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'What policies look at; finer than the operation where that matters.' })
  get situation(): string {
    return this.record.values.situation;
  }

  @Classified('DIRECTORY')
  @Field(() => UploadModeEnum, {
    description: 'Whose key signed the statements; SERVICE where a rule refused and there are none.',
  })
  get mode(): string {
    return MODES[this.record.values.mode];
  }

  @Classified('DIRECTORY')
  @Field(() => ID, {
    description: 'Id of the member who asks; `custodian` is the institution that it acts for.',
  })
  get memberId(): string {
    return this.record.values.uploader.member;
  }

  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { description: 'The client’s request id, under which the change is loaded.' })
  get requestId(): string {
    return this.record.values.request;
  }

  @Classified('DIRECTORY')
  @Field(() => [UploadStatementObject], { description: 'What is to be uploaded; none where a rule refused.' })
  get statements(): UploadStatementObject[] {
    return this.record.values.statements.map((one) => new UploadStatementObject(one));
  }

  @Classified('DIRECTORY')
  @Field(() => [UploadRequirementObject], {
    description: 'What it must meet, and who met it so far; none where a rule refused.',
  })
  get requirements(): UploadRequirementObject[] {
    return progressOf(this.record.values).map((one) => new UploadRequirementObject(one));
  }

  @Classified('DIRECTORY')
  @Field(() => [UploadEndorsementObject], { description: 'What was decided by whom, in order.' })
  get endorsements(): UploadEndorsementObject[] {
    return this.record.values.endorsements.map((one) => new UploadEndorsementObject(one));
  }

  @Classified('DIRECTORY')
  @Field(() => [UploadReasonObject], { description: 'Why it was denied; none otherwise.' })
  get reasons(): UploadReasonObject[] {
    return this.record.values.reasons.map((one) => new UploadReasonObject(one));
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  get requestedAt(): string {
    return this.record.values.requestedAt;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when it can be endorsed and loaded; null where a rule refused at once.',
  })
  get expiresAt(): string | null {
    return this.record.values.expiresAt;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Before it nothing confirms it; null without a waiting time.',
  })
  get confirmableFrom(): string | null {
    return this.record.values.confirmableFrom;
  }
}

export const UploadRequestConnection = connection<UploadRequestObject>(
  'UploadRequest',
  () => UploadRequestObject,
);
