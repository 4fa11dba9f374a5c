/** Clients of the API by who uses them. */
import { z } from 'zod';
import { DpopKey, VitrineClient } from '../../client/index.js';
import type { VitrineClientOptions } from '../../client/index.js';
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
  /** What development tokens are bound to. */
  #made: Promise<DpopKey> | undefined;

  constructor(options: Pick<ImportOptions, 'server' | 'access' | 'fetch' | 'retry'>) {
    this.#options = options;
  }

  /** In development personas are enrolled as they are needed. */
  get isDevelopment(): boolean {
    return this.#options.access.kind === 'development';
  }

  /** A client that isn't signed in, for what is public. */
  get anyone(): VitrineClient {
    return this.#client('', {});
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
    const key = (): Promise<DpopKey> => (this.#made ??= DpopKey.generate());
    const get = (): Promise<string> => {
      if (token === null || Date.now() > until) {
        until = Date.now() + TOKEN_MILLISECONDS;
        token = key().then((made) => this.#developmentToken(name, made));
        token.catch(() => (token = null));
      }
      return token;
    };
    return this.#client(`persona ${name}`, { token: get, dpop: key });
  }

  /** The client of a token in the file of tokens; null when there is none of this name. */
  byToken(name: string): VitrineClient | null {
    const { access } = this.#options;
    const token = access.kind === 'tokens' ? access.tokens.get(name) : undefined;
    if (access.kind !== 'tokens' || token === undefined) return null;
    const { key } = access;
    return this.#client(`token ${name}`, { token, ...(key === undefined ? {} : { dpop: key }) });
  }

  #client(name: string, signed: Pick<VitrineClientOptions, 'token' | 'dpop'>): VitrineClient {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const { server, fetch, retry } = this.#options;
    const client = new VitrineClient({
      endpoint: new URL('/graphql', server),
      ...signed,
      ...(fetch === undefined ? {} : { fetch }),
      ...(retry === undefined ? {} : { retry }),
    });
    this.#clients.set(name, client);
    return client;
  }

  async #developmentToken(persona: string, key: DpopKey): Promise<string> {
    const url = new URL('/dev/token', this.#options.server);
    const response = await key.fetch(this.#options.fetch ?? globalThis.fetch, url, {
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
