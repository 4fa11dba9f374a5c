/** Raw reads of patients: noticed on every way out, written down before the answer, sealed once whatever happens. */
import { graphql } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../src/federation/index.js';
import { auditRows, type Finding } from '../../src/records/index.js';
import { newId } from '../../src/uploads/index.js';
import { accessBatchKind, sealReads } from '../../src/viewing/index.js';
import { systemRandom } from '../../src/ledger/index.js';
import { State } from '../support/state.js';

let state: State;
let patient: string;
let encounter: string;

interface Row {
  readonly body: string;
  readonly institution: string;
  readonly batch: string | null;
}

interface Line {
  readonly patient: string;
  readonly member: string;
  readonly relation: string;
  readonly classes: readonly string[];
  readonly times: number;
}

beforeAll(async () => {
  state = await State.open();
  patient = await register('Tamm', 'P-1');
  const recorded = await state.mutate(
    'clinician.city',
    'recordEncounter',
    { patient, class: 'AMB', status: 'FINISHED', start: '2026-06-01T10:00:00Z', note: 'Rest' },
    'encounter { id }',
  );
  encounter = (recorded.data['recordEncounter'] as { encounter: { id: string } }).encounter.id;
  await state.mutate(
    'registrar.city',
    'enrolMember',
    { subject: 'patient.self', roles: ['PATIENT'], patient },
    'member { id }',
  );
}, 60_000);
afterAll(() => state.close());

async function register(family: string, value: string): Promise<string> {
  const { data, errors } = await state.mutate(
    'registrar.city',
    'registerPatient',
    { names: [{ family, given: ['Liis'] }], identifiers: [{ system: 'urn:test', value }], birthDate: '1980' },
    'patient { id }',
  );
  if (errors[0] !== undefined) throw errors[0];
  return (data['registerPatient'] as { patient: { id: string } }).patient.id;
}

const sql = () => state.system.database.sql;
const rows = () =>
  sql().$queryRawUnsafe<Row[]>('SELECT body, institution::text, batch::text FROM access_read');
const seal = () => state.system.system.sealReads();

/** What was written down and isn't sealed: relation and classes of each line. */
async function noted(): Promise<string[]> {
  const lines = (await rows()).flatMap(({ body }) => (JSON.parse(body) as { lines: Line[] }).lines);
  return lines.map(({ relation, classes }) => `${relation} ${classes.join(' ')}`);
}

/** The lines of all batches on City's thread. */
async function sealed(): Promise<Line[]> {
  const { records } = await state.context('auditor');
  const batches = await records.complete(accessBatchKind, 'custodian', state.ids['city'] ?? '');
  return batches.flatMap(({ values }) => Object.values(values).filter((line) => line !== null));
}

const NAMES = () => `{ patient(id: "${patient}") { names { family } } }`;

