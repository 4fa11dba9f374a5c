import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { openDatabase } from '../../src/database/index.js';
import type { Database } from '../../src/database/index.js';
import { requireServer } from '../../src/database/external.js';
import { hostOf, parseDatabaseUrl, withSettings } from '../../src/database/url.js';
import { freshDatabase, silent } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
});

async function withOpen<T>(
  urls: { url: string; ownerUrl?: string },
  work: (open: Database) => Promise<T>,
): Promise<T> {
  const open = await openDatabase({ ...urls, dataDir: '/nowhere', log: silent });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

describe('a database of someone else', () => {
  it("is worked on as vitrine_app although the address is the owner's", async () => {
    const rows = await withOpen({ url: database.ownerUrl }, (open) =>
      open.prisma.$queryRawUnsafe('SELECT current_user::text AS role, session_user::text AS login'),
    );
    expect(rows).toEqual([{ role: 'vitrine_app', login: 'vitrine' }]);
    const deleting = withOpen({ url: database.ownerUrl }, (open) => open.prisma.entry.deleteMany());
    await expect(deleting).rejects.toThrow('permission denied');
  });

  it('is refused before PostgreSQL 15, with its version', () => {
    const facts = {
      version: 140_011,
      version_text: '14.11',
      encoding: 'UTF8',
      schema: 'public',
      durable: true,
    };
    const server = { ...facts, role_exists: true, may_create_role: true, me: 'me' };
    expect(() => {
      requireServer(server, silent);
    }).toThrow('the database is PostgreSQL 14.11; vitrine needs 15 or newer');
    expect(() => {
      requireServer({ ...server, version: 150_000, encoding: 'SQL_ASCII' }, silent);
    }).toThrow('vitrine needs UTF8');
  });

  it.each([
    ['not an address', 'NOT_CONFIGURED', 'is not an address:secret'],
    ['another system', 'NOT_CONFIGURED', 'mysql://a:secret@localhost/a'],
    ['a schema that would need quoting', 'NOT_CONFIGURED', 'postgresql://a:secret@localhost/a?schema=a%22b'],
    ['nobody there', 'UNAVAILABLE', 'postgresql://a:secret@127.0.0.1:9/a'],
  ])('is refused without repeating the password: %s', async (_name, code, url) => {
    const opening = withOpen({ url }, () => Promise.resolve());
    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.not.toThrow('secret');
  });

  it("is refused when the owner's address leads elsewhere", async () => {
    const other = await freshDatabase();
    const opening = withOpen({ url: database.url, ownerUrl: other.ownerUrl }, () => Promise.resolve());
    await expect(opening).rejects.toThrow('different databases');
    await other.drop();
  });
});

describe('addresses', () => {
  it("lose Prisma's parameters and keep PostgreSQL's", () => {
    const parsed = parseDatabaseUrl(
      'postgres://u:p@h/d?schema=north&connection_limit=3&sslmode=require',
      'DATABASE_URL',
    );
    expect(parsed).toEqual({ url: 'postgres://u:p@h/d?sslmode=require', schema: 'north' });
  });

  it('add settings to those that are there', () => {
    const url = withSettings('postgresql://u@h/d?options=-c%20jit%3Doff', { role: 'vitrine_app' });
    expect(new URL(url).searchParams.get('options')).toBe('-c jit=off -c role=vitrine_app');
  });

  it('name their host without a password', () => {
    expect(hostOf('postgresql://u:p@h:1/d')).toBe('h:1/d');
    expect(hostOf('postgresql:///d?host=/run/postgresql')).toBe('/run/postgresql/d');
  });
});

describe('listen', () => {
  it('hears what is announced, again after its session was lost, and not after it was stopped', async () => {
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await withOpen(database, async (open) => {
      const heard: string[] = [];
      let wake: () => void = () => undefined;
      const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
      const stop = await open.listen('Vitrine test', (payload) => {
        heard.push(payload);
        wake();
      });
      const announce = async (payload: string): Promise<void> => {
        const came = next();
        await owner.query(`SELECT pg_notify('Vitrine test', $1)`, [payload]);
        await came;
      };
      await announce('1');
      const renewed = next();
      await owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vitrine listener' AND datname = current_database()`,
      );
      await renewed;
      await announce('2');
      await stop();
      await owner.query(`SELECT pg_notify('Vitrine test', '3')`);
      await open.ping();
      expect(heard).toEqual(['1', '', '2']);
    });
    await owner.end();
  });
});
