import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/records/index.js';
import { uuid, World } from './world.js';

const CITY = uuid();
const REGISTER =
  'mutation ($input: RegisterPatientInput!) { registerPatient(input: $input) { patient { id } } }';
const RECORD = `mutation ($input: RecordEncountersInput!) { recordEncounters(input: $input) {
  requestId receipts { index } encounters { id start } refused { part code message path } } }`;

const START = '2026-05-30T10:00:00.000Z';

interface Payload {
  readonly receipts: readonly { readonly index: string }[];
  readonly encounters: readonly { readonly id: string; readonly start: string }[];
  readonly refused: readonly {
    readonly part: number;
    readonly code: string;
    readonly path: readonly string[];
  }[];
}

let world: World;
let registrar: Member;
let patient: string;

beforeEach(async () => {
  world = new World();
  registrar = world.member(CITY, ['REGISTRAR']);
  const { data } = await world.ask(registrar, REGISTER, { identifiers: [{ system: 'urn:ssn', value: '1' }] });
  patient = (data['registerPatient'] as { patient: { id: string } }).patient.id;
});

function visit(facts: object = {}) {
  return { patient, class: 'AMB', status: 'FINISHED', start: START, ...facts };
}

function numbered(value: string) {
  return visit({ identifier: { system: 'urn:visits', value } });
}

async function record(input: object): Promise<Payload> {
  const { data, errors } = await world.ask(registrar, RECORD, input);
  expect(errors).toEqual([]);
  return data['recordEncounters'] as Payload;
}

async function refusal(input: object) {
  const { errors } = await world.ask(registrar, RECORD, input);
  return errors[0]?.extensions;
}

describe('recording many encounters, all or none', () => {
  it('records them in order, with a receipt each', async () => {
    const payload = await record({ encounters: [visit(), visit({ start: '2026-05-29T10:00:00.000Z' })] });
    expect(payload.encounters.map(({ start }) => start)).toEqual([START, '2026-05-29T10:00:00.000Z']);
    expect(payload.receipts.length).toBe(2);
    expect(payload.refused).toEqual([]);
  });

  it('names every problem of every encounter, and records none', async () => {
    const before = world.records.size;
    const late = visit({ end: '2026-05-30T09:00:00.000Z' });
    const extensions = await refusal({
      encounters: [visit(), late, visit({ start: '2027-01-01T00:00:00Z' }), late],
    });
    expect(extensions?.['code']).toBe('BAD_USER_INPUT');
    expect((extensions?.['problems'] as { path: unknown }[]).map(({ path }) => path)).toEqual([
      ['input', 'encounters', 1, 'end'],
      ['input', 'encounters', 2, 'start'],
      ['input', 'encounters', 3, 'end'],
    ]);
    expect(world.records.size).toBe(before);
  });

  it('points to the encounter whose patient or number is refused', async () => {
    await record({ encounters: [numbered('1')] });
    expect(await refusal({ encounters: [numbered('2'), numbered('1')] })).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'encounters', 1, 'identifier'],
    });
    expect(await refusal({ encounters: [visit(), visit({ patient: CITY })] })).toMatchObject({
      code: 'NOT_FOUND',
      path: ['input', 'encounters', 1, 'patient'],
    });
  });

  it.each([0, 257])('refuses %i of them', async (count) => {
    expect(await refusal({ encounters: Array.from({ length: count }, () => visit()) })).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', 'encounters'],
    });
  });
});

describe('recording many encounters, each for itself', () => {
  it('records the good and lists the others with place, code and path', async () => {
    await record({ encounters: [numbered('1')] });
    const bad = visit({ end: '2026-05-30T09:00:00.000Z' });
    const payload = await record({
      mode: 'EACH',
      encounters: [numbered('2'), bad, numbered('1'), visit({ patient: CITY }), visit()],
    });
    expect(payload.encounters.length).toBe(2);
    expect(payload.receipts.length).toBe(2);
    expect(payload.refused.map(({ part, code, path }) => [part, code, path.join('.')])).toEqual([
      [1, 'BAD_USER_INPUT', 'input.encounters.1.end'],
      [2, 'CONFLICT', 'input.encounters.2.identifier'],
      [3, 'NOT_FOUND', 'input.encounters.3.patient'],
    ]);
  });

  it('adds nothing when sent again, and tries the refused anew', async () => {
    const input = {
      requestId: uuid(),
      mode: 'EACH',
      encounters: [visit(), visit({ start: '2026-06-01T13:00:00Z' })],
    };
    const once = await record(input);
    expect(once.refused.map(({ part }) => part)).toEqual([1]);
    world.now = new Date('2026-06-01T14:00:00Z');
    const again = await record(input);
    expect(again.refused).toEqual([]);
    expect(again.encounters[0]?.id).toBe(once.encounters[0]?.id);
    expect(again.encounters.length).toBe(2);
  });

  it('refuses the whole request when its id was used for another input', async () => {
    const requestId = uuid();
    await record({ requestId, mode: 'EACH', encounters: [visit()] });
    expect(await refusal({ requestId, mode: 'EACH', encounters: [visit({ payer: 'x' })] })).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'requestId'],
    });
  });
});
