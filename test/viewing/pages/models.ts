/** Models of pages for tests. */
import type { PageModel, SectionLine, TimelineEntry, Watermark } from '../../../src/viewing/pages/index.js';

export const NO_MARK: Watermark = { lines: [] };
export const MARK: Watermark = {
  lines: [
    'Dr. Miriam Okonkwo',
    'St. Catherine General Hospital',
    '2026-11-28 11:30:12 UTC',
    'Receipt 0192f0c4-7a61-7e3b-9f2a-1b2c3d4e5f60',
  ],
};

export function modelOf(lines: readonly SectionLine[], more: Partial<PageModel> = {}): PageModel {
  return {
    kind: 'report',
    language: 'en',
    title: 'Title',
    subtitle: null,
    sections: [{ title: 'Section', lines }],
    entries: [],
    generatedAt: '2026-11-28 11:30 UTC',
    ...more,
  };
}

export const valued = (value: string): PageModel => modelOf([{ label: 'l', value }]);

export function entriesOf(count: number, value = 'Seen, treated, and sent home.'): TimelineEntry[] {
  return Array.from({ length: count }, (_, at) => ({
    when: `2026-01-${String(28 - (at % 28)).padStart(2, '0')}`,
    title: `Encounter ${count - at}`,
    lines: [{ label: 'Note', value }],
  }));
}

export const patientWith = (entries: readonly TimelineEntry[], more: Partial<PageModel> = {}): PageModel =>
  modelOf([{ label: 'Name', value: 'Alden Considine' }], { kind: 'patient', entries, ...more });

/** What texts of records must not do to a page. */
export const NASTY: readonly string[] = [
  '',
  '<script>alert("&amp;")</script> ]]> <!-- \'"&',
  'x'.repeat(1000),
  'long words '.repeat(90),
  'W'.repeat(60).concat(' ').repeat(15),
  '患'.repeat(500),
  'م'.repeat(500),
  'المريض '.repeat(150),
  `a${'\u0301'.repeat(400)}b`,
  'one\r\ntwo\n\n\nthree\ttab\u0000\u0007\u001b[31m\u007f',
  '\u202Eevil\u202C \u2067x\u2069 \uD800 \uDFFF \uFFFF \u{10FFFF} \uE000',
  '😀🧪👩‍⚕️🏳️‍🌈 ไทย ქართული'.repeat(20),
  '\u200B\u200B\u200E\u200F\uFEFF',
  'https://example.org/'.concat('segment-of-a-path/'.repeat(40)),
];
