/** The record kind Report: an institution's figures on a form for a period. */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { actsFor, generalRelations } from './relations.js';

/** FILED: as first given. AMENDED: corrected since. RETRACTED: filed in error; the period may be filed anew. */
export const REPORT_STATES = ['FILED', 'AMENDED', 'RETRACTED'] as const;

export type ReportState = (typeof REPORT_STATES)[number];

const values = z.strictObject({
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
export type ReportValues = z.infer<typeof values>;

export const reportKind: RecordKind<ReportValues> = {
  name: 'Report',
  noun: 'report',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'report',
  fields: {
    form: 'DIRECTORY',
    code: 'DIRECTORY',
    formVersion: 'DIRECTORY',
    period: 'DIRECTORY',
    state: 'DIRECTORY',
    due: 'DIRECTORY',
    filedAt: 'DIRECTORY',
    indicators: 'REPORTING',
    note: 'REPORTING',
    reason: 'REPORTING',
  },
  refers: { form: 'Form' },
  // That it was filed, and when, is what institutions owe.
  keeps: { form: true, code: true, formVersion: true, period: true, state: true, due: true, filedAt: true },
  values,
  columns: {
    form: { type: 'text', class: 'DIRECTORY', of: (report) => report.code },
    period: { type: 'text', class: 'DIRECTORY', of: (report) => report.period },
    state: { type: 'text', class: 'DIRECTORY', of: (report) => report.state },
  },
  // One report an institution, form and period. A retracted one gives the place back.
  uniqueKeys: (report, head) =>
    report.state === 'RETRACTED'
      ? []
      : [
          {
            scope: 'report.period',
            value: JSON.stringify([head.custodian, report.code, report.period]),
            path: ['input', 'period'],
          },
        ],
  lists: ['custodian'],
  threads: (_report, head) => (head.custodian === null ? [head.id] : [head.id, head.custodian]),
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ head }) => {
        const relations = generalRelations(caller);
        if (actsFor(caller, head.custodian)) relations.add('CUSTODIAN');
        return relations;
      }),
    ),
};
