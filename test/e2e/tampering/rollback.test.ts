/**
 * The tampering table of the ledger's design: a database that went back. Each case has a server of its own, since what
 * it notices stops its log for good.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeHeader, parseHeader } from '../../../src/ledger/core/index.js';
import { ROOT } from '../../support/process.js';
import {
  alarms,
  bytea,
  copyDatabase,
  describeFindings,
  rows,
  value,
  verify,
} from '../../support/tampering.js';
import { TestVitrine } from '../../support/vitrine.js';

const PUBLIC = '{ institutions(first: 5) { edges { node { name } } } }';
const FORM = { code: 'f', title: 'A form', period: 'MONTH', dueDays: 1, validFrom: '2025-01-01' };
const INDICATORS = [{ code: 'a', label: 'A', type: 'INTEGER', required: true }];

/** A log of a few entries: the genesis and what the regulator registers. */
async function small(): Promise<TestVitrine> {
  const vitrine = await TestVitrine.start({ sample: false });
  for (const name of ['One', 'Two', 'Three']) await register(vitrine, name);
  return vitrine;
}

async function register(vitrine: TestVitrine, name: string): Promise<readonly string[]> {
  const input = { ...FORM, code: name.toLowerCase(), title: name, indicators: INDICATORS };
  return (await vitrine.mutate('regulator.one', 'defineForm', input, 'form { id }')).codes;
}

/** The last block is cut off with everything that it brought. */
const CUT_OFF = [
  'DELETE FROM form WHERE entry >= (SELECT first FROM block WHERE height = (SELECT max(height) FROM block))',
  ...['entry', 'sealed', 'wrapped_key', 'thread_entry', 'upload_request', 'unique_key', 'search_word'].map(
    (table) =>
      `DELETE FROM ${table} WHERE ${table === 'entry' ? 'index' : 'entry'} >= (SELECT first FROM block WHERE height = (SELECT max(height) FROM block))`,
  ),
  'DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM block)',
  `WITH gone AS (DELETE FROM block WHERE height = (SELECT max(height) FROM block) RETURNING *)
    UPDATE log_head SET size = gone.first, height = gone.height - 1 FROM gone`,
];

/** Nothing but the error: of every sort of question, by whoever asks. */
async function requireNothingServed(vitrine: TestVitrine, code: string): Promise<void> {
  const asked: readonly [string | null, string][] = [
    [null, PUBLIC],
    [null, '{ checkpoint { size } }'],
    [null, '{ entries(first: 3) { edges { node { index } } } }'],
    [null, '{ block(height: 0) { height } }'],
    [null, '{ entry(index: 0) { index } }'],
    ['regulator.one', '{ me { member { id } } }'],
  ];
  for (const [persona, query] of asked) {
    const answer = await vitrine.ask<Record<string, unknown>>(persona, query);
    expect(answer.codes, `${query} ${answer.text}`).toEqual([code]);
    expect(Object.values(answer.data ?? {}).filter((one) => one !== null)).toEqual([]);
  }
  expect(await register(vitrine, 'Late')).toEqual([code]);
  expect((await fetch(`${vitrine.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${vitrine.url}/healthz`)).status).toBe(200);
  expect(await alarms(vitrine, code)).toBeGreaterThan(0);
}

