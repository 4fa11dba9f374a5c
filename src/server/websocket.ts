/**
 * GraphQL over WebSocket (the graphql-transport-ws protocol) on the same path, with the same authentication, limits,
 * shield and error shapes as over HTTP. A subscription's standing is looked up again for every event, so that a
 * suspension or the end of a token takes effect at once.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  GraphQLError,
  createSourceEventStream,
  execute,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql';
import type {
  ExecutionArgs,
  ExecutionResult,
  FormattedExecutionResult,
  GraphQLFormattedError,
} from 'graphql';
import type { Context } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { toGraphQLError } from '../api/index.js';
import { asUnavailable } from '../database/index.js';
import { VitrineError } from '../ledger/core/error.js';
import type { Claims } from './authentication.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { measure } from './graphql.js';
import { requireIntrospection } from './introspection.js';

/** Where GraphQL is served. */
export const GRAPHQL_PATH = '/graphql';

interface Extra extends Record<PropertyKey, unknown> {
  claims?: Claims | null;
}

type Connection = Context<
  Record<string, unknown>,
  Extra & { socket: { close(code: number, reason: string): void } }
>;

/** Makes a fresh context, or throws when the bearer has lost its standing meanwhile. */
type Renew<C> = () => Promise<C>;

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof VitrineError
    ? toGraphQLError(error)
    : new GraphQLError('unexpected', {
        originalError: error instanceof Error ? error : new Error('unexpected'),
      });

/** An error of the request itself, which graphql-js leaves without a code. */
function asRefused(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] === undefined) error.extensions['code'] = 'BAD_USER_INPUT';
  return error;
}

/**
 * Runs a subscription as graphql-js does, but with a context of its own for each event. Not an async generator: its
 * `return` would wait for the next event before the source is told that nobody listens any more.
 */
async function subscribeRenewing<C>(
  args: ExecutionArgs,
  renew: Renew<C>,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]();
  let ended = false;
  const end = async (): Promise<IteratorResult<ExecutionResult>> => {
    ended = true;
    await events.return?.();
    return { done: true, value: undefined };
  };
  const results: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => results,
    async next() {
      if (ended) return { done: true, value: undefined };
      const event = await events.next();
      if (event.done) return { done: true, value: undefined };
      try {
        const contextValue = await renew();
        return { done: false, value: await execute({ ...args, rootValue: event.value, contextValue }) };
      } catch (error) {
        await end();
        return { done: false, value: { errors: [asGraphQLError(error)] } };
      }
    },
    return: end,
    throw: end,
  };
  return results;
}

/** Checks an operation as Apollo Server does over HTTP, in the same order. */
function prepare<C extends CallerContext>(
  deps: ServerDependencies<C>,
  context: C,
  payload: {
    query: string;
    operationName?: string | null | undefined;
    variables?: Record<string, unknown> | null | undefined;
  },
): ExecutionArgs | readonly GraphQLError[] {
  const { schema, config } = deps;
  try {
    const document = parse(payload.query, { maxTokens: config.limits.tokens });
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map(asRefused);
    const operation = getOperationAST(document, payload.operationName);
    if (!operation) throw new VitrineError('BAD_USER_INPUT', 'the document has no such operation');
    requireIntrospection(config.introspection, context.caller, schema, document);
    const given = payload.variables ?? {};
    const { errors: wrong } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
    if (wrong) return wrong.map(asRefused);
    deps.checkOperation({ schema, document, operation, variables: given });
    return {
      schema,
      document,
      contextValue: context,
      operationName: payload.operationName ?? null,
      variableValues: given,
    };
  } catch (error) {
    return [error instanceof GraphQLError ? asRefused(error) : asGraphQLError(error)];
  }
}

/** One connection's way from its token to contexts. */
function renewal<C extends CallerContext>(deps: ServerDependencies<C>, connection: Connection): Renew<C> {
  return async () => {
    const claims = connection.extra.claims ?? null;
    if (claims && claims.expires * 1000 <= deps.clock().getTime()) {
      throw new VitrineError('UNAUTHENTICATED', 'the token has expired');
    }
    return deps.contextOf(claims, deps.log);
  };
}

