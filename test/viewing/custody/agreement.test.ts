/** Who must agree that a patient's file is handed over. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signVersion } from '../../../src/client/index.js';
import { patientKind } from '../../../src/clinical/index.js';
import { type JsonObject } from '../../../src/ledger/core/index.js';
import { newSigner } from '../../support/own-key.js';
import { approve, ask, hand, open, read, register, state, to } from './world.js';

beforeAll(() => open());
afterAll(() => state.close());

describe('who must agree', () => {
  it('is a registrar of who is to keep it, and of nobody else', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('clinician.city', to('harbour', patient), requestId);
    expect(asked.codes).toEqual(['ENDORSEMENT_PENDING']);
    const upload = String(asked.errors[0]?.details['upload']);
    for (const who of ['registrar.city', 'clinician.harbour', 'finance.harbour', 'regulator.one']) {
      const { codes } = await state.mutate(who, 'endorseUpload', { upload }, 'requestId');
      expect([['FORBIDDEN'], ['NOT_FOUND']]).toContainEqual(codes);
    }
    expect((await ask('clinician.city', to('harbour', patient), requestId)).codes).toEqual([
      'ENDORSEMENT_PENDING',
    ]);
    const mine = await state.run(
      'registrar.harbour',
      '{ uploadRequests(filter: { awaitingMe: true }) { edges { node { id operation } } } }',
    );
    expect(mine.data['uploadRequests']).toMatchObject({
      edges: [{ node: { id: upload, operation: 'patient.transfer' } }],
    });
    await state.mutate('registrar.harbour', 'denyUpload', { upload, reasons: ['not-ours'] }, 'requestId');
    expect((await ask('clinician.city', to('harbour', patient), requestId)).codes).toEqual(['UPLOAD_DENIED']);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
  });

  it.each<[string, () => object, string]>([
    ['its own keeper', () => ({ institution: state.ids['city'] }), 'BAD_USER_INPUT'],
    ['an authority', () => ({ institution: state.ids['ministry'] }), 'CONFLICT'],
    ['nobody', () => ({ institution: randomUUID() }), 'NOT_FOUND'],
    ['somebody from another version', () => ({ expectedVersion: 2 }), 'CONFLICT'],
  ])('is not asked to hand a file to %s, nor by who does not keep it', async (_whom, wrong, code) => {
    const patient = await register();
    expect((await ask('registrar.city', { ...to('harbour', patient), ...wrong() })).codes).toEqual([code]);
    for (const who of ['registrar.harbour', 'regulator.one', 'finance.city'])
      expect([['NOT_FOUND'], ['FORBIDDEN']]).toContainEqual((await ask(who, to('harbour', patient))).codes);
  });

  it('is the patient too: nobody keeps a file whom it forbids to look, or whom its label keeps out', async () => {
    const decide = (patient: string, more: object) =>
      state.mutate(
        'registrar.city',
        'grantConsent',
        { patient, recordedFor: { reference: 'P' }, ...more },
        'consent { id }',
      );
    const [named, all, labelled] = [await register(), await register(), await register({ label: 'HIV' })];
    expect(
      (await decide(named, { type: 'VIEW_RESTRICTION', institution: state.ids['harbour'] })).codes,
    ).toEqual([]);
    await decide(all, { type: 'VIEW_RESTRICTION' });
    for (const patient of [named, all, labelled]) {
      const { codes, errors } = await ask('registrar.city', to('harbour', patient));
      expect([codes, errors[0]?.details['rule']]).toEqual([['FORBIDDEN'], 'restriction']);
    }
    await decide(all, { type: 'COPY_GRANT', institution: state.ids['harbour'] });
    await decide(labelled, { type: 'LABEL_GRANT', institution: state.ids['harbour'], label: 'HIV' });
    for (const patient of [all, labelled]) expect((await hand(patient)).codes).toEqual([]);
  });

  it('is asked again when the patient forbids it after the approval', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const restriction = { patient, type: 'VIEW_RESTRICTION', recordedFor: { reference: 'P' } };
    expect(
      (await state.mutate('registrar.city', 'grantConsent', restriction, 'consent { id }')).codes,
    ).toEqual([]);
    expect((await ask('registrar.city', to('harbour', patient), requestId)).codes).toEqual(['FORBIDDEN']);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
  });

  it('signs with a key of its own, from where to where too', async () => {
    const [{ city = '', harbour = '' }, key] = [state.ids, newSigner()];
    const publicKey = Buffer.from(key.publicKey).toString('base64');
    const enrolled = { institution: city, subject: 'keyed', name: 'keyed', roles: ['REGISTRAR'], publicKey };
    expect((await state.mutate('regulator.one', 'enrolMember', enrolled, 'requestId')).codes).toEqual([]);
    const patient = await register();
    const base = (await (await state.context('keyed')).records.load(patientKind, patient))!;
    const signedFor = async (moved: JsonObject) => {
      const requestId = randomUUID();
      const head = { ...base.head, version: 2, custodian: harbour };
      const version = { op: 'patient.transfer', head, values: base.values, detail: { moved } };
      const request = { origin: state.system.ledger.origin, institution: city, requestId, issued: state.now };
      const signed = await signVersion({ ...version, supersedes: base.anchor.leafHash }, request, key);
      return { requestId, input: { ...to('harbour', patient), signed } };
    };
    const other = await signedFor({ from: city, to: city });
    expect((await ask('keyed', other.input, other.requestId)).codes).toEqual(['COMMITMENT_MISMATCH']);
    const own = await signedFor({ from: city, to: harbour });
    const asked = await ask('keyed', own.input, own.requestId);
    expect(asked.codes).toEqual(['ENDORSEMENT_PENDING']);
    await approve(asked);
    expect((await ask('keyed', own.input, own.requestId)).codes).toEqual([]);
    const { trusted } = state.system.ledger;
    const { opening } = await trusted.entryAt(trusted.subject('Patient', patient)!.index);
    expect(opening).toMatchObject({ op: 'patient.transfer', by: { mode: 'own' } });
  });

  it('releases its own hold first; a regulator’s goes along', async () => {
    const patient = await register();
    const hold = (who: string, name: string) =>
      state.run(who, `mutation ($input: HoldInput!) { ${name}(input: $input) { requestId } }`, {
        input: { requestId: randomUUID(), kind: 'PATIENT', id: patient, reason: 'A court' },
      });
    for (const who of ['registrar.city', 'regulator.one'])
      expect((await hold(who, 'placeHold')).codes).toEqual([]);
    expect((await ask('registrar.city', to('harbour', patient))).codes).toEqual(['CONFLICT']);
    await hold('registrar.city', 'releaseHold');
    expect((await hand(patient)).codes).toEqual([]);
    const erase = { kind: 'PATIENT', id: patient, expectedVersion: 2, legalBasis: 'Article 17' };
    expect((await state.mutate('registrar.harbour', 'eraseRecord', erase, 'requestId')).codes).toEqual([
      'CONFLICT',
    ]);
    expect((await hold('regulator.one', 'releaseHold')).codes).toEqual([]);
    expect((await state.mutate('registrar.harbour', 'eraseRecord', erase, 'requestId')).codes).toEqual([]);
  });
});
