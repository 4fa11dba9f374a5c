import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/records/index.js';
import { AMEND_PATIENT, CITY, PERSON, REGISTER, SSN, first, makeScene, type Scene } from './scene.js';
import type { World } from './world.js';

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

describe('registering a patient', () => {
  it('names the patient that has an identifier already to who gives its birth date', async () => {
    const identifiers = [{ system: 'a', value: 'b' }, SSN];
    const { errors } = await world.ask(north, REGISTER, { identifiers, birthDate: '1980-02-29' });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'identifiers', 1],
      details: { kind: 'Patient', id: patient },
    });
  });

  it('names it to nobody who neither may know of it nor gives its birth date', async () => {
    const facts = { identifiers: [SSN], birthDate: '1902-02-02' };
    const stranger = await world.ask(north, REGISTER, facts);
    expect(stranger.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'identifiers', 0],
    });
    expect(JSON.stringify(stranger.errors)).not.toContain(patient);
    const own = await world.ask(registrar, REGISTER, facts);
    expect(own.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', details: { id: patient } });
  });

  it.each<[string, object, (string | number)[]]>([
    ['a birth in the future', { birthDate: '2026-06-03' }, ['input', 'birthDate']],
    ['a birth year in the future', { birthDate: '2027' }, ['input', 'birthDate']],
    ['a death in the future', { deceasedAt: '2026-06-01T13:00:00Z' }, ['input', 'deceasedAt']],
    ['death before birth', { deceasedAt: '1970-01-01T00:00:00Z' }, ['input', 'deceasedAt']],
    ['a long label', { label: 'x'.repeat(65) }, ['input', 'label']],
    ['a lone surrogate', { names: [{ family: 'a\ud800' }] }, ['input', 'names', 0, 'family']],
  ])('refuses %s, with the path, and writes nothing', async (_what, facts, path) => {
    const before = world.records.size;
    const { errors } = await world.ask(registrar, REGISTER, {
      ...PERSON,
      identifiers: [{ system: 'a', value: 'b' }],
      ...facts,
    });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path });
    expect(world.records.size).toBe(before);
  });

  it.each<[string, () => Member | null, string]>([
    ['nobody', () => null, 'UNAUTHENTICATED'],
    ['a finance officer', () => world.member(CITY, ['FINANCE']), 'FORBIDDEN'],
    ['a patient', () => world.member(null, ['PATIENT'], { patient }), 'FORBIDDEN'],
    [
      'an institution without a licence',
      () => world.member(CITY, ['REGISTRAR'], { licensed: false }),
      'LICENCE_INACTIVE',
    ],
  ])('is refused to %s', async (_who, who, code) => {
    const { errors } = await world.ask(who(), REGISTER, { identifiers: [{ system: 'a', value: 'b' }] });
    expect(errors[0]?.extensions['code']).toBe(code);
  });
});

