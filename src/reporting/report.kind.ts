/** The record kind Report: an institution's figures on a form for a period. */
import { REPORT, reportValues, type ReportValues } from '../documents/index.js';
import type { RecordKind } from '../records/index.js';
import { actsFor, generalRelations } from './relations.js';

export const reportKind: RecordKind<ReportValues> = {
  ...REPORT,
  noun: 'report',
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
  values: reportValues,
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
