/** What verifying a whole log takes beside hashing the same bytes, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './measure.js';

const CHILD = fileURLToPath(new URL('verify-child.mjs', import.meta.url));
const LONGEST_MS = 600_000;
/** Passes of which the median counts, after one that the compiler still works on. */
const PASSES = 5;

/** Milliseconds of processor time for the whole log. */
interface Round {
  /** For reading the rows. */
  readonly reading: number;
  /** For hashing leaves and openings with a hash object each, as is usual. */
  readonly hashing: number;
  /** For the same by the one-shot function, which gives a text: the least that Node.js does it for. */
  readonly once: number;
  /** For reading and verifying everything but the curve arithmetic of signatures. */
  readonly statement: number;
}

export interface Verification extends Round {
  readonly size: number;
  /** As `statement`, the first time in the process. */
  readonly cold: number;
  /** As `statement`, with the signatures. */
  readonly full: number;
}

type Spoken = Pick<Verification, 'size' | 'cold' | 'full'> & { readonly rounds: readonly Round[] };

/** The medians of a few passes over the log of a deployment whose database runs. */
export async function measureVerification(dataDir: string): Promise<Verification> {
  const words = [CHILD, dataDir, PASSES.toString()];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: LONGEST_MS });
  const { size, cold, full, rounds } = JSON.parse(stdout) as Spoken; // the child writes nothing else
  const of = (what: keyof Round): number => median(rounds.map((round) => round[what]));
  return {
    size,
    cold,
    full,
    reading: of('reading'),
    hashing: of('hashing'),
    once: of('once'),
    statement: of('statement'),
  };
}