describe('a person whom nobody knows', () => {
  const NAMED = '{ displayName unidentified birthDate }';
  const made = async (facts: object) => {
    const answer = await world.ask(registrar, REGISTER, facts);
    expect(answer.errors).toEqual([]);
    return first(answer.data, 'registerPatient', 'patient', 'id');
  };
  const named = async (id: string) => (await world.ask(clinician, `{ patient(id: "${id}") ${NAMED} }`)).data;

  it.each([
    ['nothing', {}],
    ['a name alone', { names: [{ family: 'Doe' }] }],
    ['identifiers and that it is unidentified', { identifiers: [SSN], unidentified: true }],
  ])('is not registered by %s', async (_what, facts) => {
    const { errors } = await world.ask(registrar, REGISTER, facts);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'identifiers'] });
  });

  it('is shown by the end of its id, or by its temporary designation, and found by that', async () => {
    const nameless = await made({ unidentified: true });
    expect(await named(nameless)).toEqual({
      patient: { displayName: `Unidentified ${nameless.slice(-8)}`, unidentified: true, birthDate: null },
    });
    const names = [{ use: 'TEMP', text: 'Man, grey coat, Quay 4' }];
    const designated = await made({ unidentified: true, names, birthDate: '1960' });
    expect(await named(designated)).toEqual({
      patient: { displayName: 'Man, grey coat, Quay 4', unidentified: true, birthDate: '1960' },
    });
    const { data } = await world.ask(
      clinician,
      '{ patients(filter: { name: "quay" }) { edges { node { id } } } }',
    );
    expect(data).toEqual({ patients: { edges: [{ node: { id: designated } }] } });
  });

  it('is identified later, by a number of nobody else, and stays so', async () => {
    const id = await made({ unidentified: true });
    const amend = (expectedVersion: number, facts: object) =>
      world.ask(registrar, AMEND_PATIENT, { patient: id, expectedVersion, ...facts });
    const taken = await amend(1, { identifiers: [SSN] });
    expect(taken.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', details: { id: patient } });
    expect((await amend(1, { language: 'de' })).errors).toEqual([]);
    const identifiers = [{ system: 'urn:ssn', value: '4' }];
    const names = [{ prefix: 'Dr.', given: ['Ada'], family: 'Doe' }];
    expect((await amend(2, { identifiers, names })).errors).toEqual([]);
    expect(await named(id)).toEqual({
      patient: { displayName: 'Dr. Ada Doe', unidentified: false, birthDate: null },
    });
    const { errors } = await amend(3, { identifiers: [] });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'identifiers'] });
  });
});

describe('amending a patient', () => {
  it('keeps what is left out and clears what is null', async () => {
    const amended = await world.ask(registrar, AMEND_PATIENT, {
      patient,
      expectedVersion: 1,
      language: 'de',
      alerts: null,
    });
    expect(amended.data).toEqual({ amendPatient: { patient: { version: 2, language: 'de' } } });
    const read = await world.ask(
      clinician,
      `{ patient(id: "${patient}") { birthDate alerts { text } names { family } } }`,
    );
    expect(read).toEqual({
      errors: [],
      data: { patient: { birthDate: '1980-02-29', alerts: [], names: [{ family: 'Alcántar' }] } },
    });
  });

  it('refuses another version than the current one', async () => {
    const { errors } = await world.ask(registrar, AMEND_PATIENT, {
      patient,
      expectedVersion: 2,
      language: 'de',
    });
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', path: ['input', 'expectedVersion'] });
  });

  it('is for the custodian: others learn nothing, not even with an input that fits badly', async () => {
    const bad = { patient, expectedVersion: 1, deceasedAt: '1970-01-01T00:00:00Z' };
    expect((await world.ask(north, AMEND_PATIENT, bad)).errors[0]?.extensions['code']).toBe('NOT_FOUND');
    await visit(northRegistrar);
    expect((await world.ask(north, AMEND_PATIENT, bad)).errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});

describe('finding a patient', () => {
  it('is nothing to an institution that doesn’t treat it', async () => {
    expect(await world.ask(north, `{ patient(id: "${patient}") { id } }`)).toEqual({
      data: { patient: null },
      errors: [],
    });
  });

  it.each([
    ['zoe', 1],
    ['ALC zoë', 1],
    ['zo', 0],
    ['lcantar', 0],
  ])('by the name %s finds %i in the own institution', async (name, count) => {
    const { data } = await world.ask(
      clinician,
      `{ patients(filter: { name: "${name}" }) { edges { node { id } } } }`,
    );
    expect((first(data, 'patients', 'edges') as unknown as object[]).length).toBe(count);
    const elsewhere = await world.ask(
      north,
      `{ patients(filter: { name: "${name}" }) { edges { node { id } } } }`,
    );
    expect(elsewhere.data).toEqual({ patients: { edges: [] } });
  });

  it('by name or number is refused to roles that don’t read identities', async () => {
    const finance = world.member(CITY, ['FINANCE']);
    for (const filter of ['name: "zoe"', 'identifier: { system: "urn:ssn", value: "999-1" }']) {
      const { errors } = await world.ask(
        finance,
        `{ patients(filter: { ${filter} }) { edges { node { id } } } }`,
      );
      expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
    }
  });
});
