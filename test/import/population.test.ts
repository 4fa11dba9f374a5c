/** The real files through the real server: counts held against the files, after a cut and again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFhir } from '../../src/cli/import/index.js';
import type { ImportOptions, ImportSummary } from '../../src/cli/import/index.js';
import { startServer } from './server.js';
import type { RealServer } from './server.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/fhir');
const isThere = existsSync(root);
if (!isThere) console.warn(`skipped: ${root} is not there`);

const paths = [join(root, 'bundles'), join(root, 'bundles-full')];

interface Resource {
  readonly resourceType: string;
  readonly identifier?: readonly { readonly value: string }[];
}

/** The resources of the files, read without the importer. */
function resources(type: string): Resource[] {
  return paths
    .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')))
    .flatMap((text) => (JSON.parse(text) as { entry: { resource: Resource }[] }).entry)
    .map(({ resource }) => resource)
    .filter(({ resourceType }) => resourceType === type);
}

describe.skipIf(!isThere)('the synthetic population through the API', () => {
  let server: RealServer;
  let first: ImportSummary;
  let size: bigint;

  const run = (more: Partial<ImportOptions> = {}) =>
    importFhir({ paths, server: server.address, access: { kind: 'development' }, ...more });

  beforeAll(async () => {
    server = await startServer();
    const stop = new AbortController();
    // The first run is cut off halfway.
    const cut = run({
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 20) stop.abort(new Error('cut off'));
      },
    });
    await expect(cut).rejects.toThrow('cut off');
    first = await run();
    size = server.serving.ledger.trusted.size;
  }, 300_000);

  afterAll(() => server.stop());

  it('is taken whole', () => {
    const total = ({ added, known }: { added: number; known: number }) => added + known;
    const institutions = new Set(resources('Organization').map(({ identifier }) => identifier?.[0]?.value));
    expect(first.refused).toEqual([]);
    expect(total(first.institutions)).toBe(institutions.size);
    expect(total(first.patients)).toBe(resources('Patient').length);
    expect(total(first.encounters)).toBe(resources('Encounter').length);
    expect(first.ignored['Observation']).toBe(resources('Observation').length);
  });

  it('completes what was cut off', () => {
    expect(first.patients.known).toBe(20);
    expect(first.patients.added).toBe(resources('Patient').length - 20);
  });

  it('adds nothing when it is imported again', async () => {
    const again = await run();
    expect(again.refused).toEqual([]);
    expect([
      again.institutions.added,
      again.registrars.added,
      again.patients.added,
      again.encounters.added,
    ]).toEqual([0, 0, 0, 0]);
    expect(server.serving.ledger.trusted.size).toBe(size);
  }, 300_000);
});

describe.skipIf(!isThere)('odd files and specification examples through the API', () => {
  let server: RealServer;

  beforeAll(async () => {
    server = await startServer();
  }, 60_000);

  afterAll(() => server.stop());

  it('are each taken or refused with file, place and reason, and nothing is added twice', async () => {
    const run = () =>
      importFhir({
        paths: [join(root, 'odd'), join(root, 'spec-examples')],
        server: server.address,
        access: { kind: 'development' },
        institution: { system: 'urn:oid:2.16.528.1', value: '91654' },
      });
    const first = await run();
    expect(first.institutions).toEqual({ added: 2, known: 0 });
    expect(first.patients.added).toBeGreaterThan(10);
    expect(first.ignored['ImplementationGuide']).toBe(1);
    for (const { file, message } of first.refused) {
      expect(existsSync(file)).toBe(true);
      expect(message).toMatch(/expected/);
    }
    const again = await run();
    expect(again.refused).toEqual(first.refused);
    expect(again.patients).toEqual({ added: 0, known: first.patients.added + first.patients.known });
  }, 60_000);
});
