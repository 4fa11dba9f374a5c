/**
 * What it takes to look at a record: drawing its pages, beside an empty page of the same size, in turn; the shield; opening a view
 * of a running server, and what readers cost everybody else.
 */
import { PageRenderer, layOut, type PageModel } from '../../src/viewing/pages/index.js';
import type { BenchOptions } from './main.js';
import { median, row, timed } from './measure.js';
import { shieldCost } from './shield.js';
import { liveViews } from './views-live.js';

export async function views(options: BenchOptions): Promise<void> {
  await pages(options.quick ? 40 : 400);
  await shieldCost(options.quick ? 50 : 300);
  await liveViews(options);
}

/** A patient's summary of 133 encounters, at 800 pixels and 1x. */
async function pages(rounds: number): Promise<void> {
  const mark = {
    lines: [
      'Dr. Miriam Okonkwo',
      'St. Catherine General Hospital',
      '2026-11-28 11:30:12 UTC',
      'Receipt 0192f0c4-7a61-7e3b',
    ],
  };
  const model = patient(133);
  const laidOut = await timed(quickly(rounds), () => Promise.resolve(layOut(model, mark)), 3);
  const summary = layOut(model, mark);
  const drawn = await timed(quickly(rounds), () => Promise.resolve(summary.draw(1)), 3);
  const renderer = new PageRenderer({ threads: 1 });
  try {
    const full: number[] = [];
    const blank: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const page = summary.draw((round % summary.count) + 1);
      full.push(...(await timed(1, () => renderer.render(page, 1), round === 0 ? 5 : 0)));
      blank.push(...(await timed(1, () => renderer.render(BLANK, 1), round === 0 ? 5 : 0)));
    }
    const base = median(blank);
    row(
      'layout, 133 encounters',
      `p50 ${ms(median(laidOut))}, ${summary.count} pages, beside the main thread`,
    );
    row('a page as SVG', `p50 ${ms(median(drawn))}, beside the main thread`);
    row('a page rendered', `p50 ${ms(median(full))}`, `empty page ${ms(base)}`, median(full) / base);
    row(
      '',
      `p99 ${ms(percentile(full, 0.99))}`,
      `empty page ${ms(percentile(blank, 0.99))}`,
      percentile(full, 0.99) / percentile(blank, 0.99),
    );
  } finally {
    await renderer.close();
  }
}

const BLANK =
  '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="1130"><rect width="800" height="1130" fill="#ffffff"/></svg>';

const quickly = (rounds: number): number => Math.ceil(rounds / 4);
const ms = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`;

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function patient(encounters: number): PageModel {
  return {
    kind: 'patient',
    language: 'en',
    title: 'Alden Considine',
    subtitle: 'Born 1951-03-12 · male',
    sections: [
      {
        title: 'Alerts',
        lines: [
          { label: 'Allergy', value: 'Penicillin: anaphylaxis', emphasis: 'alert' },
          { label: 'Medication', value: 'Warfarin 5 mg' },
        ],
      },
    ],
    entries: Array.from({ length: encounters }, (_, at) => ({
      when: `${2026 - Math.floor(at / 12)}-${String(12 - (at % 12)).padStart(2, '0')}-03 09:${10 + (at % 50)}`,
      title: 'General examination of patient (procedure)',
      lines: [
        { label: 'Diagnosis', value: `Acute viral pharyngitis (disorder), visit ${encounters - at}` },
        {
          label: 'Note',
          value: `Complains of a sore throat for ${(at % 9) + 1} days. Seen, treated, and sent home. `.repeat(
            (at % 5) + 1,
          ),
        },
        { label: 'Practitioner', value: `Dr. ${['Ana Petrova', 'Juan Garcia', 'Mei Lin'][at % 3]}` },
      ],
    })),
    generatedAt: '2026-11-28 11:30 UTC',
  };
}
