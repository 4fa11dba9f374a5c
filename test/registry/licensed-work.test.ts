/** What a licence allows: by a table of operations, over the real database; each refusal names what is missing. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENCOUNTER_CLASSES } from '../../src/documents/index.js';
import { OPERATIONS } from '../../src/federation/index.js';
import { LICENSED_WORK, workFor, workOfClass } from '../../src/standing/index.js';
import { State } from '../support/state.js';

let state: State;
let patient = '';
let version = 1;

/** Gives city's licence other kinds of work; undefined: says nothing of them. */
async function allow(work: readonly string[] | undefined, more: Record<string, unknown> = {}): Promise<void> {
  const licence = { number: 'city', ...(work === undefined ? {} : { work }), ...more };
  const input = { institution: state.ids['city'], expectedVersion: version, licence };
  const answer = await state.mutate('regulator.one', 'changeLicence', input, 'institution { version }');
  expect(answer.codes, answer.messages.join()).toEqual([]);
  version += 1;
}

async function workOfCity(): Promise<unknown> {
  const { data } = await state.run(
    null,
    `{ institution(id: "${state.ids['city']}") { licence { work remark } } }`,
  );
  return (data['institution'] as { licence: unknown }).licence;
}

beforeAll(async () => {
  state = await State.open({ denials: 1000 });
  const person = {
    identifiers: [{ system: 'urn:test', value: '1' }],
    names: [{ family: 'Adler' }],
    birthDate: '1980-02-03',
  };
  const answer = await state.mutate('clinician.city', 'registerPatient', person, 'patient { id }');
  patient = (answer.data['registerPatient'] as { patient: { id: string } }).patient.id;
});
afterAll(() => state.close());

const encounter = (code: string) => ({
  patient,
  class: code,
  status: 'FINISHED',
  start: '2026-06-01T08:00:00.000Z',
});

describe('the table of licensed work', () => {
  it('has every operation that needs a licence, and every class of encounters', () => {
    for (const { op, licensed } of OPERATIONS.all)
      expect(workFor(op).length > 0, `${op} is ${licensed ? '' : 'not '}licensed`).toBe(licensed);
    for (const code of ENCOUNTER_CLASSES) expect(workOfClass(code).length, code).toBeGreaterThan(0);
  });
});

describe('a licence', () => {
  it('that names no work allows every kind, each by its name', async () => {
    expect(await workOfCity()).toEqual({ work: [...LICENSED_WORK], remark: null });
  });

  it.each(ENCOUNTER_CLASSES)(
    'without the work of encounters %s lets none be recorded, and with it lets',
    async (code) => {
      const needed = workOfClass(code);
      await allow(LICENSED_WORK.filter((kind) => !needed.includes(kind)));
      const refused = await state.mutate('clinician.city', 'recordEncounter', encounter(code), 'requestId');
      expect(refused.codes, refused.messages.join()).toEqual(['LICENCE_INACTIVE']);
      expect(refused.errors[0]?.details).toMatchObject({
        rule: 'licence',
        operation: 'encounter.record',
        work: needed.join(' or '),
      });
      await allow(needed.slice(0, 1));
      const taken = await state.mutate('clinician.city', 'recordEncounter', encounter(code), 'requestId');
      expect(taken.codes, taken.messages.join()).toEqual([]);
    },
  );

  it('is asked again of an amendment: another class is another work', async () => {
    await allow(['OUTPATIENT']);
    const made = await state.mutate(
      'clinician.city',
      'recordEncounter',
      encounter('AMB'),
      'encounter { id }',
    );
    const { id } = (made.data['recordEncounter'] as { encounter: { id: string } }).encounter;
    const input = { encounter: id, expectedVersion: 1, class: 'IMP' };
    const refused = await state.mutate('clinician.city', 'amendEncounter', input, 'requestId');
    expect(refused.codes).toEqual(['LICENCE_INACTIVE']);
  });

  it('for care alone files no report, and one for reports alone keeps no patients', async () => {
    await allow(['OUTPATIENT']);
    const form = {
      code: 'beds',
      title: 'Beds',
      period: 'MONTH',
      dueDays: 10,
      indicators: [{ code: 'beds', label: 'Beds', type: 'INTEGER' }],
    };
    expect((await state.mutate('regulator.one', 'defineForm', form, 'requestId')).codes).toEqual([]);
    const report = { form: 'beds', period: '2026-05', indicators: [{ code: 'beds', value: '1' }] };
    const filed = await state.mutate('reporter.city', 'fileReport', report, 'requestId');
    expect(filed.codes).toEqual(['LICENCE_INACTIVE']);
    expect(filed.errors[0]?.details).toMatchObject({ rule: 'licence', work: 'REPORTING' });
    await allow(['REPORTING']);
    expect((await state.mutate('reporter.city', 'fileReport', report, 'requestId')).codes).toEqual([]);
    const input = { patient, expectedVersion: 1, language: 'en' };
    expect((await state.mutate('clinician.city', 'amendPatient', input, 'requestId')).codes).toEqual([
      'LICENCE_INACTIVE',
    ]);
  });

  it('that allows nothing is an empty list; a suspension and its end give nothing back', async () => {
    await allow([]);
    const record = () => state.mutate('clinician.city', 'recordEncounter', encounter('AMB'), 'requestId');
    expect((await record()).codes).toEqual(['LICENCE_INACTIVE']);
    await allow(undefined, { state: 'SUSPENDED', remark: 'until the audit' });
    expect(await workOfCity()).toEqual({ work: [], remark: 'until the audit' });
    await allow(undefined);
    expect(await workOfCity()).toEqual({ work: [], remark: null });
    expect((await record()).codes).toEqual(['LICENCE_INACTIVE']);
  });

  it('refuses work that is none', async () => {
    const source = `mutation { changeLicence(input: { requestId: "${randomUUID()}", institution: "${state.ids['city']}",
      licence: { number: "1", work: [SURGERY] } }) { requestId } }`;
    expect((await state.run('regulator.one', source)).messages.join()).toContain('SURGERY');
  });
});
