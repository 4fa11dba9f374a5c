/** What the HTTP server is given; `wiring.ts` makes it from the settings, tests make it by hand. */
import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { MeasuredRequest } from '../api/index.js';
import type { LogSource } from './log-routes.js';
import type { Caller } from '../records/index.js';
import type { Claims } from './authentication.js';
import type { DevelopmentIssuer } from './dev-issuer.js';
import type { Authenticator, Proofs } from './dpop/index.js';
import type { HealthCheck } from './health.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';
import type { Config } from './settings.js';
import type { PageSource } from './view-routes.js';

/** The least that the server must know of a request's context; `api/context.ts` says all of it. */
export interface CallerContext {
  readonly caller: Caller;
  /** Whether the standing is as it was found, without the database; where it can't be told it is looked up. */
  readonly holds?: () => boolean;
  /** What an answer shows of patients; it leaves once that is written down. */
  readonly reads?: { readonly settle: () => Promise<void> };
}

export interface ServerDependencies<C extends CallerContext> {
  readonly config: Config;
  /** Shielded already. */
  readonly schema: GraphQLSchema;
  /**
   * Makes the context of one request, or of one event of a subscription: looks the bearer up in the registry.
   *
   * @param document of a subscription, for which the context is
   * @throws VitrineError UNAUTHENTICATED for a stranger, FORBIDDEN for a suspended member; UNTRUSTED_DOCUMENT.
   */
  readonly contextOf: (claims: Claims | null, log: Logger, document?: string) => Promise<C>;
  /**
   * Whether the caller may send a document at all, asked before it is parsed.
   *
   * @throws VitrineError UNTRUSTED_DOCUMENT
   */
  readonly checkDocument?: (context: C, document: string) => Promise<void>;
  /** Told of a request that was refused for what its bearer is, before its operation was looked at; `body` as it came. */
  readonly onRefused?: (claims: Claims | null, body: unknown, error: unknown) => Promise<void>;
  /** Calls back when something may have changed anyone's standing; gives what stops it. */
  readonly onChange?: (heard: () => void) => () => void;
  readonly authenticator: Authenticator;
  /** Takes the proofs that the development issuer binds tokens by. */
  readonly proofs: Pick<Proofs, 'verify' | 'nonce'>;
  /** Present in development only: serves `/dev/token` and its keys. */
  readonly developmentIssuer: DevelopmentIssuer | null;
  /**
   * Limits on depth, aliases and cost, for a WebSocket's operations; over HTTP the plugins hold them.
   *
   * @throws VitrineError LIMIT_EXCEEDED, BAD_USER_INPUT
   */
  readonly checkOperation: (request: MeasuredRequest) => void;
  readonly plugins: readonly ApolloServerPlugin<C>[];
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  /** Gathers many errors of one pattern into one, as the plugins do over HTTP; for WebSocket answers. */
  readonly collapse?: (errors: readonly GraphQLFormattedError[]) => readonly GraphQLFormattedError[];
  /** The public half of the log, served below `/log`; absent where there is no log. */
  readonly tiles?: LogSource;
  /** The pages of views; absent where there are none. */
  readonly views?: PageSource<C>;
  readonly health: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: () => Date;
}

/** Metrics' names of operations. */
export type OperationType = 'query' | 'mutation' | 'subscription' | 'unknown';
