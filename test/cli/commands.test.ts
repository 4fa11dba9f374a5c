import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import { verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import { freshDatabase } from '../support/database.js';
import { TestVitrine } from '../support/vitrine.js';

/** Runs a command with an environment of its own and gives what it wrote. */
async function vitrine(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  const code = await run(['node', 'vitrine', ...words]);
  vi.mocked(process.stdout.write).mockRestore();
  vi.mocked(process.stderr.write).mockRestore();
  return { code, out, err };
}

/** An address where nobody listens. Not of a port that `fetch` itself declines, as it does 1 and 9. */
async function nobody(): Promise<string> {
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => listening.close(resolve));
  return `http://127.0.0.1:${port}`;
}

beforeEach(() => void vi.stubEnv('NODE_ENV', 'test'));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the command line', () => {
  it.each([
    [[]],
    [['serve']],
    [['import', 'fhir']],
    [['verify']],
    [['token']],
    [['sample']],
    [['init']],
    [['database-url']],
    [['backup']],
    [['restore']],
    [['accept-rollback']],
  ])('explains %j with --help', async (words) => {
    const { code, out } = await vitrine([...words, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: vitrine');
  });

  it('lists every setting with its default', async () => {
    const { out } = await vitrine(['serve', '--help']);
    for (const name of ['PORT', 'DATA_DIR', 'DATABASE_URL', 'OIDC_ISSUER', 'TLS_CERT', 'LOG_ORIGIN']) {
      expect(out).toMatch(new RegExp(`^ {2}${name} .*\\[.+\\]$`, 'm'));
    }
  });

  it.each([
    [['nonsense']],
    [['token']],
    [['verify', '--nonsense']],
    [['import', 'fhir']],
    [['import', 'fhir', 'x', '--institution', 'no-bar']],
    [['import', 'fhir', 'x', '--ownership', 'MINE']],
    [['init']],
    [['backup']],
    [['restore']],
    [['accept-rollback', '--reason', 'fire']],
    [['accept-rollback', '--token-file', 'x', '--reason', '']],
  ])('exits with 2 when it is called as %j', async (words) => {
    expect((await vitrine(words)).code).toBe(2);
  });

  it('exits with 78 and names every setting that production refuses', async () => {
    const { code, err } = await vitrine(['serve'], { NODE_ENV: 'production', DEV_ISSUER: 'true' });
    expect(code).toBe(78);
    for (const name of ['DEV_ISSUER', 'OIDC_ISSUER', 'DATABASE_URL', 'TLS_CERT']) expect(err).toContain(name);
    expect(err).not.toContain('    at ');
  });

  it('says what to do when no server answers', async () => {
    const { code, err } = await vitrine(['token', 'auditor', '--server', 'http://127.0.0.1:9']);
    expect([code, err]).toEqual([
      1,
      'vitrine: no server answers at http://127.0.0.1:9: start it with npm start (UNAVAILABLE)\n',
    ]);
  });

  it('exits with 2 when an import is given nothing to read, and says how to start a server that is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-nothing-'));
    try {
      mkdirSync(join(folder, 'deeper'));
      writeFileSync(join(folder, 'deeper', 'notes.txt'), '');
      for (const path of [folder, join(folder, '*.json')]) {
        const { code, err } = await vitrine(['import', 'fhir', path]);
        expect(code).toBe(2);
        expect(err).toContain(`expected a JSON file, or a folder that holds one, found none in ${path}`);
      }
      writeFileSync(join(folder, 'a.json'), '{}');
      const server = await nobody();
      const { code, err } = await vitrine(['import', 'fhir', folder, '--server', server]);
      expect([code, err]).toEqual([
        1,
        `vitrine: no server answers at ${server}: start it with npm start (UNAVAILABLE)\n`,
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);

  it('tells a failure as JSON where JSON was asked for', async () => {
    const { code, out } = await vitrine(['token', 'auditor', '--json', '--server', 'http://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: expect.stringContaining('no server answers') as string });
  });
});

describe('on a running server', () => {
  let running: TestVitrine;
  let environment: Record<string, string>;
  beforeAll(async () => {
    running = await TestVitrine.start();
    const { url: DATABASE_URL, ownerUrl: DATABASE_OWNER_URL } = running.database;
    environment = { DATABASE_URL, DATABASE_OWNER_URL, DATA_DIR: running.dataDir, LOG_LEVEL: 'silent' };
  });
  afterAll(() => running.stop());

  it('token prints a token that the server accepts', async () => {
    const { code, out } = await vitrine(['token', 'auditor', '--server', running.url]);
    expect(code).toBe(0);
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${out.trim()}` },
      body: '{"query":"{ me { roles } }"}',
    });
    expect(await response.json()).toEqual({ data: { me: { roles: ['AUDITOR'] } } });
  });

  it('sample adds nothing the second time', async () => {
    const { code, out } = await vitrine(['sample', '--server', running.url, '--json']);
    const { before, after } = JSON.parse(out) as { before: string; after: string };
    expect(code).toBe(0);
    expect(after).toBe(before);
    expect(Number(before)).toBeGreaterThan(100);
  });

  it('database-url prints both logins', async () => {
    const { out } = await vitrine(['database-url', '--json'], environment);
    expect(JSON.parse(out)).toEqual({ owner: running.database.ownerUrl, app: running.database.url });
    expect((await vitrine(['database-url'], environment)).out.trim()).toBe(running.database.ownerUrl);
  });

  it('verify counts the rows of all kinds before it checks the first', async () => {
    const seen: [number, number][] = [];
    const { rows } = await verifyAll(
      parseConfig({ NODE_ENV: 'test', ...environment }),
      () => undefined,
      (done, total, what) => void (what.startsWith('rows') && seen.push([done, total])),
    );
    expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([rows]));
    expect(seen.at(0)?.[0]).toBeLessThan(rows);
    expect(seen.at(-1)?.[0]).toBe(rows);
  });

  it('verify finds nothing, then exactly the row that was changed, then nothing again', async () => {
    const clean = await vitrine(['verify', '--json'], environment);
    expect([clean.code, JSON.parse(clean.out)]).toMatchObject([0, { findings: [] }]);

    const [result] = await running.tamper('SELECT id::text, entry::text FROM encounter ORDER BY id LIMIT 1');
    const { id, entry } = result?.rows[0] as { id: string; entry: string };
    const shift = (sign: string): Promise<unknown> =>
      running.tamper(
        `UPDATE encounter SET started_at = started_at ${sign} interval '1 year' WHERE id = '${id}'`,
      );
    await shift('-');
    const found = await vitrine(['verify'], environment);
    await shift('+');
    expect(found.code).toBe(1);
    const lines = found.out.split('\n').filter((line) => line.startsWith('FINDING'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`Encounter ${id}`);
    expect(lines[0]).toContain(`(entry ${entry})`);

    expect((await vitrine(['verify'], environment)).code).toBe(0);
  });
});

describe('init', () => {
  const words = [
    'init',
    '--ministry',
    'Ministry',
    '--region',
    'all',
    '--member-name',
    'First',
    '--member-subject',
    'first',
  ];

  it('begins a log once, and prints its first checkpoint', async () => {
    const database = await freshDatabase();
    const dataDir = mkdtempSync(join(tmpdir(), 'vitrine-init-'));
    const environment = {
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      LOG_ORIGIN: 'init.test/log',
      KEYS_DIR: join(dataDir, 'elsewhere'),
    };
    const before = await vitrine(['verify'], environment);
    expect([before.code, before.err]).toEqual([78, expect.stringContaining('vitrine init') as string]);

    const begun = await vitrine([...words, '--json'], environment);
    expect(begun.code).toBe(0);
    const { origin, size, checkpoint } = JSON.parse(begun.out) as Record<string, string>;
    expect([origin, size]).toEqual(['init.test/log', '3']);
    expect(checkpoint).toMatch(/^init\.test\/log\n3\n/);

    const again = await vitrine(words, environment);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('CONFLICT') as string]);
    expect((await vitrine(['verify'], environment)).code).toBe(0);
    await database.drop();
    rmSync(dataDir, { recursive: true });
  });
});
