/** The command line in a process of its own, from its sources: for tests that send signals. */
import { run } from '../../src/cli/program.js';

export async function main(words: string[]): Promise<void> {
  process.exitCode = await run(['node', 'vitrine', ...words]);
  process.exit();
}
