/**
 * What asking for permission costs where nothing has to be asked: encounters in one step, through the whole pipeline,
 * beside the same changes through the rules, the seal and the commit alone, as it was before policies, rates, requests
 * and denials. In turn, so that what disturbs the machine meets both; processor time beside the clock.
 */
import { encounterChange, parseEncounter, patientsOf } from '../../src/clinical/encounter.service.js';
import { recordEncounter } from '../../src/clinical/encounter.service.js';
import { nativeHash, systemRandom } from '../../src/ledger/index.js';
import { canonical } from '../../src/ledger/core/index.js';
import { asJson } from '../../src/api/index.js';
import { requireStaff } from '../../src/registry/index.js';
import { createLog } from '../../src/server/index.js';
import { newId, requireSignedIn } from '../../src/uploads/index.js';
import { Preparer } from '../../src/uploads/prepare.js';
import { NOTHING } from '../../src/uploads/requests/required.js';
import { cpuTime } from './cpu.js';
import type { BenchOptions } from './main.js';
import { inFlight, inTurn, median, row } from './measure.js';
import { encounterOf, openScene, type Scene } from './scene.js';

const REGISTRAR = { subject: 'registrar.bench', expires: Number.MAX_SAFE_INTEGER / 1000 };
const log = createLog('silent');

/** The bound of the ratio: a step beyond it is a fault. */
const MOST = 1.3;

export async function uploads({ quick }: BenchOptions): Promise<void> {
  const scene = await openScene();
  try {
    let turn = 0;
    const next = () => scene.author.patients[turn++ % scene.author.patients.length] ?? '';
    const now = () => oneStep(scene, next());
    const before = () => without(scene, next());
    await inFlight(8, quick ? 200 : 1000, now);
    await inFlight(8, quick ? 200 : 1000, before);
    await alone(quick ? 300 : 2000, now, before);
    for (const width of [8, 64]) await together(width, quick ? 5 : 15, quick ? 250 : 1000, now, before);
  } finally {
    await scene.close();
  }
}

/** As a resolver sends it. */
async function oneStep({ open }: Scene, patient: string): Promise<void> {
  const ctx = await open.system.contextOf(REGISTRAR, log);
  await recordEncounter(ctx, { requestId: newId(), ...encounterOf(patient) });
}

/** The same without what asking for permission added. */
async function without({ open: { system, ledger } }: Scene, patient: string): Promise<void> {
  const ctx = await system.contextOf(REGISTRAR, log);
  const caller = requireSignedIn(ctx.caller);
  const request = { requestId: newId(), ...encounterOf(patient) };
  const input = asJson({ recordEncounter: request });
  const inputHash = ledger.keys.inputMac(canonical(input));
  await ledger.find(caller.institution, caller.id, request.requestId);
  const clock = () => new Date();
  const values = parseEncounter(request, clock(), ['input']);
  const made = { input: request, values, path: ['input'] };
  const change = await encounterChange(requireStaff(caller), made, patientsOf(ctx), newId());
  const preparer = new Preparer({ ledger, random: systemRandom, hash: nativeHash, clock }, ctx.records);
  const terms = { part: 0, inputHash, signed: null, sealing: null, upload: null, required: NOTHING };
  const entry = await preparer.prepare(change, caller, {
    ...terms,
    request: { requestId: request.requestId, input },
  });
  await ledger.append([entry]);
}

async function alone(rounds: number, now: () => Promise<void>, before: () => Promise<void>): Promise<void> {
  const [after, base] = await inTurn(rounds, now, before);
  report('one at a time', `median ${after.toFixed(2)} ms`, `without ${base.toFixed(2)} ms`, after / base);
}

/** Medians over rounds: each measures both, one after the other. */
async function together(
  width: number,
  rounds: number,
  count: number,
  now: () => Promise<void>,
  before: () => Promise<void>,
): Promise<void> {
  const clock: [number[], number[]] = [[], []];
  const node: [number[], number[]] = [[], []];
  const postgres: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1)
    for (const [side, run] of [now, before].entries()) {
      const started = cpuTime();
      const { perSecond } = await inFlight(width, count, run);
      const ended = cpuTime();
      clock[side]?.push(1000 / perSecond);
      node[side]?.push((ended.node - started.node) / count);
      postgres[side]?.push((ended.postgres - started.postgres) / count);
    }
  for (const [what, [one, other]] of [
    ['clock', clock],
    ['processor, node', node],
    ['processor, postgres', postgres],
  ] as const) {
    const [after, base] = [median(one), median(other)];
    const ratio = after / base;
    report(`${width} in flight, ${what}`, `${after.toFixed(3)} ms`, `without ${base.toFixed(3)} ms`, ratio);
  }
}

function report(what: string, measured: string, baseline: string, ratio: number): void {
  row(what, measured, `${baseline}, at most ${MOST}`, ratio);
}
