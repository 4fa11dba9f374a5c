/** Inputs of reports, with the schemas that check them. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import {
  Classified,
  OrderDirectionEnum,
  registerEnum,
  UuidScalar,
  type OrderDirection,
  SignedField,
} from '../api/index.js';
import { maybe, uuid, whole } from '../standing/index.js';
import { codeText } from './form.input.js';
import {
  correctedFigures,
  filedFigures,
  isPeriod,
  REPORT_STATES,
  type ReportState,
} from '../documents/index.js';
import { ReportStateEnum } from './report.type.js';

@InputType({ description: 'One figure of a report.' })
export class IndicatorValueInput {
  @Field(() => String, { description: 'The indicator’s code in the form.' })
  code: string;

  @Field(() => String, {
    nullable: true,
    description: 'The value as text, of the indicator’s type; null when there is none to give.',
  })
  value?: string | null;
}

@InputType({ description: 'A report on a form for a period, of the caller’s institution.' })
export class FileReportInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => String, { description: 'The form’s code.' })
  form: string;

  @Field(() => String, {
    description: 'The period, not a future one: `2026`, `2026-Q1` or `2026-01`, as the form asks.',
  })
  period: string;

  @Field(() => [IndicatorValueInput], { description: 'The figures; every one that the form requires.' })
  indicators: IndicatorValueInput[];

  @Field(() => String, { nullable: true, description: 'A remark; at most 4000 characters.' })
  note?: string | null;
}

@InputType({ description: 'A correction of a report: the figures as they should have been.' })
export class AmendReportInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => UuidScalar, { description: 'The report’s id.' })
  report: string;

  @Field(() => Int, {
    description: 'The version that the client had in hand; CONFLICT if it isn’t the newest.',
  })
  expectedVersion: number;

  @Field(() => [IndicatorValueInput], { description: 'All figures, not only the changed ones.' })
  indicators: IndicatorValueInput[];

  @Field(() => String, { nullable: true, description: 'The remark; absent: as it was; null: none.' })
  note?: string | null;

  @Field(() => String, { description: 'Why it is amended; at most 500 characters.' })
  reason: string;
}

@InputType({ description: 'Which reports to list; all conditions hold.' })
export class ReportFilter {
  @Classified('DIRECTORY')
  @Field(() => UuidScalar, { nullable: true, description: 'Of this institution.' })
  institution?: string | null;

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'On the form of this code.' })
  form?: string | null;

  @Classified('DIRECTORY')
  @Field(() => String, { nullable: true, description: 'For this period: `2026`, `2026-Q1` or `2026-01`.' })
  period?: string | null;

  @Classified('DIRECTORY')
  @Field(() => ReportStateEnum, { nullable: true, description: 'In this state.' })
  state?: ReportState | null;
}

export const ReportOrderFieldEnum = { RECORDED_AT: 'RECORDED_AT', PERIOD: 'PERIOD' } as const;

registerEnum(ReportOrderFieldEnum, {
  name: 'ReportOrderField',
  description: 'What reports are ordered by.',
  values: {
    RECORDED_AT: 'When they were first filed.',
    PERIOD: 'Their period’s text.',
  },
});

@InputType({ description: 'An order of reports.' })
export class ReportOrder {
  @Classified('DIRECTORY')
  @Field(() => ReportOrderFieldEnum, { description: 'What they are ordered by.' })
  field: keyof typeof ReportOrderFieldEnum;

  @Classified('DIRECTORY')
  @Field(() => OrderDirectionEnum, { defaultValue: 'DESC', description: 'Which end comes first.' })
  direction: OrderDirection;
}

export const fileReportInput = z.object({
  requestId: uuid,
  form: codeText,
  period: z.string().max(10, 'expected a period such as 2026-01'),
  ...filedFigures.shape,
});

export const amendReportInput = z.object({
  requestId: uuid,
  report: uuid,
  expectedVersion: whole(1, 2 ** 31 - 1),
  ...correctedFigures.shape,
});

export const reportFilter = z.object({
  institution: maybe(uuid),
  form: maybe(codeText),
  period: maybe(z.string().refine(isPeriod, 'expected a period such as 2026, 2026-Q1 or 2026-01')),
  state: maybe(z.enum(REPORT_STATES)),
});
