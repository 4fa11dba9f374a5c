/** A patient's file that another institution is to keep: what moves with it and what stays. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProofBundle, utf8 } from '../../../src/ledger/core/index.js';
import {
  FILE,
  amend,
  approve,
  ask,
  hand,
  idIn,
  listed,
  open,
  read,
  register,
  state,
  to,
  verify,
} from './world.js';

beforeAll(() => open());
afterAll(() => state.close());

describe('a patient’s file that is handed over', () => {
  it('is in the lists of its new keeper, by name too, gone from those of the old one, and nothing of it is rewritten', async () => {
    const family = 'Umzug';
    const stays = await register({ names: [{ family }] });
    const goes = await register({ names: [{ family }] });
    await amend('registrar.city', goes, 1, { language: 'de' });
    expect((await hand(goes, 2)).codes).toEqual([]);
    const [city, harbour] = [await listed('city', family), await listed('harbour', family)];
    expect([city.named, harbour.named]).toEqual([[stays], [goes]]);
    expect(city.all).not.toContain(goes);
    expect(harbour.all).toContain(goes);
    const { data } = await state.run(
      'registrar.harbour',
      `{ patient(id: "${goes}") { ${FILE} anchor { verified } history { leafHash } } }`,
    );
    expect(data['patient']).toMatchObject({
      version: 3,
      birthDate: '1960-02-03',
      custodian: { id: state.ids['harbour'] },
      anchor: { verified: true },
      history: [{}, {}, {}],
    });
    expect(await verify()).toEqual([]);
  });

  it('is closed to the raw reads of the old keeper at the next request, and open to those of the new one', async () => {
    const patient = await register();
    expect((await read('registrar.city', patient)).codes).toEqual([]);
    await hand(patient);
    expect((await read('registrar.city', patient)).data['patient']).toBeNull();
    expect((await amend('registrar.city', patient, 2, { language: 'fr' })).codes).toEqual(['NOT_FOUND']);
    const { data, codes } = await read('registrar.harbour', patient);
    expect(codes).toEqual([]);
    expect(data['patient']).toMatchObject({ names: [{ family: 'Wanderer' }], version: 2 });
    expect((await amend('registrar.harbour', patient, 2, { language: 'fr' })).codes).toEqual([]);
  });

  it('leaves encounters with who recorded them, who reads the file then as who treats the patient does', async () => {
    const patient = await register();
    const visit = {
      patient,
      class: 'AMB',
      status: 'IN_PROGRESS',
      start: '2026-06-10T10:00:00Z',
      note: 'A cough',
    };
    const recorded = await state.mutate('clinician.city', 'recordEncounter', visit, 'encounter { id }');
    const encounter = idIn(recorded, 'recordEncounter', 'encounter', 'id');
    await hand(patient);
    const note = (who: string) =>
      state.run(who, `{ encounter(id: "${encounter}") { note custodian { id } } }`);
    expect((await note('clinician.city')).data['encounter']).toEqual({
      note: 'A cough',
      custodian: { id: state.ids['city'] },
    });
    expect((await note('clinician.harbour')).data['encounter']).toBeNull();
    expect((await read('registrar.city', patient)).data['patient']).toMatchObject({ version: 2 });
    expect((await amend('registrar.city', patient, 2, { language: 'fr' })).codes).toEqual(['FORBIDDEN']);
    expect((await listed('city', 'Wanderer')).all).not.toContain(patient);
  });

  it('can be handed on, and back', async () => {
    const patient = await register();
    await hand(patient);
    expect((await hand(patient, 2, 'harbour', 'city')).codes).toEqual([]);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
    expect((await read('registrar.harbour', patient)).data['patient']).toBeNull();
  });

  it('keeps the proofs that were given of it, and gives the new keeper its own', async () => {
    const patient = await register();
    const proof = async (who: string) => {
      const { data } = await state.run(who, `{ patient(id: "${patient}") { proof { bundle } } }`);
      return (data['patient'] as { proof: { bundle: string } }).proof.bundle;
    };
    const before = await proof('registrar.city');
    await hand(patient);
    const [old, now] = [before, await proof('registrar.harbour')].map((text) => parseProofBundle(utf8(text)));
    expect([old?.head, now?.head]).toMatchObject([
      { version: 1, custodian: state.ids['city'] },
      { version: 2, custodian: state.ids['harbour'] },
    ]);
  });

  it('is erased in all its versions when its new keeper asks, not on what the old one asked before', async () => {
    const patient = await register();
    await amend('registrar.city', patient, 1, { language: 'de' });
    const erase = async (who: string, expectedVersion: number) => {
      const input = {
        kind: 'PATIENT',
        id: patient,
        expectedVersion,
        fields: ['language'],
        legalBasis: 'Article 17',
      };
      return idIn(
        await state.mutate(who, 'eraseRecord', input, 'erasure { id }'),
        'eraseRecord',
        'erasure',
        'id',
      );
    };
    const decide = (name: string, erasure: string, more: object = {}) =>
      state.mutate('regulator.two', name, { erasure, expectedVersion: 1, ...more }, 'erasure { state }');
    const old = await erase('registrar.city', 2);
    await hand(patient, 2);
    expect((await decide('confirmErasure', old)).codes).toEqual(['CONFLICT']);
    expect((await decide('refuseErasure', old, { reason: 'It moved' })).codes).toEqual([]);
    const asked = await erase('registrar.harbour', 3);
    expect((await decide('confirmErasure', asked)).codes).toEqual([]);
    const erased = await state.run(
      'registrar.harbour',
      `{ patient(id: "${patient}") { language birthDate version } }`,
    );
    expect(erased.data['patient']).toEqual({ language: null, birthDate: '1960-02-03', version: 4 });
    expect(await verify()).toEqual([]);
  });

  it('takes its links along: its new keeper ends them, and the old one neither sees nor ends nor makes them', async () => {
    const [one, other] = [await register(), await register({}, 'registrar.harbour')];
    const link = async (patient: string, second: string) =>
      idIn(
        await state.mutate(
          'registrar.city',
          'linkPatients',
          { patient, other: second, evidence: 'Known' },
          'link { id }',
        ),
        'linkPatients',
        'link',
        'id',
      );
    const [proposed, own] = [await link(one, other), await link(one, await register())];
    await hand(one);
    const decide = (who: string, name: string, id: string, more: object = {}) =>
      state.mutate(who, name, { link: id, expectedVersion: 1, ...more }, 'link { state }');
    const confirmed = await decide('registrar.harbour', 'confirmPatientLink', proposed, {
      contradictionReason: 'No',
    });
    expect(confirmed.codes).toEqual(['CONFLICT']);
    const end = { reason: 'Two persons' };
    expect((await decide('registrar.city', 'unlinkPatients', proposed, end)).codes).toEqual(['NOT_FOUND']);
    expect((await decide('registrar.harbour', 'unlinkPatients', own, end)).codes).toEqual([]);
  });
});

describe('a transfer among other changes', () => {
  it('has one outcome, whatever is written to the file at the moment it moves', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const visit = { patient, class: 'AMB', status: 'FINISHED', start: '2026-06-10T10:00:00Z' };
    const [moved, amended, treated] = await Promise.all([
      ask('registrar.city', to('harbour', patient), requestId),
      amend('registrar.city', patient, 1, { language: 'de' }),
      state.mutate('clinician.city', 'recordEncounter', visit, 'encounter { id }'),
    ]);
    expect([moved, amended].filter(({ codes }) => codes.length === 0)).toHaveLength(1);
    expect(treated.codes).toEqual([]);
    const keeper = moved.codes.length === 0 ? 'registrar.harbour' : 'registrar.city';
    const { data } = await read(keeper, patient);
    expect(data['patient']).toMatchObject({ version: 2 });
  });

  it('is one, however often the request is sent', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask('registrar.city', to('harbour', patient), requestId)),
    );
    const indexes = answers.map((answer) => idIn(answer, 'transferCustody', 'receipt', 'index'));
    expect(new Set(indexes).size).toBe(1);
    expect((await read('registrar.harbour', patient)).data['patient']).toMatchObject({ version: 2 });
  });
});
