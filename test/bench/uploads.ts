/**
 * What asking for permission costs where nothing has to be asked: encounters in one step, through the guard and the whole
 * pipeline, beside the same changes through the rules, the seal and the commit alone, as it was before policies, rates,
 * requests and denials; called as services, and over HTTP. In turn, so that what disturbs the machine meets both. Held to a
 * bound by processor time, which a busy machine changes least; the clock is told beside it.
 *
 * Measured on 2 processors under a load of 14 (2026-11-28, --quick, medians of 5 rounds), processor time of server and PostgreSQL
 * together: services 1.00 (8 in flight) and 1.06 (64), over HTTP 1.13 (5.0 ms an encounter beside 4.5). By the clock, which the load
 * blurs: 1.32, 1.34 and 1.09; one at a time 1.10. Not measured on a machine at rest.
 */
import { recordEncounter } from '../../src/clinical/encounter.service.js';
import { createLog } from '../../src/server/index.js';
import { newId } from '../../src/uploads/index.js';
import { bare } from './bare-uploads.js';
import { cpuTime } from './cpu.js';
import type { BenchOptions } from './main.js';
import { inFlight, inTurn, median, row } from './measure.js';
import { encounterOf, openScene, REGISTRAR, type Scene } from './scene.js';
import { openHttp } from './uploads-http.js';

const BEARER = { subject: REGISTRAR, expires: Number.MAX_SAFE_INTEGER / 1000 };
const log = createLog('silent');

/** The bound of the ratio: a step beyond it is a fault. */
const MOST = 1.3;

/** Records so many encounters, so many at a time; milliseconds that they took. */
type Load = (count: number, width: number) => Promise<number>;

export async function uploads({ quick }: BenchOptions): Promise<void> {
  const scene = await openScene();
  try {
    let turn = 0;
    const next = () => scene.author.patients[turn++ % scene.author.patients.length] ?? '';
    const now = () => oneStep(scene, next());
    const before = () => without(scene, next());
    const load =
      (run: () => Promise<void>): Load =>
      async (count, width) =>
        (count * 1000) / (await inFlight(width, count, run)).perSecond;
    for (const warm of [now, before]) await inFlight(8, quick ? 100 : 1000, warm);
    await alone(quick ? 60 : 2000, now, before);
    const rounds = quick ? 5 : 15;
    await together('services', 8, rounds, quick ? 80 : 1000, load(now), load(before));
    await together('services', 64, rounds, quick ? 80 : 1000, load(now), load(before));
    await overHttp(scene, rounds, quick ? 120 : 1000);
  } finally {
    await scene.close();
  }
}

/** As a resolver sends it. */
async function oneStep({ open }: Scene, patient: string): Promise<void> {
  const ctx = await open.system.contextOf(BEARER, log);
  await recordEncounter(ctx, { requestId: newId(), ...encounterOf(patient) });
}

/** The same without what asking for permission added. */
async function without({ open }: Scene, patient: string): Promise<void> {
  const ctx = bare(open, await open.system.contextOf(BEARER, log));
  await recordEncounter(ctx, { requestId: newId(), ...encounterOf(patient) });
}

async function overHttp(scene: Scene, rounds: number, count: number): Promise<void> {
  const http = await openHttp(scene);
  try {
    for (const warm of [http.now, http.before]) await warm(count, 8);
    await together('HTTP', 8, rounds, count, http.now, http.before);
  } finally {
    await http.close();
  }
}

async function alone(rounds: number, now: () => Promise<void>, before: () => Promise<void>): Promise<void> {
  const [after, base] = await inTurn(rounds, now, before);
  report(
    'services, one at a time',
    `median ${after.toFixed(2)} ms`,
    `without ${base.toFixed(2)} ms`,
    after / base,
  );
}

/** Milliseconds of one encounter, by each measure, of the rounds of one side. */
interface Times {
  readonly clock: number[];
  readonly node: number[];
  readonly postgres: number[];
}

const none = (): Times => ({ clock: [], node: [], postgres: [] });

/** Medians over rounds: each measures both, one after the other, and the next in the other order. */
async function together(
  what: string,
  width: number,
  rounds: number,
  count: number,
  now: Load,
  before: Load,
): Promise<void> {
  const sides = [
    { load: now, times: none() },
    { load: before, times: none() },
  ] as const;
  for (let round = 0; round < rounds; round += 1)
    for (const { load, times } of round % 2 === 0 ? sides : [...sides].reverse())
      await measure(load, count, width, times);
  const [{ times: after }, { times: base }] = sides;
  compare(`${what}, ${width} in flight, clock`, after.clock, base.clock);
  const ratio = compare('  processor, node', after.node, base.node);
  compare('  processor, postgres', after.postgres, base.postgres);
  // Not a number where the system doesn't tell PostgreSQL's share: then the server's own is held to the bound.
  const all = ({ node, postgres }: Times) => node.map((one, round) => one + (postgres[round] ?? Number.NaN));
  const whole = compare('  processor, both', all(after), all(base));
  requireBound(`${what}, ${width} in flight`, Number.isNaN(whole) ? ratio : whole);
}

async function measure(load: Load, count: number, width: number, times: Times): Promise<void> {
  const started = cpuTime();
  times.clock.push((await load(count, width)) / count);
  const ended = cpuTime();
  times.node.push((ended.node - started.node) / count);
  times.postgres.push((ended.postgres - started.postgres) / count);
}

/** Prints two medians and their ratio, and gives it. */
function compare(what: string, one: readonly number[], other: readonly number[]): number {
  const [after, base] = [median(one), median(other)];
  report(what, `${after.toFixed(3)} ms`, `without ${base.toFixed(3)} ms`, after / base);
  return after / base;
}

function report(what: string, measured: string, baseline: string, ratio: number): void {
  row(what, measured, baseline, ratio);
}

/** Says so, and ends the process with 1, where the ratio is over the bound. */
function requireBound(what: string, ratio: number): void {
  if (ratio <= MOST) return row('  within the bound', `${ratio.toFixed(2)} of at most ${MOST}`);
  row('  OVER THE BOUND', `${what}: ${ratio.toFixed(2)}, expected at most ${MOST}`);
  process.exitCode = 1;
}