describe('a database that went back', () => {
  let vitrine: TestVitrine;
  afterEach(() => vitrine.stop().catch(() => undefined));

  it('is noticed by a running server when the last block is cut off, and nothing is served', async () => {
    vitrine = await small();
    await vitrine.tamper(...CUT_OFF);
    const { errors } = await vitrine.ask(null, PUBLIC);
    expect(errors[0]?.extensions.code).toBe('ROLLBACK_DETECTED');
    expect(errors[0]?.message).toContain('Restore its newest state');
    await requireNothingServed(vitrine, 'ROLLBACK_DETECTED');
  });

  it('is noticed at the next start by the pin, which says what to do', async () => {
    vitrine = await small();
    await vitrine.serving.stop();
    await vitrine.tamper(...CUT_OFF);
    await expect(vitrine.restart()).rejects.toMatchObject({
      code: 'ROLLBACK_DETECTED',
      message: expect.stringMatching(/pinned.*Restore its newest state/) as unknown,
    });
    const { findings } = await verify(vitrine);
    expect(describeFindings(findings)).toMatch(/pin: expected the size of a block/);
  });

  it('is noticed at the next start when a new block took the place of the last', async () => {
    vitrine = await small();
    const header = await rows<{ header: Buffer }>(
      vitrine,
      'SELECT header FROM block ORDER BY height DESC LIMIT 1',
    );
    const changed = {
      ...parseHeader(header[0]?.header ?? new Uint8Array()),
      time: '2099-01-01T00:00:00.000Z',
    };
    const top = 'height = (SELECT max(height) FROM block)';
    await vitrine.serving.stop();
    await vitrine.tamper(`UPDATE block SET header = ${bytea(encodeHeader(changed))} WHERE ${top}`);
    await expect(vitrine.restart()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });

  it('is noticed by a running server when the newest header is another', async () => {
    vitrine = await small();
    const header = await rows<{ header: Buffer }>(
      vitrine,
      'SELECT header FROM block ORDER BY height DESC LIMIT 1',
    );
    const changed = {
      ...parseHeader(header[0]?.header ?? new Uint8Array()),
      time: '2099-01-01T00:00:00.000Z',
    };
    const top = 'height = (SELECT max(height) FROM block)';
    await vitrine.tamper(`UPDATE block SET header = ${bytea(encodeHeader(changed))} WHERE ${top}`);
    // Whoever signs in has the head compared; a public record alone is held against what is known already.
    expect((await vitrine.ask('regulator.one', '{ me { member { id } } }')).codes).toEqual([
      'ROLLBACK_DETECTED',
    ]);
    await requireNothingServed(vitrine, 'ROLLBACK_DETECTED');
  });

  it.each([
    ['is empty', 'DELETE FROM log_head'],
    ['names an earlier end', 'UPDATE log_head SET size = size - 1, height = height - 1'],
  ])('is noticed by a running server when the head %s', async (_, sql) => {
    vitrine = await small();
    await vitrine.tamper(sql);
    await requireNothingServed(vitrine, 'ROLLBACK_DETECTED');
  });

  it('stops a running server for good when the head names entries that no block holds', async () => {
    vitrine = await small();
    await vitrine.tamper('UPDATE log_head SET size = size + 5');
    await requireNothingServed(vitrine, 'INTEGRITY_VIOLATION');
    await vitrine.tamper('UPDATE log_head SET size = size - 5');
    await requireNothingServed(vitrine, 'INTEGRITY_VIOLATION');
  });

  it('is noticed when the newest checkpoint is not the one that was signed', async () => {
    vitrine = await small();
    await vitrine.serving.stop();
    await vitrine.tamper(
      'UPDATE checkpoint SET note = (SELECT min(note) FROM checkpoint) WHERE size = (SELECT max(size) FROM checkpoint)',
    );
    await expect(vitrine.restart()).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
      message: expect.stringContaining('checkpoint') as unknown,
    });
  });

  it('is noticed when it was restored whole from yesterday', async () => {
    vitrine = await small();
    await vitrine.serving.stop();
    const at = (url: string) => {
      const copy = new URL(url);
      copy.pathname += '_yesterday';
      return copy.toString();
    };
    const { url, ownerUrl } = vitrine.database;
    const drop = await copyDatabase(ownerUrl, at(ownerUrl));
    try {
      await vitrine.restart();
      expect(await register(vitrine, 'Today')).toEqual([]);
      const yesterday = { DATABASE_URL: at(url), DATABASE_OWNER_URL: at(ownerUrl) };
      await expect(vitrine.restart(yesterday)).rejects.toMatchObject({
        code: 'ROLLBACK_DETECTED',
        message: expect.stringMatching(
          /holds \d+ entries, but \d+ were pinned.*Restore its newest state/,
        ) as unknown,
      });
      const { findings } = await verify(vitrine, yesterday);
      expect(describeFindings(findings)).toMatch(/ROLLBACK|rolled back/);
      await vitrine.restart();
      expect((await vitrine.ask(null, PUBLIC)).errors).toEqual([]);
      expect(describeFindings((await verify(vitrine)).findings)).toBe('');
    } finally {
      await drop();
    }
  });

  it('is not believed without a pin, and verify says so and makes none', async () => {
    vitrine = await small();
    await vitrine.serving.stop();
    await rm(join(vitrine.dataDir, 'pin'));
    for (let again = 0; again < 2; again++)
      expect(describeFindings((await verify(vitrine)).findings)).toContain('there is no pin');
    await expect(vitrine.restart()).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('--trust-first') as unknown,
    });
  });
});

describe('the feed', () => {
  it('ends with the reason when the log stops', async () => {
    const vitrine = await small();
    const token = await vitrine.token('regulator.one');
    const client = createClient({
      url: `${vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    try {
      const feed = client.iterate({ query: 'subscription { auditTrail(after: -1) { index } }' });
      expect((await feed.next()).value?.data).toEqual({ auditTrail: { index: '0' } });
      await vitrine.tamper(...CUT_OFF);
      await vitrine.ask('regulator.one', PUBLIC);
      const said: string[] = [];
      await (async () => {
        for await (const event of feed) said.push(JSON.stringify(event.errors ?? []));
      })().catch((error: unknown) => said.push(JSON.stringify(error)));
      expect(said.at(-1)).toContain('ROLLBACK_DETECTED');
    } finally {
      await client.dispose();
      await vitrine.stop();
    }
  });
});

describe('vitrine verify', () => {
  let vitrine: TestVitrine;
  beforeAll(async () => {
    vitrine = await small();
  });
  afterAll(() => vitrine.stop());

  const run = (...words: readonly string[]) => {
    const env = { ...process.env, ...vitrine.environment };
    return spawnSync(process.execPath, [join(ROOT, 'dist', 'main.js'), 'verify', ...words], {
      env,
      encoding: 'utf8',
    });
  };

  it('ends with 0 and says that everything holds', () => {
    const { status, stdout } = run();
    expect(stdout).toContain('everything holds');
    expect(status).toBe(0);
  });

  it('ends with 1 and names what, where and since which entry, as text and as JSON', async () => {
    const entry = await value(vitrine, 'SELECT entry FROM form ORDER BY entry LIMIT 1');
    const id = await value(vitrine, `SELECT id FROM form WHERE entry = ${entry}`);
    await vitrine.tamper(
      `UPDATE sealed SET bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1) WHERE entry = ${entry}`,
    );
    const text = run();
    expect(text.status).toBe(1);
    expect(text.stdout).toContain(
      `FINDING Form ${id}: the sealed bytes do not open under its entry (entry ${entry})`,
    );
    const json = run('--json');
    expect(json.status).toBe(1);
    const { findings } = JSON.parse(json.stdout) as { findings: unknown[] };
    expect(findings).toEqual([
      { what: 'the sealed bytes do not open under its entry', where: `Form ${id}`, entry },
    ]);
  });
});
