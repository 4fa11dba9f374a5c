/** Care on the real base: ledger, blind indexes, unique keys under concurrency, lookups of who treats. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { State, type Answer } from '../support/state.js';

const VISIT = {
  class: 'AMB',
  status: 'FINISHED',
  start: '2026-06-10T10:00:00Z',
  end: '2026-06-10T11:00:00Z',
};

let state: State;
let patient: string;
let serial = 0;

function ssn(value: string = String((serial += 1))) {
  return { system: 'urn:ssn', value };
}

function at<T>(answer: Answer, ...path: string[]): T {
  expect(answer.messages).toEqual([]);
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], answer.data) as T;
}

async function register(who: string, facts: object = {}): Promise<string> {
  const input = { identifiers: [ssn()], ...facts };
  return at(
    await state.mutate(who, 'registerPatient', input, 'patient { id }'),
    'registerPatient',
    'patient',
    'id',
  );
}

beforeAll(async () => {
  state = await State.open();
  patient = await register('registrar.city', {
    identifiers: [ssn('999-1')],
    names: [{ family: 'Alcántar', given: ['Zoë'] }],
    birthDate: '1980-02-29',
    alerts: [{ category: 'ALLERGY', text: 'Latex' }],
  });
});

afterAll(() => state.close());

describe('a patient on the log', () => {
  it('reads back with its place on the log', async () => {
    const query = `{ patient(id: "${patient}") { names { family } birthDate custodian { name } anchor { verified index } history { index } } }`;
    const answer = await state.run('clinician.city', query);
    expect(at(answer, 'patient')).toMatchObject({
      names: [{ family: 'Alcántar' }],
      birthDate: '1980-02-29',
      custodian: { name: 'city' },
      anchor: { verified: true },
    });
  });

  it('is one in the whole system, also when two institutions register it at once', async () => {
    const identifiers = [ssn()];
    const answers = await Promise.all(
      ['registrar.city', 'registrar.harbour', 'clinician.city'].map((who) =>
        // Whoever also has the birth date learns whose the identifier is.
        state.mutate(who, 'registerPatient', { identifiers, birthDate: '1980-02-29' }, 'patient { id }'),
      ),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT', 'CONFLICT']);
    const winner = answers.find(({ codes }) => codes.length === 0);
    const id = winner === undefined ? '' : at<string>(winner, 'registerPatient', 'patient', 'id');
    for (const { errors } of answers.filter(({ codes }) => codes.length > 0)) {
      expect(errors[0]?.inputPath).toEqual(['input', 'identifiers', 0]);
      expect(errors[0]?.details).toMatchObject({ id });
    }
  });

  it('is found by the blind index: by number and birth date elsewhere, by name at home', async () => {
    const found = await state.run(
      'registrar.harbour',
      '{ patientByIdentifier(system: "urn:ssn", value: "999-1", birthDate: "1980-02-29") { id } }',
    );
    expect(at(found, 'patientByIdentifier', 'id')).toBe(patient);
    const missed = await state.run(
      'registrar.harbour',
      '{ patientByIdentifier(system: "urn:ssn", value: "999-1", birthDate: "1980-02-28") { id } }',
    );
    expect(missed.codes).toEqual(['NOT_FOUND']);
    const byName = (name: string) => `{ patients(filter: { name: "${name}" }) { edges { node { id } } } }`;
    const home = await state.run('registrar.city', byName('alc ZOE'));
    expect(at(home, 'patients', 'edges')).toEqual([{ node: { id: patient } }]);
    expect(at(await state.run('registrar.harbour', byName('alc')), 'patients', 'edges')).toEqual([]);
  });

  it('loses the words of a name that it no longer has', async () => {
    const id = await register('registrar.city', { names: [{ family: 'Before' }] });
    const input = { patient: id, expectedVersion: 1, names: [{ family: 'After' }] };
    await state.mutate('registrar.city', 'amendPatient', input, 'patient { version }');
    const count = async (name: string) => {
      const answer = await state.run(
        'registrar.city',
        `{ patients(filter: { name: "${name}" }) { edges { cursor } } }`,
      );
      return at<unknown[]>(answer, 'patients', 'edges').length;
    };
    expect([await count('before'), await count('after')]).toEqual([0, 1]);
  });

  it('is listed in the order in which versions were recorded, in pages', async () => {
    const early = await register('registrar.city');
    const late = await register('registrar.city');
    await state.mutate(
      'registrar.city',
      'amendPatient',
      { patient: early, expectedVersion: 1, language: 'de' },
      'requestId',
    );
    const page = (after: string) =>
      state.run(
        'registrar.city',
        `{ patients(first: 1, orderBy: { field: RECORDED_AT, direction: DESC }${after}) { edges { node { id } cursor } pageInfo { hasNextPage endCursor } } }`,
      );
    const one = at<{ edges: { node: { id: string } }[]; pageInfo: { endCursor: string } }>(
      await page(''),
      'patients',
    );
    const two = at<typeof one>(await page(`, after: "${one.pageInfo.endCursor}"`), 'patients');
    expect([one.edges[0]?.node.id, two.edges[0]?.node.id]).toEqual([early, late]);
  });
});

describe('encounters on the log', () => {
  it('make an institution treat the patient, through its other members, for 30 days', async () => {
    const id = await register('registrar.city', { alerts: [{ category: 'ALLERGY', text: 'Nuts' }] });
    const query = `{ patient(id: "${id}") { alerts { text } encounters { edges { node { class } } } } }`;
    expect(at(await state.run('clinician.harbour', query), 'patient')).toBeNull();
    await state.mutate('registrar.harbour', 'recordEncounter', { patient: id, ...VISIT }, 'requestId');
    expect(at(await state.run('registrar.harbour', query), 'patient')).toBeNull();
    expect(at(await state.run('clinician.harbour', query), 'patient')).toEqual({
      alerts: [{ text: 'Nuts' }],
      encounters: { edges: [{ node: { class: 'AMB' } }] },
    });
    const before = state.now;
    state.now = new Date('2026-07-11T00:00:00Z');
    const after = await state.run('clinician.harbour', query);
    state.now = before;
    expect(at(after, 'patient')).toBeNull();
  });

  it('are recorded by the hundred in one block, and the same request adds nothing', async () => {
    const encounters = Array.from({ length: 256 }, (_, minute) => ({
      patient,
      ...VISIT,
      start: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
      identifier: { system: 'urn:visits', value: String(minute) },
    }));
    const requestId = randomUUID();
    const run = (input: object, selection: string, id = requestId) =>
      state.mutate('registrar.city', 'recordEncounters', { ...input }, selection, id);
    const selection = 'receipts { index block { height } } refused { part }';
    const once = at<{ receipts: { index: string; block: { height: string } }[] }>(
      await run({ encounters }, selection),
      'recordEncounters',
    );
    expect(once.receipts.length).toBe(256);
    expect(new Set(once.receipts.map(({ block }) => block.height)).size).toBe(1);
    expect(at(await run({ encounters }, selection), 'recordEncounters')).toEqual(once);
    const clash = await run(
      { encounters: [{ patient, ...VISIT }, encounters[9]] },
      'requestId',
      randomUUID(),
    );
    expect(clash.codes).toEqual(['CONFLICT']);
    expect(clash.errors[0]?.inputPath).toEqual(['input', 'encounters', 1, 'identifier']);
  });

  it('are recorded each for itself, and what was refused can be sent again', async () => {
    const early = { patient, ...VISIT, identifier: { system: 'urn:each', value: '1' } };
    const future = { patient, ...VISIT, start: '2026-06-16T10:00:00Z', end: null };
    const requestId = randomUUID();
    const send = async () =>
      at<{ receipts: { index: string }[]; refused: { part: number; code: string }[] }>(
        await state.mutate(
          'clinician.city',
          'recordEncounters',
          { mode: 'EACH', encounters: [early, future, early, { patient, ...VISIT }] },
          'receipts { index } refused { part code }',
          requestId,
        ),
        'recordEncounters',
      );
    const once = await send();
    expect(once.receipts.length).toBe(2);
    expect(once.refused.map(({ code }) => code).sort()).toEqual(['BAD_USER_INPUT', 'CONFLICT']);
    const before = state.now;
    state.now = new Date('2026-06-17T00:00:00Z');
    const again = await send();
    state.now = before;
    expect(again.refused.map(({ code }) => code)).toEqual(['CONFLICT']);
    const kept = new Set(again.receipts.map(({ index }) => index));
    expect(once.receipts.every(({ index }) => kept.has(index))).toBe(true);
    expect(kept.size).toBe(3);
  });

  it('take one of two amendments of the same version', async () => {
    const recorded = await state.mutate(
      'clinician.city',
      'recordEncounter',
      { patient, ...VISIT },
      'encounter { id }',
    );
    const encounter = at<string>(recorded, 'recordEncounter', 'encounter', 'id');
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((note) =>
        state.mutate(
          'clinician.city',
          'amendEncounter',
          { encounter, expectedVersion: 1, note },
          'encounter { version }',
        ),
      ),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT', 'CONFLICT']);
  });

  it('read as retracted', async () => {
    const recorded = await state.mutate(
      'clinician.city',
      'recordEncounter',
      { patient, ...VISIT, note: 'x' },
      'encounter { id }',
    );
    const id = at<string>(recorded, 'recordEncounter', 'encounter', 'id');
    const input = { kind: 'ENCOUNTER', id, expectedVersion: 1, reason: 'wrong person' };
    at(
      await state.mutate('clinician.city', 'retractRecord', input, 'record { id version } receipt { index }'),
      'retractRecord',
    );
    const read = await state.run(
      'clinician.city',
      `{ encounter(id: "${id}") { version retracted retractionReason note } }`,
    );
    expect(at(read, 'encounter')).toEqual({
      version: 2,
      retracted: true,
      retractionReason: 'wrong person',
      note: 'x',
    });
  });
});

describe('a key', () => {
  it('is registered once, for one member', async () => {
    const publicKey = Buffer.alloc(32, 7).toString('base64');
    const enrol = (subject: string) => {
      const facts = { institution: state.ids['harbour'], subject, name: subject, roles: ['CLINICIAN'] };
      return state.mutate('registrar.harbour', 'enrolMember', { ...facts, publicKey }, 'member { id }');
    };
    at(await enrol('own.one'), 'enrolMember');
    expect((await enrol('own.two')).errors).toMatchObject([
      { code: 'CONFLICT', inputPath: ['input', 'publicKey'] },
    ]);
  });
});

describe('standing', () => {
  it('ends for a suspended member and for an institution whose licence is taken, at the next request', async () => {
    await state.enrol('temp.harbour', state.ids['harbour'] ?? '', ['CLINICIAN'], 'registrar.harbour');
    const member = state.ids['temp.harbour'];
    at(
      await state.mutate(
        'registrar.harbour',
        'suspendMember',
        { member, reason: 'left' },
        'member { state }',
      ),
      'suspendMember',
    );
    await expect(state.run('temp.harbour', '{ me { roles } }')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    at(
      await state.mutate(
        'registrar.harbour',
        'reinstateMember',
        { member, reason: 'back' },
        'member { state }',
      ),
      'reinstateMember',
    );
    at(await state.run('temp.harbour', '{ me { roles } }'), 'me');
    const licence = (name: string) => ({
      institution: state.ids['harbour'],
      licence: { number: 'h', state: name },
    });
    at(
      await state.mutate(
        'regulator.one',
        'changeLicence',
        licence('SUSPENDED'),
        'institution { licence { state } }',
      ),
      'changeLicence',
    );
    await expect(state.run('temp.harbour', '{ me { roles } }')).rejects.toMatchObject({
      code: 'LICENCE_INACTIVE',
    });
    at(
      await state.mutate('regulator.one', 'changeLicence', licence('ACTIVE'), 'institution { version }'),
      'changeLicence',
    );
    at(await state.run('temp.harbour', '{ me { roles } }'), 'me');
  });

  it('of a patient reads its own care and nothing else', async () => {
    const input = { subject: 'patient.one', roles: ['PATIENT'], patient };
    at(await state.mutate('registrar.city', 'enrolMember', input, 'member { id }'), 'enrolMember');
    const own = await state.run(
      'patient.one',
      '{ me { member { patient { names { family } } } } patients { edges { node { id } } } }',
    );
    expect(own.messages).toEqual([]);
    expect(own.data).toEqual({
      me: { member: { patient: { names: [{ family: 'Alcántar' }] } } },
      patients: { edges: [{ node: { id: patient } }] },
    });
    const other = await register('registrar.city');
    expect(at(await state.run('patient.one', `{ patient(id: "${other}") { id } }`), 'patient')).toBeNull();
  });
});
