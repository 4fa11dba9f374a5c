/** Apollo Server over the shielded schema: limits, errors, measures. */
import { ApolloServer } from '@apollo/server';
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { DocumentNode, GraphQLFormattedError } from 'graphql';
import { Kind, OperationTypeNode } from 'graphql';
import { toGraphQLError } from '../api/index.js';
import { VitrineError } from '../ledger/core/error.js';
import type { CallerContext, OperationType, ServerDependencies } from './dependencies.js';
import { requireIntrospection } from './introspection.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';
import { settlePlugin } from './settled.js';

/** @returns the codes of an answer's errors, each once a time it stands there. */
export function codesOf(errors: readonly GraphQLFormattedError[]): string[] {
  return errors.map(({ extensions }) =>
    typeof extensions?.['code'] === 'string' ? extensions['code'] : 'INTERNAL',
  );
}

/** Counts an answered operation and its errors. */
export function measure(
  metrics: Metrics,
  type: OperationType,
  startedMs: number,
  errors: readonly GraphQLFormattedError[],
): void {
  metrics.operations.inc({ type, outcome: errors.length === 0 ? 'ok' : 'errors' });
  metrics.operationSeconds.observe({ type }, (performance.now() - startedMs) / 1000);
  for (const code of codesOf(errors)) metrics.errors.inc({ code });
}

/** @returns names of the root fields: of the schema, so they tell nothing about anyone. */
export function rootFields(document: DocumentNode, operation: OperationTypeNode | undefined): string[] {
  const names = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== operation) continue;
    for (const selection of definition.selectionSet.selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    }
  }
  return [...names].slice(0, 10);
}

/** Measures every operation and writes one log line for it, without variables, names or query text. */
function observed<C extends CallerContext>(metrics: Metrics, log: Logger): ApolloServerPlugin<C> {
  return {
    requestDidStart: () => {
      const started = performance.now();
      const listener: GraphQLRequestListener<C> = {
        willSendResponse: ({ operation, document, response }) => {
          const errors = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
          measure(metrics, operation?.operation ?? 'unknown', started, errors);
          log.debug(
            {
              operation: operation?.operation,
              fields: document ? rootFields(document, operation?.operation) : [],
              codes: [...new Set(codesOf(errors))],
              ms: Math.round(performance.now() - started),
            },
            'operation',
          );
          return Promise.resolve();
        },
      };
      return Promise.resolve(listener);
    },
  };
}

/** @throws VitrineError BAD_USER_INPUT: executed as a query, a subscription would resolve an event that never came. */
function refuseSubscription(operation: OperationTypeNode | undefined): void {
  if (operation !== OperationTypeNode.SUBSCRIPTION) return;
  const how = 'a subscription is asked over WebSocket, at this address by graphql-transport-ws';
  throw toGraphQLError(new VitrineError('BAD_USER_INPUT', how), { status: 400 });
}

/** Holds the introspection policy; it needs the caller, so it cannot be a validation rule. */
function guardedSchema<C extends CallerContext>(deps: ServerDependencies<C>): ApolloServerPlugin<C> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: async ({ document, operation, contextValue, schema, source }) => {
          refuseSubscription(operation?.operation);
          try {
            // Asked before the text was parsed already (`http.ts`); here of what Apollo took for the text.
            await deps.checkDocument?.(contextValue, source);
            requireIntrospection(deps.config.introspection, contextValue.caller, schema, document);
          } catch (error) {
            throw error instanceof VitrineError ? toGraphQLError(error) : error;
          }
        },
      }),
  };
}

/** Makes Apollo Server; it isn't started yet. */
export function createApollo<C extends CallerContext>(deps: ServerDependencies<C>): ApolloServer<C> {
  const { config, log } = deps;
  // Messages of libraries may repeat input; their detail is for a developer who asks for it, and never in production.
  const quiet = (level: 'warn' | 'error') => (message?: unknown) => {
    log[level]('apollo server reports a problem');
    if (config.mode !== 'production') log.debug({ detail: String(message) }, 'apollo server');
  };
  return new ApolloServer<C>({
    schema: deps.schema,
    nodeEnv: config.mode,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: config.introspection !== 'all',
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: config.limits.tokens },
    formatError: deps.formatError,
    logger: { debug: () => undefined, info: () => undefined, warn: quiet('warn'), error: quiet('error') },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      settlePlugin<C>(deps),
      guardedSchema(deps),
      ...deps.plugins,
      observed<C>(deps.metrics, log),
    ],
  });
}
