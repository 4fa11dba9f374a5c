/** What accepting a rollback takes, what it refuses, and what a crash in the middle of it leaves. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../src/cli/backup/backup.js';
import { restore } from '../../src/cli/backup/restore.js';
import { acceptRollback, type Accepted, type AcceptOptions } from '../../src/cli/rollback/accept.js';
import { verifyAll } from '../../src/cli/verify.js';
import { type Config, parseConfig } from '../../src/config.js';
import { restoredOrigin, tilePath, tileWidth, VitrineError } from '../../src/ledger/core/index.js';
import { OpeningStore } from '../../src/peer/index.js';
import { patientKind } from '../../src/clinical/index.js';
import { type Faults, RolledBackLog } from '../../src/ledger/index.js';
import { createLog, openBase, openSystem } from '../../src/server/index.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { TestVitrine } from '../support/vitrine.js';
import { erase, register } from '../erasure/world.js';

const log = createLog('silent');
const ignore = (): void => undefined;
const LOG = 'vitrine.test/log';

let folder: string;
let vitrine: TestVitrine;
/** A backup, and how many entries were in it. */
let backup: string;
let size: bigint;
/** A patient in it, who was erased since. */
let forgotten: string;
/** Entries since: the erasure asked for, confirmed and done, and a programme. */
const LOST = 4n;
/** The checkpoint of what came after. */
let lost: string;
let tokenFiles: readonly string[];
const databases: TestDatabase[] = [];

async function write(code: string): Promise<void> {
  const input = { code, title: code, budget: { amount: 1, currency: 'EUR' } };
  const { codes } = await vitrine.mutate('regulator.one', 'createProgramme', input, 'receipt { index }');
  expect(codes).toEqual([]);
}

/** The backup restored into a database of its own, beside the pin of the newest state. */
async function disaster(pin: string | null = lost, from = backup, keysDir?: string): Promise<Config> {
  const database = await freshDatabase();
  databases.push(database);
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const keys = keysDir ?? join(dataDir, 'keys');
  if (keysDir === undefined) await cp(join(vitrine.dataDir, 'keys'), keys, { recursive: true });
  if (pin !== null) await writeFile(join(dataDir, 'pin'), pin);
  const { url: DATABASE_URL, ownerUrl: DATABASE_OWNER_URL } = database;
  const config = parseConfig({
    NODE_ENV: 'test',
    DATABASE_URL,
    DATABASE_OWNER_URL,
    DATA_DIR: dataDir,
    KEYS_DIR: keys,
    LOG_LEVEL: 'silent',
  });
  const { findings } = await restore({ config, log, from, onProgress: ignore, onFinding: ignore });
  expect(findings).toEqual([]);
  return config;
}

const accept = (config: Config, more: Partial<AcceptOptions> = {}): Promise<Accepted> =>
  acceptRollback({ config, log, tokenFiles, reason: 'the disk burnt', ...more });

/** Starts a system, and gives the log's name and size. */
async function start(config: Config): Promise<{ origin: string; size: bigint; checkpoint: string }> {
  const { ledger, closing } = await openSystem({ config, log, clock: () => new Date() });
  const found = { origin: ledger.origin, size: ledger.trusted.size, checkpoint: await ledger.checkpoint() };
  await closing.close();
  return found;
}

async function expectRefused(config: Config): Promise<void> {
  await expect(start(config)).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
}

async function expectClean(config: Config): Promise<void> {
  expect((await verifyAll(config, ignore, ignore)).findings).toEqual([]);
}

/** Opens the log for acceptance as the command does, with places where it dies. */
async function opened<T>(
  config: Config,
  work: (log: RolledBackLog) => Promise<T>,
  faults?: Faults,
): Promise<T> {
  const database = await openBase(config, log);
  const { dataDir, keysDir } = config;
  try {
    const found = await RolledBackLog.open({ database, dataDir, keysDir, log, ...(faults && { faults }) });
    try {
      return await work(found);
    } finally {
      await found.close().catch(ignore);
    }
  } finally {
    await database.close();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-rollback-'));
  vitrine = await TestVitrine.start();
  const tokens = await Promise.all(['regulator.one', 'regulator.two'].map((who) => vitrine.token(who)));
  tokenFiles = await Promise.all(
    tokens.map(async (token, i) => {
      await writeFile(join(folder, `token-${i}`), `${token}\n`);
      return join(folder, `token-${i}`);
    }),
  );
  forgotten = await register(vitrine);
  backup = join(folder, 'backup');
  const config = parseConfig({ ...vitrine.environment });
  ({ size } = await backUp({ config, log, to: backup, onProgress: ignore }));
  await erase(vitrine, { kind: 'PATIENT', id: forgotten });
  await write('LOST');
  lost = await vitrine.serving.ledger.checkpoint();
}, 120_000);

