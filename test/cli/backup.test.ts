/** Backups and restores of a system that runs: real tables, real files, real keys. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp, type BackupSummary } from '../../src/cli/backup/backup.js';
import type { Manifest } from '../../src/cli/backup/manifest.js';
import { restore, type RestoreSummary } from '../../src/cli/backup/restore.js';
import { run } from '../../src/cli/program.js';
import { parseConfig, type Config } from '../../src/config.js';
import { createLog, openSystem } from '../../src/server/index.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

const log = createLog('silent');
const ignore = (): void => undefined;

let folder: string;
let vitrine: TestVitrine;
let backup: BackupSummary;
const databases: TestDatabase[] = [];

function configOf(database: TestDatabase, dataDir: string, keysDir: string): Config {
  const { url: DATABASE_URL, ownerUrl: DATABASE_OWNER_URL } = database;
  return parseConfig({
    NODE_ENV: 'test',
    DATABASE_URL,
    DATABASE_OWNER_URL,
    DATA_DIR: dataDir,
    KEYS_DIR: keysDir,
    LOG_LEVEL: 'silent',
  });
}

const source = (): Config => configOf(vitrine.database, vitrine.dataDir, join(vitrine.dataDir, 'keys'));

/** An empty database and a data folder without a pin, under the source's keys unless others are named. */
async function empty(
  keysDir = join(vitrine.dataDir, 'keys'),
): Promise<{ config: Config; database: TestDatabase }> {
  const database = await freshDatabase();
  databases.push(database);
  return { config: configOf(database, await mkdtemp(join(folder, 'data-')), keysDir), database };
}

const into = (
  config: Config,
  from = backup.folder,
  more: { keysFrom?: string } = {},
): Promise<RestoreSummary> => restore({ config, log, from, ...more, onProgress: ignore, onFinding: ignore });

