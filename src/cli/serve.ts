/** `vitrine serve`: runs the server until a signal. */
import type { Command } from 'commander';
import { loadConfig, SETTINGS } from '../config.js';
import { createLog, PERSONAS, serve, stopOnSignal } from '../server/index.js';
import type { Serving } from '../server/index.js';
import type { Config } from '../server/index.js';
import { note, say } from './output.js';
import type { Finish } from './program.js';
import { ensureSample } from './sample/ensure.js';

interface Options {
  readonly trustFirst?: boolean;
}

/** The settings as `--help` shows them. */
function settingsHelp(): string {
  const names = Object.keys(SETTINGS);
  const width = Math.max(...names.map((name) => name.length));
  const lines = Object.entries(SETTINGS).map(
    ([name, { standard, about }]) => `  ${name.padEnd(width)}  ${about} [${standard}]`,
  );
  return `\nSettings, by environment:\n${lines.join('\n')}`;
}

/** What a person at a terminal needs next. */
function welcome(config: Config, { address, ledger }: Serving): void {
  say(`Vitrine listens on ${address}`);
  say(`  GraphQL     ${address}/graphql  (HTTP and WebSocket)`);
  if (config.playground) say(`  Playground  ${address}/playground`);
  say(`  Health      ${address}/healthz  ${address}/readyz  ${address}/metrics`);
  say(`  Log         ${ledger.origin}, ${ledger.trusted.size} entries`);
  if (config.identity.kind !== 'development') return;
  say('\nPersonas (development only); a token for one: npx vitrine token <persona>');
  const width = Math.max(...PERSONAS.map(({ name }) => name.length));
  for (const { name, about } of PERSONAS) say(`  ${name.padEnd(width)}  ${about}`);
}

async function runServer({ trustFirst = false }: Options): Promise<void> {
  const config = loadConfig();
  const log = createLog(config.logLevel);
  let stop = (): Promise<void> => Promise.resolve();
  // Registered before anything is opened: a signal while starting stops what is open by then.
  const starting = serve({ config, log, trustFirst });
  stop = async () => (await starting).stop();
  stopOnSignal({
    stop: () => stop(),
    deadlineMs: config.limits.stopMs + 20_000,
    report: (message, error) =>
      error === undefined ? log.info(message) : log.error({ err: error }, message),
  });
  const serving = await starting;
  log.info({ address: serving.address, entries: Number(serving.ledger.trusted.size) }, 'listening');
  if (config.sample) await ensureSample(config, serving);
  welcome(config, serving);
  if (serving.begun && !config.sample) note('The base was empty: its log has just begun.');
  // Sockets keep the process alive; the signal ends it.
  await new Promise<never>(() => undefined);
}

/** Adds `serve`. */
export function addServe(program: Command, _finish: Finish): void {
  program
    .command('serve')
    .description('run the server until it is stopped by a signal')
    .option('--trust-first', 'believe a database that is there without a pin, once')
    .addHelpText('after', settingsHelp())
    .action((options: Options) => runServer(options));
}
