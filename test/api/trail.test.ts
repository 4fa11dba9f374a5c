import { describe, expect, it } from 'vitest';
import { type RequestContext, Trail, type TrailOptions } from '../../src/api/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import type { VerifiedEntry } from '../../src/ledger/index.js';

/** A log that is only as long as it says; what it reads is recorded. */
class FakeLog {
  size = 0n;
  largestRead = 0n;
  readonly listeners = new Set<() => void>();

  readonly trusted = {
    get size(): bigint {
      return 0n;
    },
    entries: (from: bigint, to: bigint) => this.#entries(from, to),
  };

  sync(): Promise<bigint> {
    return Promise.resolve(this.size);
  }

  onAdvance(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  grow(by: number): void {
    this.size += BigInt(by);
    for (const listener of this.listeners) listener();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the log's reads are asynchronous
  async *#entries(from: bigint, to: bigint): AsyncGenerator<VerifiedEntry> {
    if (to - from > this.largestRead) this.largestRead = to - from;
    for (let index = from; index < to; index++) yield { index } as VerifiedEntry;
  }
}

/** A trail of everything, for a caller who stays in standing unless `renew` says otherwise. */
function trailOf(
  log: FakeLog,
  more: Partial<TrailOptions> = {},
  renew?: () => Promise<RequestContext>,
): Trail {
  const context = { log, renew: renew ?? (() => Promise.resolve(context)) } as unknown as RequestContext;
  return new Trail(context, { from: 0n, to: null, choose: () => Promise.resolve(() => true), ...more });
}

async function take(trail: Trail, count: number): Promise<bigint[]> {
  const indexes: bigint[] = [];
  while (indexes.length < count) {
    const { done, value } = await trail.next();
    if (done === true) break;
    indexes.push(value.index);
  }
  return indexes;
}

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, step) => BigInt(from + step));

describe('Trail', () => {
  it('gives every entry once and in order, those that come while it is read included', async () => {
    const log = new FakeLog();
    log.grow(700);
    const trail = trailOf(log);
    const first = await take(trail, 300);
    log.grow(50);
    log.grow(50);
    expect([...first, ...(await take(trail, 500))]).toEqual(upTo(0, 800));
    await trail.return();
  });

  it('begins at the position that it was given', async () => {
    const log = new FakeLog();
    log.grow(10);
    expect(await take(trailOf(log, { from: 7n }), 3)).toEqual([7n, 8n, 9n]);
  });

  it('waits for growth, and wakes for each', async () => {
    const log = new FakeLog();
    const trail = trailOf(log);
    for (let index = 0n; index < 5n; index++) {
      const next = trail.next();
      log.grow(1);
      expect((await next).value).toEqual({ index });
    }
    await trail.return();
  });

  it('reads a long log in pages', async () => {
    const log = new FakeLog();
    log.grow(5000);
    await take(trailOf(log), 5000);
    expect(log.largestRead).toBe(256n);
  });

  it('gives only what matches, and ends before its last index', async () => {
    const log = new FakeLog();
    log.grow(1000);
    const choose = () => Promise.resolve(({ index }: VerifiedEntry) => index % 100n === 0n);
    expect(await take(trailOf(log, { choose, from: 150n, to: 500n }), 99)).toEqual([200n, 300n, 400n]);
  });

  it('lets a caller go that waits for the next entry', async () => {
    const log = new FakeLog();
    const trail = trailOf(log);
    const waiting = trail.next();
    await trail.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(log.listeners.size).toBe(0);
  });

  it('ends when the caller may not go on, although no entry of its own comes', async () => {
    const log = new FakeLog();
    let standing = true;
    const renew = (): Promise<RequestContext> =>
      standing
        ? Promise.resolve(trail.context)
        : Promise.reject(new VitrineError('FORBIDDEN', 'the member is suspended'));
    const trail = trailOf(log, { choose: () => Promise.resolve(() => false) }, renew);
    const waiting = trail.next();
    log.grow(1);
    standing = false;
    log.grow(1);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(log.listeners.size).toBe(0);
  });

  it('passes on what the log says is wrong, and ends', async () => {
    const log = new FakeLog();
    log.grow(1);
    log.sync = () => Promise.reject(new Error('rolled back'));
    const trail = trailOf(log);
    await expect(trail.next()).rejects.toThrow('rolled back');
    expect(await trail.next()).toEqual({ done: true, value: undefined });
  });
});
