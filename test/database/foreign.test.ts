/** A whole start on a PostgreSQL that an administrator runs, with only DATABASE_URL; skipped where none is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAll } from '../../src/cli/verify.js';
import { parseConfig } from '../../src/config.js';
import { VitrineError } from '../../src/ledger/core/error.js';
import { createLog, serve, type Config, type Serving } from '../../src/server/index.js';
import { startForeignPostgres, systemPostgres, type ForeignPostgres } from '../support/foreign-postgres.js';

const binaries = systemPostgres();
let foreign: ForeignPostgres;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-foreign-data-'));
  if (binaries !== null) foreign = await startForeignPostgres(binaries);
}, 60_000);

afterAll(async () => {
  if (binaries !== null) await foreign.stop();
  rmSync(folder, { recursive: true, force: true });
});

const configOf = (login: string, database: string): Config =>
  parseConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: join(folder, database.replace(/\W/g, '-')),
    DATABASE_URL: foreign.url(login, database),
    LOG_LEVEL: 'silent',
  });

/** Starts; each refusal says what an administrator has to run, which is run as it stands. */
async function startWithHelp(
  config: Config,
  database: string,
): Promise<{ serving: Serving; asked: string[] }> {
  const asked: string[] = [];
  for (;;) {
    try {
      return { serving: await serve({ config, log: createLog('silent') }), asked };
    } catch (error) {
      const message = error instanceof VitrineError && asked.length < 5 ? error.message : '';
      const help = /let an administrator run: (.*?)( — or .*)?$/.exec(message)?.[1];
      if (help === undefined) throw error;
      asked.push(help);
      await foreign.administer(help, database);
    }
  }
}

async function worksOn({ serving }: { serving: Serving }, config: Config): Promise<void> {
  const response = await fetch(`${serving.address}/readyz`);
  await serving.stop();
  expect(response.status).toBe(200);
  const { findings, entries } = await verifyAll(
    config,
    () => undefined,
    () => undefined,
  );
  expect([findings, entries]).toEqual([[], 3n]);
}

describe("an administrator's PostgreSQL", () => {
  beforeEach((ctx) => {
    if (binaries === null) ctx.skip('skipped: no /usr/lib/postgresql/*/bin/initdb on this machine');
  });

  it('asks an administrator for the role where the login may not make it', async () => {
    await foreign.administer('CREATE ROLE plain LOGIN PASSWORD $$plain$$');
    await foreign.administer('CREATE DATABASE plain OWNER plain');
    const config = configOf('plain', 'plain');
    const started = await startWithHelp(config, 'plain');
    expect(started.asked).toEqual(['CREATE ROLE vitrine_app NOLOGIN; GRANT vitrine_app TO "plain"']);
    await worksOn(started, config);
  }, 60_000);

  it('starts at once for a login with CREATEROLE', async () => {
    await foreign.administer('DROP DATABASE plain');
    await foreign.administer('DROP ROLE vitrine_app; CREATE ROLE maker LOGIN CREATEROLE PASSWORD $$maker$$');
    await foreign.administer('CREATE DATABASE maker OWNER maker');
    const config = configOf('maker', 'maker');
    const started = await startWithHelp(config, 'maker');
    expect(started.asked).toEqual([]);
    await worksOn(started, config);
  }, 60_000);

  it.each([
    ['that is not there', 'north', ''],
    ["of the administrator's", 'south', 'CREATE SCHEMA south'],
    [
      "of the administrator's, with rights for the login",
      'west',
      'CREATE SCHEMA west; GRANT ALL ON SCHEMA west TO guest',
    ],
  ])(
    'works in a schema %s',
    async (_name, schema, before) => {
      if (schema === 'north') {
        await foreign.administer('CREATE ROLE guest LOGIN PASSWORD $$guest$$');
        await foreign.administer('CREATE DATABASE shared');
      }
      if (before !== '') await foreign.administer(before, 'shared');
      const config = configOf('guest', `shared?schema=${schema}`);
      const started = await startWithHelp(config, 'shared');
      await worksOn(started, config);
    },
    60_000,
  );
});
