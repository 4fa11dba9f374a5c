/** `vitrine rotate-key`: gives the log, an institution or the deployment new keys, while servers run. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLog } from '../server/index.js';
import { EXIT } from './exit.js';
import { note, progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { rotateKeys, type Rotated } from './rotate/rotate.js';

const WHAT = ['log', 'institution', 'master'] as const;
export type What = (typeof WHAT)[number];

interface Options {
  readonly retire?: boolean;
  readonly prepare?: boolean;
  readonly json?: boolean;
}

const HELP = `
  vitrine rotate-key log                the next log key signs from now on, the old one beside it
  vitrine rotate-key log --retire       the old one signs no more, and its file is removed
  vitrine rotate-key log --prepare      only makes the key, to bring its file to other machines first
  vitrine rotate-key institution <id>   new keys to sign and to wrap with for an institution
  vitrine rotate-key master             the next master key wraps the institutions' keys
  vitrine rotate-key master --retire    removes the old one, once nothing is under it

Each step is an entry on the log, and old proofs stay good. Servers that share the key folder go on without a restart;
one with a key folder of its own needs the new file there first. A command that was interrupted is given again.
Back up the key folder after each step (vitrine backup --keys). Read schema/keys.md before the first rotation.`;

/** Says what was done, and what comes next. */
function tell(rotated: Rotated): void {
  const where = rotated.entry === null ? '' : ` by entry ${rotated.entry}`;
  if (rotated.what === 'log') {
    say(`The log ${rotated.prepared ? 'will be' : 'is'} signed by${where}:\n${rotated.key}`);
    for (const key of rotated.older) say(`and beside it, until --retire, by:\n${key}`);
    if (rotated.entry !== null && rotated.older.length > 0)
      note('Publish the new key: verifiers and witnesses that do not follow the log have to add it.');
  } else if (rotated.what === 'master') {
    say(`The master key is ${rotated.key}${where}; ${rotated.rewrapped} keys were wrapped under it.`);
    for (const key of rotated.older) say(`${key} is kept until --retire.`);
  } else {
    const { institution, key, rewrapped, wrapping } = rotated;
    if (rotated.entry === null) say(`An earlier rotation was finished; give the command again for another.`);
    else say(`Institution ${institution} signs by key ${key} and wraps by number ${wrapping}${where}.`);
    say(`${rewrapped} record keys were wrapped anew.`);
  }
  for (const entry of rotated.refused)
    note(`entry ${entry}: its record's key does not open and was left: see vitrine verify`);
}

async function rotate(
  what: What,
  id: string | undefined,
  options: Options,
  program: Command,
  finish: Finish,
): Promise<void> {
  const { retire = false, prepare = false, json = false } = options;
  if ((what === 'institution') !== (id !== undefined))
    return program.error('expected an id with `institution`, and with nothing else', {
      exitCode: EXIT.USAGE,
    });
  if (retire && (what === 'institution' || prepare))
    return program.error('--retire is for `log` and `master`, without --prepare', { exitCode: EXIT.USAGE });
  if (prepare && what !== 'log') return program.error('--prepare is for `log`', { exitCode: EXIT.USAGE });
  const config = loadConfig();
  const bar = progress('rotate-key', json);
  const rotated = await rotateKeys({
    config,
    log: createLog(config.logLevel === 'info' ? 'warn' : config.logLevel),
    what,
    institution: id ?? null,
    step: prepare ? 'prepare' : retire ? 'retire' : 'rotate',
    onProgress: (done, total) => bar.update(done, total, 'record keys'),
  }).finally(() => bar.stop());
  if (json) sayJson(rotated);
  else tell(rotated);
  if (rotated.refused.length > 0) finish(EXIT.FAILED);
}

/** Adds `rotate-key`. */
export function addRotateKey(program: Command, finish: Finish): void {
  program
    .command('rotate-key')
    .description('give the log, an institution or the deployment new keys, anchored on the log')
    .argument('<what>', WHAT.join(', '), (given: string) => {
      const what = WHAT.find((one) => one === given);
      if (what === undefined) throw new InvalidArgumentError(`expected ${WHAT.join(', ')}`);
      return what;
    })
    .argument('[id]', 'the institution', (given: string) => {
      if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given)) return given;
      throw new InvalidArgumentError('expected a lower-case UUID');
    })
    .option('--retire', 'end the use of the old key, and destroy it')
    .option('--prepare', 'make the key and do not use it yet')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', HELP)
    .action((what: What, id: string | undefined, options: Options) =>
      rotate(what, id, options, program, finish),
    );
}
