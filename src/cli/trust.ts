/** `vitrine trust`: puts a vendor's operations on the list of what its machine may send. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { DpopKey, VitrineClient, type VitrineClientOptions } from '../client/index.js';
import { TrustDocumentsDocument } from '../client/generated/graphql.js';
import { loadConfig } from '../config.js';
import { VitrineError } from '../ledger/core/error.js';
import { keyBeside } from '../peer/index.js';
import { say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { developmentToken, serverAddress } from './token.js';
import { documentsOf, type NamedDocument } from './trust/documents.js';

interface Options {
  readonly member: string;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly persona?: string;
  readonly reason: string;
  readonly off?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

type SignIn = Pick<VitrineClientOptions, 'token' | 'dpop'>;

/** @throws VitrineError NOT_CONFIGURED when nobody is named who signs in */
async function signInOf({ tokenFile, persona }: Options, server: string): Promise<SignIn> {
  if (tokenFile !== undefined)
    return { token: readFileSync(tokenFile, 'utf8').trim(), dpop: () => keyBeside(tokenFile) };
  if (persona !== undefined) {
    const dpop = await DpopKey.generate();
    return { token: (await developmentToken(server, persona, dpop)).token, dpop };
  }
  throw new VitrineError(
    'NOT_CONFIGURED',
    '--token-file: the list is kept by a registrar of the institution that enrolled the vendor (or --persona, in development)',
  );
}

async function trust(documents: readonly NamedDocument[], options: Options): Promise<void> {
  const { member, reason, off = false } = options;
  const server = options.server ?? serverAddress(loadConfig());
  const client = new VitrineClient({
    endpoint: new URL('/graphql', server),
    ...(await signInOf(options, server)),
  });
  const input = {
    requestId: randomUUID(),
    member,
    enforced: !off,
    documents: documents.map(({ name, text }) => ({ name, text })),
    reason,
  };
  const { trustDocuments: answer } = await client.request(TrustDocumentsDocument, { input });
  const version = answer.trustedDocuments?.version ?? null;
  const facts = { member, version, enforced: !off, documents: documents.map(({ name }) => name) };
  if (options.json) return sayJson(facts);
  say(`version ${version}: ${documents.length} documents, ${off ? 'not enforced' : 'and nothing else runs'}`);
}

/** Adds `trust`. */
export function addTrust(program: Command, _finish: Finish): void {
  program
    .command('trust')
    .description('set the documents that a vendor’s machine may send; nothing else runs for it then')
    .argument('<operations...>', 'folders of .graphql files, or files: each operation with its fragments')
    .requiredOption('--member <id>', 'id of the vendor’s member')
    .option('--server <address>', 'the server [by PORT and HOST]')
    .option(
      '--token-file <file>',
      'access token of a REGISTRAR of the institution that enrolled it, its key in <file>.jwk',
    )
    .option('--persona <persona>', 'in development: such a registrar, instead of --token-file')
    .option('--reason <text>', 'why, for the record', 'its operations of this release')
    .option('--off', 'keep the list and hold nothing back')
    .option('--dry-run', 'print what would be trusted, and send nothing')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      '\nGive the documents as the client sends them: a client that adds __typename by itself must be given so.',
    )
    .action(async (paths: string[], options: Options) => {
      const documents = documentsOf(paths);
      if (!options.dryRun) return trust(documents, options);
      if (options.json) return sayJson(documents);
      for (const { name, text } of documents) say(`# ${name}\n${text}\n`);
    });
}
