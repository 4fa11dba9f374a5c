import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUnavailable, type Database, openDatabase } from '../../src/database/index.js';
import { freshDatabase, silent, type TestDatabase } from '../support/database.js';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await freshDatabase();
  const { url, ownerUrl } = test;
  database = await openDatabase({ url, ownerUrl, dataDir: 'unused', log: silent, poolSize: 2 });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const alarms = async (): Promise<string[]> =>
  (await database.prisma.alarm.findMany({ orderBy: { id: 'asc' } })).map(({ what }) => what);

const insert = (what: string) => ['INSERT INTO alarm (code, what) VALUES ($1, $2)', 'TEST', what] as const;

describe('SQL past Prisma', () => {
  it('gives the values that Prisma gives', async () => {
    const sql = `SELECT 9007199254740993::bigint AS big, 7::int AS whole, '\\x00ff10'::bytea AS bytes, ''::bytea AS none,
      true AS yes, 'ü'::text AS text, NULL::bytea AS missing, '00000000-0000-4000-8000-000000000001'::uuid AS id`;
    const row = {
      big: 9007199254740993n,
      whole: 7,
      bytes: Uint8Array.of(0, 255, 16),
      none: new Uint8Array(0),
      yes: true,
      text: 'ü',
      missing: null,
      id: '00000000-0000-4000-8000-000000000001',
    };
    expect(await database.sql.$queryRawUnsafe(sql)).toEqual([row]);
    expect(await database.prisma.$queryRawUnsafe(sql)).toEqual([row]);
  });

  it('takes numbers of 64 bits, bytes and lists as parameters', async () => {
    const sql = 'SELECT $1::bigint AS big, $2::bytea AS bytes, $3::text[] AS list';
    const given = [2n ** 62n, Uint8Array.of(0, 1, 255), ['a "quoted"\\ one', '{}']] as const;
    const [row] = await database.sql.$queryRawUnsafe<object[]>(sql, ...given);
    expect(row).toEqual({ big: given[0], bytes: given[1], list: given[2] });
  });

  it('commits what a transaction did, and tells how many rows were changed', async () => {
    const changed = await database.sql.transaction(async (tx) => {
      await tx.$executeRawUnsafe(...insert('one'));
      return tx.$executeRawUnsafe(
        'INSERT INTO alarm (code, what) SELECT $1, w FROM unnest($2::text[]) w',
        'TEST',
        ['two', 'three'],
      );
    });
    expect(changed).toBe(2);
    expect(await alarms()).toEqual(['one', 'two', 'three']);
  });

  it('rolls back what threw, and goes on with the same sessions', async () => {
    const before = await alarms();
    for (let round = 0; round < 5; round++) {
      const failing = database.sql.transaction(async (tx) => {
        await tx.$executeRawUnsafe(...insert('never'));
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrowError('changed my mind');
    }
    expect(await alarms()).toEqual(before);
  });

  it('does not take a transaction for committed in which a statement failed', async () => {
    const before = await alarms();
    const heedless = database.sql.transaction(async (tx) => {
      await tx.$executeRawUnsafe(...insert('never'));
      await tx.$queryRawUnsafe('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(heedless).rejects.toThrowError(/expected COMMIT/);
    expect(await alarms()).toEqual(before);
  });

  it('says that a session which was ended midway is away, and takes another one', async () => {
    const broken = database.sql.transaction(async (tx) => {
      await tx.$executeRawUnsafe(...insert('never'));
      await tx.$queryRawUnsafe('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    const error: unknown = await broken.catch((cause: unknown) => cause);
    expect(asUnavailable(error)).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await alarms()).not.toContain('never');
  });
});
