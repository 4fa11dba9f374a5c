/** Who the playground asks as: the token of the chosen persona, from the development issuer of the same server. */

import { playgroundKey } from './key.js';

/** One choice of the persona switch. */
export interface Offered {
  /** Subject of its tokens. */
  readonly name: string;
  /** For people: who this is. */
  readonly about: string;
}

interface Token {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

type Headers = Readonly<Record<string, string>>;
type Sent = RequestInit & { readonly headers: Headers };

/** A token is fetched anew this long before its end, so that none expires on its way. */
const AHEAD_MS = 30_000;

async function json(asked: Promise<Response>): Promise<Record<string, unknown>> {
  const response = await asked;
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  const [error] = (answer['errors'] ?? []) as { message: string }[];
  throw new Error(error?.message ?? `status ${response.status}`);
}

async function fetchToken(persona: string): Promise<Token> {
  const key = await playgroundKey();
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persona }),
  };
  const asked = key.fetch((url, sent) => fetch(url, sent), new URL('/dev/token', location.href), init);
  const answer = (await json(asked)) as { access_token: string; expires_in: number };
  return { text: answer.access_token, expires: Date.now() + answer.expires_in * 1000 };
}

/** The personas that the server offers. */
export async function fetchPersonas(): Promise<readonly Offered[]> {
  const { personas } = (await json(fetch('/dev/personas'))) as { personas: readonly Offered[] };
  return personas;
}

/** The one who asks. Requests that are made while a persona is being changed wait for the new token. */
export class Identity {
  #persona = '';
  #token: Promise<Token | null> = Promise.resolve(null);
  readonly #listeners = new Set<() => void>();

  /** Empty for nobody. */
  get persona(): string {
    return this.#persona;
  }

  /** Asks as `persona` from now on; the empty name as nobody. Throws what the issuer says. */
  async become(persona: string): Promise<void> {
    this.#persona = persona;
    const token = persona === '' ? Promise.resolve(null) : fetchToken(persona);
    this.#token = token;
    // A failure is the caller's to show; requests meanwhile go out unsigned and are refused as such.
    token.catch(() => undefined);
    for (const listener of [...this.#listeners]) listener();
    await token;
  }

  /** Calls `listener` whenever another persona is chosen. @returns what stops that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends a request as the persona. What the headers editor says of `authorization` goes first. */
  async fetch(endpoint: URL, init: Sent, headers: Headers = {}): Promise<Response> {
    const sent = { ...init, headers: { ...init.headers, ...headers } };
    const token = await this.#tokenBeside(headers);
    if (token === null) return fetch(endpoint, sent);
    return (await playgroundKey()).fetch((url, more) => fetch(url, more), endpoint, sent, token.text);
  }

  /** What a WebSocket to the endpoint shows when it connects. */
  async connectionParams(endpoint: URL, headers: Headers = {}): Promise<Headers> {
    const token = await this.#tokenBeside(headers);
    if (token === null) return headers;
    return { ...headers, ...(await (await playgroundKey()).connectionParams(endpoint, token.text)) };
  }

  /** Whether the server closed a WebSocket for want of a nonce: then it is worth another one. */
  async wantsNonce(endpoint: URL, reason: string): Promise<boolean> {
    return (await playgroundKey()).takeCloseReason(endpoint, reason);
  }

  async #tokenBeside(headers: Headers): Promise<Token | null> {
    const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
    return isGiven ? null : this.#current().catch(() => null);
  }

  async #current(): Promise<Token | null> {
    const token = await this.#token;
    if (token === null || token.expires - AHEAD_MS > Date.now()) return token;
    this.#token = fetchToken(this.#persona);
    return this.#token;
  }
}
