/** Taking turns among the processes on a database. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Turn } from '../../src/database/turn.js';
import { freshDatabase, silent, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

let database: TestDatabase;
let owner: pg.Client;
const turns: Turn[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterEach(async () => {
  for (const turn of turns.splice(0)) await turn.close();
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

/** Waits for the turn; `mine` says whether it has come. */
function waiting(name: string): { turn: Turn; mine: boolean } {
  const one = {
    mine: false,
    turn: new Turn({
      url: database.url,
      name,
      log: silent,
      onChange: (mine) => {
        one.mine = mine;
      },
    }),
  };
  turns.push(one.turn);
  return one;
}

describe('a turn', () => {
  it('is one’s at a time, and the next one’s when it is given up', async () => {
    const first = waiting('work');
    await until('it came', () => first.mine);
    const second = waiting('work');
    const other = waiting('other work');
    await until('it came', () => other.mine);
    await pause(700); // longer than a waiting process takes to ask again
    expect(second.mine).toBe(false);
    await first.turn.close();
    await until('it came', () => second.mine, 5000);
  });

  it('is lost with its session, told, and taken up again', async () => {
    const one = waiting('work');
    await until('it came', () => one.mine);
    await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'vitrine turn' AND datname = current_database()`,
    );
    await until('it was lost', () => !one.mine, 5000);
    await until('it came again', () => one.mine, 5000);
  });

  it('that never comes can be given up', async () => {
    const first = waiting('work');
    await until('it came', () => first.mine);
    const second = waiting('work');
    await second.turn.close();
    expect(second.mine).toBe(false);
  });
});
