import { describe, expect, it } from 'vitest';
import {
  encounterKind,
  encounterValues,
  patientKind,
  patientValues,
  type EncounterValues,
  type PatientValues,
} from '../../src/clinical/index.js';
import type { Member, Relation, RelationLookups, Role, Unrelated } from '../../src/records/index.js';

const HOME = '01890000-0000-7000-8000-000000000001';
const OTHER = '01890000-0000-7000-8000-000000000002';
const ONE = '01890000-0000-7000-8000-00000000000a';
const PATIENT = '01890000-0000-7000-8000-00000000000b';
const ENCOUNTER = '01890000-0000-7000-8000-00000000000c';

const PERSON = { identifiers: [{ system: 'urn:ssn', value: '1' }], birthDate: '1980-02-29' };
const VISIT = { patient: PATIENT, class: 'AMB', status: 'FINISHED', start: '2026-01-01T10:00:00+02:00' };

function caller(roles: Role[], facts: Partial<Member> = {}): Member {
  return {
    id: ONE,
    institution: OTHER,
    roles: new Set(roles),
    state: false,
    licensed: true,
    patient: null,
    authority: [],
    ...facts,
  };
}

function record<V>(kind: string, id: string, values: V): Unrelated<V> {
  const head = {
    kind,
    schema: 1,
    id,
    version: 1,
    custodian: HOME,
    patient: PATIENT,
    jurisdiction: null,
    label: null,
    retention: null,
  };
  const anchor = {
    index: 1n,
    block: 1n,
    time: '2026-01-01T00:00:00.000Z',
    leafHash: new Uint8Array(32),
    actor: '',
  };
  return { kind, head, values, anchor };
}

