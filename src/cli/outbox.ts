/** `vitrine outbox`: uploads kept in a folder until the server has accepted them, over bad links. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { OutboxEvent } from '../client/index.js';
import { loadConfig } from '../config.js';
import { VitrineError } from '../ledger/core/index.js';
import { EXIT } from './exit.js';
import { parseGiven } from './outbox/given.js';
import { viewHome, wishOf } from './outbox/home.js';
import { makeKey, readPublicKey } from './outbox/key.js';
import { sendHome, type SendSummary } from './outbox/send.js';
import { adviceOf, eventLine, lineOf } from './outbox/tell.js';
import type { Wish } from './outbox/wishes.js';
import { note, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { serverAddress } from './token.js';

const STATES = ['WAITING', 'SENT', 'ACCEPTED', 'REFUSED'] as const;

interface Common {
  readonly home: string;
  readonly json?: boolean;
}

interface PutWords extends Common {
  readonly thread?: readonly string[] | false;
  readonly after?: readonly string[];
}

interface SendWords extends Common {
  readonly endpoint?: string;
  readonly tokenFile: string;
  readonly signingKey?: string;
  readonly policy?: string;
  readonly watch?: boolean;
  readonly for?: number;
}

const HELP = `
A file holds {"operation": "recordEncounter", "input": {…}}, or a list of such. It may have a "requestId" in its input, an
"id", "threads" and "after". The folder is of one member at one log; what waits in it is personal data, in the clear.

  vitrine outbox put visit.json
  vitrine outbox send --token-file token            until all is accepted or refused
  vitrine outbox send --token-file token --watch    for ever; other processes put in meanwhile
  vitrine outbox list --state REFUSED

Items of one thread (by default the record that is changed, and the patient) are sent one after the other. A refusal
holds only what was put in after it by "after", or changes the same record next. A refused item is sent again as it was
by "retry", or dropped and put in anew. What others must approve waits; "list" says for whom and until when, and the next
"send" looks again.`;

const KEY_HELP = `
The file never leaves you. Register the public half: "publicKey" of enrolMember, or of rotateKey. Until then the log
doesn't know it, and 'vitrine outbox send --signing-key' stops before it sends anything.`;

async function put(file: string, { home, json, thread, after }: PutWords): Promise<void> {
  const given = parseGiven(file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8'));
  const items = given.map((item) => ({
    ...item,
    ...(thread !== undefined && { threads: thread === false ? [] : thread }),
    ...(after !== undefined && { after }),
  }));
  await requireKnown(
    home,
    items.flatMap((item) => item.after ?? []),
    items.map(({ id }) => id),
  );
  const pid = await wishOf(resolve(home), { put: items });
  if (json) return sayJson({ items: items.map(({ id }) => id), process: pid });
  for (const { id } of items) say(id);
  if (pid !== null) note(`kept; process ${pid} sends it`);
}

async function requireKnown(
  home: string,
  ids: readonly string[],
  own: readonly string[] = [],
): Promise<void> {
  const known = new Set([...(await viewHome(resolve(home))).items().map(({ id }) => id), ...own]);
  for (const id of ids)
    if (!known.has(id)) throw new VitrineError('NOT_FOUND', `no item ${id} in the outbox ${home}`);
}

async function list({ home, json, state }: Common & { readonly state?: string }): Promise<void> {
  const items = (await viewHome(resolve(home)))
    .items()
    .filter((item) => (state ?? item.state) === item.state);
  if (json) return sayJson(items.map(({ input: _personal, number: _own, alone: _inner, ...told }) => told));
  for (const item of items) say(lineOf(item));
  const counts = STATES.map((one) => [one, items.filter((item) => item.state === one).length] as const);
  note(
    counts
      .filter(([, count]) => count > 0)
      .map(([one, count]) => `${count} ${one}`)
      .join(', ') || (existsSync(home) ? 'empty' : `no outbox in ${resolve(home)} yet: put makes one`),
  );
}

async function show(id: string, { home, json }: Common): Promise<void> {
  await requireKnown(home, [id]);
  const item = (await viewHome(resolve(home))).item(id);
  if (json || item === null) return sayJson(item);
  say(lineOf(item));
  for (const [name, value] of Object.entries(item))
    if (!['id', 'state', 'operation'].includes(name)) say(`  ${name.padEnd(10)} ${JSON.stringify(value)}`);
}

/** Asks for something to be done to items, and says who did or will do it. */
async function wish(home: string, wishes: readonly Wish[], done: string): Promise<void> {
  for (const one of wishes) {
    const pid = await wishOf(resolve(home), one);
    if (pid === null) note(done);
    else note(`process ${pid} has the outbox and will do it`);
  }
}