describe('what is written down of an answer', () => {
  it.each<[string, string, string[]]>([
    [
      'clinician.city',
      '{ patient(id: "P") { names { family } alerts { text } gender } }',
      ['CUSTODIAN CRITICAL IDENTITY'],
    ],
    ['clinician.city', '{ encounter(id: "E") { note class } }', ['CUSTODIAN ADMINISTRATIVE CLINICAL']],
    [
      'clinician.city',
      '{ patients(first: 5) { edges { node { encounters { edges { node { note } } } } } } }',
      ['CUSTODIAN CLINICAL'],
    ],
    ['clinician.city', '{ node(id: "P") { ... on Patient { birthDate } } }', ['CUSTODIAN IDENTITY']],
    [
      'clinician.city',
      '{ _entities(representations: [{__typename: "Patient", id: "P"}]) { ... on Patient { gender } } }',
      ['CUSTODIAN IDENTITY'],
    ],
    [
      'clinician.city',
      '{ patient(id: "P") { proof(fields: ["names"]) { bundle } } }',
      ['CUSTODIAN IDENTITY'],
    ],
    [
      'clinician.city',
      '{ patients(filter: {name: "Tamm"}) { edges { node { id } } } }',
      ['CUSTODIAN IDENTITY'],
    ],
    [
      'clinician.city',
      '{ patients(filter: {identifier: {system: "urn:test", value: "P-1"}}) { edges { node { id } } } }',
      ['CUSTODIAN IDENTITY'],
    ],
    [
      'clinician.city',
      '{ encounters(filter: {class: AMB}) { edges { node { id } } } }',
      ['CUSTODIAN ADMINISTRATIVE'],
    ],
    [
      'clinician.city',
      '{ patient(id: "P") { id version retracted } patients(first: 5) { edges { node { id } } } }',
      [],
    ],
    ['registrar.city', '{ encounter(id: "E") { note } }', []],
    ['clinician.harbour', '{ patient(id: "P") { names { family } } }', []],
    ['patient.self', '{ patient(id: "P") { names { family } encounters { edges { node { note } } } } }', []],
  ])('to %s of %s: %j', async (who, query, expected) => {
    await seal();
    await state.run(who, query.replaceAll('"P"', `"${patient}"`).replaceAll('"E"', `"${encounter}"`));
    expect(await noted()).toEqual(expected);
  });

  it('is what a grantee reads, in its own name', async () => {
    await seal();
    const granted = { patient, type: 'COPY_GRANT', institution: state.ids['harbour'] };
    const { errors } = await state.mutate('patient.self', 'grantConsent', granted, 'consent { id }');
    expect(errors).toEqual([]);
    await state.run('clinician.harbour', NAMES());
    const [row] = await rows();
    expect(row?.institution).toBe(state.ids['harbour']);
    expect(JSON.parse(row?.body ?? '{}')).toMatchObject({
      member: state.ids['clinician.harbour'],
      lines: [{ patient, relation: 'GRANTEE', classes: ['IDENTITY'] }],
    });
  });

  it('makes an answer that others would share its reader’s own', async () => {
    const shared = async (source: string): Promise<boolean> => {
      const { context, looked } = (await state.context('clinician.city')).watched();
      await graphql({ schema: state.schema, source, contextValue: context });
      return !looked.personal;
    };
    expect(await shared(`{ patient(id: "${patient}") { id version } }`)).toBe(true);
    expect(await shared(NAMES())).toBe(false);
  });

  it('is one row, however many patients, fields and aliases', async () => {
    await seal();
    await register('Kask', 'P-2');
    await state.run(
      'clinician.city',
      `{ a: patients(first: 5) { edges { node { names { family } } } } b: patients(first: 5) { edges { node { gender } } } }`,
    );
    expect(await rows()).toHaveLength(1);
    expect(await noted()).toEqual(['CUSTODIAN IDENTITY', 'CUSTODIAN IDENTITY']);
  });
});

