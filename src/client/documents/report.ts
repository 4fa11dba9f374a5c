/** Reports as the server will seal them, from the same inputs and the form that they are held against. */
import {
  amendedReport,
  checkIndicators,
  correctedFigures,
  filedFigures,
  filedReport,
  firstHead,
  type FormFacts,
  nextHead,
  parsePeriod,
  periodExample,
  REPORT,
  reportValues,
} from '../../documents/index.js';
import { type Problem, VitrineError } from '../../ledger/core/index.js';
import type { AmendReportInput, FileReportInput } from '../generated/graphql.js';
import type { VersionBase } from './base.js';
import type { NewRecord } from './care.js';
import { parseInput } from './parse.js';
import type { VersionToSign } from './sign.js';

/**
 * A report that is filed.
 * @param issued when the statement is made: the report says that it was filed then
 * @throws VitrineError BAD_USER_INPUT with every problem of period and figures
 */
export function filedReportVersion(
  input: FileReportInput,
  form: FormFacts,
  { id, institution }: NewRecord,
  issued: Date,
): VersionToSign {
  const { indicators, note } = parseInput(filedFigures, input);
  const span = parsePeriod(input.period, form.period);
  const checked = checkIndicators(form.indicators, indicators, ['input', 'indicators']);
  if (span === null)
    throw refused([
      {
        path: ['input', 'period'],
        message: `expected a ${form.period.toLowerCase()} such as ${periodExample(form.period)}`,
      },
      ...checked.problems,
    ]);
  if (checked.problems.length > 0) throw refused(checked.problems);
  const figures = { period: input.period, indicators: checked.values, note };
  const head = firstHead(REPORT, id, { custodian: institution });
  return { op: 'report.file', head, values: filedReport(form, figures, span, issued), supersedes: null };
}

/** A report that is corrected. @throws VitrineError BAD_USER_INPUT; CONFLICT when the form isn't the one it was filed on */
export function amendedReportVersion(
  input: AmendReportInput,
  form: FormFacts,
  base: VersionBase,
): VersionToSign {
  const before = parseInput(reportValues, base.values);
  if (before.form !== form.id || before.formVersion !== form.version)
    throw new VitrineError('CONFLICT', 'expected the form that the report was filed on, got another');
  const { indicators, note, reason } = parseInput(correctedFigures, input);
  const checked = checkIndicators(form.indicators, indicators, ['input', 'indicators']);
  if (checked.problems.length > 0) throw refused(checked.problems);
  return {
    op: 'report.amend',
    head: nextHead(REPORT, base.head),
    values: amendedReport(before, checked.values, note, reason),
    supersedes: base.leafHash,
  };
}

function refused(problems: readonly Problem[]): VitrineError {
  const [first] = problems;
  return new VitrineError('BAD_USER_INPUT', first?.message ?? 'the figures are not valid', {
    problems,
    ...(first === undefined ? {} : { path: first.path }),
  });
}
