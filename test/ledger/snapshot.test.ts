import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64url } from '../../src/ledger/core/index.js';
import {
  type FaultPoint,
  type Ledger,
  type LedgerOptions,
  nativeHash,
  SNAPSHOT_FAULT_POINTS,
} from '../../src/ledger/index.js';
import type { OpenLedger } from '../../src/ledger/ledger.js';
import { silent } from '../support/database.js';
import { amendment, Bench, entry } from './support.js';

const EVERY = 20;
const SEEN = 'SELECT DISTINCT id::text AS id FROM snapshot';

/** Appends some forms and amendments, a block each, and waits for a snapshot that became due. */
async function grow(ledger: Ledger, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    const first = await entry(ledger);
    const [position] = await ledger.append([first]);
    if (i % 3 === 0) await ledger.append([await amendment(ledger, first, position!.index)]);
  }
  await (ledger as OpenLedger).snapshots.settled();
}

/** Opens the log as a fresh process, and says from what it started. */
async function start(
  bench: Bench,
  options: Partial<LedgerOptions> = {},
): Promise<{ ledger: Ledger; snapshot: bigint; replayed: bigint; alarms: string[] }> {
  const said: Record<string, string>[] = [];
  const alarms: string[] = [];
  const log = {
    ...silent,
    info: (facts: object) => void said.push(facts as Record<string, string>),
    error: (_: object, message: string) => void alarms.push(message),
  };
  const ledger = await bench.open({ log, snapshotEvery: 0, ...options });
  const { snapshot = '', replayed = '' } = said.find((one) => 'replayed' in one) ?? {};
  return { ledger, snapshot: BigInt(snapshot), replayed: BigInt(replayed), alarms };
}

async function ids(bench: Bench): Promise<string[]> {
  const { prisma } = await bench.database();
  return (await prisma.$queryRawUnsafe<{ id: string }[]>(SEEN)).map(({ id }) => id);
}

/** Everything of two processes' memories that a client could ask for. */
async function expectSame(one: Ledger, other: Ledger): Promise<void> {
  expect(one.trusted.size).toBe(other.trusted.size);
  expect(one.trusted.root).toEqual(other.trusted.root);
  for (let index = 0n; index < other.trusted.size; index++) {
    expect(await one.trusted.leafHashAt(index)).toEqual(await other.trusted.leafHashAt(index));
    expect(one.trusted.isSuperseded(index)).toBe(other.trusted.isSuperseded(index));
  }
  for await (const { opening, leaf } of other.trusted.entries(0n, other.trusted.size)) {
    const { subject, threads, request, part, actor } = opening;
    const member = { institution: leaf.institution, member: actor, request, part };
    expect(one.trusted.subject(subject.kind, subject.id)).toEqual(
      other.trusted.subject(subject.kind, subject.id),
    );
    for (const { id } of threads) expect(one.trusted.thread(id)).toEqual(other.trusted.thread(id));
    expect(one.trusted.state.hasRequest(member)).toBe(true);
  }
  for (let height = 0n; height <= other.trusted.state.height; height++)
    expect((await one.trusted.block(height)).bytes).toEqual((await other.trusted.block(height)).bytes);
  expect(one.trusted.state.time).toBe(other.trusted.state.time);
}