async function send(words: SendWords, finish: Finish): Promise<void> {
  const { home, json = false, tokenFile, watch = false, signingKey, policy } = words;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const timer = words.for === undefined ? undefined : setTimeout(onSignal, words.for * 1_000);
  let told = '';
  const onEvent = (event: OutboxEvent): void => {
    if (json) sayJson(withoutInput(event));
    const line = eventLine(event);
    if (line !== null && !json) say(line);
    if (event.type !== 'trouble') return;
    const { code, message } = event.trouble;
    // Once: a link that is away for hours is one thing to know.
    if (told !== code) note(`${message} (${code}); ${adviceOf(code, tokenFile)}`);
    told = code;
  };
  try {
    const endpoint = words.endpoint ?? `${serverAddress(loadConfig())}/graphql`;
    const options = {
      ...{ home: resolve(home), endpoint, tokenFile, watch, signal: stop.signal },
      ...(signingKey !== undefined && { signingKey }),
      ...(policy !== undefined && { policy }),
    };
    const summary = await sendHome({ ...options, onEvent, onNote: note });
    if (json) sayJson(summary);
    else note(summaryLine(summary));
    const isDone = summary.refused === 0 && summary.open === 0;
    finish(isDone || watch ? EXIT.OK : EXIT.FAILED);
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function summaryLine({ accepted, refused, open, pending }: SendSummary): string {
  const waits = pending === 0 ? '' : `, ${pending} of them waiting for others to approve`;
  return `${accepted} accepted, ${refused} refused, ${open} not settled yet${waits}`;
}

/** An event for a program, without what was uploaded. */
function withoutInput(event: OutboxEvent): object {
  if (!('item' in event)) return event;
  const { input: _personal, ...item } = event.item;
  return { ...event, item };
}

const seconds = (given: string): number => {
  const value = Number(given);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number of seconds above 0');
  return value;
};

const address = (given: string): string => {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given;
  throw new InvalidArgumentError('expected an http(s) address');
};

const several = (given: string, before: readonly string[] | false = []): string[] => [
  ...(before === false ? [] : before),
  given,
];

/** Adds `outbox`. */
export function addOutbox(program: Command, finish: Finish): void {
  const outbox = program
    .command('outbox')
    .description('keep uploads in a folder and send them over bad links, each once')
    .addHelpText('after', HELP);
  const command = (name: string, about: string): Command =>
    outbox
      .command(name)
      .description(about)
      .option('--home <dir>', "the outbox's folder", './outbox')
      .option('--json', 'print the outcome as JSON');
  command('put', 'put mutations in; prints their ids')
    .argument('<file>', 'JSON file; - reads standard input')
    .option('--thread <key>', 'thread that they belong to; repeatable [record and patient]', several)
    .option('--no-thread', 'they may be sent in any order')
    .option('--after <id>', 'item that must be accepted before; repeatable', several)
    .action((file: string, words: PutWords, cmd: Command) => {
      const isGiven = cmd.getOptionValueSource('thread') === 'cli';
      const { thread, ...rest } = words;
      return put(file, isGiven && thread !== undefined ? { ...rest, thread } : rest);
    });
  command('list', 'what waits, what was accepted, what was refused and why')
    .addOption(new Option('--state <state>', 'only these').choices([...STATES]))
    .action((words: Common & { state?: string }) => list(words));
  command('show', 'everything about an item, with what it uploads')
    .argument('<id>', 'the item')
    .action((id: string, words: Common) => show(id, words));
  command('send', 'send what waits, and again what was not answered')
    .requiredOption(
      '--token-file <file>',
      "file with the member's access token, its key in <file>.jwk; read before each request",
    )
    .option('--endpoint <url>', 'the GraphQL endpoint [by PORT and HOST]', address)
    .option(
      '--signing-key <file>',
      "the member's own key, PEM or JWK: signs what is sent [the institution's key]",
    )
    .option('--policy <file>', 'C2SP tlog-policy: with --signing-key, the keys that prove what is amended')
    .option('--watch', 'go on until a signal, also when nothing is left')
    .option('--for <seconds>', 'stop after so long, whatever is left', seconds)
    .action((words: SendWords) => send(words, finish));
  addChanges(command);
  addKey(outbox);
}

function addKey(outbox: Command): void {
  outbox
    .command('key')
    .description('make a key of your own to sign with, or show the public half of one that is there')
    .argument('<file>', 'where it is kept, for its owner alone (0600)')
    .option('--show', 'make none')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', KEY_HELP)
    .action(async (file: string, { show = false, json = false }: { show?: boolean; json?: boolean }) => {
      const key = show ? readPublicKey(file) : await makeKey(file);
      if (json) return sayJson(key);
      say(`publicKey   ${key.publicKey}\nthumbprint  ${key.thumbprint}`);
    });
}

function addChanges(command: (name: string, about: string) => Command): void {
  command('retry', 'send refused items again, as they were')
    .argument('<ids...>', 'the items')
    .action(async (ids: string[], { home }: Common) => {
      await requireKnown(home, ids);
      await wish(
        home,
        ids.map((id) => ({ retry: id })),
        'waits to be sent again',
      );
    });
  command('drop', 'take items out for good')
    .argument('[ids...]', 'the items')
    .option('--accepted', 'all that were accepted')
    .option('--even-sent', 'also one that was sent and may have arrived, with all of its request')
    .action(async (ids: string[], words: Common & { accepted?: boolean; evenSent?: boolean }) => {
      const { home, accepted = false, evenSent = false } = words;
      if (ids.length === 0 && !accepted)
        throw new VitrineError('BAD_USER_INPUT', 'expected ids, or --accepted');
      await requireKnown(home, ids);
      const wishes: Wish[] = ids.map((id) => ({ drop: id, evenSent }));
      await wish(home, accepted ? [...wishes, { forget: true }] : wishes, 'dropped');
    });
}
