/** What may be used once, by several processes on one database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase, Spent } from '../../src/database/index.js';
import { freshDatabase, silent, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

let test: TestDatabase;
let database: Database;
let now = new Date();
const soon = (): Date => new Date(now.getTime() + 600_000);

/** A process of its own that spends. */
class Spender {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly reader: Interface,
  ) {}

  static async start({ url, ownerUrl }: TestDatabase): Promise<Spender> {
    const args = ['test/support/run-ts.mjs', '--built', 'test/database/spender.ts', url, ownerUrl];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = createInterface({ input: child.stdout });
    const spender = new Spender(child, reader[Symbol.asyncIterator](), reader);
    expect((await spender.lines.next()).value).toBe('ready');
    return spender;
  }

  async spend(scope: string, values: readonly string[]): Promise<boolean[]> {
    this.child.stdin?.write(`${JSON.stringify({ scope, values, expires: soon().toISOString() })}\n`);
    return JSON.parse(String((await this.lines.next()).value)) as boolean[];
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    await once(this.child, 'exit');
    this.reader.close();
  }
}

let spenders: Spender[] = [];

beforeAll(async () => {
  test = await freshDatabase();
  database = await openDatabase({ url: test.url, ownerUrl: test.ownerUrl, dataDir: 'unused', log: silent });
  spenders = await Promise.all([Spender.start(test), Spender.start(test)]);
});
afterAll(async () => {
  await Promise.all(spenders.map((spender) => spender.stop()));
  await database.close();
  await test.drop();
});

const here = (): Spent => new Spent({ sql: database.sql, clock: () => now });
const rows = (): Promise<number> => database.prisma.spent.count();

describe('a value that may be used once', () => {
  it('is one’s alone, however many processes spend it how often at the same moment', async () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(values, values, async (one, other) => {
        const scope = `round ${(round += 1)}`;
        const asked = [one, other].map((list) => list.map((value) => `value ${value}`));
        const told = await Promise.all(
          spenders.map((spender, place) => spender.spend(scope, asked[place] ?? [])),
        );
        const won = asked.flatMap((list, place) => list.filter((_, at) => told[place]?.[at] === true));
        expect(won.sort()).toEqual([...new Set(asked.flat())].sort());
      }),
      { numRuns: 40 },
    );
  });

  it('says nothing of the same value in another scope', async () => {
    const spent = here();
    expect(await spent.spend('links', 'one', soon())).toBe(true);
    expect(await spent.spend('codes', 'one', soon())).toBe(true);
    expect(await spent.spend('links', 'one', soon())).toBe(false);
  });

  it('is kept as a hash', async () => {
    await here().spend('links', 'a secret value', soon());
    const [row] = await database.prisma.$queryRawUnsafe<{ text: string }[]>(
      `SELECT string_agg(encode(convert_to(row_to_json(s)::text, 'UTF8'), 'escape'), ' ') AS text FROM spent s`,
    );
    expect(row?.text).not.toContain('a secret value');
  });

  it('is refused to everyone when the database doesn’t say', async () => {
    const gone = await openDatabase({
      url: test.url,
      ownerUrl: test.ownerUrl,
      dataDir: 'unused',
      log: silent,
    });
    await gone.close();
    await expect(
      new Spent({ sql: gone.sql, clock: () => now }).spend('links', 'x', soon()),
    ).rejects.toThrow();
  });

  it('is forgotten some time after it expired, and none that may still be shown', async () => {
    await database.prisma.$executeRawUnsafe('DELETE FROM spent');
    const before = here();
    await Promise.all(Array.from({ length: 1800 }, (_, at) => before.spend('old', `${at}`, soon())));
    await before.spend('new', 'kept', new Date(now.getTime() + 3_600_000));
    now = new Date(now.getTime() + 600_000 + 61_000);
    const spent = here();
    for (let at = 0; at < 2; at++) {
      const many = Array.from({ length: 500 }, (_, n) => spent.spend('later', `${at} ${n}`, soon()));
      await Promise.all(many);
      await spent.close();
    }
    await until('the old ones are gone', async () => (await rows()) === 1001, 5000);
    expect(await here().spend('new', 'kept', soon())).toBe(false);
  });
});
