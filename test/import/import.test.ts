import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFhir } from '../../src/cli/import/index.js';
import type { ImportOptions, ImportSummary } from '../../src/cli/import/index.js';
import { bundleOf, condition, encounter, organisation, patient } from '../fhir/support.js';
import { FakeServer } from './fake-server.js';

const second = organisation({
  id: 'o2',
  identifier: [{ system: 'urn:oid:9', value: 'H2' }],
  name: 'Second Clinic',
});

/** A patient with an encounter and a diagnosis at the first institution, then an encounter at the second. */
const population = () =>
  bundleOf(
    patient(),
    organisation(),
    second,
    encounter({
      id: 'e2',
      serviceProvider: { reference: 'urn:uuid:o2' },
      period: { start: '2021-01-01T00:00:00Z' },
    }),
    encounter(),
    condition(),
    { resourceType: 'Observation', id: 'x' },
  );

let folder: string;
let server: FakeServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-import-'));
  server = new FakeServer();
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

function run(options: Partial<ImportOptions> = {}): Promise<ImportSummary> {
  return importFhir({
    paths: [folder],
    server: 'http://vitrine.test',
    access: { kind: 'development' },
    fetch: server.fetch,
    retry: { attempts: 1 },
    ...options,
  });
}

const tokens = (entries: Record<string, string>): ImportOptions['access'] => ({
  kind: 'tokens',
  tokens: new Map(Object.entries(entries)),
});

describe('importing FHIR', () => {
  it('has each encounter recorded by its institution and the patient registered by that of the first', async () => {
    write('a.json', population());
    const summary = await run();
    expect(summary).toEqual({
      files: 1,
      refusedFiles: 0,
      institutions: { added: 2, known: 0 },
      registrars: { added: 2, known: 0 },
      patients: { added: 1, known: 0 },
      encounters: { added: 2, known: 0 },
      diagnoses: 1,
      ignored: { Observation: 1 },
      refused: [],
    });
    expect(server.institutions.map(({ by }) => by)).toEqual(['regulator.one', 'regulator.one']);
    expect(server.patients[0]?.by).toMatch(/^registrar\.testing-hospital-[0-9a-f]{8}$/);
    expect(server.encounters.map(({ institution, input }) => [institution, input['start']])).toEqual([
      ['institution-0', '2020-01-02T08:00:00.000Z'],
      ['institution-1', '2021-01-01T00:00:00.000Z'],
    ]);
  });

  it('adds nothing when it runs again', async () => {
    write('a.json', population());
    await run();
    const { size } = server;
    const again = await run();
    expect(server.size).toBe(size);
    expect(again).toMatchObject({
      institutions: { added: 0, known: 2 },
      registrars: { added: 0, known: 2 },
      patients: { added: 0, known: 1 },
      encounters: { added: 0, known: 2 },
      diagnoses: 0,
      refused: [],
    });
  });

  it('completes what a kill cut off, wherever it fell', async () => {
    write('a.json', population());
    await run();
    const whole = server.operations.length;
    for (let survived = 0; survived < whole; survived++) {
      server = new FakeServer();
      let left = survived;
      server.before = () => {
        if (left-- <= 0) throw new VitrineKilled();
      };
      await expect(run()).rejects.toThrow('got none');
      server.before = () => undefined;
      await run();
      expect([server.patients.length, server.encounters.length, server.institutions.length]).toEqual([
        1, 2, 2,
      ]);
    }
  });

  it('takes an encounter that a file has grown by, and knows the others', async () => {
    write('a.json', bundleOf(patient(), organisation(), encounter()));
    await run();
    write('a.json', bundleOf(patient(), organisation(), encounter(), encounter({ id: 'e9' })));
    const summary = await run();
    expect(summary.encounters).toEqual({ added: 1, known: 1 });
    expect(summary.refused).toEqual([]);
  });

  it('refuses an encounter that was recorded with other content', async () => {
    write('a.json', bundleOf(patient(), organisation(), encounter()));
    await run();
    write('a.json', bundleOf(patient(), organisation(), encounter({ status: 'in-progress' })));
    const summary = await run();
    expect(summary.refused).toMatchObject([{ path: 'entry[2].resource', code: 'CONFLICT' }]);
  });

  it('reports a bad file with its name and the place, and takes the others', async () => {
    const bad = write('a-bad.json', '{"resourceType":"Patient","id":"1","id":"1"}');
    write('b.json', population());
    const summary = await run();
    expect(summary.refused).toEqual([
      { file: bad, path: 'id', message: 'expected the member once, got it twice' },
    ]);
    expect(summary).toMatchObject({ files: 2, refusedFiles: 1, patients: { added: 1 } });
  });

  it('reports a path where nothing is', async () => {
    const summary = await run({ paths: [join(folder, 'none')] });
    expect(summary.refused).toMatchObject([{ message: 'expected a file or a folder, found nothing' }]);
  });

  it('registers an organisation once for all files', async () => {
    write('a.json', bundleOf(patient(), organisation(), encounter()));
    const other = patient({ identifier: [{ system: 's', value: 'other' }] });
    write('b.json', bundleOf(other, organisation(), encounter({ id: 'e3' })));
    write('c.json', bundleOf(organisation({ id: 'o3' })));
    const summary = await run();
    expect(summary.institutions).toEqual({ added: 1, known: 0 });
    expect(summary.patients).toEqual({ added: 2, known: 0 });
  });

  it('finds organisations in another file', async () => {
    write('hospitals.json', bundleOf(organisation()));
    write('a.json', bundleOf(patient(), encounter()));
    expect((await run()).encounters).toEqual({ added: 1, known: 0 });
  });

  it('uses a patient that is registered already, when it is the same person', async () => {
    write('a.json', bundleOf(patient(), organisation(), encounter()));
    await run();
    write('a.json', bundleOf(patient({ gender: 'female' }), organisation(), encounter()));
    expect(await run()).toMatchObject({ patients: { added: 0, known: 1 }, refused: [] });
  });

  it.each([
    ['another birth date', { birthDate: '1999-09-09' }],
    ['no birth date', { birthDate: undefined }],
  ])('refuses a patient whose identifier another holds, with %s', async (_name, more) => {
    write('a.json', bundleOf(patient(), organisation(), encounter()));
    await run();
    write('a.json', bundleOf(patient(more), organisation(), encounter({ id: 'e7' })));
    const summary = await run();
    expect(summary.refused).toMatchObject([{ path: 'entry[0].resource.identifier', code: 'CONFLICT' }]);
    expect(summary.refused[0]?.message).toContain('patient-0');
    expect(server.encounters).toHaveLength(1);
  });

  it('refuses a patient whom nobody keeps, unless an institution is named', async () => {
    write('hospitals.json', bundleOf(organisation()));
    write('p.json', patient());
    const refused = await run();
    expect(refused.refused).toMatchObject([{ path: 'managingOrganization' }]);
    const summary = await run({ institution: { system: 'urn:oid:9', value: 'H1' } });
    expect(summary).toMatchObject({ patients: { added: 1 }, refused: [] });
  });

  it('has a patient without encounters registered by the managing organisation', async () => {
    write(
      'p.json',
      bundleOf(patient({ managingOrganization: { reference: 'urn:uuid:o1' } }), organisation()),
    );
    expect(await run()).toMatchObject({ patients: { added: 1 }, refused: [] });
    expect(server.patients[0]?.by).toMatch(/^registrar\.testing-hospital/);
  });

  it('ends with the server’s silence, not with a list of refusals', async () => {
    write('a.json', population());
    server.development = false;
    await expect(run()).rejects.toThrow('outside development give --tokens');
  });
});

