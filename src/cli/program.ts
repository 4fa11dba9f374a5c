/** `vitrine`: the command line. One file a command; this one puts them together. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAcceptRollback } from './accept-rollback.js';
import { addBackup } from './backup.js';
import { addDatabaseUrl } from './database-url.js';
import { EXIT, exitCodeOf, messageOf } from './exit.js';
import type { ExitCode } from './exit.js';
import { addImport } from './import-fhir.js';
import { addInit } from './init.js';
import { note, sayJson } from './output.js';
import { addOutbox } from './outbox.js';
import { addPeer } from './peer.js';
import { addRestore } from './restore.js';
import { addRotateKey } from './rotate-key.js';
import { addSample } from './sample.js';
import { addServe } from './serve.js';
import { addToken } from './token.js';
import { addTrust } from './trust.js';
import { addVerify } from './verify.js';

/** Ends the process's work with a code; what a command gives back. */
export type Finish = (code: ExitCode) => void;

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Makes the program. `finish` is told the exit code of a command that ran. */
export function createProgram(finish: Finish): Command {
  const program = new Command('vitrine')
    .description('Common data of healthcare institutions and the state: look, don’t take.')
    .version(versionOf(), '-V, --version')
    .showHelpAfterError('(vitrine --help tells more)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 findings or a failure, 2 called wrongly, 78 a setting is missing or wrong.',
    );
  const commands = [
    addServe,
    addPeer,
    addImport,
    addOutbox,
    addVerify,
    addBackup,
    addRestore,
    addAcceptRollback,
    addRotateKey,
    addToken,
    addTrust,
    addSample,
    addInit,
  ];
  for (const add of [...commands, addDatabaseUrl]) {
    add(program, finish);
  }
  return program;
}

/** Runs the command line. @returns the exit code. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.OK;
  try {
    await createProgram((ended) => (code = ended)).parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    if (argv.includes('--json')) sayJson({ error: messageOf(error) });
    else note(`vitrine: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}
