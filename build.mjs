/**
 * Builds `dist`: the Prisma client, the types of the operations, the compiler, and the command's executable bit.
 * `node build.mjs --schema` also writes what the code says into `schema/`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Runs a package's command with this Node: no shell, so that Windows needs nothing else. */
function run(label, script, args, { env = {}, mayFail = false } = {}) {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0 && !mayFail) {
    process.stderr.write(`${stdout}${stderr}build: ${label} failed\n`);
    process.exit(1);
  }
  process.stdout.write(`build: ${label}, ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

// The command line of Prisma wants an engine binary even to generate, and would download one: any file will do.
const prisma = () =>
  run('database client', 'node_modules/prisma/build/index.js', ['generate'], {
    env: {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });

const operations = (options) =>
  run(
    'operation types',
    'node_modules/@graphql-codegen/cli/cjs/bin.js',
    ['--config', 'codegen.yml'],
    options,
  );

function compile(options) {
  // A file that no source stands behind any more would otherwise be found and run.
  rmSync(`${root}dist`, { recursive: true, force: true });
  mkdirSync(`${root}dist`);
  run('compiler', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json'], options);
  chmodSync(`${root}dist/main.js`, 0o755);
}

/** Writes the emitted schemas. The client's types depend on them, so until then its sources may not compile. */
async function emit() {
  operations({ mayFail: true });
  compile({ mayFail: true });
  const { emittedSchemas } = await import('./dist/federation/index.js');
  for (const [file, text] of Object.entries(emittedSchemas())) {
    const path = `${root}schema/${file}`;
    mkdirSync(dirname(path), { recursive: true });
    const before = (() => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    })();
    writeFileSync(path, text);
    process.stdout.write(`build: schema/${file} ${before === text ? 'stands as it was' : 'written'}\n`);
  }
}

prisma();
if (process.argv.includes('--schema')) await emit();
operations();
compile();
