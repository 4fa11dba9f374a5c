/** Reports: filed and amended by a reporter of the institution, each value held against the form. */
import { loadVisible, requireVersion, requireVisible } from '../access/index.js';
import { badInput, parseInput, type AcceptedPort, type RequestContext } from '../api/index.js';
import { VitrineError, type Problem } from '../ledger/core/index.js';
import type { Loaded } from '../records/index.js';
import {
  amendment,
  creation,
  firstHead,
  requireMay,
  situationFor,
  submitOne,
  todayOf,
} from '../uploads/index.js';
import { FORM_CODE, formKind, type FormValues } from './form.kind.js';
import {
  amendedReport,
  checkIndicators,
  filedReport,
  parsePeriod,
  type Period,
  periodExample,
  type ReportValues,
} from '../documents/index.js';
import { AMEND_REPORT, FILE_REPORT, RETRACT_REPORT } from './operations.js';
import {
  amendReportInput,
  fileReportInput,
  type AmendReportInput,
  type FileReportInput,
} from './report.input.js';
import { reportKind } from './report.kind.js';

/**
 * Files the caller's institution's report on a form for a period.
 * @throws VitrineError NOT_FOUND (the form), BAD_USER_INPUT with every problem of period and figures, FORBIDDEN,
 *   LICENCE_INACTIVE, CONFLICT naming the report that was filed for the period before
 */
export function fileReport(ctx: RequestContext, input: FileReportInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'fileReport', input, async (caller, making) => {
    requireMay(caller, FILE_REPORT);
    const given = parseInput(fileReportInput, input);
    const form = await ctx.records.factByKey(formKind, FORM_CODE, given.form);
    if (form === null)
      throw new VitrineError('NOT_FOUND', 'no Form has this code', { path: ['input', 'form'] });
    const period = checkPeriod(form.values, given.period, todayOf(ctx));
    const figures = checkIndicators(form.values.indicators, given.indicators, ['input', 'indicators']);
    if ('problem' in period) throw badInput([period.problem, ...figures.problems]);
    if (figures.problems.length > 0) throw badInput(figures.problems);
    const filed = { period: given.period, indicators: figures.values, note: given.note };
    const facts = { ...form.values, id: form.head.id, version: form.head.version };
    const values = filedReport(facts, filed, period, making.moment());
    const head = firstHead(reportKind, making.id(), { custodian: caller.institution });
    return creation(reportKind, head, values, {
      ...FILE_REPORT,
      reliesOn: [form],
    });
  });
}

/**
 * Replaces a report's figures, for a reason that is kept with them.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, CONFLICT (another version, or retracted), BAD_USER_INPUT
 */
export function amendReport(ctx: RequestContext, input: AmendReportInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'amendReport', input, async (caller) => {
    const given = parseInput(amendReportInput, input);
    const base = await requireVisible(ctx, reportKind, given.report, ['input', 'report']);
    requireMay(caller, AMEND_REPORT, base.relations);
    requireVersion(base, given.expectedVersion);
    requireStanding(base);
    const form = await requireFormOf(ctx, base);
    const figures = checkIndicators(form.values.indicators, given.indicators, ['input', 'indicators']);
    if (figures.problems.length > 0) throw badInput(figures.problems);
    const values = amendedReport(base.values, figures.values, given.note, given.reason);
    return amendment(reportKind, base, values, {
      ...AMEND_REPORT,
      ...situationFor(AMEND_REPORT, base, todayOf(ctx)),
    });
  });
}

/**
 * A report's retraction: it stays on the log, and its period may be filed anew. For the mutation `retractRecord`.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, CONFLICT
 */
export async function retraction(
  ctx: RequestContext,
  id: string,
  expectedVersion: number | null | undefined,
  reason: string,
) {
  const base = await requireVisible(ctx, reportKind, id, ['input', 'id']);
  requireMay(ctx.caller, RETRACT_REPORT, base.relations);
  requireVersion(base, expectedVersion);
  requireStanding(base);
  const values: ReportValues = { ...base.values, state: 'RETRACTED', reason };
  return amendment(reportKind, base, values, {
    ...RETRACT_REPORT,
    ...situationFor(RETRACT_REPORT, base, todayOf(ctx)),
  });
}

/** The report, or null when there is none that the caller may see. */
export function findReport(ctx: RequestContext, id: string): Promise<Loaded<ReportValues> | null> {
  return loadVisible(ctx, reportKind, id);
}

/** The form that a report was filed on. */
export function formOf(
  ctx: RequestContext,
  report: Loaded<ReportValues>,
): Promise<Loaded<FormValues> | null> {
  return ctx.records.load(formKind, report.values.form);
}

function checkPeriod(form: FormValues, text: string, today: string): Period | { readonly problem: Problem } {
  const path = ['input', 'period'];
  const period = parsePeriod(text, form.period);
  if (period === null) {
    const message = `expected a ${form.period.toLowerCase()} such as ${periodExample(form.period)}`;
    return { problem: { path, message } };
  }
  if (period.first > today)
    return {
      problem: { path, message: `expected a period that has begun by ${today}, got one of the future` },
    };
  if (form.validFrom !== null && period.last < form.validFrom)
    return {
      problem: { path, message: `expected a period from ${form.validFrom} on, when the form begins` },
    };
  return period;
}

function requireStanding(report: Loaded<ReportValues>): void {
  if (report.erased?.whole === true) throw new VitrineError('ERASED', 'the report was erased');
  if (report.values.state !== 'RETRACTED') return;
  throw new VitrineError('CONFLICT', 'expected a report that stands, got one that is RETRACTED', {
    details: { state: report.values.state },
  });
}

/** The form as it was at filing. Forms don't change; were that ever to be different, this must load the version. */
async function requireFormOf(ctx: RequestContext, report: Loaded<ReportValues>): Promise<Loaded<FormValues>> {
  const form = await formOf(ctx, report);
  if (form !== null && form.head.version === report.values.formVersion) return form;
  throw new VitrineError(
    'CONFLICT',
    'the version of the form that the report was filed against is not current',
  );
}
