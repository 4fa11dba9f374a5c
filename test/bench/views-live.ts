/**
 * Views of a running server: what opening one costs, and what readers of pages cost everybody else.
 *
 * Measured on 2 processors under a load of 14 (2026-11-28, medians of 60): recording an encounter 47 ms, opening a view of a patient
 * of few encounters 113 ms (2.3 times as long), of 133 encounters 166 ms (3.5 times; 4.4 in a later run at a load of 10). The aim
 * of 15 ms was not met under that load, and not measured on a machine at rest; nor was the ratio of readers.
 */
import type { BenchOptions } from './main.js';
import { inTurn, median, row } from './measure.js';
import { encounterOf } from './scene.js';
import { ENCOUNTERS, openViewScene, type ViewScene } from './views-scene.js';

const READERS = 20;
/** A page a reader and second: as fast as somebody leafs who reads nothing. */
const LEAFING_MS = 1000;

export async function liveViews({ quick }: BenchOptions): Promise<void> {
  const scene = await openViewScene();
  try {
    await opening(scene, quick ? 60 : 300);
    const rounds = quick ? 2 : 5;
    const milliseconds = quick ? 1500 : 5000;
    await reading(scene, rounds, milliseconds, LEAFING_MS);
    await reading(scene, rounds, milliseconds, 0);
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
  const what = pauseMs === 0 ? `${READERS} readers, no pause` : `${READERS} readers, leafing`;
  const got = `${(pages / seconds).toFixed(1)} pages a second`;
  row(what, `query p50 ${one.toFixed(1)} ms, ${got}`, `without ${base.toFixed(1)} ms, aim 1.2`, one / base);
}
