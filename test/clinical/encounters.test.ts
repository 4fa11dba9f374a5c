import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/records/index.js';
import {
  AMEND,
  CITY,
  PERSON,
  RECORD,
  REGISTER,
  RETRACT,
  VISIT,
  first,
  makeScene,
  type Scene,
} from './scene.js';
import { uuid, type World } from './world.js';

let world: World;
let clinician: Member;
let registrar: Member;
let north: Member;
let northRegistrar: Member;
let patient: string;
let visit: Scene['visit'];

beforeEach(async () => {
  ({ world, clinician, registrar, north, northRegistrar, patient, visit } = await makeScene());
});

describe('recording an encounter', () => {
  it('works at another institution, which then treats the patient through its other members', async () => {
    const id = await visit(northRegistrar);
    const query = `{ patient(id: "${patient}") { names { family } alerts { text } encounters { edges { node { id class note } } } } }`;
    expect((await world.ask(northRegistrar, query)).data).toEqual({ patient: null });
    const { data, errors } = await world.ask(north, query);
    expect(data).toMatchObject({ patient: { names: [{ family: 'Alcántar' }], alerts: [{ text: 'Latex' }] } });
    expect(errors).toEqual([]);
    expect(first(data, 'patient', 'encounters', 'edges')).toEqual([
      { node: { id, class: 'AMB', note: null } },
    ]);
  });

  it('shows a treating institution that others’ encounters are there, and refuses their content', async () => {
    const own = await visit(clinician, { note: 'secret' });
    await visit(northRegistrar);
    const { data, errors } = await world.ask(north, `{ encounter(id: "${own}") { id note class } }`);
    expect(data).toEqual({ encounter: { id: own, note: null, class: null } });
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['VIEW_ONLY', 'VIEW_ONLY']);
  });

  it('ends treating 30 days after the last encounter', async () => {
    await visit(northRegistrar);
    const query = `{ patient(id: "${patient}") { id } }`;
    world.now = new Date('2026-06-29T10:59:59Z');
    expect((await world.ask(north, query)).data).toEqual({ patient: { id: patient } });
    world.now = new Date('2026-06-29T11:00:01Z');
    expect((await world.ask(north, query)).data).toEqual({ patient: null });
  });

  it.each<[string, object, string, (string | number)[]]>([
    ['an end before the start', { end: '2026-05-30T09:00:00Z' }, 'BAD_USER_INPUT', ['input', 'end']],
    [
      'a start in the future',
      { start: '2026-06-01T12:06:00Z', end: null },
      'BAD_USER_INPUT',
      ['input', 'start'],
    ],
    ['an unknown patient', { patient: CITY }, 'NOT_FOUND', ['input', 'patient']],
  ])('refuses %s', async (_what, facts, code, path) => {
    const { errors } = await world.ask(clinician, RECORD, { patient, ...VISIT, ...facts });
    expect(errors[0]?.extensions).toMatchObject({ code, path });
  });

  it('takes a planned one in the future', async () => {
    await visit(clinician, { status: 'PLANNED', start: '2026-07-01T12:00:00Z', end: null });
  });

  it('answers the same request with the same encounter, and another under its id with CONFLICT', async () => {
    const input = { requestId: uuid(), patient, ...VISIT };
    const once = await world.ask(clinician, RECORD, input);
    const again = await world.ask(clinician, RECORD, input);
    expect(again.data).toMatchObject({ recordEncounter: { repeated: true } });
    expect(first(again.data, 'recordEncounter', 'encounter', 'id')).toBe(
      first(once.data, 'recordEncounter', 'encounter', 'id'),
    );
    const other = await world.ask(clinician, RECORD, { ...input, payer: 'x' });
    expect(other.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', path: ['input', 'requestId'] });
  });

  it('takes a number once in an institution, and again in another', async () => {
    const identifier = { system: 'urn:visits', value: '7' };
    const id = await visit(clinician, { identifier });
    await visit(northRegistrar, { identifier });
    const { errors } = await world.ask(registrar, RECORD, { patient, ...VISIT, identifier });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'identifier'],
      details: { kind: 'Encounter', id },
    });
  });
});

