/** A server over a small schema, for tests of everything between the socket and GraphQL. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLInt,
} from 'graphql';
import { parseConfig } from '../../src/config.js';
import { errorFormatter } from '../../src/api/index.js';
import { VitrineError } from '../../src/ledger/core/error.js';
import type { Member } from '../../src/records/index.js';
import { createTokenReader } from '../../src/server/authentication.js';
import { createAuthenticator, createNonces, Proofs } from '../../src/server/dpop/index.js';
import type { Claims } from '../../src/server/authentication.js';
import { openDevelopmentIssuer } from '../../src/server/dev-issuer.js';
import type { DevelopmentIssuer } from '../../src/server/dev-issuer.js';
import type { HealthCheck } from '../../src/server/health.js';
import type { LogSource } from '../../src/server/log-routes.js';
import { createServer } from '../../src/server/http.js';
import { createLog } from '../../src/server/log.js';
import { createMetrics } from '../../src/server/metrics.js';
import type { Metrics } from '../../src/server/metrics.js';

export interface TestContext {
  readonly caller: Member | null;
  readonly subject: string | null;
}

/** Hands events to whoever listens; tells how many listen. */
export class Events {
  readonly #waiting = new Set<(value: number | null) => void>();
  listeners = 0;
  emit(value: number): void {
    for (const resolve of this.#waiting) resolve(value);
    this.#waiting.clear();
  }
  stream(): AsyncIterableIterator<{ ticks: number }> {
    this.listeners += 1;
    let wake: ((value: number | null) => void) | undefined;
    const end = (): Promise<IteratorResult<{ ticks: number }>> => {
      if (wake) this.#waiting.delete(wake);
      wake?.(null);
      this.listeners -= 1;
      return Promise.resolve({ done: true, value: undefined });
    };
    const stream: AsyncIterableIterator<{ ticks: number }> = {
      [Symbol.asyncIterator]: () => stream,
      next: async () => {
        const value = await new Promise<number | null>((resolve) => this.#waiting.add((wake = resolve)));
        return value === null ? { done: true, value: undefined } : { done: false, value: { ticks: value } };
      },
      return: end,
    };
    return stream;
  }
}

function schemaOf(events: Events): GraphQLSchema {
  const text = new GraphQLNonNull(GraphQLString);
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, TestContext>({
      name: 'Query',
      fields: {
        me: { type: GraphQLString, resolve: (_root, _args, context) => context.subject },
        list: { type: new GraphQLList(text), resolve: () => ['a', 'b'] },
        echo: { type: text, args: { size: { type: GraphQLInt } }, resolve: () => 'echo' },
        fails: {
          type: GraphQLString,
          resolve: () => {
            throw new Error('secret of Jane Doe');
          },
        },
        slow: { type: text, resolve: () => new Promise((resolve) => setTimeout(() => resolve('late'), 300)) },
      },
    }),
    subscription: new GraphQLObjectType<unknown, TestContext>({
      name: 'Subscription',
      fields: { ticks: { type: GraphQLInt, subscribe: () => events.stream() } },
    }),
  });
}

export interface TestServer {
  readonly url: string;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly issuer: DevelopmentIssuer;
  /** Members that `contextOf` refuses from now on. */
  readonly suspended: Set<string>;
  /** Lines of the structured log. */
  readonly lines: string[];
  setNow(now: Date | null): void;
  ask(
    query: string,
    token?: string,
  ): Promise<{ status: number; body: { data?: unknown; errors?: TestError[] } }>;
  close(): Promise<void>;
}

export interface TestError {
  readonly message: string;
  readonly extensions: { readonly code: string };
}

const memberOf = (subject: string): Member => ({
  id: subject,
  institution: null,
  roles: new Set(subject === 'vendor' ? (['VENDOR'] as const) : (['CLINICIAN'] as const)),
  state: false,
  licensed: true,
  patient: null,
  authority: [],
});

export async function startServer(
  environment: Record<string, string> = {},
  health: readonly HealthCheck[] = [],
  tiles?: LogSource,
): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'vitrine-server-'));
  const config = parseConfig({ NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir, ...environment });
  const lines: string[] = [];
  let now: Date | null = null;
  const clock = (): Date => now ?? new Date();
  const log = createLog('debug', { write: (line: string) => void lines.push(line) });
  const issuer = await openDevelopmentIssuer({ keysDir: config.keysDir, audience: 'vitrine', clock });
  const events = new Events();
  const metrics = createMetrics(false);
  const suspended = new Set<string>();
  const contextOf = (claims: Claims | null): Promise<TestContext> => {
    if (claims && suspended.has(claims.subject)) {
      return Promise.reject(new VitrineError('FORBIDDEN', 'the member is suspended'));
    }
    const subject = claims?.subject ?? null;
    return Promise.resolve({ caller: subject === null ? null : memberOf(subject), subject });
  };
  const tokens = createTokenReader({
    issuer: issuer.issuer,
    audience: 'vitrine',
    keys: issuer.keys,
    clock,
  });
  const used = new Set<string>();
  const proofs = new Proofs({
    nonces: createNonces(randomBytes(32), clock),
    // This fixture has no database; test/e2e/dpop.test.ts spends in one.
    spent: {
      spend: (scope, value) => {
        const isNew = !used.has(`${scope} ${String(value)}`);
        used.add(`${scope} ${String(value)}`);
        return Promise.resolve(isNew);
      },
    },
    clock,
  });
  const server = await createServer<TestContext>({
    config,
    schema: schemaOf(events),
    contextOf,
    authenticator: createAuthenticator({ tokens, proofs, required: config.dpop === 'required' }),
    proofs,
    developmentIssuer: config.identity.kind === 'development' ? issuer : null,
    checkOperation: ({ document }) => {
      if (JSON.stringify(document).includes('tooDear')) throw new VitrineError('LIMIT_EXCEEDED', 'too dear');
    },
    plugins: [],
    formatError: errorFormatter({ log, hideSuggestions: config.introspection !== 'all' }),
    ...(tiles && { tiles }),
    health,
    metrics,
    log,
    clock,
  });
  const url = await server.listen();
  return {
    url,
    events,
    metrics,
    issuer,
    suspended,
    lines,
    setNow: (value) => void (now = value),
    ask: async (query, token) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query }),
      });
      const body = (await response.json()) as { data?: unknown; errors?: TestError[] };
      return { status: response.status, body };
    },
    close: async () => {
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
