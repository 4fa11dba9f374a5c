/** Erasures and what may go wrong around them: a line that can't be written, a crash, a database from a backup. */
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.js';
import { KINDS } from '../../src/federation/index.js';
import { readErasures, systemRandom } from '../../src/ledger/index.js';
import { createLog, openSystem } from '../../src/server/index.js';
import { replayErasure } from '../../src/uploads/index.js';
import { copyDatabase, describeFindings, rows, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { amend, confirm, erase, register, request, visit } from './world.js';

let vitrine: TestVitrine;
let patient: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  patient = await register(vitrine);
});
afterAll(() => vitrine.stop());

const file = () => join(vitrine.dataDir, 'erasures');
const clean = async (settings = {}) =>
  expect(describeFindings((await verify(vitrine, settings)).findings)).toBe('');

describe('the file of erasures', () => {
  it('is written before an erasure is acknowledged', async () => {
    const id = await visit(vitrine, patient, { note: 'unwritten' });
    const asked = await request(vitrine, 'clinician.city', { id });
    const erasure = asked.data?.eraseRecord.erasure?.id;
    await mkdir(file()); // a folder in its place: it can't be written
    const requestId = randomUUID();
    expect((await confirm(vitrine, 'regulator.one', erasure, { requestId })).codes).toEqual(['UNAVAILABLE']);
    expect((await confirm(vitrine, 'regulator.one', erasure, { requestId })).codes).toEqual(['UNAVAILABLE']);
    await rmdir(file());
    const done = await confirm(vitrine, 'regulator.one', erasure, { requestId });
    expect(done.data?.confirmErasure).toMatchObject({ repeated: true, erasure: { state: 'CONFIRMED' } });
    expect(await readErasures(vitrine.dataDir)).toMatchObject([{ kind: 'Encounter', id }]);
  });

  it('gets at the next start what a crash left out, also behind a line that was cut short', async () => {
    const id = await visit(vitrine, patient, { note: 'crashed' });
    await erase(vitrine, { id, fields: ['note'] });
    const whole = await readFile(file(), 'utf8');
    for (const text of ['', whole.slice(0, -20), whole.slice(0, whole.indexOf('\n') + 1)]) {
      await vitrine.serving.stop();
      await writeFile(file(), text);
      await vitrine.restart();
      const lines = await readErasures(vitrine.dataDir);
      expect(new Set(lines.map((line) => line.id)).size).toBe(2);
      expect(lines.find((line) => line.id === id)).toMatchObject({ kind: 'Encounter', fields: ['note'] });
    }
    await appendFile(file(), 'not a line\n');
    await vitrine.restart();
    expect(await readErasures(vitrine.dataDir)).toHaveLength(2);
  });
});

describe('a database from a backup', () => {
  it('forgets again what was erased since, once, however often it is asked, and nothing written later', async () => {
    const plain = await visit(vitrine, patient, { note: 'in the backup', payer: 'kept' });
    await amend(vitrine, plain, 1, { note: 'in the backup, amended' });
    const whole = await register(vitrine);
    await vitrine.serving.stop();
    const { url, ownerUrl } = vitrine.database;
    const at = (address: string): string => `${address}_backup`;
    const drop = await copyDatabase(ownerUrl, at(ownerUrl));
    try {
      await vitrine.restart();
      await erase(vitrine, { id: plain, expectedVersion: 2, fields: ['note'] });
      await amend(vitrine, plain, 3, { note: 'after the backup, too' });
      await erase(vitrine, { id: plain, expectedVersion: 4, fields: ['note'] });
      await erase(vitrine, { kind: 'PATIENT', id: whole });
      const later = await visit(vitrine, patient, { note: 'after the backup' });
      await erase(vitrine, { id: later });
      await vitrine.serving.stop();
      const pin = await readFile(join(vitrine.dataDir, 'pin'), 'utf8');
      await rm(join(vitrine.dataDir, 'pin'));
      const settings = { DATABASE_URL: at(url), DATABASE_OWNER_URL: at(ownerUrl) };
      const config = parseConfig({ ...vitrine.environment, ...settings });
      const clock = () => new Date();
      const lines = await readErasures(vitrine.dataDir);
      const replay = async (): Promise<Record<string, string>> => {
        const opened = await openSystem({ config, log: createLog('silent'), clock, trustFirst: true });
        try {
          const { ledger, system } = opened;
          const deps = { ledger, store: system.store, kinds: KINDS, random: systemRandom, clock };
          const done: Record<string, string> = {};
          for (const line of lines) done[line.id] = await replayErasure(deps, line);
          return done;
        } finally {
          await opened.closing.close();
        }
      };
      // Opening the system did them again, each once: the next version of `plain` is its fourth.
      expect(await replay()).toMatchObject({ [plain]: 'standing', [whole]: 'standing', [later]: 'absent' });
      await vitrine.restart(settings);
      await amend(vitrine, plain, 3, { note: 'written since' });
      await vitrine.serving.stop();
      expect(await replay()).toMatchObject({ [plain]: 'standing', [whole]: 'standing', [later]: 'absent' });
      await vitrine.restart(settings);
      const { data } = await vitrine.ask<{ encounter: object; patient: object }>(
        'clinician.city',
        `{ encounter(id: "${plain}") { note payer version } patient(id: "${whole}") { names { family } erased { whole } } }`,
      );
      expect(data).toEqual({
        encounter: { note: 'written since', payer: 'kept', version: 4 },
        patient: { names: null, erased: { whole: true } },
      });
      await clean(settings);
      await vitrine.serving.stop();
      await writeFile(join(vitrine.dataDir, 'pin'), pin);
    } finally {
      await vitrine.restart();
      await drop();
    }
    const dead = await rows(vitrine, `SELECT 1 FROM encounter WHERE id = '${plain}' AND version = 5`);
    expect(dead).toHaveLength(1);
    expect(Number(await value(vitrine, 'SELECT count(*) FROM resealed'))).toBeGreaterThan(4);
  });
});
