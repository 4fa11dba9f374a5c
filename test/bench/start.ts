/** What opening a long log takes: time until it answers, and memory, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './measure.js';

const CHILD = fileURLToPath(new URL('start-child.mjs', import.meta.url));
const LONGEST_MS = 300_000;

export interface Start {
  /** Entries that the log had. */
  readonly size: number;
  /** From opening the database to the verified log. */
  readonly milliseconds: number;
  /** Bytes that the process holds after that, and at most held. */
  readonly rss: number;
  readonly heapUsed: number;
  readonly peak: number;
}

/** The start with the median time of a few. The database runs already: its own start isn't the log's. */
export async function measureStart(dataDir: string, rounds: number): Promise<Start> {
  const starts: Start[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, dataDir], { timeout: LONGEST_MS });
    starts.push(JSON.parse(stdout) as Start);
  }
  const middle = median(starts.map(({ milliseconds }) => milliseconds));
  const start = starts.find(({ milliseconds }) => milliseconds === middle);
  if (start === undefined) throw new Error('no start was measured');
  return start;
}
