/** Who the playground asks as: the token of the chosen persona, from the development issuer of the same server. */

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

/** A token is fetched anew this long before its end, so that none expires on its way. */
const AHEAD_MS = 30_000;

async function json(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(path, init);
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  const [error] = (answer['errors'] ?? []) as { message: string }[];
  throw new Error(error?.message ?? `status ${response.status}`);
}

async function fetchToken(persona: string): Promise<Token> {
  const answer = (await json('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persona }),
  })) as { access_token: string; expires_in: number };
  return { text: answer.access_token, expires: Date.now() + answer.expires_in * 1000 };
}

/** The personas that the server offers. */
export async function fetchPersonas(): Promise<readonly Offered[]> {
  const { personas } = (await json('/dev/personas')) as { personas: readonly Offered[] };
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

  /** What the headers editor says goes first; the persona fills in `authorization` when it is absent. */
  async sign(headers: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) return { ...headers };
    const token = await this.#current().catch(() => null);
    return token === null ? { ...headers } : { ...headers, authorization: `Bearer ${token.text}` };
  }

  async #current(): Promise<Token | null> {
    const token = await this.#token;
    if (token === null || token.expires - AHEAD_MS > Date.now()) return token;
    this.#token = fetchToken(this.#persona);
    return this.#token;
  }
}
