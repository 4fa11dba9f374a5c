/**
 * That an erased value can't be had from the database any more: not in any column of any table, and under no key that
 * the database holds, the master key included.
 */
import { createDecipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLeaf, parseOpening } from '../../src/ledger/core/index.js';
import { isErasure, openKeyStore, readErasures, systemRandom } from '../../src/ledger/index.js';
import { openBase, createLog } from '../../src/server/index.js';
import { parseConfig } from '../../src/config.js';
import { describeFindings, rows, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { amend, erase, make, register, visit } from './world.js';

const NOTE = 'Schweigepflicht-4711';
const NUMBER = 'GEHEIM-0815';

let vitrine: TestVitrine;
let patient: string;
let another: string;
let encounter: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  patient = await register(vitrine, {
    identifiers: [{ system: 'urn:secret', value: NUMBER }],
    names: [{ family: 'Unvergesslich', given: ['Olga'] }],
    label: 'HIV',
  });
  const input = { patient, expectedVersion: 1, language: 'de' };
  await make(vitrine, 'registrar.city', 'amendPatient', 'patient', input);
  encounter = await visit(vitrine, patient, { note: NOTE, payer: 'kept' });
  await amend(vitrine, encounter, 1, { note: `${NOTE}, amended` });
  await amend(vitrine, encounter, 2, { payer: 'kept still' });
  another = await register(vitrine);
});
afterAll(() => vitrine.stop());

/** Every data key that the wrapped keys of a database give under the keys that wrap them. */
async function dataKeys(): Promise<Uint8Array[]> {
  const config = parseConfig(vitrine.environment);
  const database = await openBase(config, createLog('silent'), true);
  try {
    const keys = await openKeyStore(config.keysDir, { query: database.prisma, random: systemRandom });
    const contexts = await commitments();
    const found: Uint8Array[] = [];
    const wrapped = 'SELECT key_id AS id, wrapped FROM wrapped_key';
    for (const row of await rows<{ id: string; wrapped: Buffer }>(vitrine, wrapped)) {
      const key = await keys.custodianKeyById(row.id);
      for (const context of contexts)
        try {
          found.push(key.unwrap(row.wrapped, `record/${context}`));
        } catch {
          // Another version's.
        }
    }
    expect(found.length).toBeGreaterThan(100);
    return found;
  } finally {
    await database.close();
  }
}

/** Every commitment to a sealed record that the log holds, those of versions sealed anew among them. */
async function commitments(): Promise<string[]> {
  const entries = await rows<{ leaf: Buffer; opening: Buffer }>(vitrine, 'SELECT leaf, opening FROM entry');
  return entries.flatMap(({ leaf, opening }) => {
    const { content } = parseLeaf(leaf);
    const parsed = parseOpening(opening);
    const again = isErasure(parsed) ? (parsed.detail?.['resealed'] as string[]) : [];
    return [...(content === null ? [] : [Buffer.from(content).toString('base64url')]), ...again];
  });
}

/** What a key makes of sealed bytes: GCM's stream (SP 800-38D section 6.5), without asking whether the tag holds. */
function stream(key: Uint8Array, nonce: Buffer, bytes: Buffer): string {
  const counter = Buffer.concat([nonce, Buffer.from([0, 0, 0, 2])]);
  return createDecipheriv('aes-256-ctr', key, counter).update(bytes).toString('latin1');
}

async function openedWith(keys: readonly Uint8Array[], secret: string): Promise<number> {
  const sealed = await rows<{ nonce: Buffer; bytes: Buffer }>(
    vitrine,
    'SELECT nonce, bytes FROM sealed UNION ALL SELECT nonce, bytes FROM resealed',
  );
  return sealed.filter(({ nonce, bytes }) => keys.some((key) => stream(key, nonce, bytes).includes(secret)))
    .length;
}

