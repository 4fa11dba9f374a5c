/** A process that holds the embedded database of a folder until it is killed or told to close (a line on its input). */
import { once } from 'node:events';
import { openDatabase } from '../../src/database/index.js';

export async function main([dataDir = '', fact = '']: readonly string[]): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ dataDir, log: silent });
  await database.prisma.alarm.create({ data: { code: 'INTERNAL', what: fact } });
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  await database.close();
  process.stdin.destroy();
}