afterAll(async () => {
  await vitrine.stop();
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('a rollback', { timeout: 60_000 }, () => {
  it('is accepted with the entries that a copy proves to be lost, and the log goes on', async () => {
    const config = await disaster();
    await expectRefused(config);
    const accepted = await accept(config, { lostFrom: vitrine.url, report: join(folder, 'report') });
    const known = size + LOST;
    expect(accepted).toMatchObject({
      index: size,
      restored: size,
      known,
      origin: restoredOrigin(LOG, size),
      repeated: false,
      report: { entries: 4, opened: 0, erasures: 0 },
    });
    const lines = (await readFile(join(folder, 'report'), 'utf8')).trim().split('\n');
    const indexes = lines.map((line) => BigInt((JSON.parse(line) as { index: string }).index));
    expect(indexes).toEqual([size, size + 1n, size + 2n, size + 3n]);
    expect(await start(config)).toEqual({
      origin: restoredOrigin(LOG, size),
      size: size + 1n,
      checkpoint: accepted.checkpoint,
    });
    await expectClean(config);
    const again = accept(config);
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is accepted without a pin by the checkpoint that somebody else has', async () => {
    const config = await disaster(null);
    await expect(accept(config)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await writeFile(join(folder, 'seen'), lost);
    const accepted = await accept(config, { lostCheckpoint: join(folder, 'seen') });
    expect(accepted).toMatchObject({ origin: restoredOrigin(LOG, size), report: null });
    expect((await start(config)).size).toBe(size + 1n);
    await expectClean(config);
  });

  it('of the same backup for a second time gets a name that was never used', async () => {
    const first = await disaster();
    const { origin } = await accept(first);
    const running = await openSystem({ config: first, log, clock: () => new Date() });
    const pinned = await running.ledger.checkpoint();
    await running.closing.close();
    const second = await disaster(pinned, backup, first.keysDir);
    await expectRefused(second);
    const accepted = await accept(second);
    expect(accepted.origin).toBe(restoredOrigin(origin, size));
    expect((await start(second)).origin).toBe(accepted.origin);
    await expectClean(second);
  });

  it('is not accepted where nothing was lost', async () => {
    const whole = join(folder, 'whole');
    const config = parseConfig({ ...vitrine.environment });
    await backUp({ config, log, to: whole, onProgress: ignore });
    const restored = await disaster(lost, whole);
    await expect(accept(restored)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await start(restored)).origin).toBe(LOG);
  });

  it("is not accepted by a checkpoint that isn't this log's", async () => {
    const config = await disaster(null);
    await writeFile(join(folder, 'forged'), lost.replace(`\n${size + LOST}\n`, `\n${size + 9n}\n`));
    const forged = accept(config, { lostCheckpoint: join(folder, 'forged') });
    await expect(forged).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });

  it("is not accepted with a copy whose leaves aren't the lost ones, and no report stands then", async () => {
    const config = await disaster();
    const copy = await copyOf((bytes) => {
      const flipped = Buffer.from(bytes).lastIndexOf('"link":"') + 8;
      bytes[flipped] = bytes[flipped] === 0x41 ? 0x42 : 0x41;
    });
    const report = join(folder, 'no-report');
    await expect(accept(config, { lostFrom: copy, report })).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
    });
    await expect(readFile(report)).rejects.toThrow('ENOENT');
    await expectRefused(config);
  });

  it.each<[string, () => Promise<readonly string[]>, string]>([
    ['nobody', () => Promise.resolve([]), 'BAD_USER_INPUT'],
    ['one person twice', () => Promise.resolve([tokenFiles[0] ?? '', tokenFiles[0] ?? '']), 'BAD_USER_INPUT'],
    ['a clinician', async () => [tokenFiles[0] ?? '', await token('clinician.city')], 'FORBIDDEN'],
    ['an auditor', async () => [tokenFiles[0] ?? '', await token('auditor')], 'FORBIDDEN'],
    ['a stranger', async () => [tokenFiles[0] ?? '', await token('nobody.at.all')], 'UNAUTHENTICATED'],
    ['no token', async () => [tokenFiles[0] ?? '', await text('nonsense')], 'UNAUTHENTICATED'],
  ])('is not accepted by %s', async (_who, files, code) => {
    const config = await disaster();
    await expect(accept(config, { tokenFiles: await files() })).rejects.toMatchObject({ code });
    await expectRefused(config);
  });
});

