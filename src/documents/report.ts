/** Reports as they are sealed: what of one its reporter gives, and what the form does. */
import { z } from 'zod';
import type { Indicator, IndicatorValue } from './indicator.js';
import { dueDate, type Period, type PeriodType } from './period.js';
import { maybe, note, text } from './values.js';

/** The record kind's name, and the version of this form of it. */
export const REPORT = { name: 'Report', schema: 1 } as const;

/** FILED: as first given. AMENDED: corrected since. RETRACTED: filed in error; the period may be filed anew. */
export const REPORT_STATES = ['FILED', 'AMENDED', 'RETRACTED'] as const;

export type ReportState = (typeof REPORT_STATES)[number];

export const reportValues = z.strictObject({
  /** Id of the form's record. */
  form: z.string(),
  /** The form's code. */
  code: z.string(),
  /** The form's version that the report was filed against; fixed then. */
  formVersion: z.int(),
  period: z.string(),
  state: z.enum(REPORT_STATES),
  /** The last day on which it wasn't late, by the form as it was at filing. */
  due: z.iso.date(),
  /** When it was first filed. */
  filedAt: z.iso.datetime({ precision: 3 }),
  indicators: z.array(z.strictObject({ code: z.string(), value: z.string().nullable() })),
  note: z.string().nullable(),
  /** Why it was amended or retracted; null as first filed. */
  reason: z.string().nullable(),
});

/** A report's sealed values; its institution is the record's custodian. */
export type ReportValues = z.infer<typeof reportValues>;

const figures = z
  .array(z.object({ code: z.string().max(64), value: maybe(z.string()) }))
  .max(500, 'expected at most 500 figures');

/** What a reporter files, beside form and period. */
export const filedFigures = z.object({ indicators: figures, note: maybe(note(4000)) });

/** What a reporter corrects. A note that is left out stays as it was. */
export const correctedFigures = z.object({
  indicators: figures,
  note: note(4000).nullish(),
  reason: text(500),
});

/** What of a form a report is held against. */
export interface FormFacts {
  readonly id: string;
  readonly version: number;
  readonly code: string;
  readonly period: PeriodType;
  readonly indicators: readonly Indicator[];
  /** The first day of periods that it is for; null for all. */
  readonly validFrom: string | null;
  /** Days after a period's end on which a report isn't late. */
  readonly dueDays: number;
}

/** What its reporter says of a report, checked. */
export interface Figures {
  readonly period: string;
  readonly indicators: IndicatorValue[];
  readonly note: string | null;
}

/** The values of a report as first filed. */
export function filedReport(
  form: Pick<FormFacts, 'id' | 'version' | 'code' | 'dueDays'>,
  { period, indicators, note }: Figures,
  span: Period,
  filedAt: Date,
): ReportValues {
  return {
    form: form.id,
    code: form.code,
    formVersion: form.version,
    period,
    state: 'FILED',
    due: dueDate(span.last, form.dueDays),
    filedAt: filedAt.toISOString(),
    indicators,
    note,
    reason: null,
  };
}

/** The values of a report that is corrected. @param note undefined leaves it as it was */
export function amendedReport(
  base: ReportValues,
  indicators: IndicatorValue[],
  note: string | null | undefined,
  reason: string,
): ReportValues {
  return { ...base, state: 'AMENDED', indicators, note: note === undefined ? base.note : note, reason };
}
