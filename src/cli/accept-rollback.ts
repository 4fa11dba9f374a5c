/** `vitrine accept-rollback`: after a disaster, the log goes on under another name, and says why. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLog } from '../server/index.js';
import { note, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { type Accepted, acceptRollback } from './rollback/accept.js';

interface Options {
  readonly tokenFile: readonly string[];
  readonly reason: string;
  readonly lostFrom?: string;
  readonly lostCheckpoint?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const HELP = `
For a database that was restored and is behind what this deployment signed. Its witnesses rightly never sign a smaller
log under the same name, so the log goes on under <name>/restored-<size> and a new log key. The entry that says so names
what was lost and proves it by the lost checkpoint, with the reason and the consent of two regulators of the ministry,
each by an access token of their own. Until it is committed and signed the pin isn't moved, and nothing starts; after a
crash run the same command again. Look for a newer backup first: this can't be taken back.

  vitrine accept-rollback --token-file one --token-file two --reason 'fire in the data centre' \\
    --lost-from https://witness.city.example

--lost-from takes a peer's address, or the folder of its copy (<home>/logs/<log>), which has the openings too. It proves
what was lost and writes a line for each lost entry, so that institutions know what to enter again. The values of lost
records can't come back: no copy of the log holds any.`;

async function runAccept(options: Options): Promise<void> {
  const { tokenFile: tokenFiles, reason, lostFrom, lostCheckpoint, report, json = false } = options;
  const config = loadConfig();
  const accepted = await acceptRollback({
    config,
    log: createLog(config.logLevel === 'info' ? 'warn' : config.logLevel),
    tokenFiles,
    reason,
    ...(lostFrom !== undefined && { lostFrom }),
    ...(lostCheckpoint !== undefined && { lostCheckpoint }),
    ...(report !== undefined && { report }),
  });
  if (json) sayJson(accepted);
  else tell(accepted);
}

function tell({ restored, known, index, origin, verifierKey, repeated, report }: Accepted): void {
  const lost = `${known - restored} entries (${restored} to ${known - 1n}) were signed and are lost`;
  say(
    repeated
      ? `The rollback had been accepted already; the pin is moved now.`
      : `${lost}: accepted by entry ${index}.`,
  );
  say(`  log       ${origin}`);
  say(`  key       ${verifierKey}`);
  if (report !== null) {
    say(`  report    ${report.path}: ${report.entries} entries, ${report.opened} of them opened`);
    for (const [institution, count] of Object.entries(report.institutions))
      say(`            ${institution === '' ? 'no institution' : institution}: ${count}`);
    if (report.erasures > 0) say(`  erasures  ${report.erasures}, done again at the next start`);
  } else if (!repeated) note('Without --lost-from nobody proved what was lost; the entry says so.');
  note(
    'Give the new key to every witness and peer. They keep the old log as evidence; start the server now.',
  );
}

/** Adds `accept-rollback`. */
export function addAcceptRollback(program: Command, _finish: Finish): void {
  program
    .command('accept-rollback')
    .description(
      'after a disaster: accept that the newest entries are lost, and go on under another name and key',
    )
    .requiredOption(
      '--token-file <file>',
      "file with a regulator's access token; twice, of two people",
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .requiredOption('--reason <text>', 'why, at most 500 characters; it stands on the log for good', reasonOf)
    .option(
      '--lost-from <copy>',
      "a peer's address or the folder of its copy: proves and reports what was lost",
    )
    .option('--lost-checkpoint <file>', 'the newest signed checkpoint that anyone has, where there is no pin')
    .option('--report <file>', 'where the report goes [DATA_DIR/lost-<from>-<to>.jsonl]')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => runAccept(options));
}

function reasonOf(given: string): string {
  const reason = given.trim();
  if (reason.length >= 1 && reason.length <= 500) return reason;
  throw new InvalidArgumentError(`expected 1 to 500 characters, got ${reason.length}`);
}
