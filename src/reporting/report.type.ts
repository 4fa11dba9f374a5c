/** GraphQL types of reports. */
import { Field, Int, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateScalar,
  DateTimeScalar,
  Node,
  RecordObject,
  registerEnum,
} from '../api/index.js';
import type { IndicatorValue, ReportState, ReportValues } from '../documents/index.js';

export const ReportStateEnum = {
  FILED: 'FILED',
  AMENDED: 'AMENDED',
  RETRACTED: 'RETRACTED',
} as const satisfies { [S in ReportState]: S };

registerEnum(ReportStateEnum, {
  name: 'ReportState',
  description: 'What became of a report.',
  values: {
    FILED: 'As it was first filed.',
    AMENDED: 'Corrected since; the earlier versions stay on the log.',
    RETRACTED: 'Filed in error; the period may be filed anew.',
  },
});

@ObjectType('IndicatorValue', { description: 'One figure of a report.' })
export class IndicatorValueObject implements IndicatorValue {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The indicator’s code in the form.' })
  readonly code: string;

  @Classified('STRUCTURE')
  @Field(() => String, {
    nullable: true,
    description: 'The value as text, of the indicator’s type; null when the institution has none to give.',
  })
  readonly value: string | null;

  constructor(value: IndicatorValue) {
    this.code = value.code;
    this.value = value.value;
  }
}

@ObjectType('Report', {
  implements: [RecordObject, Node],
  description:
    'An institution’s figures on a form for a period. That it was filed is open to members; the figures aren’t.',
})
export class Report extends RecordObject<ReportValues> {
  @Classified('DIRECTORY')
  @Field(() => String, { description: 'The form’s code.' })
  get formCode(): string {
    return this.record.values.code;
  }

  @Classified('DIRECTORY')
  @Field(() => Int, {
    description: 'The form’s version that the report is held against; fixed when it was filed.',
  })
  get formVersion(): number {
    return this.record.values.formVersion;
  }

  @Classified('DIRECTORY')
  @Field(() => String, { description: 'The period: `2026`, `2026-Q1` or `2026-01`.' })
  get period(): string {
    return this.record.values.period;
  }

  @Classified('DIRECTORY')
  @Field(() => ReportStateEnum, { description: 'What became of it.' })
  get state(): ReportState {
    return this.record.values.state;
  }

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { description: 'When it was first filed.' })
  get filedAt(): string {
    return this.record.values.filedAt;
  }

  @Classified('DIRECTORY')
  @Field(() => DateScalar, { description: 'The last day on which it could be filed without being late.' })
  get due(): string {
    return this.record.values.due;
  }

  @Classified('DIRECTORY')
  @Field(() => Boolean, { description: 'Whether it was first filed after `due`.' })
  get late(): boolean {
    return this.record.values.filedAt.slice(0, 10) > this.record.values.due;
  }

  @Classified('DIRECTORY')
  @Field(() => Boolean, { description: 'Whether it was filed in error.' })
  get retracted(): boolean {
    return this.record.values.state === 'RETRACTED';
  }

  @Classified('REPORTING')
  @Field(() => [IndicatorValueObject], { nullable: true, description: 'The figures, in the form’s order.' })
  get indicators(): IndicatorValueObject[] | null {
    const { indicators } = this.record.values as { readonly indicators: readonly IndicatorValue[] | null };
    return indicators?.map((value) => new IndicatorValueObject(value)) ?? null;
  }

  @Classified('REPORTING')
  @Field(() => String, { nullable: true, description: 'The institution’s remark.' })
  get note(): string | null {
    return this.record.values.note;
  }

  @Classified('REPORTING')
  @Field(() => String, {
    nullable: true,
    description: 'Why it was amended or retracted; null as first filed.',
  })
  get reason(): string | null {
    return this.record.values.reason;
  }
}

export const ReportConnection = connection<Report>('Report', () => Report);
