/** The fixed strings of a page, in every language that pages have. */
import type { PageLanguage, PageModel } from './model.js';

export interface PageWords {
  readonly kinds: Readonly<Record<PageModel['kind'], string>>;
  /** The heading above the timeline. */
  readonly entries: Readonly<Record<PageModel['kind'], string>>;
  /** Under that heading, when a patient has none that are shown. */
  readonly noEntries: string;
  /** Behind the heading of what began on an earlier page. */
  readonly continued: string;
  readonly alert: string;
  /** What stands for a value that is empty. */
  readonly empty: string;
  readonly made: (when: string) => string;
  readonly pageOf: (page: number, pages: number) => string;
  /** Under every page: what the watermark means. */
  readonly notice: string;
}

export const PAGE_WORDS: Readonly<Record<PageLanguage, PageWords>> = {
  en: {
    kinds: { patient: 'Patient summary', report: 'Report', subsidy: 'Subsidy' },
    entries: {
      patient: 'Encounters, newest first',
      report: 'History, newest first',
      subsidy: 'History, newest first',
    },
    noEntries: 'Nothing to show',
    continued: '(continued)',
    alert: 'Alert',
    empty: '—',
    made: (when) => `Made ${when}`,
    pageOf: (page, pages) => `Page ${page} of ${pages}`,
    notice: 'For viewing only. Each page names who opened it.',
  },
  ru: {
    kinds: { patient: 'Сводка о пациенте', report: 'Отчёт', subsidy: 'Субсидия' },
    entries: {
      patient: 'Обращения, сначала новые',
      report: 'История, сначала новое',
      subsidy: 'История, сначала новое',
    },
    noEntries: 'Показывать нечего',
    continued: '(продолжение)',
    alert: 'Внимание',
    empty: '—',
    made: (when) => `Составлено ${when}`,
    pageOf: (page, pages) => `Страница ${page} из ${pages}`,
    notice: 'Только для просмотра. На каждой странице указано, кто её открыл.',
  },
};
