/** A process that spends values as it is told them, a line of JSON each, and says which were its own. */
import { createInterface } from 'node:readline';
import { openDatabase, Spent } from '../../src/database/index.js';

export async function main([url = '', ownerUrl = '']: readonly string[]): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ url, ownerUrl, dataDir: 'unused', log: silent });
  const spent = new Spent({ sql: database.sql, clock: () => new Date() });
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const { scope, values, expires } = JSON.parse(line) as {
      scope: string;
      values: string[];
      expires: string;
    };
    const first = await Promise.all(values.map((value) => spent.spend(scope, value, new Date(expires))));
    process.stdout.write(`${JSON.stringify(first)}\n`);
  }
  await spent.close();
  await database.close();
}
