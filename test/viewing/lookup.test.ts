/** Finding a patient by a full identifier and birth date: what it tells, and what it doesn't. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ViewWorld } from './views-world.js';

const SYSTEM = 'urn:test:lookup';

let world: ViewWorld;

beforeAll(async () => {
  world = await ViewWorld.start();
});
afterAll(() => world.stop());

async function register(birthDate: string | null): Promise<{ id: string; number: string }> {
  const number = randomUUID();
  const input = {
    identifiers: [{ system: SYSTEM, value: number }],
    names: [{ family: 'Quint' }],
    birthDate,
  };
  const { data, text } = await world.vitrine.mutate<{ registerPatient: { patient: { id: string } } }>(
    'registrar.city',
    'registerPatient',
    input,
    'patient { id }',
  );
  if (data === null) throw new Error(`registerPatient failed: ${text}`);
  return { id: data.registerPatient.patient.id, number };
}

const find = (who: string, value: string, birthDate: string) =>
  world.vitrine.ask<{ patientByIdentifier: { id: string; names: null } | null }>(
    who,
    `query ($system: String!, $value: String!, $birthDate: PartialDate!) {
      patientByIdentifier(system: $system, value: $value, birthDate: $birthDate) { id names { family } }
    }`,
    { system: SYSTEM, value, birthDate },
  );

describe('finding a patient', () => {
  it('tells another institution the id, and not the name', async () => {
    const { id, number } = await register('1980-02-29');
    const { data, errors } = await find('clinician.harbour', number, '1980-02-29');
    expect(data).toEqual({ patientByIdentifier: { id, names: null } });
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['patientByIdentifier', 'names'], 'FORBIDDEN'],
    ]);
  });

  it('answers a wrong birth date and an unknown number alike', async () => {
    const { number } = await register('1980-02-29');
    const wrong = await find('clinician.harbour', number, '1980-02-28');
    const absent = await find('clinician.harbour', randomUUID(), '1980-02-29');
    expect(wrong.codes).toEqual(['NOT_FOUND']);
    expect(wrong.text).toBe(absent.text);
  });

  it.each([
    ['1980-02-29', '1980', false],
    ['1980-02-29', '1980-02', false],
    ['1980', '1980', true],
    ['1980', '1980-02-29', false],
    ['1980-02', '1980-02', true],
    ['1980-02', '1980', false],
    ['1980-02', '1980-02-29', false],
    [null, '1980', false],
  ])('born %s by the date %s finds it: %s', async (birthDate, asked, finds) => {
    const { number } = await register(birthDate);
    const { codes } = await find('clinician.north', number, asked);
    expect(codes).toEqual([finds ? 'FORBIDDEN' : 'NOT_FOUND']);
  });

  it('is refused to the state', async () => {
    const { number } = await register('1980-02-29');
    expect((await find('regulator.one', number, '1980-02-29')).codes).toEqual(['FORBIDDEN']);
  });
});
