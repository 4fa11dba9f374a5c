/** `vitrine import fhir`: FHIR files through the public API. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { keyBeside } from '../peer/index.js';
import { loadConfig } from '../config.js';
import { EXIT } from './exit.js';
import { findFiles, importFhir, readIdentifier, readTokens } from './import/index.js';
import type { ImportOptions, ImportSummary, RefusedItem } from './import/index.js';
import { note, progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { noServer, serverAddress } from './token.js';

interface Options {
  readonly server?: string;
  readonly tokens?: { readonly access: ImportOptions['access']; readonly file: string };
  readonly institution?: NonNullable<ImportOptions['institution']>;
  readonly region?: string;
  readonly ownership?: NonNullable<ImportOptions['ownership']>;
  readonly json?: boolean;
}

/** Turns a reader that throws into one that commander reports as wrong usage. */
function argument<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : 'not valid');
    }
  };
}

const ownership = (text: string): NonNullable<ImportOptions['ownership']> => {
  if (text === 'PUBLIC' || text === 'PRIVATE' || text === 'NON_PROFIT') return text;
  throw new Error('expected PUBLIC, PRIVATE or NON_PROFIT');
};

function tell(summary: ImportSummary): void {
  const line = (what: string, { added, known }: { added: number; known: number }): void =>
    say(`  ${what.padEnd(13)} ${added} added, ${known} known`);
  say(`${summary.files} files read, ${summary.refusedFiles} refused`);
  line('institutions', summary.institutions);
  line('registrars', summary.registrars);
  line('patients', summary.patients);
  line('encounters', summary.encounters);
  say(`  ${'diagnoses'.padEnd(13)} ${summary.diagnoses} added`);
  const ignored = Object.entries(summary.ignored);
  if (ignored.length > 0)
    say(`  left out      ${ignored.map(([type, count]) => `${count} ${type}`).join(', ')}`);
}

const refusedLine = ({ file, path, message, code }: RefusedItem): string =>
  `REFUSED ${file}${path === '' ? '' : ` ${path}`}: ${message}${code === undefined ? '' : ` (${code})`}`;

/** The tokens with the key beside their file. */
async function accessOf(given: Options['tokens']): Promise<ImportOptions['access']> {
  if (given === undefined) return { kind: 'development' };
  const key = await keyBeside(given.file);
  return given.access.kind === 'tokens' && key !== undefined ? { ...given.access, key } : given.access;
}

/** Whether nobody listened: the system's own word for it, however deep `fetch` and the client have wrapped it. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'ECONNREFUSED') || isRefused(error.cause);
}

async function runImport(paths: readonly string[], options: Options, finish: Finish): Promise<void> {
  const { json = false, tokens, institution, region, ownership: owner } = options;
  const server = options.server ?? serverAddress(loadConfig());
  const bar = progress('import', json);
  const abort = new AbortController();
  const onSignal = (): void =>
    abort.abort(new Error('stopped: what was accepted stays, running again completes it'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const summary = await importFhir({
      paths,
      server,
      access: await accessOf(tokens),
      ...(institution === undefined ? {} : { institution }),
      ...(region === undefined ? {} : { region }),
      ...(owner === undefined ? {} : { ownership: owner }),
      signal: abort.signal,
      onProgress: ({ done, files, patients, encounters }) =>
        bar.update(done, files, `files, ${patients} patients, ${encounters} encounters`),
    });
    bar.stop();
    if (json) sayJson(summary);
    else {
      for (const item of summary.refused) note(refusedLine(item));
      tell(summary);
    }
    finish(summary.refused.length === 0 ? EXIT.OK : EXIT.FAILED);
  } catch (error) {
    throw isRefused(error) ? noServer(server, error) : error;
  } finally {
    bar.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Adds `import fhir`. */
export function addImport(program: Command, finish: Finish): void {
  program
    .command('import')
    .description('bring data in through the public API')
    .command('fhir')
    .description('import FHIR R4 bundles; running it again adds nothing')
    .argument('<paths...>', 'files and folders')
    .option('--server <address>', 'the server [by PORT and HOST]')
    .option(
      '--tokens <file>',
      'JSON file {"ministry": token, "<system>|<value>": token}, their key in <file>.jwk; without: personas',
      argument((file) => ({ file, access: readTokens(file) })),
    )
    .option('--institution <system|value>', 'institution of what names none', argument(readIdentifier))
    .option('--region <region>', 'region of organisations without an address')
    .option(
      '--ownership <ownership>',
      'ownership of organisations: PUBLIC, PRIVATE, NON_PROFIT [PUBLIC]',
      argument(ownership),
    )
    .option('--json', 'print the summary as JSON')
    .action(async (paths: string[], options: Options, command: Command) => {
      if (findFiles(paths).files.length === 0)
        command.error(
          `error: expected a JSON file, or a folder that holds one, found none in ${paths.join(' ')}`,
        );
      await runImport(paths, options, finish);
    });
}
