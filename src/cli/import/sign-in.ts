/** Clients of the API by who uses them. */
import { z } from 'zod';
import { VitrineClient } from '../../client/index.js';
import type { ImportOptions } from './options.js';
import { MINISTRY } from './options.js';

/** The development persona that registers institutions and enrols registrars. */
const REGULATOR = 'regulator.one';

/** Development tokens are asked for again after this long. */
const TOKEN_MILLISECONDS = 30 * 60_000;

const tokenAnswer = z.object({ access_token: z.string().min(1) });

export class SignIn {
  readonly #options: Pick<ImportOptions, 'server' | 'access' | 'fetch' | 'retry'>;
  readonly #clients = new Map<string, VitrineClient>();

  constructor(options: Pick<ImportOptions, 'server' | 'access' | 'fetch' | 'retry'>) {
    this.#options = options;
  }

  /** In development personas are enrolled as they are needed. */
  get isDevelopment(): boolean {
    return this.#options.access.kind === 'development';
  }

  /** A client that isn't signed in, for what is public. */
  get anyone(): VitrineClient {
    return this.#client('', undefined);
  }

  /** The ministry's client; null when there is no token for it. */
  get ministry(): VitrineClient | null {
    if (this.isDevelopment) return this.persona(REGULATOR);
    return this.byToken(MINISTRY);
  }

  /** The client of a development persona. */
  persona(name: string): VitrineClient {
    let token: Promise<string> | null = null;
    let until = 0;
    return this.#client(`persona ${name}`, () => {
      if (token === null || Date.now() > until) {
        until = Date.now() + TOKEN_MILLISECONDS;
        token = this.#developmentToken(name);
        token.catch(() => (token = null));
      }
      return token;
    });
  }

  /** The client of a token in the file of tokens; null when there is none of this name. */
  byToken(name: string): VitrineClient | null {
    const { access } = this.#options;
    const token = access.kind === 'tokens' ? access.tokens.get(name) : undefined;
    return token === undefined ? null : this.#client(`token ${name}`, token);
  }

  #client(name: string, token: string | (() => Promise<string>) | undefined): VitrineClient {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const { server, fetch, retry } = this.#options;
    const client = new VitrineClient({
      endpoint: new URL('/graphql', server),
      ...(token === undefined ? {} : { token }),
      ...(fetch === undefined ? {} : { fetch }),
      ...(retry === undefined ? {} : { retry }),
    });
    this.#clients.set(name, client);
    return client;
  }

  async #developmentToken(persona: string): Promise<string> {
    const url = new URL('/dev/token', this.#options.server);
    const response = await (this.#options.fetch ?? globalThis.fetch)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ persona }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = tokenAnswer.safeParse(await response.json().catch(() => null));
    if (!response.ok || !answer.success) {
      throw new Error(
        `expected a development token of ${url.host}, got status ${response.status}: outside development give --tokens`,
      );
    }
    return answer.data.access_token;
  }
}
