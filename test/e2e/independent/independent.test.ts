import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TileReader } from '../../../src/ledger/index.js';
import { type Ledger } from '../../../src/ledger/index.js';
import { Bench, entry } from '../../ledger/support.js';
import { startServer, type TestServer } from '../../server/fixture.js';
import { TestVitrine } from '../../support/vitrine.js';
import { Checker, MISSING, vkeyOf } from './checker.js';

/** Entries of one append. */
const GROUP = 1024;

let checker: Checker;

beforeAll(async () => {
  if (MISSING === null) checker = await Checker.build();
}, 240_000);

afterAll(() => checker?.remove());

/** Appends until the log has this size. */
async function grow(ledger: Ledger, size: number): Promise<void> {
  for (let missing = size - Number(ledger.trusted.size); missing > 0;) {
    const group = Array.from({ length: Math.min(GROUP, missing) }, () => entry(ledger));
    await ledger.append(await Promise.all(group));
    missing -= group.length;
  }
  expect(ledger.trusted.size).toBe(BigInt(size));
}

describe('a checker in another language', () => {
  beforeEach((context) => {
    if (MISSING !== null) context.skip(MISSING);
  });

  const open: { close(): Promise<void> }[] = [];
  const served = async (ledger: Ledger): Promise<TestServer> => {
    const server = await startServer({}, [], ledger.tiles);
    open.push(server);
    return server;
  };

  afterAll(async () => {
    for (const one of open) await one.close();
  });

  it('verifies a log of one entry', async () => {
    const { bench, ledger } = await Bench.create({ genesis: () => Promise.resolve([]) });
    open.push({ close: () => bench.drop() });
    const { url } = await served(ledger);
    expect(await checker.check(url, vkeyOf(ledger))).toBe('verified 1');
  });

  it('verifies every entry of 255, 256, 257 and 65,537, as the log grows', async () => {
    // Snapshots would put entries of their own among these.
    const { bench, ledger } = await Bench.create({ snapshotEvery: 0 });
    const { url } = await served(ledger);
    open.push({ close: () => bench.drop() });
    for (const size of [255, 256, 257, 65_537]) {
      await grow(ledger, size);
      expect(await checker.check(url, vkeyOf(ledger))).toBe(`verified ${size}`);
    }
  }, 480_000);

  it('verifies the whole server with the sample in it', async () => {
    const vitrine = await TestVitrine.start();
    open.push({ close: () => vitrine.stop() });
    const { ledger } = vitrine.serving;
    const size = await ledger.sync();
    expect(await checker.check(vitrine.url, vkeyOf(ledger))).toBe(`verified ${size}`);
  }, 120_000);

  it('refuses another key, and a leaf with one bit changed', async () => {
    const { bench, ledger } = await Bench.create();
    open.push({ close: () => bench.drop() });
    const other = await Bench.create();
    open.push({ close: () => other.bench.drop() });
    const { url } = await served(ledger);
    await expect(checker.check(url, vkeyOf(other.ledger))).rejects.toThrow(/note has no verifiable/);
    const forging = {
      checkpoint: () => ledger.tiles.checkpoint(),
      read: async (...[name]: Parameters<TileReader['read']>) => {
        const bytes = await ledger.tiles.read(name);
        return name.level === 'entries' ? bytes.with(bytes.length - 2, (bytes.at(-2) ?? 0) ^ 1) : bytes;
      },
    };
    const forged = await startServer({}, [], forging);
    open.push(forged);
    await expect(checker.check(forged.url, vkeyOf(ledger))).rejects.toThrow(/isn't the one on the log/);
  });
});
