/** `vitrine peer`: another institution's machine: witness, copy and monitor of logs, until a signal. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { base64, formatVkey } from '../ledger/core/index.js';
import { Alarms, createDecisionKey, createWitnessKey, Home, Peer, readSettings } from '../peer/index.js';
import type { GivenLog } from '../peer/index.js';
import { createLog, stopOnSignal } from '../server/index.js';
import { EXIT } from './exit.js';
import { note, say } from './output.js';
import type { Finish } from './program.js';

interface Options {
  readonly home: string;
  readonly key?: string;
  readonly host?: string;
  readonly port?: number;
  readonly institution?: string;
  readonly tokenFile?: string;
  readonly openings?: 'own' | 'all' | 'none';
  readonly ownKey?: string[];
  readonly pollMs?: number;
  readonly stallMinutes?: number;
  readonly validator?: boolean;
  readonly signingKey?: string;
  readonly rules?: string;
  readonly init?: boolean;
  readonly name?: string;
  readonly acknowledge?: string[];
  readonly logLevel: string;
}

const STOP_MS = 20_000;

const HELP = `
One process a home. It keeps there: witness.key, witness/ (what was cosigned last; never put it back from a backup),
logs/<log>/ (checkpoint, tiles, openings, evidence of forks), alarms.jsonl, and takes settings from peer.json:
  {"port": 7380, "logs": [{"url": "https://vitrine.example", "keys": ["<vkey>"], "institution": "<id>",
   "tokenFile": "token", "openings": "own", "ownKeys": ["<thumbprint>"],
   "validator": {"signingKey": "validator.key", "rules": "validator.json"}}]}
A log without "url" is witnessed only; "origin" names a log whose keys have another name.

It serves POST /add-checkpoint (c2sp.org/tlog-witness), its copies below /log and /logs/<log>/log
(c2sp.org/tlog-tiles), /healthz (503 while a critical alarm stands) and /metrics.

With --validator it decides on upload requests for which a policy names its institution, by the rules in validator.json
(schema/uploads.md, "Validators"), and signs with validator.key, whose public half enrolMember or rotateKey registers
for the token's member. For that it needs --log, --log-key, --institution and --token-file, or the same in peer.json;
--init alone makes the key without them. What it decided is in logs/<log>/validator/decisions.jsonl.

  vitrine peer --home peer --init --name city.example/witness
  vitrine peer --home peer --log https://vitrine.example --log-key <vkey>
  vitrine peer --home peer --init --validator
  vitrine peer --home peer --log https://vitrine.example --log-key <vkey> --institution <id> --token-file token --validator`;

const whole = (given: string): number => {
  if (!/^\d{1,9}$/.test(given)) throw new InvalidArgumentError('expected a whole number');
  return Number(given);
};

const positive = (given: string): number => {
  const value = Number(given);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
};

const several = (given: string, before: string[] = []): string[] => [...before, given];

/** A log's address or key, in the order of the command line: a key belongs to the address before it. */
type Word = { readonly url: string } | { readonly key: string };

/** Logs of the command line. A key before the first address is the first log's. */
function logsOf(words: readonly Word[], options: Options): GivenLog[] {
  const logs: { url?: string; keys: string[] }[] = [];
  for (const word of words) {
    const last = logs.at(-1);
    if ('url' in word) {
      if (last !== undefined && last.url === undefined) last.url = word.url;
      else logs.push({ url: word.url, keys: [] });
    } else if (last === undefined) logs.push({ keys: [word.key] });
    else last.keys.push(word.key);
  }
  const { institution, tokenFile, openings, ownKey: ownKeys, signingKey, rules } = options;
  const decides = options.validator === true || signingKey !== undefined || rules !== undefined;
  const validator = decides ? { signingKey, rules } : undefined;
  return logs.map((log) => ({ ...log, institution, tokenFile, openings, ownKeys, validator }));
}

/** Makes the home and its keys, and prints their public halves: the witness's, and the validator's as enrolMember takes it. */
async function init(options: Options, finish: Finish): Promise<void> {
  const { name = '', validator = false, signingKey } = options;
  if (name === '' && !validator) {
    note('vitrine: --init needs --name <witness name>, for example city.example/witness, or --validator');
    return finish(EXIT.USAGE);
  }
  const home = await Home.take(resolve(options.home));
  try {
    if (name !== '') {
      const { key } = await createWitnessKey(resolve(options.key ?? home.path('witness.key')), name);
      say(formatVkey(key));
    }
    if (validator) {
      const key = await createDecisionKey(resolve(signingKey ?? home.path('validator.key')));
      say(base64(key.publicKey));
    }
    finish(EXIT.OK);
  } finally {
    await home.release();
  }
}