describe('an erasure after the backup', { timeout: 60_000 }, () => {
  const values = async (config: Config): Promise<number> => {
    const { system, closing } = await openSystem({ config, log, clock: () => new Date() });
    const context = await system.contextOf(
      { subject: 'registrar.city', expires: Date.now() / 1000 + 60 },
      log,
    );
    const record = await context.records.load(patientKind, forgotten);
    await closing.close();
    return record?.values.names?.length ?? 0;
  };

  it('is done again before anything is served, when this machine remembers it', async () => {
    const config = await disaster();
    await cp(join(vitrine.dataDir, 'erasures'), join(config.dataDir, 'erasures'));
    await accept(config);
    expect(await values(config)).toBe(0);
    const { size: now } = await start(config);
    expect(now).toBe(size + 2n);
    // Once, however often it starts.
    expect((await start(config)).size).toBe(now);
    await expectClean(config);
  });

  it("is known again from a peer's copy that opens it", async () => {
    const config = await disaster(null);
    const accepted = await accept(config, { lostFrom: await copyOf() });
    expect(accepted.report).toMatchObject({ entries: 4, opened: 4, erasures: 1 });
    expect(await values(config)).toBe(0);
    await expectClean(config);
  });

  it('is forgotten where nobody knows of it any more', async () => {
    const config = await disaster();
    await accept(config);
    expect(await values(config)).toBeGreaterThan(0);
  });
});

describe('a crash while a rollback is accepted', { timeout: 60_000 }, () => {
  const dies =
    (at: string): Faults =>
    (point) => {
      // Not tried again, as a lost connection would be.
      if (point === at) throw new VitrineError('INTERNAL', 'killed');
    };
  const consents = async (restored: RolledBackLog): Promise<Parameters<RolledBackLog['accept']>[1]> => {
    const members: { member: string; institution: string; entry: bigint; token: string }[] = [];
    for await (const { index, leaf, opening } of restored.ledger.trusted.entries(0n, size))
      if (opening.op === 'member.enrol' || index === 2n)
        members.push({
          member: opening.subject.id,
          institution: leaf.institution ?? '',
          entry: index,
          token: 'A'.repeat(43),
        });
    return { proven: false, reason: 'r', consents: members.slice(0, 2) };
  };
  const acceptance = async (restored: RolledBackLog): Promise<void> => {
    const found = restored.newest([lost]);
    if (found === undefined) throw new Error('no evidence');
    await restored.accept(found, await consents(restored));
  };

  it('leaves a key that nothing names, and the next run makes its own', async () => {
    const config = await disaster();
    await opened(config, (restored) => restored.keys.source.addLogKey().then(ignore));
    await expectRefused(config);
    expect(await accept(config)).toMatchObject({ repeated: false });
    await expectClean(config);
  });

  it.each(['after-commit', 'after-sign'])(
    '%s leaves nothing that starts, and the next run ends it',
    async (at) => {
      const config = await disaster();
      await expect(opened(config, acceptance, dies(at))).rejects.toThrow();
      await expectRefused(config);
      const accepted = await accept(config);
      expect(accepted).toMatchObject({ index: size, repeated: true });
      expect(await start(config)).toMatchObject({ size: size + 1n, checkpoint: accepted.checkpoint });
      await expectClean(config);
    },
  );

  it('before the pin was moved leaves nothing that starts, and the next run moves it', async () => {
    const config = await disaster();
    await opened(config, acceptance);
    await expectRefused(config);
    expect(await readFile(join(config.dataDir, 'pin'), 'utf8')).toBe(lost);
    expect(await accept(config)).toMatchObject({ repeated: true });
    expect((await start(config)).size).toBe(size + 1n);
    await expectClean(config);
  });
});

let files = 0;
async function text(content: string): Promise<string> {
  const path = join(folder, `text-${files++}`);
  await writeFile(path, content);
  return path;
}

const token = async (who: string): Promise<string> => text(await vitrine.token(who));

/** A peer's copy as its folder is: what is needed of the lost log, with every opening. */
async function copyOf(change: (leaves: Uint8Array) => void = ignore): Promise<string> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await writeFile(join(copy, 'checkpoint'), lost);
  const known = size + LOST;
  for (let bundle = size / 256n; bundle * 256n < known; bundle += 1n) {
    const width = tileWidth('entries', bundle, known);
    const path = tilePath({ level: 'entries', index: bundle, width });
    const bytes = new Uint8Array(await (await fetch(`${vitrine.url}/log/${path}`)).arrayBuffer());
    change(bytes);
    await mkdir(join(copy, path, '..'), { recursive: true });
    await writeFile(join(copy, path), bytes);
  }
  const store = new OpeningStore(join(copy, 'openings'));
  await mkdir(join(copy, 'openings'));
  const { trusted } = vitrine.serving.ledger;
  for await (const { index, openingBytes, salt } of trusted.entries(size, known))
    await store.add(index / 256n, [{ index, opening: openingBytes, salt, checked: true }]);
  return copy;
}