/** Lets the connection in, or closes it saying why (4401: token, 4403: standing, 1013: try again). */
async function admit<C extends CallerContext>(
  deps: ServerDependencies<C>,
  connection: Connection,
): Promise<boolean> {
  try {
    const given =
      connection.connectionParams?.['authorization'] ?? connection.connectionParams?.['Authorization'];
    if (given !== undefined && given !== null && typeof given !== 'string') {
      throw new VitrineError('UNAUTHENTICATED', 'expected authorization: Bearer <token>');
    }
    connection.extra.claims = await deps.authenticator.authenticate(given ?? undefined);
    await renewal(deps, connection)();
    return true;
  } catch (thrown) {
    const error = asUnavailable(thrown) ?? thrown;
    const refused = error instanceof VitrineError ? error : null;
    if (!refused) deps.log.error({ err: error }, 'a WebSocket could not be admitted');
    deps.metrics.errors.inc({ code: refused?.code ?? 'INTERNAL' });
    const code = refused?.code === 'UNAUTHENTICATED' ? 4401 : refused?.code === 'FORBIDDEN' ? 4403 : 1013;
    connection.extra.socket.close(code, (refused?.message ?? 'an unexpected error occurred').slice(0, 120));
    return false;
  }
}

/** What closes the WebSocket side. */
export interface Sockets {
  close(): Promise<void>;
}

/** Serves GraphQL over WebSocket on `server`. */
export function serveSockets<C extends CallerContext>(deps: ServerDependencies<C>, server: Server): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: deps.config.limits.bodyBytes });
  const format = (error: GraphQLFormattedError | GraphQLError): GraphQLFormattedError =>
    deps.formatError(error instanceof GraphQLError ? error.toJSON() : error, error);
  const formatAll = (
    errors: readonly (GraphQLFormattedError | GraphQLError)[],
  ): readonly GraphQLFormattedError[] => {
    const formatted = errors.map(format);
    return deps.collapse ? deps.collapse(formatted) : formatted;
  };
  const renewals = new WeakMap<object, Renew<C>>();

  const disposable = useServer<Record<string, unknown>, Extra>(
    {
      connectionInitWaitTimeout: 5000,
      onConnect: (connection) => admit(deps, connection as unknown as Connection),
      onSubscribe: async (connection, _id, payload) => {
        if (Object.keys(connection.subscriptions).length > deps.config.limits.subscriptions) {
          const most = deps.config.limits.subscriptions;
          return [asGraphQLError(new VitrineError('LIMIT_EXCEEDED', `more than ${most} open operations`))];
        }
        const renew = renewal(deps, connection as unknown as Connection);
        try {
          const context = await renew();
          renewals.set(context, renew);
          return prepare(deps, context, payload);
        } catch (error) {
          return [asGraphQLError(error)];
        }
      },
      execute: async (args) => {
        const started = performance.now();
        const result = await execute(args);
        measure(deps.metrics, 'query', started, (result.errors ?? []).map(format));
        return result;
      },
      subscribe: (args) => {
        const renew = renewals.get(args.contextValue as object);
        if (!renew) throw new Error('a subscription has no connection');
        return subscribeRenewing(args, renew);
      },
      onError: (_connection, _id, _payload, errors) => [...formatAll(errors)],
      onNext: (_connection, _id, _payload, _args, result) => {
        const { errors, ...rest } = result;
        // `rest` is an ExecutionResult whose errors, if any, have been formatted.
        return (errors ? { ...rest, errors: formatAll(errors) } : rest) as FormattedExecutionResult;
      },
      onClose: () => deps.metrics.sockets.set(sockets.clients.size),
    },
    sockets,
  );

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A peer that resets while it is refused must not bring the process down.
    socket.on('error', () => socket.destroy());
    // Not by `new URL`: it throws at an address such as `//`, and nothing above would catch that.
    if (request.url?.split('?', 1)[0] !== GRAPHQL_PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      deps.metrics.sockets.set(sockets.clients.size);
      sockets.emit('connection', opened, request);
    });
  };
  server.on('upgrade', onUpgrade);

  return {
    close: async () => {
      server.off('upgrade', onUpgrade);
      await disposable.dispose();
      for (const open of sockets.clients) open.terminate();
    },
  };
}
