/** `npm run bench -- <name> [--quick]`: measures against a baseline in the same run, and prints ratios. */
import { cpus, totalmem } from 'node:os';
import { anchoring } from './anchoring.js';
import { ledger } from './ledger.js';
import { uploads } from './uploads.js';
import { views } from './views.js';

/** What a benchmark is told. */
export interface BenchOptions {
  /** Under a minute, with wider error. */
  readonly quick: boolean;
}

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  anchoring,
  ledger,
  uploads,
  views,
};

export async function main(words: readonly string[]): Promise<void> {
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0)
    throw new Error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}`);
  const [cpu] = cpus();
  console.log(
    `${cpus().length} x ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  );
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    console.log(`\n${name}`);
    await BENCHES[name]?.({ quick: words.includes('--quick') });
  }
}
