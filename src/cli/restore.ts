/** `vitrine restore`: a backup into an empty database, verified before anything can start on it. */
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLog } from '../server/index.js';
import { restore, type RestoreSummary, type Standing } from './backup/restore.js';
import { EXIT } from './exit.js';
import { note, progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import type { Finding } from './verify.js';

interface Options {
  readonly from: string;
  readonly keys?: string;
  readonly json?: boolean;
}

const HELP = `
The database has to be empty: a fresh DATA_DIR, or an empty DATABASE_URL. First every file is compared with the
manifest, then all rows are loaded in one transaction, then the log and every row are verified again. Until that is
done nothing starts on the database; after a crash run the same command again.

Exit code 0 when it is done, 1 when anything does not hold: then nothing starts on it.`;

/** What happens at the next start, and what to do about it. */
const NEXT: Readonly<Record<Standing, string>> = {
  READY: 'The pin of this machine agrees: nothing was lost. Start the server.',
  ROLLED_BACK:
    'The pin of this machine knows of more entries: a start is refused (ROLLBACK_DETECTED). Look for a newer backup, or ' +
    'for the database itself; if what came after is lost, see `vitrine accept-rollback --help`.',
  NO_PIN:
    'There is no pin here, so nothing on this machine says whether the backup is the newest: a start needs ' +
    '--trust-first. Ask the witnesses and peers first what they saw last.',
};

async function runRestore({ from, keys, json = false }: Options, finish: Finish): Promise<void> {
  const config = loadConfig();
  const bar = progress('restore', json);
  const summary = await restore({
    config,
    log: createLog(config.logLevel === 'info' ? 'warn' : config.logLevel),
    from,
    ...(keys !== undefined && { keysFrom: keys }),
    onProgress: (done, total, what) => bar.update(done, total, what),
    onFinding: ({ what, where }: Finding) => {
      if (!json) say(`FINDING ${where}: ${what}`);
    },
  }).finally(() => bar.stop());
  if (json) sayJson(summary);
  else tell(summary);
  finish(summary.findings.length === 0 ? EXIT.OK : EXIT.FAILED);
}

function tell({ origin, size, root, rows, findings, standing, pinned }: RestoreSummary): void {
  if (findings.length > 0) {
    note(`${findings.length} findings: the restore isn't done, and nothing starts on this database.`);
    return;
  }
  say(`${rows} rows restored, everything holds`);
  say(`  log       ${origin}, ${size} entries, root ${root}`);
  say(`  pin       ${pinned === null ? 'none' : `${pinned} entries`}`);
  note(NEXT[standing]);
}

/** Adds `restore`. */
export function addRestore(program: Command, finish: Finish): void {
  program
    .command('restore')
    .description('put a backup into an empty database, and verify all of it')
    .requiredOption('--from <dir>', "the backup's folder")
    .option('--keys <dir>', 'put these exported keys into the empty key folder first')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => runRestore(options, finish));
}