describe('amending and retracting an encounter', () => {
  it('makes new versions for the custodian alone', async () => {
    const id = await visit(clinician, { note: 'a', payer: 'b' });
    const amended = await world.ask(clinician, AMEND, { encounter: id, expectedVersion: 1, note: null });
    expect(amended.data).toEqual({ amendEncounter: { encounter: { version: 2, note: null, payer: 'b' } } });
    const stale = await world.ask(clinician, AMEND, { encounter: id, expectedVersion: 1, note: 'c' });
    expect(stale.errors[0]?.extensions['code']).toBe('CONFLICT');
    await visit(northRegistrar);
    const foreign = await world.ask(north, AMEND, { encounter: id, expectedVersion: 2, note: 'c' });
    expect(foreign.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('retracts with a reason, keeps the content, and takes no further change', async () => {
    const identifier = { system: 'urn:visits', value: '7' };
    const id = await visit(clinician, { note: 'a', identifier });
    const input = { kind: 'ENCOUNTER', id, expectedVersion: 1, reason: 'wrong patient' };
    const { data, errors } = await world.ask(clinician, RETRACT, input);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      retractRecord: {
        record: { id, version: 2, retracted: true, retractionReason: 'wrong patient', note: 'a' },
      },
    });
    const again = await world.ask(clinician, RETRACT, { ...input, expectedVersion: 2 });
    expect(again.errors[0]?.extensions['code']).toBe('CONFLICT');
    const amend = await world.ask(clinician, AMEND, { encounter: id, expectedVersion: 2, note: 'c' });
    expect(amend.errors[0]?.extensions['code']).toBe('CONFLICT');
    await visit(clinician, { identifier });
  });

  it('frees the identifiers of a retracted patient, for whom no care is recorded any more', async () => {
    const input = { kind: 'PATIENT', id: patient, expectedVersion: 1, reason: 'a test' };
    expect((await world.ask(registrar, RETRACT, input)).data).toMatchObject({
      retractRecord: { record: { retracted: true } },
    });
    const care = await world.ask(clinician, RECORD, { patient, ...VISIT });
    expect(care.errors[0]?.extensions['code']).toBe('CONFLICT');
    expect((await world.ask(north, REGISTER, PERSON)).errors).toEqual([]);
  });
});

describe('listing encounters', () => {
  it('gives an institution its own, by patient, class and start, in order', async () => {
    const early = await visit(clinician, { start: '2026-05-01T10:00:00Z', end: null, class: 'IMP' });
    const late = await visit(clinician);
    await visit(northRegistrar);
    const ids = async (args: string) => {
      const { data, errors } = await world.ask(
        clinician,
        `{ encounters(${args}) { edges { node { id } } } }`,
      );
      expect(errors).toEqual([]);
      return (first(data, 'encounters', 'edges') as unknown as { node: { id: string } }[]).map(
        ({ node }) => node.id,
      );
    };
    expect(await ids('orderBy: { field: START, direction: DESC }')).toEqual([late, early]);
    expect(await ids(`filter: { patient: "${patient}", class: IMP }`)).toEqual([early]);
    expect(await ids('filter: { start: { from: "2026-05-02T00:00:00Z" } }')).toEqual([late]);
    expect(await ids('filter: { start: { to: "2026-05-30T10:00:00Z" } }')).toEqual([early]);
  });

  it('gives a patient its own from everywhere', async () => {
    await visit(clinician, { note: 'for you' });
    await visit(northRegistrar);
    const self = world.member(null, ['PATIENT'], { patient, licensed: false });
    const { data, errors } = await world.ask(
      self,
      '{ encounters(orderBy: { field: START }) { edges { node { note custodian { id } } } } }',
    );
    expect(errors).toEqual([]);
    expect((first(data, 'encounters', 'edges') as unknown as object[]).length).toBe(2);
  });

  it('refuses filters and orders by what the role doesn’t carry', async () => {
    const finance = world.member(CITY, ['FINANCE']);
    for (const args of [
      'filter: { class: IMP }',
      'filter: { start: { from: "2026-05-02T00:00:00Z" } }',
      'orderBy: { field: START }',
    ]) {
      const { errors } = await world.ask(finance, `{ encounters(${args}) { edges { node { id } } } }`);
      expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
    }
  });

  it('gives an institution that only keeps the patient no more than its own encounters', async () => {
    await visit(northRegistrar);
    const { data } = await world.ask(
      clinician,
      `{ patient(id: "${patient}") { encounters { edges { node { id } } } } }`,
    );
    expect(data).toEqual({ patient: { encounters: { edges: [] } } });
  });
});
