/** Links on the real base: what they open by HTTP, and that a link which is taken away or put back is noticed. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keeping, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';

let vitrine: TestVitrine;
/** City's file, of a person whom Northern Hospital treats now. */
let known: string;
/** Harbour's file of the same person, with an encounter there. */
let unknown: string;
let link: string;

async function made(who: string, mutation: string, record: string, input: object): Promise<string> {
  const answer = await vitrine.mutate<Record<string, Record<string, { id: string }>>>(
    who,
    mutation,
    { ...input },
    `${record} { id }`,
  );
  const id = answer.data?.[mutation]?.[record]?.id;
  if (id === undefined) throw new Error(`${mutation} as ${who}: ${answer.text}`);
  return id;
}

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  known = await made('registrar.city', 'registerPatient', 'patient', {
    identifiers: [{ system: 'urn:test', value: 'L-1' }],
    names: [{ family: 'Zweifach' }],
    birthDate: '1970-05-05',
  });
  unknown = await made('clinician.harbour', 'registerPatient', 'patient', {
    unidentified: true,
    names: [{ use: 'TEMP', text: 'Found at pier two' }],
    birthDate: '1970',
  });
  const visit = { class: 'EMER', status: 'IN_PROGRESS', start: '2025-11-01T08:00:00.000Z' };
  await made('registrar.north', 'recordEncounter', 'encounter', { patient: known, ...visit });
  await made('clinician.harbour', 'recordEncounter', 'encounter', { patient: unknown, ...visit });
  await made('registrar.city', 'enrolMember', 'member', {
    subject: 'patient.double',
    roles: ['PATIENT'],
    patient: known,
  });
  link = await made('registrar.city', 'linkPatients', 'link', {
    patient: known,
    other: unknown,
    evidence: 'She named both addresses',
  });
}, 120_000);
afterAll(() => vitrine.stop());

const NAMED = '{ id displayName encounters { edges { node { patientId } } } }';

/** The name under which a member reads Harbour's file, from City's; null where it isn't there. */
async function read(who: string) {
  const { data, codes } = await vitrine.ask<{
    patient: {
      linkedPatients: { id: string; displayName: string; encounters: { edges: object[] } }[];
    } | null;
  }>(who, `{ patient(id: "${known}") { linkedPatients ${NAMED} } }`);
  const [file] = data?.patient?.linkedPatients ?? [];
  return file === undefined ? { codes } : { codes, name: file.displayName, visits: file.encounters.edges };
}

const OPEN = () => ({
  codes: [],
  name: 'Found at pier two',
  visits: [{ node: { patientId: unknown } }],
});

const decide = (who: string, mutation: string, expectedVersion: number, more: object = {}) =>
  vitrine.mutate(who, mutation, { link, expectedVersion, ...more }, 'repeated link { state }');

