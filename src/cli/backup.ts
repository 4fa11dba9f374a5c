/** `vitrine backup`: the whole database as files, while the server runs. */
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLog } from '../server/index.js';
import { backUp } from './backup/backup.js';
import { note, progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';

interface Options {
  readonly to: string;
  readonly keys?: string;
  readonly json?: boolean;
}

const HELP = `
The backup is one moment of the database, also while the server writes: each table as gzipped lines of JSON, and a
manifest with their hashes and the log's verified size, root and checkpoint. It stands under its name when it is whole.
It holds neither the keys nor the pin. Without the keys nobody can read a record in it, you included: keep a copy of
them (--keys) on another medium, in other hands. Never copy the pin back from anywhere: it is what tells an old
database from the newest.

  vitrine backup --to /backup/2026-06-15
  vitrine backup --to /backup/2026-06-15 --keys /media/safe/vitrine-keys`;

async function runBackup({ to, keys, json = false }: Options): Promise<void> {
  const config = loadConfig();
  const bar = progress('backup', json);
  const summary = await backUp({
    config,
    log: createLog(config.logLevel === 'info' ? 'warn' : config.logLevel),
    to,
    ...(keys !== undefined && { keysTo: keys }),
    onProgress: (done, total, what) => bar.update(done, total, what),
  }).finally(() => bar.stop());
  if (json) return sayJson(summary);
  const { folder, id, origin, size, root, tables, rows, bytes } = summary;
  say(`${folder}: ${rows} rows of ${tables} tables, ${bytes} bytes`);
  say(`  log       ${origin}, ${size} entries, root ${root}`);
  say(`  manifest  ${id}`);
  if (summary.keys !== null) {
    say(`  keys      ${summary.keys}`);
    note('The keys open every record and sign as this log: keep them apart from the backup, in other hands.');
  } else
    note('The keys are not in it: without a copy of them (--keys) nobody can read a record in this backup.');
}

/** Adds `backup`. */
export function addBackup(program: Command, _finish: Finish): void {
  program
    .command('backup')
    .description('write the whole database to a new folder, as of one moment, while the server runs')
    .requiredOption('--to <dir>', "the backup's folder; it must not be there yet")
    .option('--keys <dir>', 'also copy the keys to this new folder, which belongs on another medium')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => runBackup(options));
}
