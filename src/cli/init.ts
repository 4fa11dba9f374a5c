/** `vitrine init`: begins the log of a production deployment, with the ministry and its first member. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { beginLedger, createLog, openBase } from '../server/index.js';
import { note, say, sayJson } from './output.js';
import type { Finish } from './program.js';

interface Options {
  readonly ministry: string;
  readonly region: string;
  readonly memberName: string;
  readonly memberSubject: string;
  readonly json?: boolean;
}

/** Reads an option's text: the log keeps it for good, so an empty variable of a script must not get there. */
const text =
  (longest: number) =>
  (given: string): string => {
    const value = given.trim();
    if (value === '' || value.length > longest)
      throw new InvalidArgumentError(`expected 1 to ${longest} characters, got ${value.length}`);
    return value;
  };

async function init(options: Options): Promise<void> {
  const config = loadConfig();
  const log = createLog(config.logLevel);
  const database = await openBase(config, log);
  try {
    const clock = (): Date => new Date();
    const ledger = await beginLedger({ config, log, clock }, database, {
      ministry: { name: options.ministry, region: options.region },
      member: { name: options.memberName, subject: options.memberSubject },
    });
    const { origin, trusted, verifierKey } = ledger;
    const checkpoint = await ledger.checkpoint();
    const size = trusted.size;
    await ledger.close();
    if (options.json) sayJson({ origin, size, verifierKey, keys: config.keysDir, checkpoint });
    else {
      say(`The log ${origin} has begun, with ${size} entries.`);
      say(`Its keys are in ${config.keysDir}: back them up now. Without them no record can be read.`);
      say(`\nThe log's public key:\n${verifierKey}\n\n${checkpoint}`);
      note('Give key and checkpoint to other institutions: by them they check the log and compare it.');
    }
  } finally {
    await database.close();
  }
}

/** Adds `init`. */
export function addInit(program: Command, _finish: Finish): void {
  program
    .command('init')
    .description('begin the log: keys, the ministry, and its first member, who registers everyone else')
    .requiredOption('--ministry <name>', "the ministry's name", text(200))
    .requiredOption('--region <region>', 'its region', text(64))
    .requiredOption('--member-name <name>', "its first member's name", text(200))
    .requiredOption('--member-subject <sub>', "the `sub` of that member's access tokens", text(255))
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nLOG_ORIGIN names the log; it cannot be changed later. `vitrine serve --help` lists all settings.',
    )
    .action((options: Options) => init(options));
}
