/**
 * A whole Vitrine for end-to-end tests: the real server over real HTTP with the sample loaded through its API, on a
 * database of its own whose owner's address is known, so that a test can tamper with it.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DpopKey } from '../../src/client/index.js';
import { loadSample } from '../../src/cli/sample/load.js';
import { parseConfig } from '../../src/config.js';
import { createLog, serve, type Logger, type Serving } from '../../src/server/index.js';
import { freshDatabase, type TestDatabase } from './database.js';

/** One error of an answer. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly path?: readonly (string | number)[];
    readonly details?: Readonly<Record<string, unknown>>;
    /** Id of the request that waits, or was decided. */
    readonly upload?: string;
    readonly problems?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  };
}

export interface Answer<T = Record<string, never>> {
  readonly status: number;
  readonly data: T | null;
  readonly errors: readonly AnswerError[];
  readonly codes: readonly string[];
  /** The answer as it came, to look for what may not be in it. */
  readonly text: string;
}

export interface VitrineOptions {
  /** Load the sample with its personas; true by default. Without it `regulator.one` alone is enrolled. */
  readonly sample?: boolean;
  /** Settings beyond the defaults, as in the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly clock?: () => Date;
  /** Where its log goes; nowhere by default. */
  readonly log?: Logger;
}

export class TestVitrine {
  readonly #tokens = new Map<string, Promise<string>>();
  /** What tokens are bound to where they must be. */
  #key: Promise<DpopKey> | null = null;

  private constructor(
    public serving: Serving,
    readonly database: TestDatabase,
    readonly dataDir: string,
    /** Its settings, as in the environment. */
    readonly environment: Readonly<Record<string, string>>,
    private readonly rest: Pick<VitrineOptions, 'clock'> & { readonly log: Logger },
  ) {}

  static async start(options: VitrineOptions = {}): Promise<TestVitrine> {
    const database = await freshDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-e2e-'));
    const environment = {
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      LOG_LEVEL: 'silent',
      LOG_ORIGIN: 'vitrine.test/log',
      SAMPLE: 'false',
      // Tests compare sizes of the log: those of denials ask for them.
      UPLOAD_DENIALS: '0',
      // And those of what was read seal it themselves.
      READ_LOG_SECONDS: '3600',
      // Those of alerts start anew, or ask for them.
      ALERT_SECONDS: '3600',
      // A look at requests reads the log's head: between a test's tampering and its undoing it would stop the log for good.
      UPLOAD_SWEEP_SECONDS: '3600',
      ...options.settings,
    };
    const { clock, log = createLog('silent') } = options;
    const rest = { log, ...(clock === undefined ? {} : { clock }) };
    const serving = await serve({ config: parseConfig(environment), ...rest });
    const vitrine = new TestVitrine(serving, database, dataDir, environment, rest);
    if (options.sample !== false) {
      const { address, ledger } = serving;
      await loadSample({ server: address, origin: ledger.origin, onProgress: () => undefined });
    }
    return vitrine;
  }

  /** Stops the server and starts it again, with other settings where given. Throws what the start throws. */
  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.serving.stop();
    this.#tokens.clear();
    const config = parseConfig({ ...this.environment, ...settings });
    this.serving = await serve({ config, ...this.rest });
  }

  get url(): string {
    return this.serving.address;
  }

  /** Lets the tokens of before go: the clock was set, and they may be over. */
  renewTokens(): void {
    this.#tokens.clear();
  }

  /** A token of the persona, or of any enrolled subject. */
  token(persona: string): Promise<string> {
    let token = this.#tokens.get(persona);
    if (token === undefined) {
      token = this.#fetchToken(persona);
      this.#tokens.set(persona, token);
    }
    return token;
  }

  /** Asks for new tokens from now on: a test moved the clock. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  /** One operation over HTTP as a persona; null: without a token. */
  async ask<T = Record<string, never>>(
    persona: string | null,
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer<T>> {
    const response = await this.#send(
      '/graphql',
      { query, variables },
      persona && (await this.token(persona)),
    );
    const text = await response.text();
    const body = JSON.parse(text) as { data?: T | null; errors?: AnswerError[] };
    const errors = body.errors ?? [];
    return {
      status: response.status,
      data: body.data ?? null,
      errors,
      codes: errors.map((error) => error.extensions.code),
      text,
    };
  }

  /** A mutation of one input, under a request id of its own unless the input brings one. */
  mutate<T = Record<string, never>>(
    persona: string,
    name: string,
    input: Readonly<Record<string, unknown>>,
    selection: string,
  ): Promise<Answer<T>> {
    const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
    return this.ask<T>(persona, query, { input: { requestId: randomUUID(), ...input } });
  }

  /** Runs SQL as the owner of the tables, with triggers off: what whoever holds the database can do. */
  async tamper(...statements: readonly string[]): Promise<pg.QueryResult[]> {
    const client = new pg.Client({ connectionString: this.database.ownerUrl });
    await client.connect();
    try {
      await client.query("SET session_replication_role = 'replica'");
      const results: pg.QueryResult[] = [];
      for (const statement of statements) results.push(await client.query(statement));
      return results;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.serving.stop();
    await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Posts JSON, with a proof of its own where the settings require one. */
  async #send(path: string, body: object, token: string | null): Promise<Response> {
    const own = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers: own, body: JSON.stringify(body) };
    if (this.environment['DPOP'] === 'required' && (token !== null || path === '/dev/token')) {
      this.#key ??= DpopKey.generate();
      return (await this.#key).fetch(fetch, `${this.url}${path}`, init, token ?? undefined);
    }
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${this.url}${path}`, { ...init, headers: { ...own, ...authorization } });
  }

  async #fetchToken(persona: string): Promise<string> {
    const response = await this.#send('/dev/token', { persona }, null);
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  }
}
