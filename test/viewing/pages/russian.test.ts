/** A view in Russian: every label and fixed string that the pages add to what was recorded, in the model and as ink. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encounterKind, patientKind } from '../../../src/clinical/index.js';
import { PAGE_WORDS } from '../../../src/viewing/pages/words.js';
import { PageRenderer, type PageModel } from '../../../src/viewing/pages/index.js';
import * as words from '../../../src/viewing/summary/words.js';
import { patientModel, type PatientFacts } from '../../../src/viewing/summary/patient.js';
import { opened, ViewWorld } from '../views-world.js';
import { anyMark, count, decode, differences } from './pixels.js';

const LATIN = /[A-Za-z]/;

/** Everything that isn't a value as somebody recorded it. */
const PATIENT = {
  ...Object.fromEntries(Object.keys(patientKind.fields).map((field) => [field, null])),
  names: [{ text: 'Оттилия' }],
  birthDate: '1951-03-07',
  gender: 'FEMALE',
  alerts: [{ category: 'ALLERGY', text: 'Пенициллин', code: null, severity: 'HIGH' }],
};
const ENCOUNTER = {
  ...Object.fromEntries(Object.keys(encounterKind.fields).map((field) => [field, null])),
  class: 'IMP',
  status: 'FINISHED',
  start: '2025-12-02',
  end: '2025-12-03',
  practitioner: { name: 'Иванова', identifier: null },
  note: 'Заметка врача',
  payer: 'Фонд',
  cost: { amount: '123456789', currency: 'EUR' },
};

function model(language: 'en' | 'ru'): PageModel {
  const facts = {
    purpose: 'TREATMENT',
    language,
    patient: { head: { id: 'p' }, values: PATIENT },
    others: [],
    encounters: [{ head: { id: 'e', custodian: 'c', patient: 'p' }, values: ENCOUNTER }],
    withheld: true,
    places: new Map([['c', 'Больница']]),
    now: new Date('2026-11-28T10:00:00.000Z'),
  } as unknown as PatientFacts; // what the model reads of records, and no log behind them
  return patientModel(facts);
}

const texts = ({ title, subtitle, sections, entries }: PageModel): string[] => [
  title,
  subtitle ?? '',
  ...[...sections, ...entries].flatMap((part) => [
    part.title,
    ...part.lines.flatMap(({ label, value }) => [label, value]),
  ]),
];

describe('the words of a Russian page', () => {
  test('are all there, and none of them is English', () => {
    const tables = [
      ...Object.values(words.PATIENT_LABELS),
      ...Object.values(words.ENCOUNTER_LABELS),
      ...Object.values(words.REPORT_LABELS),
      ...Object.values(words.SUBSIDY_LABELS),
      ...Object.values(words.HEADINGS),
      ...Object.values(words.PURPOSE_WORDS),
      ...Object.values(words.VALUE_WORDS),
    ].map(({ ru }) => ru);
    const { made, pageOf, kinds, entries, ...fixed } = PAGE_WORDS.ru;
    const all = [...tables, made(''), pageOf(1, 2), ...Object.values(kinds), ...Object.values(entries)];
    for (const text of [...all, ...Object.values(fixed)]) {
      expect(text).not.toMatch(LATIN);
      expect(text.trim()).not.toBe('');
    }
  });

  test('stand around a patient’s values, which stay as they were recorded', () => {
    const russian = texts(model('ru')).filter((text) => LATIN.test(text));
    expect(russian).toEqual(['1\u00a0234\u00a0567,89 EUR']);
    expect(texts(model('en'))).toContain('1\u00a0234\u00a0567.89 EUR');
    expect(texts(model('ru'))).toContain('Личные данные');
  });

  test('leave out what says nothing', () => {
    expect(texts(model('ru')).filter((text) => text.trim() === '')).toEqual([]);
  });
});

describe('a Russian view', () => {
  let world: ViewWorld;
  const renderer = new PageRenderer({ threads: 1 });
  beforeAll(async () => {
    world = await ViewWorld.start();
  });
  afterAll(async () => {
    await renderer.close();
    await world.stop();
  });

  test('has pages of other ink than the English one of the same patient', async () => {
    const patient = await world.patient();
    await world.treat('registrar.north', patient, { note: 'Suture removal' });
    const draw = async (language: string) => {
      const { view } = opened(await world.look('clinician.north', patient, 'TREATMENT', { language }));
      const page = await world.fetch('clinician.north', view.pages?.[0]?.url ?? '');
      expect(page.status).toBe(200);
      return decode(page.bytes);
    };
    const [english, russian] = [await draw('en'), await draw('ru')];
    // The column of labels, and the footer.
    for (const area of [
      { left: 40, top: 130, right: 235, bottom: 500 },
      { left: 40, top: 1070, right: 400, bottom: 1095 },
    ]) {
      expect(count(russian, area, anyMark)).toBeGreaterThan(500);
      expect(differences(english, russian, area).size).toBeGreaterThan(500);
    }
  });
});
