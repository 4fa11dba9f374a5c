/** The copy of a log, over real HTTP from a log that is made of `ledger/core` alone. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ED25519,
  noteKey,
  parseBundle,
  parseCheckpoint,
  parseNote,
  parseTile,
  rootFromTiles,
  tilePath,
} from '../../src/ledger/core/index.js';
import { nativeHash } from '../../src/ledger/native.js';
import type { Peer, VerifiedLeaf } from '../../src/peer/index.js';
import { LeafStore } from '../../src/peer/replica/leaf-store.js';
import { LogSource } from '../../src/peer/replica/log-source.js';
import { Replica } from '../../src/peer/replica/replica.js';
import { until } from '../support/process.js';
import { FakeLog, keyNamed } from './fake-log.js';
import { codes, Homes, vkeyOf } from './support.js';

let homes = new Homes();
const logs: FakeLog[] = [];
afterEach(async () => {
  await homes.end();
  homes = new Homes();
  for (const log of logs.splice(0)) await log.close();
});

async function served(size: number): Promise<{ log: FakeLog; url: string }> {
  const log = new FakeLog();
  if (size > 1) log.grow(size - 1);
  logs.push(log);
  return { log, url: await log.listen() };
}

const copyOf = (peer: Peer) => {
  const copy = peer.logs[0]?.copy;
  if (!copy) throw new Error('no copy');
  return copy;
};

const caughtUp = (peer: Peer, size: number) =>
  until(`the copy has ${size} entries`, async () => {
    const note = await copyOf(peer).store.checkpoint();
    return note !== undefined && parseCheckpoint(parseNote(note).text).size === BigInt(size);
  });

describe('a copy', () => {
  it.each([1, 255, 256, 257, 2048, 2049, 5000])(
    'of %i entries is a static log of the same bytes',
    async (size) => {
      const { log, url } = await served(size);
      const home = await homes.make();
      const peer = await homes.start(home, [{ url, keys: [vkeyOf(log)] }]);
      await caughtUp(peer, size);
      const { store } = copyOf(peer);
      // From the files alone, as any static server would give them.
      const { root } = parseCheckpoint(
        parseNote(await readFile(join(store.folder, 'checkpoint'), 'utf8')).text,
      );
      const file = async (path: string) =>
        Uint8Array.from(await readFile(join(store.folder, ...path.split('/'))));
      const fromFiles = await rootFromTiles(
        BigInt(size),
        async (tile) => parseTile(await file(tilePath(tile)), tile.width),
        nativeHash,
      );
      expect(fromFiles).toEqual(root);
      for (let i = 0; i * 256 < size; i++) {
        const width = Math.min(256, size - i * 256);
        const leaves = parseBundle(
          await file(tilePath({ level: 'entries', index: BigInt(i), width })),
          width,
        );
        const made = log.entries.slice(i * 256, i * 256 + width).map(({ leaf }) => leaf);
        expect(Buffer.concat(leaves).equals(Buffer.concat(made))).toBe(true);
      }
      expect(codes(peer)).toEqual([]);
    },
  );

  it('grows with the log, can itself be copied, and gives narrower partial tiles than it has', async () => {
    const { log, url } = await served(250);
    const peer = await homes.start(await homes.make(), [{ url, keys: [vkeyOf(log)] }]);
    await caughtUp(peer, 250);
    const second = await homes.start(await homes.make(), [{ url: peer.address, keys: [vkeyOf(log)] }]);
    await caughtUp(second, 250);
    for (const add of [3, 10, 300]) {
      log.grow(add);
      await caughtUp(peer, log.size);
      await caughtUp(second, log.size);
    }
    const narrow = await fetch(`${peer.address}/log/tile/entries/000.p/7`);
    expect(parseBundle(new Uint8Array(await narrow.arrayBuffer()), 7)).toHaveLength(7);
    expect((await fetch(`${peer.address}/log/tile/entries/009`)).status).toBe(404);
    expect((await fetch(`${peer.address}/log/tile/0/../../peer.lock`)).status).toBe(404);
    // Partial forms of a tile are gone once it is full.
    expect(await readdir(join(copyOf(peer).store.folder, 'tile', '0'))).not.toContain('000.p');
    expect([...codes(peer), ...codes(second)]).toEqual([]);
  });

  it('is followed in order by whoever asks for its leaves, from any index', async () => {
    const { log, url } = await served(300);
    const peer = await homes.start(await homes.make(), [{ url, keys: [vkeyOf(log)] }]);
    const ended = new AbortController();
    const seen: VerifiedLeaf[] = [];
    const reading = (async () => {
      for await (const leaf of copyOf(peer).replica.leaves(250n, ended.signal)) seen.push(leaf);
    })();
    await until('the first are there', () => seen.length === 50);
    log.grow(500);
    await until('the rest is there', () => seen.length === 550);
    ended.abort();
    await reading;
    expect(seen.map(({ index }) => Number(index))).toEqual(Array.from({ length: 550 }, (_, i) => 250 + i));
    expect(seen.at(-1)?.bytes).toEqual(log.entries.at(-1)?.leaf);
  });

  it.each(['after-tiles', 'after-state', 'after-checkpoint'] as const)(
    'goes on where it was after it died %s, at any step',
    async (point) => {
      const { log, url } = await served(3000);
      const home = await homes.make();
      // Dies at every second commit, and each time it goes on as a new process would.
      for (let life = 0; ; life++) {
        let passed = 0;
        let died = false;
        const store = (at: string): void => {
          if (died || (at === point && passed++ === life % 2)) {
            died = true;
            throw new Error('killed');
          }
        };
        const peer = await homes.start(home, [{ url, keys: [vkeyOf(log)] }], {}, { faults: { store } });
        await until('it died or is done', async () => {
          if (died) return true;
          const note = await copyOf(peer).store.checkpoint();
          return note === log.note && copyOf(peer).follower.state.failure === null;
        });
        await peer.stop();
        if (!died || life > 8) break;
      }
      const peer = await homes.start(home, [{ url, keys: [vkeyOf(log)] }]);
      await caughtUp(peer, 3000);
      const before = log.requests.length;
      log.grow(1);
      await caughtUp(peer, 3001);
      // Only the open bundle was fetched again.
      const fetched = log.requests.slice(before).filter((path) => path.includes('entries'));
      expect(new Set(fetched).size).toBe(1);
    },
    60_000,
  );

  it('fetches damaged files again at start, whatever they are, and says so', async () => {
    const { log, url } = await served(1000);
    const home = await homes.make();
    const first = await homes.start(home, [{ url, keys: [vkeyOf(log)] }]);
    await caughtUp(first, 1000);
    const { folder } = copyOf(first).store;
    await first.stop();
    const at = (...parts: string[]) => join(folder, 'tile', ...parts);
    const flip = async (path: string) => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.with(90, (bytes[90] ?? 0) ^ 1));
    };
    await flip(at('entries', '001'));
    await flip(at('0', '002'));
    await rm(at('entries', '000'));
    await flip(at('1', '000.p', '3'));
    await writeFile(join(folder, 'state.json'), '{');
    log.broken = 503;
    const second = await homes.start(home, [{ url, keys: [vkeyOf(log)] }]);
    await until('it waits for the log', () => codes(second).includes('damaged'));
    log.broken = null;
    await until(
      'all is mended',
      () => codes(second).length === 0 && second.logs[0]?.copy?.follower.state.opened,
    );
    expect(copyOf(second).store.size).toBe(1000n);
    log.grow(30);
    await caughtUp(second, 1030);
  });

  it('refuses leaves that do not hash to the signed root, keeps none of them, and goes on when they do', async () => {
    const { log, url } = await served(600);
    log.forge = (path, body) => (path.includes('entries/001') ? body.with(50, (body[50] ?? 0) ^ 1) : body);
    const peer = await homes.start(await homes.make(), [{ url, keys: [vkeyOf(log)] }]);
    await until('it is told', () => codes(peer).includes('entries'));
    expect(copyOf(peer).store.size).toBe(0n);
    expect((await fetch(`${peer.address}/healthz`)).status).toBe(503);
    log.forge = (_path, body) => body;
    await caughtUp(peer, 600);
    expect(codes(peer)).toEqual([]);
    expect((await fetch(`${peer.address}/healthz`)).status).toBe(200);
  });
});

describe("a log's keys", () => {
  it('are not taken over from a fork, whoever signed it', async () => {
    const { log, url } = await served(20);
    const thief = keyNamed('thief');
    const signal = new AbortController().signal;
    const told: string[] = [];
    const kept: string[] = [];
    const listener = {
      onContradiction: (_offered: unknown, _held: unknown, message: string) => {
        told.push(message);
        return Promise.resolve();
      },
      onLeaves: () => Promise.resolve(),
      onLeafProblem: () => Promise.resolve(),
      onMended: () => undefined,
    };
    const follow = (note: string) =>
      Promise.resolve({
        origin: log.origin,
        keys: [log.key, thief].map((key) => noteKey(log.origin, ED25519, key.publicKey)),
        keep: () => Promise.resolve(kept.push(note)),
      });
    const home = await homes.make();
    const store = new LeafStore(join(home, 'copy'));
    const source = new LogSource({ prefix: `${url}/log`, timeoutMs: 5000, signal });
    const keys = [log.noteKey];
    const replica = new Replica({
      log: { origin: log.origin, keys },
      store,
      source,
      clock: () => new Date(),
      listener,
      follow,
      signal,
    });
    await replica.open();
    await replica.poll();
    const honest = log.note;
    expect(kept).toEqual([honest]);
    const fork = log.fork(12);
    fork.grow(9);
    log.become(fork);
    log.note = fork.sign(fork.size, undefined, [thief]);
    await expect(replica.poll()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    expect([told.length, kept]).toEqual([1, [honest]]);
  });
});
