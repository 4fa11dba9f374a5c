/** `vitrine token <persona>`: a development token from the running server. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { DpopKey } from '../client/index.js';
import { loadConfig } from '../config.js';
import { VitrineError } from '../ledger/core/error.js';
import { PERSONAS } from '../server/index.js';
import type { Config } from '../server/index.js';
import { keyFromFile } from './key-file.js';
import { note, say, sayJson } from './output.js';
import type { Finish } from './program.js';

const Answer = z.object({ access_token: z.string(), expires_in: z.number() });
const Refused = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

/** Where this deployment's server listens, as this machine reaches it. */
export function serverAddress(config: Pick<Config, 'port' | 'tls' | 'host'>): string {
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = everywhere ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tls ? 'https' : 'http'}://${host}:${config.port}`;
}

/** Nobody listens there. */
export const noServer = (server: string, cause: unknown): VitrineError =>
  new VitrineError('UNAVAILABLE', `no server answers at ${server}: start it with npm start`, { cause });

/**
 * Asks the server for a development token.
 *
 * @param key the token is bound to it; left out, whoever bears it may use it
 * @throws VitrineError UNAVAILABLE when none answers, FORBIDDEN when it gives none.
 */
export async function developmentToken(
  server: string,
  persona: string,
  key?: DpopKey,
): Promise<{ readonly token: string; readonly expiresIn: number }> {
  let response: Response;
  try {
    const url = new URL('/dev/token', server);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ persona }),
      signal: AbortSignal.timeout(10_000),
    };
    response = await (key === undefined ? fetch(url, init) : key.fetch(fetch, url, init));
  } catch (cause) {
    throw noServer(server, cause);
  }
  const body: unknown = await response.json().catch(() => null);
  const answer = Answer.safeParse(body);
  if (answer.success) return { token: answer.data.access_token, expiresIn: answer.data.expires_in };
  const refused = Refused.safeParse(body);
  const why = refused.success ? refused.data.errors[0]?.message : `status ${response.status}`;
  const hint = response.status === 404 ? 'the server runs no development issuer' : why;
  throw new VitrineError('FORBIDDEN', `no development token: ${hint ?? 'refused'}`);
}

/** Adds `token`. */
export function addToken(program: Command, _finish: Finish): void {
  program
    .command('token')
    .description('print a development token of a persona, from the running server')
    .argument('<persona>', 'registrar.city, clinician.city, …, or the subject of any member')
    .option('--server <address>', 'the server [by PORT and HOST]')
    .option(
      '--key-file <file>',
      'bind the token to the key of this JWK file, which is made when it is not there',
    )
    .option('--json', 'print {"access_token", "expires_in"}')
    .action(async (persona: string, options: { server?: string; keyFile?: string; json?: boolean }) => {
      const server = options.server ?? serverAddress(loadConfig());
      const key = options.keyFile === undefined ? undefined : await keyFromFile(options.keyFile);
      const { token, expiresIn } = await developmentToken(server, persona, key);
      if (!PERSONAS.some(({ name }) => name === persona))
        note(
          `${persona} is no persona of the sample: its token is good for a member enrolled under this subject`,
        );
      if (options.json) sayJson({ access_token: token, expires_in: expiresIn });
      else say(token);
    });
}
