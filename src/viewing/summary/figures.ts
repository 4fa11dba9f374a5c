/** Reports and subsidies as page models. */
import type { SubsidyValues } from '../../finance/index.js';
import type { Loaded } from '../../records/index.js';
import type { FormValues, ReportValues } from '../../reporting/index.js';
import type { PageModel, PageLine } from '../pages/index.js';
import type { Purpose } from '../views/purposes.js';
import { Texts } from './texts.js';
import { HEADINGS, PURPOSE_WORDS, REPORT_LABELS, SUBSIDY_LABELS, type Language, type Word } from './words.js';

interface Terms {
  readonly purpose: Purpose;
  readonly language: Language;
  /** Name of the institution whose report it is, or that is paid. */
  readonly institution: string;
  readonly now: Date;
}

/** A report: its figures by their labels on the form. */
export function reportModel(
  { values }: Loaded<ReportValues>,
  form: Pick<FormValues, 'title' | 'indicators'> | null,
  terms: Terms,
): PageModel {
  const { language } = terms;
  const texts = new Texts(language);
  const line = lineIn(language);
  const figures = (values.indicators as ReportValues['indicators'] | null) ?? [];
  const lines = figures.map(({ code, value }) => {
    const known = form?.indicators.find((indicator) => indicator.code === code);
    const unit = known?.unit ?? null;
    return {
      label: known?.label ?? code,
      value: value === null ? '' : `${value}${unit === null ? '' : ` ${unit}`}`,
    };
  });
  const facts = [
    line(HEADINGS.institution, terms.institution),
    line(REPORT_LABELS.form, form?.title ?? values.code),
    line(REPORT_LABELS.period, values.period),
    line(REPORT_LABELS.state, texts.word(values.state)),
    line(REPORT_LABELS.filedAt, texts.time(values.filedAt)),
    line(REPORT_LABELS.due, values.due),
    line(REPORT_LABELS.note, values.note),
    line(REPORT_LABELS.reason, values.reason),
  ].flat();
  const sections = [
    { title: HEADINGS.report[language], lines: facts },
    { title: HEADINGS.figures[language], lines },
  ];
  return model('report', `${form?.title ?? values.code} · ${values.period}`, sections, terms, texts);
}

/** A subsidy, without the account. */
export function subsidyModel({ values }: Loaded<SubsidyValues>, programme: string, terms: Terms): PageModel {
  const { language } = terms;
  const texts = new Texts(language);
  const line = lineIn(language);
  const lines = [
    line(SUBSIDY_LABELS.programme, programme),
    line(SUBSIDY_LABELS.payee, terms.institution),
    line(SUBSIDY_LABELS.state, texts.word(values.state)),
    line(SUBSIDY_LABELS.amount, texts.money(values)),
    line(SUBSIDY_LABELS.purpose, values.purpose),
    line(SUBSIDY_LABELS.reference, values.reference),
    line(SUBSIDY_LABELS.reason, values.reason),
  ].flat();
  return model('subsidy', values.purpose, [{ title: HEADINGS.subsidy[language], lines }], terms, texts);
}

function lineIn(language: Language): (label: Word, value: string | null) => PageLine[] {
  return (label, value) => (value === null ? [] : [{ label: label[language], value }]);
}

function model(
  kind: 'report' | 'subsidy',
  title: string,
  sections: PageModel['sections'],
  { purpose, language, now }: Terms,
  texts: Texts,
): PageModel {
  const generatedAt = texts.time(now.toISOString());
  return {
    kind,
    language,
    title,
    subtitle: PURPOSE_WORDS[purpose][language],
    sections,
    entries: [],
    generatedAt,
  };
}