function problemsOf(
  schema: { safeParse(value: unknown): { error?: { issues: { path: PropertyKey[] }[] } | undefined } },
  value: unknown,
) {
  return (schema.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('a patient’s values', () => {
  it('take their one form, and keep it', () => {
    const values = patientValues.parse({
      ...PERSON,
      names: [{ family: ' Alca\u0301ntar', given: ['Zoe\u0308'] }],
      deceasedAt: '2020-05-01T23:30:00-04:00',
      addresses: null,
    });
    expect(values.names).toEqual([
      { use: null, text: null, family: 'Alcántar', given: ['Zoë'], prefix: null, suffix: null },
    ]);
    expect(values).toMatchObject({ deceasedAt: '2020-05-02T03:30:00.000Z', deceased: true, addresses: [] });
    expect(values).toMatchObject({ retracted: false, retractionReason: null, gender: null });
    expect(patientValues.parse(values)).toEqual(values);
    expect(Object.keys(values).sort()).toEqual(Object.keys(patientKind.fields).sort());
  });

  it.each(['1980', '1980-02', '1980-02-29'])('take %s as a birth date', (birthDate) => {
    expect(patientValues.parse({ ...PERSON, birthDate }).birthDate).toBe(birthDate);
  });

  it.each<[string, object, string[]]>([
    ['a day that doesn’t exist', { birthDate: '1981-02-29' }, ['birthDate']],
    ['a month that doesn’t exist', { birthDate: '1981-13' }, ['birthDate']],
    ['a year before anyone alive', { birthDate: '1649' }, ['birthDate']],
    ['death before birth', { deceasedAt: '1980-02-26T00:00:00Z' }, ['deceasedAt']],
    [
      'a time of death beside being alive',
      { deceased: false, deceasedAt: '2020-01-01T00:00:00Z' },
      ['deceased'],
    ],
    ['a time without a zone', { deceasedAt: '2020-01-01T00:00:00' }, ['deceasedAt']],
    ['an unknown gender', { gender: 'male' }, ['gender']],
    ['a name of nothing', { names: [{ use: 'OFFICIAL' }] }, ['names.0']],
    ['a lone surrogate in a name', { names: [{ family: 'a' }, { family: '\udc00' }] }, ['names.1.family']],
    ['a line break in a name', { names: [{ family: 'a\nb' }] }, ['names.0.family']],
    ['a coding of nothing', { maritalStatus: {} }, ['maritalStatus']],
    ['a language that is none', { language: 'de_DE' }, ['language']],
    ['17 names', { names: Array.from({ length: 17 }, () => ({ family: 'a' })) }, ['names']],
  ])('refuse %s, at its place', (_what, change, paths) => {
    expect(problemsOf(patientValues, { ...PERSON, ...change })).toEqual(paths);
  });

  it('take a death on the day of birth in any zone', () => {
    const values = { ...PERSON, birthDate: '2020-05-02', deceasedAt: '2020-05-01T22:30:00Z' };
    expect(problemsOf(patientValues, values)).toEqual([]);
  });

  it('claim every identifier in the whole system, and none once retracted', () => {
    const values = patientValues.parse(PERSON);
    const { head } = record('Patient', PATIENT, values);
    expect(patientKind.uniqueKeys?.(values, head)).toEqual([
      { scope: 'patient.identifier', value: 'urn:ssn|1', path: ['input', 'identifiers', 0] },
    ]);
    expect(patientKind.uniqueKeys?.({ ...values, retracted: true }, head)).toEqual([]);
  });

  it('are found by whole words and beginnings of 3 to 6 letters, in the custodian’s scope', () => {
    const values = patientValues.parse({ ...PERSON, names: [{ family: 'Alcántar', given: ['Li'] }] });
    const words = patientKind.searchWords?.(values, record('Patient', PATIENT, values).head) ?? [];
    expect(words.map(({ value }) => value).sort()).toEqual([
      'alc',
      'alca',
      'alcan',
      'alcant',
      'alcantar',
      'li',
    ]);
    expect(new Set(words.map(({ scope }) => scope))).toEqual(new Set([`patient.name/${HOME}`]));
  });
});

describe('an encounter’s values', () => {
  it('take their one form, and keep it', () => {
    const values = encounterValues.parse({
      ...VISIT,
      cost: { amount: 12345n, currency: 'EUR' },
      note: 'first line\r\nsecond',
      diagnoses: [{ code: { display: 'Flu' }, onset: '2025-12', abatement: '2025-12-31T23:00:00Z' }],
    });
    expect(values).toMatchObject({
      start: '2026-01-01T08:00:00.000Z',
      end: null,
      cost: { amount: '12345', currency: 'EUR' },
      note: 'first line\nsecond',
      reason: [],
    });
    expect(values.diagnoses[0]).toMatchObject({ onset: '2025-12', abatement: '2025-12-31T23:00:00.000Z' });
    expect(encounterValues.parse(values)).toEqual(values);
    expect(Object.keys(values).sort()).toEqual(Object.keys(encounterKind.fields).sort());
  });

  it.each<[string, object, string[]]>([
    ['an end before the start', { end: '2026-01-01T07:59:59Z' }, ['end']],
    ['a time that doesn’t exist', { start: '2026-02-30T00:00:00Z' }, ['start']],
    ['the year 9999', { end: '9999-01-01T00:00:00Z' }, ['end']],
    [
      'an abatement before the onset',
      { diagnoses: [{ code: { code: '1' }, onset: '2025-02', abatement: '2025-01-31' }] },
      ['diagnoses.0.abatement'],
    ],
    ['a diagnosis without a code', { diagnoses: [{ code: {} }] }, ['diagnoses.0.code']],
    ['a negative cost', { cost: { amount: -1n, currency: 'EUR' } }, ['cost.amount']],
    ['a cost beyond all bounds', { cost: { amount: 10n ** 16n, currency: 'EUR' } }, ['cost.amount']],
    ['a currency in small letters', { cost: { amount: 1n, currency: 'eur' } }, ['cost.currency']],
    ['a patient that is no id', { patient: 'x' }, ['patient']],
    ['a note of 20,001 characters', { note: 'x'.repeat(20_001) }, ['note']],
  ])('refuse %s, at its place', (_what, change, paths) => {
    expect(problemsOf(encounterValues, { ...VISIT, ...change })).toEqual(paths);
  });

  it('claim the institution’s number within it, and none once retracted', () => {
    const values = encounterValues.parse({ ...VISIT, identifier: { system: 'urn:visits', value: '7' } });
    const { head } = record('Encounter', ENCOUNTER, values);
    expect(encounterKind.uniqueKeys?.(values, head)).toEqual([
      { scope: `encounter.identifier/${HOME}`, value: 'urn:visits|7', path: ['input', 'identifier'] },
    ]);
    expect(encounterKind.uniqueKeys?.({ ...values, retracted: true }, head)).toEqual([]);
  });
});

describe('relations of care', () => {
  const patient = record<PatientValues>('Patient', PATIENT, patientValues.parse(PERSON));
  const encounter = record<EncounterValues>('Encounter', ENCOUNTER, encounterValues.parse(VISIT));
  const now = new Date('2026-03-31T12:00:00Z');

  function lookups(
    treated: string[],
    asked: unknown[] = [],
    files: readonly string[] = [PATIENT],
  ): RelationLookups {
    return {
      keepers: () => Promise.resolve(new Map<string, string>()),
      linked: (patients) => Promise.resolve(new Map(patients.map((id) => [id, new Set(files)]))),
      now: () => now,
      treated: (patients, institution, except, since) => {
        asked.push([patients, institution, [ONE, OTHER].filter(except), since]);
        return Promise.resolve(new Set(treated));
      },
      consents: (patients) => Promise.resolve(new Map(patients.map((one) => [one, []]))),
      viewed: () => Promise.resolve(new Map<string, never[]>()),
    };
  }

  it.each<[string, Member | null, string[], Relation[]]>([
    ['nobody', null, [PATIENT], []],
    ['the patient', caller(['PATIENT'], { institution: null, patient: PATIENT }), [], ['SELF']],
    ['another patient', caller(['PATIENT'], { institution: null, patient: ONE }), [], []],
    ['the keeping institution', caller(['CLINICIAN'], { institution: HOME }), [], ['CUSTODIAN']],
    ['a treating institution', caller(['CLINICIAN']), [PATIENT], ['TREATING']],
    ['any other institution', caller(['CLINICIAN']), [], []],
    ['the state', caller(['REGULATOR'], { state: true }), [], []],
    ['an auditor', caller(['AUDITOR']), [], ['AUDITOR']],
  ])('of %s', async (_who, who, treated, relations) => {
    const [toPatient] = await patientKind.relations(who, [patient], lookups(treated));
    const [toEncounter] = await encounterKind.relations(who, [encounter], lookups(treated));
    expect([...(toPatient ?? [])]).toEqual(relations);
    expect([...(toEncounter ?? [])]).toEqual(relations);
  });

  it('ask once for all records, for 30 days, and not for the caller’s own entries', async () => {
    const asked: unknown[] = [];
    await encounterKind.relations(caller(['CLINICIAN']), [encounter, encounter], lookups([], asked));
    expect(asked).toEqual([[[PATIENT], OTHER, [ONE], '2026-03-01T12:00:00.000Z']]);
  });

  it('don’t ask who treats for encounters of the caller’s own institution', async () => {
    const asked: unknown[] = [];
    await encounterKind.relations(
      caller(['CLINICIAN'], { institution: HOME }),
      [encounter],
      lookups([], asked),
    );
    expect(asked).toEqual([]);
  });
});
