import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_POINTS, type FaultPoint, type Ledger, openLedger } from '../../src/ledger/index.js';
import { Bench, entry } from './support.js';

let bench: Bench;
let ledger: Ledger;
let broken: FaultPoint | undefined;
/** Times the fault happens before all is well again. */
let times = 0;

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create({
    faults: (point) => {
      if (point !== broken || times === 0) return;
      times -= 1;
      throw new Error(`broken ${point}`);
    },
  }));
});
afterAll(() => bench.drop());

describe('a fault around the commit', () => {
  it.each(FAULT_POINTS)('%s leaves the entry on the log once, and under a checkpoint', async (point) => {
    const wish = await entry(ledger);
    const size = await ledger.sync();
    [broken, times] = [point, 1];
    const first = await ledger.append([wish]).catch((error: unknown) => error);
    const again = await ledger.append([wish]);
    expect(again).toEqual([{ index: size, block: ledger.trusted.state.height, repeated: true }]);
    if (Array.isArray(first)) expect(again).toMatchObject(first);
    else expect(first).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await ledger.sync()).toBe(size + 1n);
    expect(await readFile(join(bench.dataDir, 'pin'), 'utf8')).toBe(await ledger.checkpoint(size + 1n));
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it('leaves an unsigned tail, which the next start signs', async () => {
    const size = await ledger.sync();
    await bench.tamper('ALTER TABLE checkpoint RENAME TO mislaid');
    await expect(ledger.append([await entry(ledger)])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await bench.tamper('ALTER TABLE mislaid RENAME TO checkpoint');
    const next = await bench.open();
    expect(next.trusted.size).toBe(size + 1n);
    expect(await next.checkpoint(size + 1n)).toContain(`\n${size + 1n}\n`);
  });

  it('stops on a checkpoint that is not its own', async () => {
    const size = await ledger.sync();
    await bench.tamper(`INSERT INTO checkpoint VALUES (${size + 1n}, 'another')`);
    await expect(ledger.append([await entry(ledger)])).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
      details: { what: 'checkpoint' },
    });
    await expect(ledger.sync()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });
});

describe('a first start that died before it pinned its genesis', () => {
  it('needs no person: the next one finds the genesis and pins it', async () => {
    const { bench: fresh, ledger: first } = await Bench.create();
    try {
      const note = await first.checkpoint();
      await rm(join(fresh.dataDir, 'pin'));
      await fresh.open();
      expect(await readFile(join(fresh.dataDir, 'pin'), 'utf8')).toBe(note);
    } finally {
      await fresh.drop();
    }
  });
});

describe('a database that went back', () => {
  it('is refused by a running process and by the next start, and needs a person without a pin', async () => {
    const { bench: fresh, ledger: running } = await Bench.create();
    try {
      await running.append([await entry(running)]);
      await fresh.tamper('CREATE TABLE yesterday AS SELECT * FROM block');
      for (let i = 0; i < 3; i++) await running.append([await entry(running)]);
      await fresh.tamper(`
        DELETE FROM block WHERE height NOT IN (SELECT height FROM yesterday);
        DELETE FROM entry WHERE block NOT IN (SELECT height FROM yesterday);
        DELETE FROM thread_entry WHERE entry NOT IN (SELECT index FROM entry);
        DELETE FROM upload_request WHERE entry NOT IN (SELECT index FROM entry);
        DELETE FROM form WHERE entry NOT IN (SELECT index FROM entry);
        DELETE FROM checkpoint WHERE size > (SELECT max(size) FROM yesterday);
        UPDATE log_head SET size = (SELECT max(size) FROM yesterday), height = (SELECT max(height) FROM yesterday)`);
      const alarms: string[] = [];
      running.onAlarm(({ code }) => alarms.push(code));
      await expect(running.sync()).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
      await expect(running.append([await entry(running)])).rejects.toMatchObject({
        code: 'ROLLBACK_DETECTED',
      });
      expect(alarms).toEqual(['ROLLBACK_DETECTED']);
      await expect(fresh.open()).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
      const pin = join(fresh.dataDir, 'pin');
      const pinned = await readFile(pin, 'utf8');
      await rm(pin);
      await expect(fresh.open()).rejects.toThrowError(/--trust-first/);
      const trusting = await fresh.open({ trustFirst: true });
      expect(trusting.trusted.size).toBe(3n);
      for (let i = 0; i < 4; i++) await trusting.append([await entry(trusting)]);
      // Long enough again, but not with the entries that were pinned.
      await writeFile(pin, pinned);
      await expect(fresh.open()).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
    } finally {
      await fresh.drop();
    }
  });
});

describe('a running process', () => {
  it('notices another block at the height that it knows', async () => {
    const { bench: fresh, ledger: running } = await Bench.create();
    try {
      await running.append([await entry(running)]);
      await fresh.tamper(
        'UPDATE block SET header = (SELECT header FROM block WHERE height = 0) WHERE height = 1',
      );
      await expect(running.sync()).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
      await expect(running.trusted.block(1n)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    } finally {
      await fresh.drop();
    }
  });
});

describe('a start', () => {
  it("refuses another log's keys", async () => {
    const [{ bench: fresh }, { bench: other }] = [await Bench.create(), await Bench.create()];
    try {
      const { database, log } = await other.settings();
      const foreign = openLedger({ database, log, dataDir: fresh.dataDir });
      await expect(foreign).rejects.toThrowError(/not of the log in this database/);
    } finally {
      await fresh.drop();
      await other.drop();
    }
  });

  it('names a missing key file, and a pin that this log did not sign', async () => {
    const { bench: fresh } = await Bench.create();
    const empty = await mkdtemp(join(tmpdir(), 'vitrine-keys-'));
    try {
      const { database, log } = await fresh.settings();
      await expect(openLedger({ database, log, dataDir: empty })).rejects.toThrowError(
        /master\.json is missing/,
      );
      const pin = join(fresh.dataDir, 'pin');
      await writeFile(pin, (await readFile(pin, 'utf8')).replace('\n2\n', '\n1\n'));
      await expect(fresh.open()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    } finally {
      await fresh.drop();
      await rm(empty, { recursive: true });
    }
  });
});
