/** What a patient's pages say of a person who has several files: each value from another file says so. */
import { describe, expect, it } from 'vitest';
import {
  encounterKind,
  patientKind,
  type EncounterValues,
  type PatientValues,
} from '../../src/clinical/index.js';
import { encounterValues, firstHead, registeredValues } from '../../src/documents/index.js';
import type { Loaded } from '../../src/records/index.js';
import { patientModel } from '../../src/viewing/summary/patient.js';
import type { Purpose } from '../../src/viewing/views/purposes.js';

const KNOWN = '01900000-0000-7000-8000-000000000001';
const OTHER = '01900000-0000-7000-8000-000000000002';
const CITY = '01900000-0000-7000-8000-0000000000c1';
const HARBOUR = '01900000-0000-7000-8000-0000000000c2';
const anchor = {
  index: 1n,
  block: 1n,
  time: '2026-01-01T00:00:00.000Z',
  leafHash: new Uint8Array(32),
  actor: '',
};

function patient(id: string, custodian: string, more: object): Loaded<PatientValues> {
  const input = {
    unidentified: true,
    names: [{ text: `Name of ${id.slice(-1)}` }],
    birthDate: '1951-03-07',
    ...more,
  };
  const values = registeredValues(input).parse(input);
  const head = firstHead(patientKind, id, { custodian, patient: id });
  return { kind: patientKind.name, head, values, anchor, relations: new Set() };
}

function visit(of: string, custodian: string, start: string): Loaded<EncounterValues> {
  const values = encounterValues.parse({
    ...Object.fromEntries(Object.keys(encounterKind.fields).map((field) => [field, null])),
    ...{ patient: of, class: 'AMB', status: 'FINISHED', start, reason: [], diagnoses: [], retracted: false },
  });
  const head = firstHead(encounterKind, `${of.slice(0, -2)}e${of.slice(-1)}`, { custodian, patient: of });
  return { kind: encounterKind.name, head, values, anchor, relations: new Set() };
}

function pageFor(purpose: Purpose) {
  const allergy = [{ category: 'ALLERGY', text: 'Latex', severity: 'HIGH' }];
  return patientModel({
    purpose,
    language: 'en',
    patient: patient(KNOWN, CITY, {}),
    others: [patient(OTHER, HARBOUR, { alerts: allergy })],
    encounters: [
      visit(KNOWN, CITY, '2025-01-01T09:00:00.000Z'),
      visit(OTHER, HARBOUR, '2025-02-01T09:00:00.000Z'),
    ],
    withheld: false,
    places: new Map([
      [CITY, 'City'],
      [HARBOUR, 'Harbour'],
    ]),
    now: new Date('2026-01-01T00:00:00.000Z'),
  });
}

describe('the page of a person with a linked file', () => {
  it('says of encounters and warnings from the other file that they are, and which one it is', () => {
    const { title, sections, entries } = pageFor('TREATMENT');
    expect(title).toBe('Name of 1');
    expect(entries.map((entry) => entry.title)).toEqual([
      'Ambulatory · Harbour · Linked file 1',
      'Ambulatory · City',
    ]);
    const [alerts, own, linked] = sections;
    expect(alerts?.lines).toEqual([
      { label: 'Allergy', value: 'Latex · high severity · Linked file 1', emphasis: 'alert' },
    ]);
    expect(own?.title).toBe('Who it is');
    expect(linked?.title).toBe('Linked file 1 · Harbour');
    expect(linked?.lines.slice(0, 2)).toEqual([
      { label: 'File', value: OTHER },
      { label: 'Names', value: 'Name of 2' },
    ]);
  });

  it('shows no more of the other file than of its own', () => {
    const { sections } = pageFor('AUDIT');
    expect(sections).toEqual([
      { title: 'Linked file 1 · Harbour', lines: [{ label: 'File', value: OTHER }] },
    ]);
    expect(JSON.stringify(pageFor('COVERAGE'))).not.toMatch(/Latex|Name of|1951/);
  });
});