/** Lets alarms go that a person looked at. */
async function acknowledge(options: Options, finish: Finish): Promise<void> {
  const home = await Home.take(resolve(options.home));
  try {
    const alarms = await Alarms.open({ home, clock: () => new Date(), log: createLog('silent') });
    let unknown = 0;
    for (const id of options.acknowledge ?? []) {
      if (await alarms.acknowledge(id)) say(`acknowledged ${id}`);
      else unknown += 1;
    }
    for (const { id, since, message } of alarms.standing) say(`stands ${id} since ${since}: ${message}`);
    finish(unknown === 0 ? EXIT.OK : EXIT.FAILED);
  } finally {
    await home.release();
  }
}

async function watch(words: readonly Word[], options: Options): Promise<void> {
  const { key, host, port, pollMs, stallMinutes } = options;
  const logs = logsOf(words, options);
  const settings = await readSettings(resolve(options.home), { key, host, port, pollMs, stallMinutes, logs });
  const log = createLog(options.logLevel);
  let stop = (): Promise<void> => Promise.resolve();
  const starting = Peer.start(settings, { log });
  stop = async () => (await starting).stop();
  stopOnSignal({
    stop: () => stop(),
    deadlineMs: STOP_MS,
    report: (message, error) =>
      error === undefined ? log.info(message) : log.error({ err: error }, message),
  });
  const peer = await starting;
  say(`peer ${peer.name} listening on ${peer.address}`);
  for (const { settings: one, slug } of peer.logs) {
    if (one.institution !== null && one.tokenFile === null) {
      note(
        `${one.origin}: without --token-file no opening is fetched, and nobody's entries are told from foreign ones`,
      );
    }
    if (one.url !== null) note(`${one.origin}: copied from ${one.url} to ${settings.home}/logs/${slug}`);
  }
  // Sockets keep the process alive; the signal ends it.
  await new Promise<never>(() => undefined);
}

/** Adds `peer`. */
export function addPeer(program: Command, finish: Finish): void {
  const words: Word[] = [];
  program
    .command('peer')
    .description(
      "another institution's machine: cosign logs, keep a verified copy, raise the alarm, decide on uploads; without PostgreSQL",
    )
    .requiredOption('--home <dir>', 'folder of its key, its copies and its alarms')
    .option('--log <url>', "a log's server: /log and /graphql are below it; repeatable", (url: string) => {
      words.push({ url });
      return url;
    })
    .option(
      '--log-key <vkey>',
      'C2SP verifier key of the --log before it; all of them while it rotates',
      (key: string) => {
        words.push({ key });
        return key;
      },
    )
    .option('--key <file>', "the witness's C2SP signing key [<home>/witness.key]")
    .option('--host <address>', 'address to listen on [127.0.0.1]')
    .option('--port <port>', 'port to listen on; 0 takes a free one [7380]', whole)
    .option('--institution <id>', "the peer's institution: its entries' openings are kept and checked")
    .option(
      '--token-file <file>',
      'file with an access token for the openings, its key in <file>.jwk; read at each request',
    )
    .addOption(
      new Option('--openings <which>', "which openings are kept; all: an auditor's").choices([
        'own',
        'all',
        'none',
      ]),
    )
    .option(
      '--own-key <thumbprint>',
      "a key of the institution's; repeatable [those registered on the log]",
      several,
    )
    .option(
      '--validator',
      'decide on upload requests by validator.json (needs --log, --institution, --token-file); with --init: make its key',
    )
    .option('--signing-key <file>', "the validator's key, PKCS #8 in PEM [<home>/validator.key]")
    .option('--rules <file>', "the validator's rules [<home>/validator.json]")
    .option('--poll-ms <ms>', 'milliseconds between two looks at a log [5000]', whole)
    .option('--stall-minutes <n>', 'minutes without anything verifiable that are a stall [5]', positive)
    .option('--log-level <level>', 'least level of the structured log on standard error', 'warn')
    .option('--init', 'make the home and its keys, print their public halves, and end')
    .option('--name <name>', "with --init: the witness's name, a URL without its scheme")
    .option('--acknowledge <alarm>', 'let an alarm go, list those that stand, and end; repeatable', several)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      if (options.init === true) return init(options, finish);
      if (options.acknowledge !== undefined) return acknowledge(options, finish);
      return watch(words, options);
    });
}
