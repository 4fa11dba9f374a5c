/**
 * A server that is killed while it erases one file and hands over another: each is whole or not there, and acknowledged
 * erasures stand in the file.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readErasures } from '../../src/ledger/index.js';
import { Api, type Data, type Intent, populate } from '../support/api.js';
import { findingsOf } from '../support/drill.js';
import { Deployment, type Running } from '../support/process.js';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

/** Milliseconds from the confirmation to the kill. */
const MOMENTS = [3, 8, 13, 18, 25, 40];

let deployment: Deployment;
let server: Running;
let api: Api;
let north: string;

async function start(): Promise<void> {
  server = deployment.run();
  api = new Api(await server.listening());
}

beforeAll(async () => {
  deployment = await Deployment.make();
  await start();
  ({ north } = await populate(api));
});
afterAll(() => deployment.end());

const idOf = (payload: Data, record: string) => (payload[record] as { readonly id: string }).id;

/** A patient whose erasure was asked for. */
async function asked(round: number): Promise<{ patient: string; erasure: string }> {
  const identifiers = [{ system: 'urn:crash', value: String(round) }];
  const registered = await api.must('registrar.city', 'registerPatient', { identifiers }, 'patient { id }');
  const patient = idOf(registered, 'patient');
  const wish = { kind: 'PATIENT', id: patient, expectedVersion: 1, legalBasis: 'Article 17' };
  return {
    patient,
    erasure: idOf(await api.must('registrar.city', 'eraseRecord', wish, 'erasure { id }'), 'erasure'),
  };
}

/** A patient whose file may be handed over: asked for by who keeps it, approved by who is to keep it. */
async function approved(round: number): Promise<{ patient: string; intent: Intent }> {
  const identifiers = [{ system: 'urn:crash:moving', value: String(round) }];
  const registered = await api.must('registrar.city', 'registerPatient', { identifiers }, 'patient { id }');
  const patient = idOf(registered, 'patient');
  const intent = {
    persona: 'registrar.city',
    name: 'transferCustody',
    input: { requestId: randomUUID(), patient, expectedVersion: 1, institution: north },
    selection: 'receipt { index }',
  };
  const { errors } = await api.send(intent);
  const { upload } = errors[0]?.extensions['details'] as { readonly upload: string };
  await api.must('registrar.north', 'endorseUpload', { upload }, 'requestId');
  return { patient, intent };
}

/** Who reads a patient's file, of its old keeper and its new one. */
async function keepersOf(patient: string): Promise<string[]> {
  const keepers: string[] = [];
  for (const who of ['registrar.city', 'registrar.north']) {
    const { data } = await api.ask(who, `{ patient(id: "${patient}") { identifiers { value } } }`);
    if (data?.['patient'] !== null) keepers.push(who);
  }
  return keepers;
}

describe('a server that is killed while it erases and hands over', () => {
  it('has done all of it or nothing, verifies, and gives the same receipt when it is asked again', async () => {
    for (const [round, moment] of MOMENTS.entries()) {
      const { patient, erasure } = await asked(round);
      const moving = await approved(round);
      const input = { requestId: randomUUID(), erasure, expectedVersion: 1 };
      const intent = {
        persona: 'regulator.one',
        name: 'confirmErasure',
        input,
        selection: 'receipt { index } erasure { state }',
      };
      const first = api.send(intent);
      const move = api.send(moving.intent);
      await pause(moment); // another moment of the commit each time
      await server.kill();
      const acknowledged = (await first).payload;
      const moved = (await move).payload;
      await start();
      expect((await findingsOf(deployment)).findings).toEqual([]);
      const keepers = await keepersOf(moving.patient);
      expect(keepers).toHaveLength(1);
      if (moved !== null) expect(keepers).toEqual(['registrar.north']);
      const moveAgain = await api.send(moving.intent);
      expect(moveAgain.errors).toEqual([]);
      if (moved !== null) expect(moveAgain.payload).toEqual(moved);
      expect(await keepersOf(moving.patient)).toEqual(['registrar.north']);
      const read = `{ patient(id: "${patient}") { identifiers { value } erased { whole } } erasure(id: "${erasure}") { state } }`;
      const { data } = await api.ask('registrar.city', read);
      const whole = {
        patient: { identifiers: null, erased: { whole: true } },
        erasure: { state: 'CONFIRMED' },
      };
      const nothing = {
        patient: { identifiers: [{ value: String(round) }], erased: null },
        erasure: { state: 'REQUESTED' },
      };
      const lines = (await readErasures(deployment.dataDir)).filter(({ id }) => id === patient);
      const erased = (data?.['erasure'] as { state: string }).state === 'CONFIRMED';
      expect(data).toEqual(erased ? whole : nothing);
      expect(lines).toHaveLength(erased ? 1 : 0);
      const again = await api.send(intent);
      expect(again.errors).toEqual([]);
      if (acknowledged !== null) {
        expect(erased).toBe(true);
        expect(again.payload).toEqual(acknowledged);
      }
      expect((await api.ask('registrar.city', read)).data).toEqual(whole);
    }
    expect((await findingsOf(deployment)).findings).toEqual([]);
    expect(await readErasures(deployment.dataDir)).toHaveLength(MOMENTS.length);
  });
});