describe('sealing', () => {
  it('makes one entry of many reads, on the institution’s thread, and keeps no row', async () => {
    await seal();
    const before = await state.system.ledger.sync();
    for (const who of ['clinician.city', 'clinician.city', 'registrar.city']) await state.run(who, NAMES());
    expect(await state.system.ledger.sync(), 'a read itself makes no entry').toBe(before);
    expect(await seal()).toBe(1);
    expect(await rows()).toEqual([]);
    const [entry] = await entriesFrom(before);
    expect(entry?.opening).toMatchObject({ op: 'accessBatch.seal', detail: { lines: 2 } });
    expect(entry?.opening.threads.map(({ id }) => id)).toEqual([state.ids['city']]);
    expect(JSON.stringify(entry?.opening.counters), 'who was read stays sealed').not.toContain(patient);
    const lines = (await sealed()).slice(-2).map(({ member, times }) => [member, times]);
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual([state.ids['clinician.city'], 2]);
    expect(lines).toContainEqual([state.ids['registrar.city'], 1]);
  });

  it('writes nothing where nothing was read', async () => {
    await seal();
    expect(await seal()).toBe(0);
  });

  it('holds every read once when two processes seal while it goes on', async () => {
    await seal();
    const other = await state.another();
    const before = timesOf(await sealed());
    const reading = Array.from({ length: 30 }, () => state.run('clinician.city', NAMES()));
    const sealing = Array.from({ length: 4 }, () => [seal(), other.system.sealReads()]).flat();
    await Promise.all([...reading, ...sealing]);
    await Promise.all([seal(), other.system.sealReads()]);
    expect(await rows()).toEqual([]);
    expect(timesOf(await sealed()) - before).toBe(30);
  });

  it('goes on where a process died: before its entry, and after', async () => {
    await seal();
    const before = timesOf(await sealed());
    await state.run('clinician.city', NAMES());
    const { reads } = state.system.system;
    await reads.take(newId(), state.ids['city'] ?? '', 100);
    await state.run('clinician.city', NAMES());
    const { ledger } = state.system;
    const deps = { ledger, clock: () => state.now, random: systemRandom, onViolation: () => undefined };
    const died = {
      waiting: () => reads.waiting(),
      take: (...asked: Parameters<typeof reads.take>) => reads.take(...asked),
      taken: (except: string) => reads.taken(except),
      putAside: () => Promise.reject(new Error('not asked for')),
      remove: () => Promise.reject(new Error('died')),
    };
    await expect(sealReads({ ...deps, reads: died })).rejects.toThrow('died');
    expect((await rows()).length).toBeGreaterThan(0);
    await seal();
    expect(await rows()).toEqual([]);
    expect(timesOf(await sealed()) - before).toBe(2);
  });

  it('is not held up by a batch that fails', async () => {
    await seal();
    await state.run('clinician.city', NAMES());
    const { reads } = state.system.system;
    const stuck = newId();
    await reads.take(stuck, state.ids['city'] ?? '', 100);
    await state.run('clinician.city', NAMES());
    const { ledger } = state.system;
    const deps = { ledger, clock: () => state.now, random: systemRandom, onViolation: () => undefined };
    const failing = {
      waiting: () => reads.waiting(),
      take: (...asked: Parameters<typeof reads.take>) => reads.take(...asked),
      taken: (except: string) => reads.taken(except),
      putAside: () => Promise.reject(new Error('not asked for')),
      remove: (batch: string) => (batch === stuck ? Promise.reject(new Error('stuck')) : reads.remove(batch)),
    };
    await expect(sealReads({ ...deps, reads: failing })).rejects.toThrow('stuck');
    expect((await rows()).map(({ batch }) => batch)).toEqual([stuck]);
    await seal();
  });

  it('takes no row that the deployment didn’t write, and raises the alarm', async () => {
    await seal();
    const before = timesOf(await sealed());
    await state.run('clinician.city', NAMES());
    await state.tamper(
      `INSERT INTO access_read (id, institution, lines, body, mac)
       SELECT gen_random_uuid(), institution, lines, body, mac FROM access_read`,
    );
    const alarms: unknown[] = [];
    const stop = state.system.ledger.onAlarm(({ code }) => void alarms.push(code));
    await seal();
    stop();
    expect(alarms).toEqual(['INTEGRITY_VIOLATION']);
    expect(timesOf(await sealed()) - before).toBe(1);
    expect(await rows(), 'it stays to be looked into').toHaveLength(1);
    expect(await seal()).toBe(0);
    await state.tamper('DELETE FROM access_read');
  });

  it('leaves a log and rows that a full check finds right', async () => {
    const findings: Finding[] = [];
    const { database, ledger } = state.system;
    await ledger.sync();
    await auditRows({
      database,
      ledger,
      kinds: KINDS,
      onFinding: (finding) => void findings.push(finding),
      onProgress: () => undefined,
    });
    expect(findings).toEqual([]);
  });
});

const timesOf = (lines: readonly Line[]): number => lines.reduce((sum, { times }) => sum + times, 0);

async function entriesFrom(index: bigint) {
  const { trusted } = state.system.ledger;
  const size = await state.system.ledger.sync();
  const entries = [];
  for await (const entry of trusted.entries(index, size)) entries.push(entry);
  return entries;
}