describe('a snapshot', () => {
  let bench: Bench;
  let ledger: Ledger;
  beforeAll(async () => {
    ({ bench, ledger } = await Bench.create({ snapshotEvery: EVERY }));
  });
  afterAll(() => bench.drop());

  it('is not taken of a log that is small', async () => {
    await grow(ledger, 5);
    expect(await ids(bench)).toEqual([]);
  });

  it('is taken beside the appends when the log grew, and anchored by the service key', async () => {
    await grow(ledger, 20);
    expect(await ids(bench)).toHaveLength(1);
    expect(ledger.trusted.state.snapshotSize).toBeGreaterThanOrEqual(BigInt(EVERY));
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it('spares the next start all that lies before it, with the same answers', async () => {
    const from = ledger.trusted.state.snapshotSize;
    const next = await start(bench);
    expect(next).toMatchObject({ snapshot: from, replayed: ledger.trusted.size - from, alarms: [] });
    await expectSame(next.ledger, ledger);
    await next.ledger.proofs.inclusion(0n);
    await next.ledger.proofs.consistency(1n);
    await grow(next.ledger, 2);
    await ledger.sync();
    await expectSame(next.ledger, ledger);
  });

  it('is left aside where everything is to be verified: without a pin, for all signatures, by an audit', async () => {
    for (const options of [{ verifySignaturesBelowPin: true }, { readOnly: true }]) {
      const { snapshot, replayed } = await start(bench, options);
      expect({ snapshot, replayed }).toEqual({ snapshot: 0n, replayed: ledger.trusted.size });
    }
    // Elsewhere: what is open in the folder of the others pins there again.
    const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-unpinned-'));
    const keysDir = join(bench.dataDir, 'keys');
    const { snapshot, ledger: unpinned } = await start(bench, { dataDir, keysDir, trustFirst: true });
    expect(snapshot).toBe(0n);
    await unpinned.close();
    await rm(dataDir, { recursive: true });
  });

  it('replaces older ones, of which one is kept', async () => {
    for (let i = 0; i < 4; i++) await grow(ledger, EVERY);
    expect(await ids(bench)).toHaveLength(2);
    expect(await bench.audit(ledger)).toEqual([]);
    expect(await start(bench)).toMatchObject({ snapshot: ledger.trusted.state.snapshotSize, alarms: [] });
  });

  it('is taken once by two processes that append at the same time', async () => {
    const other = await bench.open({ snapshotEvery: EVERY });
    const before = (await anchors(bench)).length;
    for (let i = 0; i < 2 * EVERY; i++)
      await Promise.all([ledger.append([await entry(ledger)]), other.append([await entry(other)])]);
    await Promise.all([grow(ledger, 1), grow(other, 1)]);
    const grown = (await anchors(bench)).length - before;
    expect(grown).toBeGreaterThanOrEqual(2);
    expect(grown).toBeLessThanOrEqual(5);
    expect(await ids(bench)).toHaveLength(2);
    expect(await bench.audit(ledger)).toEqual([]);
    await expectSame((await start(bench)).ledger, ledger);
  });

  it("can't be changed by the application, only dropped", async () => {
    const { prisma } = await bench.database();
    for (const sql of ["UPDATE snapshot SET bytes = ''", 'TRUNCATE snapshot'])
      await expect(prisma.$executeRawUnsafe(sql)).rejects.toThrow();
  });
});

async function anchors(bench: Bench): Promise<{ index: bigint; id: string }[]> {
  const { prisma } = await bench.database();
  return prisma.$queryRawUnsafe(
    `SELECT index, subject::text AS id FROM entry WHERE kind = 'Snapshot' ORDER BY index DESC`,
  );
}

describe('a snapshot against the owner of the database', () => {
  let bench: Bench;
  let ledger: Ledger;
  let newest: string;
  let older: string;
  let olderSize: bigint;

  beforeAll(async () => {
    ({ bench, ledger } = await Bench.create({ snapshotEvery: EVERY }));
    while ((await ids(bench)).length < 1) await grow(ledger, 1);
    olderSize = ledger.trusted.state.snapshotSize;
    while ((await ids(bench)).length < 2) await grow(ledger, 1);
    await grow(ledger, 2);
    [newest, older] = (await anchors(bench)).map(({ id }) => id) as [string, string];
  });
  afterAll(() => bench.drop());

  const flip = (id: string, part: number) =>
    bench.tamper(
      'UPDATE snapshot SET bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) WHERE id = $1 AND part = $2',
      id,
      part,
    );
  const FORGERIES: readonly [string, () => Promise<void>][] = [
    ['a byte of it', () => flip(newest, 1)],
    [
      'its list of hashes',
      () =>
        bench
          .tamper(
            `UPDATE snapshot SET bytes = set_byte(bytes, 3, 0) || '' WHERE part = 0 AND id = $1`,
            newest,
          )
          .then(() =>
            bench.tamper(
              `UPDATE snapshot SET bytes = set_byte(bytes, 4, 1) WHERE part = 0 AND id = $1`,
              newest,
            ),
          ),
    ],
    [
      'its length',
      () =>
        bench.tamper(
          'UPDATE snapshot SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE id = $1 AND part = 1',
          newest,
        ),
    ],
    ['a removed chunk', () => bench.tamper('DELETE FROM snapshot WHERE id = $1 AND part = 1', newest)],
    ['all of it removed', () => bench.tamper('DELETE FROM snapshot WHERE id = $1', newest)],
    [
      'an older one in its place',
      async () => {
        await bench.tamper('DELETE FROM snapshot WHERE id = $1', newest);
        await bench.tamper(
          'INSERT INTO snapshot (id, part, bytes) SELECT $1::uuid, part, bytes FROM snapshot WHERE id = $2::uuid',
          newest,
          older,
        );
      },
    ],
    [
      'a whole one with a list of its own',
      async () => {
        const chunk = Buffer.from('vitrine/snapshot/v1\n');
        const list = Buffer.from(nativeHash(chunk));
        await bench.tamper('DELETE FROM snapshot WHERE id = $1', newest);
        for (const [part, bytes] of [list, chunk].entries())
          await bench.tamper(
            'INSERT INTO snapshot (id, part, bytes) VALUES ($1, $2, $3)',
            newest,
            part,
            bytes,
          );
      },
    ],
  ];

  it.each(FORGERIES)('notices %s, and starts from the one before', async (_, forge) => {
    await kept(bench, forge, async () => {
      const found = await start(bench);
      expect(found).toMatchObject({ snapshot: olderSize, alarms: [expect.stringContaining('snapshot')] });
      await expectSame(found.ledger, ledger);
      expect((await bench.audit(ledger)).map(({ what }) => what)).toEqual(['snapshot']);
    });
  });

  it('starts from zero when neither can be used, with an alarm for each', () =>
    kept(
      bench,
      async () => {
        await flip(newest, 1);
        await flip(older, 0).catch(() => undefined);
        await bench.tamper('DELETE FROM snapshot WHERE id = $1 AND part = 0', older);
      },
      async () => {
        const found = await start(bench);
        expect(found).toMatchObject({ snapshot: 0n, replayed: ledger.trusted.size });
        expect(found.alarms).toHaveLength(2);
        await expectSame(found.ledger, ledger);
      },
    ));

  it("doesn't use one that no entry on the pinned log anchors", () =>
    kept(
      bench,
      async () => {
        // The anchoring entry's row says another hash, which the forged snapshot has: the leaf doesn't link to it.
        const chunk = Buffer.from('vitrine/snapshot/v1\n');
        const list = nativeHash(chunk);
        await bench.tamper('DELETE FROM snapshot WHERE id = $1', newest);
        await bench.tamper('INSERT INTO snapshot (id, part, bytes) VALUES ($1, 1, $2)', newest, chunk);
        await bench.tamper(
          'INSERT INTO snapshot (id, part, bytes) VALUES ($1, 0, $2)',
          newest,
          Buffer.from(list),
        );
        await bench.tamper(
          `UPDATE entry SET opening = convert_to(regexp_replace(convert_from(opening, 'UTF8'),
             '"hash":"[^"]*"', '"hash":"' || $2 || '"'), 'UTF8') WHERE subject = $1`,
          newest,
          base64url(nativeHash(Buffer.from(list))),
        );
      },
      async () => {
        // The row itself is wrong, so the log doesn't verify by any way.
        await expect(start(bench)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
      },
    ));

  it("doesn't use a snapshot whose entry was invented, and finds the entry's row", () =>
    kept(
      bench,
      () =>
        bench.tamper(
          `INSERT INTO entry (index, block, leaf, opening, salt, kind, subject, version, institution, actor)
           SELECT (SELECT size FROM log_head), block, leaf, opening, salt, kind, gen_random_uuid(), 1, institution, actor
           FROM entry WHERE subject = $1`,
          newest,
        ),
      async () => {
        // It stands beyond the pin: nobody looks at it.
        const found = await start(bench);
        expect(found).toMatchObject({ alarms: [] });
        expect((await bench.audit(ledger)).map(({ what }) => what)).toContain('leaf');
      },
    ));

  it("doesn't use another log's snapshot", async () => {
    const { bench: foreign, ledger: other } = await Bench.create({ snapshotEvery: EVERY });
    try {
      while ((await ids(foreign)).length < 1) await grow(other, 1);
      const { prisma } = await foreign.database();
      const rows = await prisma.$queryRawUnsafe<{ part: number; bytes: Uint8Array }[]>(
        'SELECT part, bytes FROM snapshot',
      );
      await kept(
        bench,
        async () => {
          await bench.tamper('DELETE FROM snapshot WHERE id = $1', newest);
          for (const { part, bytes } of rows)
            await bench.tamper(
              'INSERT INTO snapshot (id, part, bytes) VALUES ($1, $2, $3)',
              newest,
              part,
              Buffer.from(bytes),
            );
        },
        async () => {
          expect(await start(bench)).toMatchObject({
            snapshot: olderSize,
            alarms: [expect.stringContaining('expected the anchored list of chunks')],
          });
        },
      );
    } finally {
      await foreign.drop();
    }
  });

  it('notices what was changed behind it, as without one', async () => {
    await kept(
      bench,
      () =>
        bench.tamper(
          'UPDATE entry SET leaf = set_byte(leaf, 20, 0) WHERE index = $1',
          ledger.trusted.state.snapshotSize + 1n,
        ),
      async () => {
        await expect(start(bench)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
      },
    );
  });

  it('leaves what was changed before it to the read that meets it, and to the audit', async () => {
    await kept(
      bench,
      () =>
        bench.tamper(
          'UPDATE entry SET salt = gen_random_bytes_16() WHERE index = 5'.replace(
            'gen_random_bytes_16()',
            `'\\x00000000000000000000000000000000'`,
          ),
        ),
      async () => {
        const { ledger: next } = await start(bench);
        const outcomes = [];
        for await (const one of next.trusted.outcomes(4n, 7n)) outcomes.push(one);
        expect(outcomes[1]).toMatchObject({ code: 'INTEGRITY_VIOLATION', details: { index: '5' } });
        expect((await bench.audit(ledger)).map(({ what }) => what)).toContain('link');
      },
    );
  });
});

/** Puts everything back, so that each forgery stands alone. */
async function kept(bench: Bench, forge: () => Promise<unknown>, look: () => Promise<void>): Promise<void> {
  const tables = ['entry', 'snapshot'];
  await bench.tamper(tables.map((one) => `CREATE TABLE kept_${one} AS SELECT * FROM ${one};`).join(''));
  try {
    await forge();
    await look();
  } finally {
    const back = (one: string) =>
      `DELETE FROM ${one}; INSERT INTO ${one} SELECT * FROM kept_${one}; DROP TABLE kept_${one};`;
    await bench.tamper(tables.map(back).join(''));
  }
}

describe('a process that dies while it takes a snapshot', () => {
  it.each(SNAPSHOT_FAULT_POINTS)('at %s leaves a log that verifies and starts', async (point) => {
    let broken: FaultPoint | undefined = point;
    const { bench, ledger } = await Bench.create({
      snapshotEvery: EVERY,
      faults: (at) => {
        if (at === broken) throw new Error(`died at ${at}`);
      },
    });
    try {
      await grow(ledger, 16);
      await ledger.close();
      expect(await bench.audit(ledger)).toEqual([]);
      const next = await start(bench, { snapshotEvery: EVERY });
      const anchored = point === 'snapshot-anchored' || point === 'snapshot-dropped';
      expect(next).toMatchObject({ alarms: [], ...(!anchored && { snapshot: 0n }) });
      if (anchored) expect(next.snapshot).toBeGreaterThan(0n);
      broken = undefined;
      // What was left behind goes after an hour; the next snapshot is whole.
      await bench.tamper(`UPDATE snapshot SET time = time - interval '2 hours'`);
      await grow(next.ledger, 2 * EVERY);
      const known = (await anchors(bench)).map(({ id }) => id);
      expect(known.length).toBeGreaterThan(0);
      for (const id of await ids(bench)) expect(known).toContain(id);
      expect(await start(bench)).toMatchObject({
        snapshot: next.ledger.trusted.state.snapshotSize,
        alarms: [],
      });
      expect(await bench.audit(next.ledger)).toEqual([]);
    } finally {
      await bench.drop();
    }
  });

  it('does not keep a closing process waiting', async () => {
    const { bench, ledger } = await Bench.create({ snapshotEvery: 1 });
    try {
      await ledger.append([await entry(ledger)]);
      await ledger.close();
      expect(await bench.audit(ledger)).toEqual([]);
    } finally {
      await bench.drop();
    }
  });
});
