/** What the real server refuses, and what goes on beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFhir } from '../../src/cli/import/index.js';
import type { ImportSummary } from '../../src/cli/import/index.js';
import { bundleOf, condition, encounter, organisation, patient } from '../fhir/support.js';
import type { Resource } from '../fhir/support.js';
import { startServer } from './server.js';
import type { RealServer } from './server.js';

describe('importing through the API', () => {
  let server: RealServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = mkdtempSync(join(tmpdir(), 'vitrine-refusal-'));
  }, 60_000);

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });

  function run(...resources: readonly Resource[]): Promise<ImportSummary> {
    writeFileSync(join(folder, 'a.json'), JSON.stringify(bundleOf(...resources)));
    return importFhir({ paths: [folder], server: server.address, access: { kind: 'development' } });
  }

  it('records the others of a batch in which the server refuses one, also when it runs again', async () => {
    const future = encounter({ id: 'e2', period: { start: '2190-01-01T00:00:00Z' } });
    const resources = [patient(), organisation(), encounter(), future, encounter({ id: 'e3' }), condition()];
    const summary = await run(...resources);
    expect(summary.encounters).toEqual({ added: 2, known: 0 });
    expect(summary.diagnoses).toBe(1);
    expect(summary.refused).toMatchObject([{ path: 'entry[3].resource', code: 'BAD_USER_INPUT' }]);
    expect(summary.refused[0]?.message).toMatch(/not in the future.*\(start\)/);
    const again = await run(...resources);
    expect(again.encounters).toEqual({ added: 0, known: 2 });
    expect(again.refused).toEqual(summary.refused);
  });

  it('adds what a file has grown by, and knows the rest', async () => {
    const summary = await run(patient(), organisation(), encounter(), condition(), encounter({ id: 'e4' }));
    expect(summary.refused).toEqual([]);
    expect(summary.encounters).toEqual({ added: 1, known: 1 });
  });

  it('uses a patient whom another institution registered', async () => {
    const other = organisation({
      id: 'o9',
      identifier: [{ system: 'urn:oid:9', value: 'H9' }],
      name: 'Far Clinic',
    });
    const earlier = encounter({
      id: 'e9',
      period: { start: '2001-01-01T00:00:00Z' },
      serviceProvider: { reference: 'urn:uuid:o9' },
    });
    const summary = await run(patient(), other, earlier);
    expect(summary).toMatchObject({
      patients: { added: 0, known: 1 },
      encounters: { added: 1 },
      refused: [],
    });
  });

  it('refuses another person with a registered identifier', async () => {
    const summary = await run(patient({ birthDate: '1999-09-09' }), organisation(), encounter({ id: 'e10' }));
    expect(summary.refused).toMatchObject([{ path: 'entry[0].resource.identifier', code: 'CONFLICT' }]);
    expect(summary.encounters).toEqual({ added: 0, known: 0 });
  });
});
