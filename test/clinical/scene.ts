/** A hospital with a patient, another that may treat it, and what tests of care ask. */
import { expect } from 'vitest';
import type { Member } from '../../src/records/index.js';
import { uuid, World } from './world.js';

export const CITY = uuid();
export const NORTH = uuid();

export const REGISTER =
  'mutation ($input: RegisterPatientInput!) { registerPatient(input: $input) { patient { id version } } }';
export const RECORD =
  'mutation ($input: RecordEncounterInput!) { recordEncounter(input: $input) { repeated encounter { id version patientId } } }';
export const AMEND_PATIENT =
  'mutation ($input: AmendPatientInput!) { amendPatient(input: $input) { patient { version language } } }';
export const AMEND =
  'mutation ($input: AmendEncounterInput!) { amendEncounter(input: $input) { encounter { version note payer } } }';
export const RETRACT = `mutation ($input: RetractRecordInput!) {
  retractRecord(input: $input) { record { id version ... on Encounter { retracted retractionReason note } ... on Patient { retracted } } } }`;

export const SSN = { system: 'urn:ssn', value: '999-1' };
export const PERSON = {
  identifiers: [SSN],
  names: [{ family: 'Alcántar', given: ['Zoë'] }],
  birthDate: '1980-02-29',
  alerts: [{ category: 'ALLERGY', text: 'Latex' }],
};
export const VISIT = {
  class: 'AMB',
  status: 'FINISHED',
  start: '2026-05-30T10:00:00Z',
  end: '2026-05-30T11:00:00Z',
};

/** The value at a path of an answer's data. */
export function first(value: unknown, ...path: string[]): string {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value) as string;
}

export interface Scene {
  readonly world: World;
  readonly clinician: Member;
  readonly registrar: Member;
  readonly north: Member;
  readonly northRegistrar: Member;
  /** Kept by the city's hospital. */
  readonly patient: string;
  /** Records an encounter and gives its id. */
  readonly visit: (who: Member, facts?: object) => Promise<string>;
}

export async function makeScene(): Promise<Scene> {
  const world = new World();
  const registrar = world.member(CITY, ['REGISTRAR']);
  const answer = await world.ask(registrar, REGISTER, PERSON);
  expect(answer.errors).toEqual([]);
  const patient = first(answer.data, 'registerPatient', 'patient', 'id');
  const visit = async (who: Member, facts: object = {}) => {
    const recorded = await world.ask(who, RECORD, { patient, ...VISIT, ...facts });
    expect(recorded.errors).toEqual([]);
    return first(recorded.data, 'recordEncounter', 'encounter', 'id');
  };
  return {
    world,
    registrar,
    patient,
    visit,
    clinician: world.member(CITY, ['CLINICIAN']),
    north: world.member(NORTH, ['CLINICIAN']),
    northRegistrar: world.member(NORTH, ['REGISTRAR']),
  };
}
