/**
 * Views of a running server: what opening one costs, and what readers of pages cost everybody else.
 *
 * What was measured on 2 processors of one core stands in CHANGELOG, "An opening relies on what it read".
 */
import type { BenchOptions } from './main.js';
import { inTurn, median, row } from './measure.js';
import { encounterOf } from './scene.js';
import { ENCOUNTERS, openViewScene, type ViewScene } from './views-scene.js';

const READERS = 20;
/** A page of some seven encounters takes as long to read at least. */
const READING_MS = 5000;

export async function liveViews({ quick }: BenchOptions): Promise<void> {
  const scene = await openViewScene();
  try {
    await opening(scene, quick ? 30 : 300);
    const rounds = quick ? 2 : 5;
    await reading(scene, rounds, quick ? 2000 : READING_MS, READING_MS);
    // As many pages as can be drawn: the drawing thread never rests.
    await reading(scene, rounds, quick ? 1500 : READING_MS, 0);
  } finally {
    await scene.close();
  }
}

/** The receipt without its pages, beside an encounter recorded by the same road: HTTP, standing, seal, signature, commit. */
async function opening({ slight, heavy, mutate }: ViewScene, rounds: number): Promise<void> {
  const look = (id: string) => () =>
    mutate(
      'clinician.north',
      'openView',
      { subject: { kind: 'PATIENT', id }, purpose: 'TREATMENT' },
      'receipt { index }',
    );
  const record = () =>
    mutate('registrar.north', 'recordEncounter', { ...encounterOf(slight), cost: null }, 'receipt { index }');
  await inTurn(10, look(heavy), record);
  for (const [what, run] of [
    [`${ENCOUNTERS} encounters`, look(heavy)],
    ['few encounters', look(slight)],
  ] as const) {
    const [opened, recorded] = await inTurn(rounds, run, record);
    const base = `recording an encounter ${recorded.toFixed(1)} ms`;
    row(`opening, ${what}`, `p50 ${opened.toFixed(1)} ms`, `aim 15 ms; ${base}`, opened / recorded);
  }
}

/** A query's median with readers and without, in turn. */
async function reading(
  scene: ViewScene,
  rounds: number,
  milliseconds: number,
  pauseMs: number,
): Promise<void> {
  const without: number[] = [];
  const beside: number[] = [];
  let pages = 0;
  const started: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    without.push(await scene.ask(milliseconds));
    const { stop } = await scene.readers(READERS, pauseMs);
    const begun = performance.now();
    beside.push(await scene.ask(milliseconds));
    pages += await stop();
    started.push(performance.now() - begun);
  }
  const seconds = started.reduce((sum, ms) => sum + ms, 0) / 1000;
  const [one, base] = [median(beside), median(without)];
  const what = pauseMs === 0 ? `${READERS} readers, no pause` : `${READERS} readers`;
  const got = `${(pages / seconds).toFixed(1)} pages a second`;
  const aim = pauseMs === 0 ? '' : ', aim 1.2';
  row(what, `query p50 ${one.toFixed(1)} ms, ${got}`, `without ${base.toFixed(1)} ms${aim}`, one / base);
}