class VitrineKilled extends Error {}

describe('importing FHIR with tokens', () => {
  beforeEach(async () => {
    write('a.json', bundleOf(organisation(), second));
    await run();
    server.members.push(
      { id: 'm1', by: '', input: { subject: 'token-1', institution: 'institution-0' } },
      { id: 'm2', by: '', input: { subject: 'token-2', institution: 'institution-1' } },
    );
    server.development = false;
  });

  it('records by each institution’s token', async () => {
    write('a.json', population());
    const access = tokens({ 'urn:oid:9|H1': 'token-1', 'urn:oid:9|H2': 'token-2' });
    const summary = await run({ access });
    expect(summary).toMatchObject({ encounters: { added: 2 }, registrars: { added: 0 }, refused: [] });
    expect(server.encounters.map(({ by }) => by)).toEqual(['token-1', 'token-2']);
  });

  it('refuses by name what it has no token for', async () => {
    write('a.json', population());
    const summary = await run({ access: tokens({ 'urn:oid:9|H1': 'token-1' }) });
    expect(summary).toMatchObject({ patients: { added: 1 }, encounters: { added: 1 } });
    expect(summary.refused).toMatchObject([
      { path: 'entry[3].resource', message: 'expected a token for Second Clinic (urn:oid:9|H2), got none' },
    ]);
  });

  it('waits for the institution of the first encounter to register the patient', async () => {
    write('a.json', population());
    const access = tokens({ 'urn:oid:9|H2': 'token-2' });
    const before = await run({ access });
    expect(before.refused).toMatchObject([{ path: 'entry[0].resource' }]);
    expect(before.refused[0]?.message).toContain('Testing Hospital');
    await run({ access: tokens({ 'urn:oid:9|H1': 'token-1' }) });
    const after = await run({ access });
    expect(after).toMatchObject({ patients: { known: 1 }, encounters: { added: 1 } });
  });

  it('refuses a token of another institution', async () => {
    write('a.json', population());
    const access = tokens({ 'urn:oid:9|H1': 'token-2', 'urn:oid:9|H2': 'token-2' });
    const summary = await run({ access });
    expect(summary.patients).toEqual({ added: 0, known: 0 });
    expect(summary.refused[0]?.message).toContain('got one of someone else');
  });

  it('registers nobody without a token of the ministry', async () => {
    const unknown = organisation({ identifier: [{ system: 'urn:oid:9', value: 'H3' }], name: 'Third' });
    write('a.json', bundleOf(unknown));
    const without = await run({ access: tokens({ a: 'b' }) });
    expect(without.refused).toMatchObject([
      {
        path: 'entry[0].resource',
        message: 'expected Third to be registered: there is no token of the ministry',
      },
    ]);
    const having = await run({ access: tokens({ ministry: 'ministry-token' }) });
    expect(having.institutions).toEqual({ added: 1, known: 0 });
  });
});