describe('a link on the real base', () => {
  it('opens the other file to who treats the person and to the person, once it is confirmed', async () => {
    for (const who of ['clinician.north', 'patient.double', 'clinician.city'])
      expect(await read(who)).toEqual({ codes: [] });
    const waiting = await vitrine.ask(
      'clinician.harbour',
      '{ patientLinks(filter: { state: PROPOSED }) { edges { node { id evidence } } } }',
    );
    expect(waiting.data).toEqual({
      patientLinks: { edges: [{ node: { id: link, evidence: 'She named both addresses' } }] },
    });
    expect((await decide('clinician.harbour', 'confirmPatientLink', 1)).codes).toEqual([]);
    expect(await read('clinician.north')).toEqual(OPEN());
    expect(await read('patient.double')).toEqual(OPEN());
    expect(await read('clinician.city')).toEqual({ codes: [] });
  });

  it('stands on the threads of both files, and neither file has a new version', async () => {
    const { data } = await vitrine.ask<{ patient: { version: number }; patientLink: object }>(
      'patient.double',
      `{ patient(id: "${unknown}") { version } patientLink(id: "${link}") { version anchor { verified } history { opening { op threads { id } } } } }`,
    );
    expect(data?.patient).toEqual({ version: 1 });
    const keepers = await Promise.all(
      [known, unknown].map((id) => value(vitrine, `SELECT custodian FROM patient WHERE id = '${id}'`)),
    );
    const threads = [...[known, unknown].sort(), ...keepers].sort();
    const history = (
      data?.patientLink as { history: { opening: { op: string; threads: { id: string }[] } }[] }
    ).history;
    expect(history.map(({ opening }) => opening.op)).toEqual(['link.confirm', 'link.propose']);
    for (const { opening } of history) expect(opening.threads.map(({ id }) => id).sort()).toEqual(threads);
    expect((await verify(vitrine)).findings).toEqual([]);
  });

  it('that is taken out of the database with all its rows is missed by whoever rests on it', async () => {
    const keeping = await Keeping.of(vitrine);
    const entries = `(SELECT index FROM entry WHERE subject = '${link}')`;
    await vitrine.tamper(
      `DELETE FROM patient_link WHERE id = '${link}'`,
      `DELETE FROM wrapped_key WHERE entry IN ${entries}`,
      `DELETE FROM sealed WHERE id = '${link}'`,
      `DELETE FROM unique_key WHERE subject = '${link}'`,
    );
    // What a process has verified it keeps; one that hasn't read the link misses it.
    await vitrine.restart();
    for (const who of ['clinician.north', 'patient.double', 'registrar.city'])
      expect((await read(who)).codes).toEqual(['INTEGRITY_VIOLATION']);
    expect((await verify(vitrine)).findings).toContainEqual(
      expect.objectContaining({
        what: 'the log knows it and its row is missing',
        where: `PatientLink ${link}`,
      }),
    );
    await keeping.undo();
    expect(await read('clinician.north')).toEqual(OPEN());
  });

  it('that ended closes at the next request, and can’t be put back', async () => {
    const [row] = (await vitrine.tamper(`SELECT * FROM patient_link WHERE id = '${link}'`))[0]?.rows ?? [];
    const ended = await decide('clinician.harbour', 'unlinkPatients', 2, { reason: 'Another person' });
    expect(ended.codes).toEqual([]);
    for (const who of ['clinician.north', 'patient.double']) expect(await read(who)).toEqual({ codes: [] });
    const { version, entry } = row as { version: number; entry: string };
    await vitrine.tamper(
      `UPDATE patient_link SET state = 'CONFIRMED', version = ${version}, entry = ${entry} WHERE id = '${link}'`,
    );
    expect(await read('clinician.north')).toEqual({ codes: [] });
    await vitrine.restart();
    expect((await read('clinician.north')).codes).toEqual(['INTEGRITY_VIOLATION']);
  });
});

describe('a proposal', () => {
  it('sent twice is one, and by two at once is made once', async () => {
    const own = () => made('clinician.harbour', 'registerPatient', 'patient', { unidentified: true });
    const [patient, other] = [await own(), await own()];
    const input = { patient, other, evidence: 'Twins they are not', requestId: randomUUID() };
    const send = (facts: object = {}) =>
      vitrine.mutate<{ linkPatients: { repeated: boolean; link: { id: string; state: string } } }>(
        'clinician.harbour',
        'linkPatients',
        { ...input, ...facts },
        'repeated link { id state }',
      );
    const [one, two] = [await send(), await send()];
    expect(one.data?.linkPatients.link.state).toBe('CONFIRMED');
    expect(two.data?.linkPatients).toEqual({ ...one.data?.linkPatients, repeated: true });
    const [third, fourth] = [await own(), await own()];
    const race = await Promise.all([
      send({ patient: third, other: fourth, requestId: randomUUID() }),
      send({ patient: fourth, other: third, requestId: randomUUID() }),
    ]);
    expect(race.map(({ codes }) => codes.join()).sort()).toEqual(['', 'CONFLICT']);
  });
});
