/** Erasure over the real server: who may, when, and what is left. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/ledger/core/index.js';
import { verifyBundle } from '../../src/client/index.js';
import { describeFindings, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { amend, confirm, erase, holding, make, register, request, visit } from './world.js';

let vitrine: TestVitrine;
let patient: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  patient = await register(vitrine);
});
afterAll(() => vitrine.stop());

const size = () => value(vitrine, 'SELECT size FROM log_head');
const clean = async () => expect(describeFindings((await verify(vitrine)).findings)).toBe('');

async function encounter(id: string, selection: string, who = 'clinician.city') {
  const query = `query ($id: ID!) { encounter(id: $id) { ${selection} } }`;
  return vitrine.ask<{ encounter: Record<string, unknown> | null }>(who, query, { id });
}

describe('a request for erasure', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string, readonly unknown[]]>([
    ['names another version', { expectedVersion: 2 }, 'CONFLICT', ['input', 'expectedVersion']],
    ['names a field that is none', { fields: ['note', 'secret'] }, 'BAD_USER_INPUT', ['input', 'fields', 1]],
    ['names a field twice', { fields: ['note', 'note'] }, 'BAD_USER_INPUT', ['input', 'fields', 1]],
    [
      'names a field that places the record',
      { fields: ['patient'] },
      'BAD_USER_INPUT',
      ['input', 'fields', 0],
    ],
    ['names a field that it needs', { fields: ['note', 'start'] }, 'BAD_USER_INPUT', ['input', 'fields', 1]],
    ['names no field', { fields: [] }, 'BAD_USER_INPUT', ['input', 'fields']],
    ['has no legal basis', { legalBasis: ' ' }, 'BAD_USER_INPUT', ['input', 'legalBasis']],
    ['is about another kind', { kind: 'PATIENT' }, 'NOT_FOUND', ['input', 'id']],
  ])('that %s is refused', async (_, input, code, path) => {
    const id = await visit(vitrine, patient, { note: 'to be kept' });
    const before = await size();
    const answer = await request(vitrine, 'clinician.city', { id, ...input });
    expect(answer.codes, answer.text).toEqual([code]);
    expect(answer.errors[0]?.extensions.path).toEqual(path);
    expect(await size()).toBe(before);
  });

  it.each([
    ['finance.city', 'FORBIDDEN'],
    ['clinician.north', 'FORBIDDEN'],
    ['clinician.harbour', 'NOT_FOUND'],
    ['regulator.one', 'FORBIDDEN'],
    ['auditor', 'FORBIDDEN'],
  ])('is not for %s', async (who, code) => {
    const id = await value(
      vitrine,
      `SELECT e.id FROM encounter e JOIN institution i ON i.id = e.custodian WHERE i.name = 'City Hospital'
         AND e.patient IN (SELECT o.patient FROM encounter o JOIN institution n ON n.id = o.custodian
           WHERE n.name = 'Northern Hospital' AND o.ended_at IS NULL) LIMIT 1`,
    );
    expect((await request(vitrine, who, { id })).codes).toEqual([code]);
  });

  it('waits until the record need no longer be kept, and that day never comes sooner', async () => {
    const id = await visit(vitrine, patient, { note: 'kept by law', retainUntil: '2199-01-01' });
    const refused = await request(vitrine, 'clinician.city', { id, fields: ['note'] });
    expect(refused.codes).toEqual(['CONFLICT']);
    expect(refused.errors[0]?.extensions.details).toMatchObject({ retainUntil: '2199-01-01' });
    for (const retainUntil of ['2198-12-31', null]) {
      const input = { encounter: id, expectedVersion: 1, retainUntil };
      const sooner = await vitrine.mutate('clinician.city', 'amendEncounter', input, 'encounter { id }');
      expect(sooner.codes).toEqual(['BAD_USER_INPUT']);
      expect(sooner.errors[0]?.extensions.path).toEqual(['input', 'retainUntil']);
    }
    const { data } = await encounter(id, 'retainUntil');
    expect(data?.encounter).toEqual({ retainUntil: '2199-01-01' });
    const elapsed = await visit(vitrine, patient, { note: 'no longer', retainUntil: '2020-01-01' });
    expect((await request(vitrine, 'clinician.city', { id: elapsed })).errors).toEqual([]);
  });

  it('waits while the record is held, or its patient', async () => {
    for (const kind of ['ENCOUNTER', 'PATIENT']) {
      const one = await register(vitrine);
      const id = await visit(vitrine, one);
      const hold = { kind, id: kind === 'PATIENT' ? one : id };
      expect((await holding(vitrine, 'regulator.two', 'placeHold', hold)).errors).toEqual([]);
      expect((await request(vitrine, 'clinician.city', { id })).codes).toEqual(['CONFLICT']);
      await holding(vitrine, 'regulator.two', 'releaseHold', hold);
      const asked = await request(vitrine, 'clinician.city', { id });
      expect(asked.errors).toEqual([]);
      await holding(vitrine, 'regulator.two', 'placeHold', hold);
      const erasure = asked.data?.eraseRecord.erasure?.id;
      expect((await confirm(vitrine, 'regulator.one', erasure)).codes).toEqual(['CONFLICT']);
      await holding(vitrine, 'regulator.two', 'releaseHold', hold);
      expect((await confirm(vitrine, 'regulator.one', erasure)).errors).toEqual([]);
    }
  });

  it('is one at a time for a record, and sent again the same', async () => {
    const id = await visit(vitrine, patient);
    const input = { id, requestId: randomUUID() };
    const [first, again] = [
      await request(vitrine, 'clinician.city', input),
      await request(vitrine, 'clinician.city', input),
    ];
    expect([first, again].map(({ data }) => data?.eraseRecord.repeated)).toEqual([false, true]);
    const other = await request(vitrine, 'registrar.city', { id, fields: ['note'] });
    expect(other.codes).toEqual(['CONFLICT']);
    const erasure = first.data?.eraseRecord.erasure;
    expect(other.errors[0]?.extensions.details).toMatchObject({ kind: 'Erasure', id: erasure?.id });
    const refuse = { erasure: erasure?.id, expectedVersion: 1, reason: 'A case is open' };
    const refused = await vitrine.mutate(
      'regulator.two',
      'refuseErasure',
      refuse,
      'erasure { state refusal }',
    );
    expect(refused.data).toEqual({
      refuseErasure: { erasure: { state: 'REFUSED', refusal: 'A case is open' } },
    });
    expect((await confirm(vitrine, 'regulator.one', erasure?.id, { expectedVersion: 2 })).codes).toEqual([
      'CONFLICT',
    ]);
    expect((await request(vitrine, 'registrar.city', { id })).errors).toEqual([]);
  });
});

describe('its confirmation', () => {
  it('is for a regulator, once, and sent again the same', async () => {
    const id = await visit(vitrine, patient, { note: 'once' });
    const asked = await request(vitrine, 'clinician.city', { id, fields: ['note'] });
    const erasure = asked.data?.eraseRecord.erasure?.id;
    for (const who of ['clinician.city', 'registrar.city', 'auditor', 'clinician.north', 'patient.one'])
      expect((await confirm(vitrine, who, erasure)).codes).toEqual(['FORBIDDEN']);
    const stale = await confirm(vitrine, 'regulator.one', erasure, { expectedVersion: 7 });
    expect(stale.codes).toEqual(['CONFLICT']);
    const requestId = randomUUID();
    const done = await confirm(vitrine, 'regulator.one', erasure, { requestId });
    expect(done.data?.confirmErasure).toMatchObject({
      repeated: false,
      erasure: { state: 'CONFIRMED', version: 2 },
    });
    const again = await confirm(vitrine, 'regulator.one', erasure, { requestId });
    expect(again.data?.confirmErasure).toMatchObject({
      repeated: true,
      receipt: done.data?.confirmErasure.receipt,
    });
    expect((await confirm(vitrine, 'regulator.two', erasure)).codes).toEqual(['CONFLICT']);
    const twice = await request(vitrine, 'clinician.city', { id, expectedVersion: 2, fields: ['note'] });
    expect(twice.codes).toEqual(['ERASED']);
  });

  it('is not for a regulator of the institution that asks', async () => {
    const ministry = await value(
      vitrine,
      `SELECT id FROM institution WHERE kind = 'AUTHORITY' ORDER BY entry LIMIT 1`,
    );
    const enrol = (institution: string, subject: string, role: string) =>
      make(vitrine, 'regulator.one', 'enrolMember', 'member', {
        institution,
        subject,
        name: subject,
        roles: [role],
      });
    await enrol(ministry, 'registrar.ministry', 'REGISTRAR');
    const identifiers = [{ system: 'urn:erasure', value: 'ministry' }];
    const own = await make(vitrine, 'registrar.ministry', 'registerPatient', 'patient', { identifiers });
    const asked = await request(vitrine, 'registrar.ministry', { kind: 'PATIENT', id: own });
    const erasure = asked.data?.eraseRecord.erasure?.id;
    expect((await confirm(vitrine, 'regulator.one', erasure)).codes).toEqual(['FORBIDDEN']);
    const treasury = await make(vitrine, 'regulator.one', 'registerInstitution', 'institution', {
      name: 'Data Protection Authority',
      kind: 'AUTHORITY',
      ownership: 'PUBLIC',
      region: 'capital',
      identifiers: [],
      licence: { number: 'by law' },
    });
    await enrol(treasury, 'regulator.other', 'REGULATOR');
    expect((await confirm(vitrine, 'regulator.other', erasure)).errors).toEqual([]);
    await clean();
  });

  it('and a hold that is placed at the same moment: exactly one wins', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const id = await visit(vitrine, patient, { note: `round ${round}` });
      const asked = await request(vitrine, 'clinician.city', { id });
      const erasure = asked.data?.eraseRecord.erasure?.id;
      const [erased, held] = await Promise.all([
        confirm(vitrine, 'regulator.one', erasure),
        holding(vitrine, 'regulator.two', 'placeHold', { id }),
      ]);
      const [gone, placed] = [erased.codes.length === 0, held.codes.length === 0];
      expect(gone, erased.text + held.text).not.toBe(placed);
      expect([...erased.codes, ...held.codes]).toEqual([placed ? 'CONFLICT' : 'ERASED']);
      const { data } = await encounter(id, 'note');
      expect(data?.encounter).toEqual({ note: gone ? null : `round ${round}` });
      outcomes.add(gone ? 'erased' : 'held');
    }
    await clean();
  });
});

describe('an erased field', () => {
  it('answers null with a mark; what is left, the versions before and the thread still verify', async () => {
    const id = await visit(vitrine, patient, { note: 'the first text', payer: 'Mutual of Seahaven' });
    await amend(vitrine, id, 1, { note: 'the second text', payer: 'Another Payer' });
    await erase(vitrine, { id, expectedVersion: 2, fields: ['note'] });
    const { data, errors } = await encounter(
      id,
      'version note payer start erased { fields whole index } anchor { index verified } history { index opening { op } }',
    );
    expect(errors).toEqual([]);
    const index = await value(vitrine, `SELECT entry FROM encounter WHERE id = '${id}'`);
    expect(data?.encounter).toMatchObject({
      version: 3,
      note: null,
      payer: 'Another Payer',
      start: '2025-05-05T08:00:00.000Z',
      erased: { fields: ['note'], whole: false, index },
      anchor: { index, verified: true },
    });
    expect(data?.encounter?.['history']).toHaveLength(3);
    await clean();
  });

  it('can no longer be proved, and every other can, offline', async () => {
    const id = await visit(vitrine, patient, { note: 'never proved', payer: 'Provable Payer' });
    await erase(vitrine, { id, fields: ['note'] });
    const { data } = await vitrine.ask<{
      encounter: { proof: { bundle: string; fields: string[] } };
      checkpoint: { key: string };
    }>('clinician.city', `{ encounter(id: "${id}") { proof { bundle fields } } checkpoint { key } }`);
    const { bundle, fields } = data?.encounter.proof ?? { bundle: '', fields: [] };
    expect(fields).toContain('payer');
    expect(fields).not.toContain('note');
    const policy = parsePolicy(`log ${data?.checkpoint.key}\nquorum none\n`);
    const verified = verifyBundle(bundle, policy);
    expect(verified.fields['payer']).toBe('Provable Payer');
    const asked = await encounter(id, 'proof(fields: ["note"]) { bundle }');
    expect(asked.codes).toEqual(['ERASED']);
  });

  it('stays erased in later versions until it gets a new value', async () => {
    const id = await visit(vitrine, patient, { note: 'gone', payer: 'stays' });
    await erase(vitrine, { id, fields: ['note'] });
    await amend(vitrine, id, 2, { payer: 'changed' });
    const after = await encounter(id, 'version note payer erased { fields index }');
    expect(after.data?.encounter).toMatchObject({
      version: 3,
      note: null,
      payer: 'changed',
      erased: {
        fields: ['note'],
        index: await value(vitrine, `SELECT index FROM entry WHERE subject = '${id}' AND version = 2`),
      },
    });
    await amend(vitrine, id, 3, { note: 'written anew' });
    expect((await encounter(id, 'note erased { fields }')).data?.encounter).toEqual({
      note: 'written anew',
      erased: null,
    });
    await erase(vitrine, { id, expectedVersion: 4, fields: ['note', 'payer'] });
    expect((await encounter(id, 'note payer erased { fields whole }')).data?.encounter).toEqual({
      note: null,
      payer: null,
      erased: { fields: ['note', 'payer'], whole: false },
    });
    await clean();
  });
});

describe('an erased record', () => {
  it('is a tombstone: its place stays, its values are null, lists go on, and it takes no change', async () => {
    const id = await visit(vitrine, patient, {
      note: 'all of it',
      label: 'HIV',
      identifier: { system: 'urn:e', value: '1' },
    });
    await erase(vitrine, { id });
    const all =
      'id version custodian { name } patientId note start class status label: retainUntil erased { whole fields }';
    const { data, errors } = await encounter(id, all);
    expect(errors).toEqual([]);
    expect(data?.encounter).toMatchObject({
      id,
      version: 2,
      custodian: { name: 'City Hospital' },
      patientId: patient,
      note: null,
      start: null,
      class: null,
      status: null,
      erased: { whole: true },
    });
    for (const query of [
      `{ patient(id: "${patient}") { encounters(first: 100) { edges { node { id start } } } } }`,
      `{ encounters(first: 100, orderBy: { field: START, direction: DESC }, filter: { patient: "${patient}" }) { edges { node { id start } } } }`,
      `{ _entities(representations: [{ __typename: "Encounter", id: "${id}" }]) { ... on Encounter { id start } } }`,
      `{ node(id: "${id}") { ... on Encounter { id start } } }`,
    ]) {
      const answer = await vitrine.ask('clinician.city', query);
      expect(answer.errors, query).toEqual([]);
      expect(answer.text).toContain(`{"id":"${id}","start":null}`);
    }
    const change = (name: string, input: object) =>
      vitrine.mutate('clinician.city', name, { expectedVersion: 2, ...input }, 'requestId');
    const retract = { kind: 'ENCOUNTER', id, reason: 'x' };
    expect((await change('amendEncounter', { encounter: id, note: 'back' })).codes).toEqual(['ERASED']);
    expect((await change('retractRecord', retract)).codes).toEqual(['ERASED']);
    expect((await request(vitrine, 'clinician.city', { id, expectedVersion: 2 })).codes).toEqual(['ERASED']);
    expect((await holding(vitrine, 'regulator.one', 'placeHold', { id })).codes).toEqual(['ERASED']);
    await clean();
  });

  it('that was a patient gives its numbers back, and takes no new care', async () => {
    const facts = {
      identifiers: [{ system: 'urn:erasure', value: 'anew' }],
      names: [{ family: 'Wiedergänger', given: ['Egon'] }],
      birthDate: '1970-01-02',
    };
    const id = await register(vitrine, facts);
    const kept = await visit(vitrine, id);
    await erase(vitrine, { kind: 'PATIENT', id });
    const lookup =
      '{ patientByIdentifier(system: "urn:erasure", value: "anew", birthDate: "1970-01-02") { id } }';
    expect((await vitrine.ask('clinician.city', lookup)).codes).toEqual(['NOT_FOUND']);
    const found = await vitrine.ask(
      'clinician.city',
      '{ patients(filter: { name: "Wiedergänger" }) { edges { node { id } } } }',
    );
    expect(found.data).toEqual({ patients: { edges: [] } });
    const { data } = await vitrine.ask(
      'clinician.city',
      `{ patient(id: "${id}") { names identifiers { value } birthDate retracted erased { whole } encounters { edges { node { id } } } } }`.replace(
        'names ',
        'names { family } ',
      ),
    );
    expect(data).toEqual({
      patient: {
        names: null,
        identifiers: null,
        birthDate: null,
        retracted: false,
        erased: { whole: true },
        encounters: { edges: [{ node: { id: kept } }] },
      },
    });
    const care = { patient: id, class: 'AMB', status: 'FINISHED', start: '2025-05-05T08:00:00.000Z' };
    expect((await vitrine.mutate('clinician.city', 'recordEncounter', care, 'requestId')).codes).toEqual([
      'ERASED',
    ]);
    expect(await register(vitrine, facts)).not.toBe(id);
    await clean();
  });

  it('that was a report keeps that it was filed', async () => {
    const report = await value(
      vitrine,
      `SELECT r.id FROM report r JOIN institution i ON i.id = r.custodian WHERE i.name = 'City Hospital' LIMIT 1`,
    );
    const version = Number(await value(vitrine, `SELECT version FROM report WHERE id = '${report}'`));
    await erase(vitrine, { kind: 'REPORT', id: report, expectedVersion: version }, 'reporter.city');
    const { data, errors } = await vitrine.ask<{ report: object }>(
      'reporter.city',
      `{ report(id: "${report}") { period state filedAt indicators { code } note erased { fields } } }`,
    );
    expect(errors).toEqual([]);
    expect(data?.report).toMatchObject({
      indicators: null,
      note: null,
      erased: { fields: ['indicators', 'note', 'reason'] },
    });
    await clean();
  });
});
