/**
 * Writes migrations from the *.prisma files, with Prisma's engine as WebAssembly (no download, no database).
 *
 *   npm run migration            until the first release: writes 00000000000001_init anew, and the list of guarded
 *                                domain tables at the end of 00000000000002_guards
 *   npm run migration -- --check says with exit code 1 that those two are out of date, and writes nothing
 *   npm run migration -- <name>  afterwards: a new migration, from the migrations there are to the *.prisma files; needs
 *                                an empty scratch PostgreSQL in MIGRATION_DATABASE_URL
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';

const here = dirname(fileURLToPath(import.meta.url));
const migrations = join(here, 'migrations');
const INIT = '00000000000001_init';
const GUARDS = '00000000000002_guards';
const MARK = '-- Guarded domain tables, written by prisma/migration.mjs. Nothing below this line by hand.';

async function loadEngine(url) {
  const binding = '@prisma/schema-engine-wasm/schema_engine_bg';
  const file = createRequire(import.meta.url)
    .resolve(binding)
    .replace(/\.js$/, '.wasm');
  const module = await import(binding);
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': module,
  });
  module.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const factory = url === undefined ? nowhere : wholeScripts(new PrismaPg({ connectionString: url, max: 1 }));
  return module.SchemaEngine.new(
    { datamodels: undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** The engine asks a database for its version before it does anything; a diff from nothing needs no more of one. */
const nowhere = {
  provider: 'postgres',
  adapterName: 'none',
  connect: async () => ({
    provider: 'postgres',
    adapterName: 'none',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({ columnNames: [], columnTypes: [], rows: [] }),
    executeRaw: async () => 0,
    executeScript: async () => undefined,
    dispose: async () => undefined,
  }),
  connectToShadowDb: () => nowhere.connect(),
};

/** The adapter cuts scripts at every semicolon, function bodies too: here a script is one query. */
function wholeScripts(factory) {
  for (const method of ['connect', 'connectToShadowDb']) {
    const original = factory[method].bind(factory);
    factory[method] = async () => {
      const adapter = await original();
      const cut = adapter.executeScript.bind(adapter);
      const whole = (script) => adapter.underlyingDriver().query(script);
      adapter.executeScript = (script) =>
        /^(CREATE|DROP) DATABASE/.test(script) ? cut(script) : whole(script);
      return adapter;
    };
  }
  return factory;
}

async function schemaFiles() {
  const names = (await readdir(here)).filter((name) => name.endsWith('.prisma')).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: join(here, name),
      content: await readFile(join(here, name), 'utf8'),
    })),
  );
}

async function migrationDirectories() {
  const entries = await readdir(migrations, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: await readFile(join(migrations, path, 'migration.sql'), 'utf8') },
      },
    })),
  );
}

async function startingPoint(fresh) {
  if (fresh) return { tag: 'empty' };
  const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' };
  const list = { baseDir: migrations, lockfile, shadowDbInitScript: '' };
  return { tag: 'migrations', ...list, migrationDirectories: await migrationDirectories() };
}

/** Tables of record kinds: those whose rows cite one entry and have a custodian. */
function domainTables(files) {
  return files
    .flatMap(({ content }) => [...content.matchAll(/^model\s+\w+\s*\{([\s\S]*?)^\}/gm)])
    .map(([, body]) => body)
    .filter((body) => /^\s*custodian\s/m.test(body) && /^\s*entry\s+BigInt\b.*@unique/m.test(body))
    .map((body) => body.match(/@@map\("(\w+)"\)/)?.[1])
    .filter((table) => table !== undefined)
    .sort();
}

async function write(name, sql) {
  const path = join(migrations, name, 'migration.sql');
  if (check) {
    const before = await readFile(path, 'utf8').catch(() => '');
    if (before === sql) return;
    console.error(`prisma/migrations/${name} is out of date: npm run migration`);
    process.exitCode = 1;
    return;
  }
  await mkdir(join(migrations, name), { recursive: true });
  await writeFile(path, sql);
  console.log(`wrote prisma/migrations/${name}/migration.sql`);
}

async function writeGuardList(files) {
  const path = join(migrations, GUARDS, 'migration.sql');
  const [head] = (await readFile(path, 'utf8')).split(MARK);
  const calls = domainTables(files).map((table) => `SELECT vitrine_guard_record('${table}');`);
  await write(GUARDS, [`${head}${MARK}`, ...calls, ''].join('\n'));
}

const check = process.argv[2] === '--check';
const name = check ? undefined : process.argv[2];
const fresh = name === undefined;
const url = fresh ? undefined : process.env.MIGRATION_DATABASE_URL;
if (!fresh && url === undefined) {
  console.error('a migration after the first needs an empty scratch PostgreSQL: set MIGRATION_DATABASE_URL');
  process.exit(2);
}
if (!fresh && !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error(`a migration's name is of a-z, 0-9 and _, got ${name}`);
  process.exit(2);
}
if (!check) await writeFile(join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n');
const files = await schemaFiles();
const engine = await loadEngine(url);
const diff = await engine.diff({
  from: await startingPoint(fresh),
  to: { tag: 'schemaDatamodel', files },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
// The schema is there already, and creating it, even IF NOT EXISTS, needs rights on the database.
const sql = (diff.stdout ?? '').replace(/-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n+/, '');
if (fresh) {
  await write(INIT, sql);
  await writeGuardList(files);
} else if (sql.trim() === '' || /^-- This is an empty migration/.test(sql.trim())) {
  console.log('nothing to write: the migrations and the *.prisma files agree');
} else {
  await write(`${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`, sql);
}