/** Every row of every table as text, bytes in hexadecimal. */
async function everything(): Promise<string> {
  const tables = await rows<{ name: string }>(
    vitrine,
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const texts: string[] = [];
  for (const { name } of tables)
    for (const { text } of await rows<{ text: string }>(vitrine, `SELECT t::text AS text FROM ${name} t`))
      texts.push(text);
  return texts.join('\n');
}

describe('an erased value', () => {
  it('was there before, in each version that held it', async () => {
    const keys = await dataKeys();
    expect(await openedWith(keys, NOTE)).toBe(3);
    expect(await openedWith(keys, NUMBER)).toBe(2);
    expect(await openedWith(keys, '"label":"HIV"')).toBe(2);
  });

  it('is in no table, and under no key that is left', async () => {
    const macs = await rows<{ key: string }>(
      vitrine,
      `SELECT key FROM unique_key WHERE subject = '${patient}'
      UNION ALL SELECT word FROM search_word WHERE subject = '${patient}'`,
    );
    expect(macs.length).toBeGreaterThan(1);
    await erase(vitrine, { id: encounter, expectedVersion: 3, fields: ['note'] });
    await erase(vitrine, { kind: 'PATIENT', id: patient, expectedVersion: 2 }, 'registrar.city');
    const keys = await dataKeys();
    expect(await openedWith(keys, '"payer"')).toBeGreaterThan(3);
    for (const secret of [NOTE, NUMBER, 'Unvergesslich', '"label":"HIV"'])
      expect(await openedWith(keys, secret)).toBe(0);
    const all = await everything();
    for (const secret of [NOTE, NUMBER, 'Unvergesslich', ...macs.map(({ key }) => key)])
      for (const form of [
        secret,
        Buffer.from(secret).toString('hex'),
        Buffer.from(secret).toString('base64url'),
      ])
        expect(all).not.toContain(form);
    expect(describeFindings((await verify(vitrine)).findings)).toBe('');
  });

  it('leaves no old rows of its keys behind, once they were vacuumed', async () => {
    const version = Number(await value(vitrine, `SELECT current_setting('server_version_num')`));
    expect(version).toBeGreaterThanOrEqual(170_000);
    await expect
      .poll(
        async () => {
          const [row] = await rows<{ done: boolean }>(
            vitrine,
            `SELECT bool_and(last_vacuum IS NOT NULL) AS done FROM pg_stat_user_tables
              WHERE relname IN ('wrapped_key', 'unique_key', 'search_word', 'patient', 'encounter')`,
          );
          return row?.done;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
  });

  it('leaves none behind either when it went while others were vacuumed', async () => {
    const passes = () =>
      value(vitrine, `SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'encounter'`);
    const waiting = () =>
      value(
        vitrine,
        `SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'VACUUM%report' AND wait_event_type = 'Lock'`,
      );
    const [one, other] = [await visit(vitrine, another, {}), await visit(vitrine, another, {})];
    const holder = new pg.Client({ connectionString: vitrine.database.ownerUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE report IN SHARE UPDATE EXCLUSIVE MODE');
      await erase(vitrine, { id: one });
      await expect.poll(waiting, { timeout: 20_000 }).toBe('1');
      // The encounters were passed by; then one more goes.
      const before = await passes();
      await erase(vitrine, { id: other });
      expect(await passes()).toBe(before);
      await holder.query('COMMIT');
      await expect.poll(passes, { timeout: 20_000 }).not.toBe(before);
    } finally {
      await holder.end();
    }
  });

  it('is written down beside the pin, without a word of it', async () => {
    const lines = await readErasures(vitrine.dataDir);
    expect(lines.slice(0, 2).map(({ kind, id }) => [kind, id])).toEqual([
      ['Encounter', encounter],
      ['Patient', patient],
    ]);
    expect(lines[0]?.fields).toEqual(['note']);
    expect(lines[1]?.fields).toContain('names');
    const text = await readFile(join(vitrine.dataDir, 'erasures'), 'utf8');
    for (const secret of [NOTE, NUMBER, 'Unvergesslich']) expect(text).not.toContain(secret);
  });

  it('is not in what the server answers about any version', async () => {
    for (const who of ['clinician.city', 'registrar.city', 'auditor']) {
      const query = `{ encounter(id: "${encounter}") { note history { leaf opening { bytes detail } } proof { bundle } } node(id: "${patient}") { ... on Patient { names { family } proof { bundle } history { leaf opening { bytes } } } } }`;
      const { text } = await vitrine.ask(who, query);
      for (const secret of [NOTE, NUMBER, 'Unvergesslich']) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString('base64'));
      }
    }
  });
});