async function ask<T extends object>(database: TestDatabase, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Rows of each table, as text without what names a transaction of the cluster. */
async function contents(database: TestDatabase): Promise<Record<string, readonly string[]>> {
  const tables = await ask<{ name: string }>(
    database,
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname NOT IN ('_prisma_migrations', 'restore') ORDER BY 1`,
  );
  const all: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const rows = await ask<{ row: string }>(
      database,
      `SELECT (to_jsonb(t) - 'txid')::text AS row FROM "${name}" t ORDER BY 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

/** A copy of the backup in which one thing was changed. */
async function changed(change: (copy: string) => Promise<void>): Promise<string> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await cp(backup.folder, copy, { recursive: true });
  await change(copy);
  return copy;
}

async function editManifest(copy: string, edit: (manifest: Manifest) => object): Promise<void> {
  const path = join(copy, 'manifest.json');
  const text = JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')) as Manifest));
  await writeFile(path, text);
  await writeFile(`${path}.sha256`, `${createHash('sha256').update(text).digest('hex')}  manifest.json\n`);
}

/** Rewrites a table's file as somebody would who can compute hashes. */
async function forge(copy: string, name: string, edit: (lines: string[]) => string[]): Promise<void> {
  const path = join(copy, 'tables', `${name}.jsonl.gz`);
  const lines = edit(
    gunzipSync(await readFile(path))
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
  );
  const bytes = gzipSync(lines.map((line) => `${line}\n`).join(''));
  await writeFile(path, bytes);
  await editManifest(copy, (manifest) => {
    const table = manifest.tables.find((one) => one.name === name);
    if (table === undefined) throw new Error(`no table ${name}`);
    table.rows = String(lines.length);
    table.bytes = String(bytes.length);
    table.sha256 = createHash('sha256').update(bytes).digest('hex');
    return manifest;
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-backup-'));
  vitrine = await TestVitrine.start();
  // What JSON and lines could get wrong: separators that end a line elsewhere, a number beyond 2^53, a tab, a quote.
  await vitrine.tamper(
    String.raw`INSERT INTO alarm (code, what, position) VALUES ('TEST', E'a\u2028b\u2029c\nd\te"f\\g', 9007199254740993)`,
  );
  backup = await backUp({ config: source(), log, to: join(folder, 'first'), onProgress: ignore });
}, 120_000);

afterAll(async () => {
  await vitrine.stop();
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('a backup', () => {
  it('holds every table of the database but those that are a database of its own', async () => {
    const { tables } = JSON.parse(await readFile(join(backup.folder, 'manifest.json'), 'utf8')) as Manifest;
    const there = await contents(vitrine.database);
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(there));
    expect(Object.fromEntries(tables.map(({ name, rows }) => [name, Number(rows)]))).toEqual(
      Object.fromEntries(Object.entries(there).map(([name, rows]) => [name, rows.length])),
    );
  });

  it('keeps every column but the one that names a transaction of the cluster', async () => {
    const { tables } = JSON.parse(await readFile(join(backup.folder, 'manifest.json'), 'utf8')) as Manifest;
    const columns = await ask<{ name: string }>(
      vitrine.database,
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name NOT IN ('_prisma_migrations', 'restore')`,
    );
    const kept = tables.flatMap(({ name, columns: of }) => of.map((column) => `${name}.${column}`));
    expect([...kept, 'entry.txid'].sort()).toEqual(columns.map(({ name }) => name).sort());
  });

  it('names the size, root and checkpoint that the running log has', async () => {
    expect(backup.size).toBe(vitrine.serving.ledger.trusted.size);
    const { log: said } = JSON.parse(
      await readFile(join(backup.folder, 'manifest.json'), 'utf8'),
    ) as Manifest;
    expect(said.checkpoint).toBe(await vitrine.serving.ledger.checkpoint());
    expect(said.checkpoint).toContain(`${said.size}\n${said.root}\n`);
  });

  it('is for its owner alone, and holds neither a key nor the pin', async () => {
    const files = await readdir(backup.folder, { recursive: true, withFileTypes: true });
    for (const file of files) {
      const { mode } = await stat(join(file.parentPath, file.name));
      expect(mode & 0o077).toBe(0);
    }
    const names = files.filter((file) => file.isFile()).map(({ name }) => name);
    expect(names.filter((name) => !name.endsWith('.jsonl.gz')).sort()).toEqual([
      'manifest.json',
      'manifest.json.sha256',
    ]);
    const text = await readFile(join(backup.folder, 'manifest.json'), 'utf8');
    for (const use of ['master', 'log', 'service']) {
      const file = await readFile(join(vitrine.dataDir, 'keys', `${use}.json`), 'utf8');
      expect(text).not.toContain((JSON.parse(file) as { key: string }).key);
    }
  });

  it('refuses a folder that is there already, and leaves it as it is', async () => {
    const before = await readFile(join(backup.folder, 'manifest.json'), 'utf8');
    const again = backUp({ config: source(), log, to: backup.folder, onProgress: ignore });
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readFile(join(backup.folder, 'manifest.json'), 'utf8')).toBe(before);
  });

  it('leaves nothing behind when it fails halfway', async () => {
    const failing = backUp({
      config: source(),
      log,
      to: join(folder, 'failing'),
      onProgress: (done) => {
        if (done > 3) throw new Error('the disk is full');
      },
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect((await readdir(folder)).filter((name) => name.includes('failing'))).toEqual([]);
  });

  it('is refused while the log does not verify', async () => {
    const [row] = await ask<{ note: string }>(
      vitrine.database,
      'SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1',
    );
    const of = 'size = (SELECT max(size) FROM checkpoint)';
    await vitrine.tamper(`UPDATE checkpoint SET note = replace(note, '—', '--') WHERE ${of}`);
    try {
      const made = backUp({ config: source(), log, to: join(folder, 'bad'), onProgress: ignore });
      await expect(made).rejects.toMatchObject({ name: 'VitrineError' });
      await expect(stat(join(folder, 'bad'))).rejects.toThrow('ENOENT');
    } finally {
      await vitrine.tamper(`UPDATE checkpoint SET note = '${row?.note ?? ''}' WHERE ${of}`);
    }
  });

  it('is one moment of the log while others write to it', async () => {
    let [writing, written] = [true, 0];
    const writer = (async () => {
      for (; writing; written += 1) {
        const programme = {
          code: `P-${written}`,
          title: 'Under load',
          budget: { amount: 10, currency: 'EUR' },
        };
        const { codes } = await vitrine.mutate(
          'regulator.one',
          'createProgramme',
          programme,
          'receipt { index }',
        );
        expect(codes).toEqual([]);
      }
    })();
    await until('the load is under way', () => written > 5);
    const before = vitrine.serving.ledger.trusted.size;
    const made = await backUp({ config: source(), log, to: join(folder, 'load'), onProgress: ignore });
    const after = written;
    await until('more was written', () => written > after + 2);
    writing = false;
    await writer;
    expect(made.size).toBeGreaterThanOrEqual(before);
    const { config } = await empty();
    expect(await into(config, made.folder)).toMatchObject({ size: made.size, findings: [] });
  });
});

describe('a restore', () => {
  it('gives every row back as it was, and the system opens on it', async () => {
    const before = await contents(vitrine.database);
    const made = await backUp({ config: source(), log, to: join(folder, 'whole'), onProgress: ignore });
    const { config, database } = await empty();
    const summary = await into(config, made.folder);
    expect(summary).toMatchObject({ id: made.id, size: made.size, findings: [], standing: 'NO_PIN' });
    expect(await contents(database)).toEqual(before);
    expect(before['alarm']?.some((row) => row.includes('9007199254740993'))).toBe(true);
    const open = await openSystem({ config, log, clock: () => new Date(), trustFirst: true });
    expect(open.ledger.trusted.size).toBe(made.size);
    await open.closing.close();
  });

  it('lets numbered rows go on behind the highest', async () => {
    const { config, database } = await empty();
    await into(config);
    await ask(database, `INSERT INTO alarm (code, what) VALUES ('TEST', 'next')`);
    const [row] = await ask<{ fine: boolean }>(
      database,
      `SELECT bool_and(id < (SELECT id FROM alarm WHERE what = 'next')) AS fine FROM alarm WHERE what <> 'next'`,
    );
    expect(row?.fine).toBe(true);
  });

  it('lets no row cite a restored entry, as in the database that it came from', async () => {
    const { config, database } = await empty();
    await into(config);
    const cites = `INSERT INTO sealed (entry, kind, id, version, nonce, bytes)
      SELECT 0, kind, id, version, nonce, bytes FROM sealed ORDER BY entry LIMIT 1`;
    await expect(ask(database, cites)).rejects.toMatchObject({ code: 'VT002' });
  });

  it('says whether the pin of the machine agrees', async () => {
    const { config } = await empty();
    await cp(join(vitrine.dataDir, 'pin'), join(config.dataDir, 'pin'));
    const programme = { code: 'AFTER', title: 'After', budget: { amount: 10, currency: 'EUR' } };
    const made = await backUp({ config: source(), log, to: join(folder, 'equal'), onProgress: ignore });
    await cp(join(vitrine.dataDir, 'pin'), join(config.dataDir, 'pin'));
    expect(await into(config, made.folder)).toMatchObject({ standing: 'READY', pinned: made.size });
    const equal = await openSystem({ config, log, clock: () => new Date() });
    await equal.closing.close();
    await vitrine.mutate('regulator.one', 'createProgramme', programme, 'receipt { index }');
    const behind = await empty();
    await cp(join(vitrine.dataDir, 'pin'), join(behind.config.dataDir, 'pin'));
    expect(await into(behind.config, made.folder)).toMatchObject({ standing: 'ROLLED_BACK', findings: [] });
    const start = openSystem({ config: behind.config, log, clock: () => new Date() });
    await expect(start).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
  });

  it('needs an empty database', async () => {
    await expect(into(source())).rejects.toMatchObject({ code: 'CONFLICT' });
    const { config } = await empty();
    await into(config);
    await expect(into(config)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it.each<[string, string, (copy: string) => Promise<void>]>([
    ['a flipped bit', 'INTEGRITY_VIOLATION', (copy) => flip(join(copy, 'tables', 'entry.jsonl.gz'))],
    [
      'a file cut off',
      'INTEGRITY_VIOLATION',
      (copy) => truncate(join(copy, 'tables', 'sealed.jsonl.gz'), 100),
    ],
    ['a file missing', 'INTEGRITY_VIOLATION', (copy) => rm(join(copy, 'tables', 'counter.jsonl.gz'))],
    ['a changed manifest', 'INTEGRITY_VIOLATION', (copy) => flip(join(copy, 'manifest.json'))],
    ['no manifest', 'BAD_USER_INPUT', (copy) => rm(join(copy, 'manifest.json'))],
    [
      'a newer format',
      'BAD_USER_INPUT',
      (copy) => editManifest(copy, (manifest) => ({ ...manifest, format: 2, more: true })),
    ],
    ['another file', 'BAD_USER_INPUT', (copy) => editManifest(copy, () => ({ name: 'package' }))],
    [
      'a file outside its folder',
      'INTEGRITY_VIOLATION',
      (copy) =>
        editManifest(copy, (manifest) => ({
          ...manifest,
          tables: manifest.tables.map((table) => ({ ...table, file: `tables/../../${table.name}` })),
        })),
    ],
    [
      'tables of another build',
      'NOT_CONFIGURED',
      (copy) => editManifest(copy, (manifest) => ({ ...manifest, migrations: manifest.migrations.slice(1) })),
    ],
    [
      'a table left out',
      'NOT_CONFIGURED',
      (copy) => editManifest(copy, (manifest) => ({ ...manifest, tables: manifest.tables.slice(1) })),
    ],
    [
      'another size than its checkpoint says',
      'INTEGRITY_VIOLATION',
      (copy) => editManifest(copy, ({ log: of, ...rest }) => ({ ...rest, log: { ...of, size: '3' } })),
    ],
    ['a row that is none', 'INTEGRITY_VIOLATION', (copy) => forge(copy, 'counter', () => ['{"id": null}'])],
    ['a line that is no JSON', 'INTEGRITY_VIOLATION', (copy) => forge(copy, 'counter', () => ['nonsense'])],
  ])('refuses %s with %s and leaves the database empty', async (_name, code, change) => {
    const { config, database } = await empty();
    await expect(into(config, await changed(change))).rejects.toMatchObject({ name: 'VitrineError', code });
    expect(await ask(database, 'SELECT FROM entry')).toEqual([]);
  });

  it('that was interrupted lets nothing start, and goes on when it is run again', async () => {
    const { config, database } = await empty();
    const interrupted = restore({
      config,
      log,
      from: backup.folder,
      onFinding: ignore,
      onProgress: (_done, _total, what) => {
        if (what.startsWith('rows loaded')) throw new Error('killed');
      },
    });
    await expect(interrupted).rejects.toThrow('killed');
    expect(await ask(database, 'SELECT FROM entry')).toEqual([]);
    const genesis = { ministry: { name: 'M', region: 'r' }, member: { name: 'A', subject: 'a' } };
    const start = (): Promise<unknown> => openSystem({ config, log, clock: () => new Date(), genesis });
    await expect(start()).rejects.toThrow("isn't done");
    // Killed after the rows were committed, before they were verified.
    const loaded = restore({
      config,
      log,
      from: backup.folder,
      onFinding: ignore,
      onProgress: (_done, _total, what) => {
        if (what === 'entries') throw new Error('killed');
      },
    });
    await expect(loaded).rejects.toThrow('killed');
    expect((await ask(database, 'SELECT FROM entry')).length).toBeGreaterThan(100);
    await expect(start()).rejects.toThrow("isn't done");
    expect(await into(config)).toMatchObject({ findings: [], standing: 'NO_PIN' });
    const open = await openSystem({ config, log, clock: () => new Date(), trustFirst: true });
    await open.closing.close();
  });

  it('of forged rows is not done, says what does not hold, and lets nothing start', async () => {
    const copy = await changed((folderOf) =>
      forge(folderOf, 'institution', (lines) => lines.map((line) => line.replace('City', 'Pity'))),
    );
    const { config } = await empty();
    const summary = await into(config, copy);
    expect(summary.findings.length).toBeGreaterThan(0);
    const start = openSystem({ config, log, clock: () => new Date(), trustFirst: true });
    await expect(start).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    // What was verified is another backup's word: the true one needs a database of its own.
    await expect(into(config)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('the keys', () => {
  it('are exported for their owner alone, apart from the backup, and put back from there', async () => {
    const to = join(folder, 'keys-out');
    const at = join(folder, 'with-keys');
    const inside = backUp({ config: source(), log, to: at, keysTo: join(at, 'keys'), onProgress: ignore });
    await expect(inside).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const made = await backUp({ config: source(), log, to: at, keysTo: to, onProgress: ignore });
    expect(made.keys).toBe(to);
    for (const name of await readdir(to)) expect((await stat(join(to, name))).mode & 0o777).toBe(0o600);
    const { config } = await empty(join(folder, 'keys-in'));
    expect(await into(config, made.folder, { keysFrom: to })).toMatchObject({ findings: [] });
    expect(await readFile(join(config.keysDir, 'master.json'))).toEqual(
      await readFile(join(to, 'master.json')),
    );
  });

  it("of another log are refused before a row is loaded, and another master key's before it is done", async () => {
    const other = join(folder, 'keys-other');
    await cp(join(vitrine.dataDir, 'keys'), other, { recursive: true });
    await rekey(join(other, 'log.json'));
    const foreign = await empty(other);
    await expect(into(foreign.config)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(await ask(foreign.database, 'SELECT FROM entry')).toEqual([]);
    await cp(join(vitrine.dataDir, 'keys', 'log.json'), join(other, 'log.json'));
    await rekey(join(other, 'master.json'));
    const locked = await empty(other);
    const summary = await into(locked.config);
    expect(JSON.stringify(summary.findings)).toContain('master key');
    await cp(join(vitrine.dataDir, 'keys', 'master.json'), join(other, 'master.json'));
    expect(await into(locked.config)).toMatchObject({ findings: [] });
  });

  it('that are missing are named', async () => {
    const { config } = await empty(join(folder, 'keys-none'));
    await expect(into(config)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });
});

describe('the commands', () => {
  it('tell their outcome as JSON, and end with what it means', async () => {
    const { config } = await empty();
    const [made, restored] = [join(folder, 'by-command'), config] as const;
    const base = { NODE_ENV: 'test', LOG_LEVEL: 'silent' };
    const from = { ...base, ...environmentOf(source()) };
    expect(await command(['backup', '--to', made, '--json'], from)).toMatchObject({ code: 0 });
    const again = await command(['backup', '--to', made], from);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('CONFLICT') as string });
    const { code, out, err } = await command(['restore', '--from', made], {
      ...base,
      ...environmentOf(restored),
    });
    expect([code, out]).toEqual([0, expect.stringContaining('everything holds') as string]);
    expect(err).toContain('--trust-first');
    expect((await command(['restore'], base)).code).toBe(2);
  });
});

function environmentOf({ databaseUrl, databaseOwnerUrl, dataDir, keysDir }: Config): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl ?? '',
    DATABASE_OWNER_URL: databaseOwnerUrl ?? '',
    DATA_DIR: dataDir,
    KEYS_DIR: keysDir,
  };
}

async function command(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number; out: string; err: string }> {
  const { vi } = await import('vitest');
  let [out, err] = ['', ''];
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  try {
    return { code: await run(['node', 'vitrine', ...words]), out, err };
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Another key in the same file. */
async function rekey(path: string): Promise<void> {
  const content = JSON.parse(await readFile(path, 'utf8')) as object;
  const key = createHash('sha256').update(path).digest('base64url');
  await writeFile(path, JSON.stringify({ ...content, key }), { mode: 0o600 });
}
