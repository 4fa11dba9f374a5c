/** A server that is killed while it erases: each erasure is whole or not there, and acknowledged ones stand in the file. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readErasures } from '../../src/ledger/index.js';
import { Api, type Data, populate } from '../support/api.js';
import { findingsOf } from '../support/drill.js';
import { Deployment, type Running } from '../support/process.js';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

/** Milliseconds from the confirmation to the kill. */
const MOMENTS = [3, 8, 13, 18, 25, 40];

let deployment: Deployment;
let server: Running;
let api: Api;

async function start(): Promise<void> {
  server = deployment.run();
  api = new Api(await server.listening());
}

beforeAll(async () => {
  deployment = await Deployment.make();
  await start();
  await populate(api);
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

describe('a server that is killed while it erases', () => {
  it('has erased all of it or nothing, verifies, and gives the same receipt when it is asked again', async () => {
    for (const [round, moment] of MOMENTS.entries()) {
      const { patient, erasure } = await asked(round);
      const input = { requestId: randomUUID(), erasure, expectedVersion: 1 };
      const intent = {
        persona: 'regulator.one',
        name: 'confirmErasure',
        input,
        selection: 'receipt { index } erasure { state }',
      };
      const first = api.send(intent);
      await pause(moment); // another moment of the commit each time
      await server.kill();
      const acknowledged = (await first).payload;
      await start();
      expect((await findingsOf(deployment)).findings).toEqual([]);
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
