/**
 * GraphQL over WebSocket (the graphql-transport-ws protocol) on the same path, with the same authentication, limits,
 * shield and error shapes as over HTTP. graphql-ws speaks the protocol; the events of those who follow the log are
 * written by `feed`, for graphql-ws would make and write each event anew for each of them.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, execute, GraphQLError } from 'graphql';
import type {
  ExecutionArgs,
  ExecutionResult,
  FormattedExecutionResult,
  GraphQLFormattedError,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Context } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { Trail } from '../api/index.js';
import { asUnavailable } from '../database/index.js';
import { VitrineError } from '../ledger/core/error.js';
import type { Claims } from './authentication.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { type AddressesOf, SignInRefusal } from './dpop/index.js';
import { Feed } from './feed/index.js';
import { measure } from './graphql.js';
import { asGraphQLError, prepare } from './prepare.js';
import { settled } from './settled.js';
import { Socket } from './socket.js';
import { Subscription } from './subscription.js';

/** Where GraphQL is served. */
export const GRAPHQL_PATH = '/graphql';

interface Extra extends Record<PropertyKey, unknown> {
  readonly socket: Socket;
  readonly close: (code: number, reason: string) => void;
  /** Addresses by which the endpoint is known to the client. */
  readonly addresses: readonly string[];
  claims?: Claims | null;
}

type Connection = Context<Record<string, unknown>, Extra>;

/** Makes a fresh context, or throws when the bearer has lost its standing meanwhile. */
type Renew<C> = () => Promise<C>;

/** Where an operation came from. */
interface Origin<C> {
  readonly id: string;
  readonly connection: Connection;
  readonly renew: Renew<C>;
}

/** One connection's way from its token to contexts. */
function renewal<C extends CallerContext>(
  deps: ServerDependencies<C>,
  connection: Connection,
  document?: string,
): Renew<C> {
  return async () => {
    const claims = connection.extra.claims ?? null;
    if (claims && claims.expires * 1000 <= deps.clock().getTime()) {
      throw new VitrineError('UNAUTHENTICATED', 'the token has expired');
    }
    return deps.contextOf(claims, deps.log, document);
  };
}

/** Lets the connection in, or closes it saying why (4401: token, 4403: standing, 1013: try again). */
async function admit<C extends CallerContext>(
  deps: ServerDependencies<C>,
  connection: Connection,
): Promise<boolean> {
  try {
    const given = connection.connectionParams ?? {};
    const proof = textOf(given, 'dpop', 'DPoP');
    connection.extra.claims = await deps.authenticator.authenticate({
      authorization: textOf(given, 'authorization', 'Authorization'),
      proofs: proof === undefined ? [] : [proof],
      // The request that opened the socket is a GET of the same endpoint.
      method: 'GET',
      addresses: connection.extra.addresses,
    });
    await renewal(deps, connection)();
    return true;
  } catch (thrown) {
    const error = asUnavailable(thrown) ?? thrown;
    const refused = error instanceof VitrineError ? error : null;
    if (!refused) deps.log.error({ err: error }, 'a WebSocket could not be admitted');
    deps.metrics.errors.inc({ code: refused?.code ?? 'INTERNAL' });
    const code = refused?.code === 'UNAUTHENTICATED' ? 4401 : refused?.code === 'FORBIDDEN' ? 4403 : 1013;
    connection.extra.close(code, reasonOf(deps, refused).slice(0, 120));
    return false;
  }
}

/** A text of `connectionParams` by either of its names. */
function textOf(given: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  const value = names.map((name) => given[name]).find((one) => one !== undefined && one !== null);
  if (value === undefined || typeof value === 'string') return value;
  throw new VitrineError('UNAUTHENTICATED', `expected ${names[0]} to be a text`);
}

/** Why a connection is closed; to a proof that lacks a nonce, the nonce: there are no headers here. */
function reasonOf<C extends CallerContext>(
  { authenticator }: ServerDependencies<C>,
  refused: VitrineError | null,
): string {
  if (refused instanceof SignInRefusal && refused.error === 'use_dpop_nonce')
    return `use_dpop_nonce ${authenticator.nonce()}`;
  return refused?.message ?? 'an unexpected error occurred';
}

/** What closes the WebSocket side. */
export interface Sockets {
  close(): Promise<void>;
}

/** Errors and answers in the shape in which they leave. */
class Shape<C extends CallerContext> {
  constructor(private readonly deps: ServerDependencies<C>) {}

  readonly error = (error: GraphQLFormattedError | GraphQLError): GraphQLFormattedError =>
    this.deps.formatError(error instanceof GraphQLError ? error.toJSON() : error, error);

  errors(errors: readonly (GraphQLFormattedError | GraphQLError)[]): readonly GraphQLFormattedError[] {
    const formatted = errors.map(this.error);
    return this.deps.collapse ? this.deps.collapse(formatted) : formatted;
  }

  result({ errors, ...rest }: ExecutionResult): FormattedExecutionResult {
    return errors ? { ...rest, errors: this.errors(errors) } : rest;
  }
}

/** The GraphQL side of all connections. */
function protocolOf<C extends CallerContext>(deps: ServerDependencies<C>, shape: Shape<C>) {
  const { clock, metrics, config } = deps;
  const format = (result: ExecutionResult): FormattedExecutionResult => shape.result(result);
  const feed = new Feed({ bounds: config.feed, format, asGraphQLError, clock, metrics });
  const origins = new WeakMap<object, Origin<C>>();

  const subscribe = async (
    args: ExecutionArgs,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> => {
    const origin = origins.get(args.contextValue as object);
    if (!origin) throw new Error('a subscription has no connection');
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const { id, renew } = origin;
    const { socket, claims } = origin.connection.extra;
    const expires = claims ? claims.expires * 1000 : null;
    if (source instanceof Trail) return feed.deliver(source, args, { id, socket, expires });
    const onChange = deps.onChange ?? (() => () => undefined);
    return new Subscription(source, args, { renew, expires, clock, onChange });
  };

  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: 5000,
    onConnect: (connection) => admit(deps, connection),
    onSubscribe: async (connection, id, payload) => {
      const most = config.limits.subscriptions;
      if (Object.keys(connection.subscriptions).length > most)
        return [asGraphQLError(new VitrineError('LIMIT_EXCEEDED', `more than ${most} open operations`))];
      const renew = renewal(deps, connection, payload.query);
      try {
        const context = await renew();
        origins.set(context, { id, connection, renew });
        return prepare(deps, context, payload);
      } catch (error) {
        return [asGraphQLError(error)];
      }
    },
    execute: async (args) => {
      const started = performance.now();
      const result = await settled(args.contextValue as C, await execute(args));
      measure(metrics, 'query', started, (result.errors ?? []).map(shape.error));
      return result;
    },
    subscribe,
    onError: (_connection, _id, _payload, errors) => [...shape.errors(errors)],
    // What `execute` and `subscribe` gave; graphql-ws types it more loosely.
    onNext: (_connection, _id, _payload, _args, result) => format(result as ExecutionResult),
  });
}

/** Serves GraphQL over WebSocket on `server`. */
export function serveSockets<C extends CallerContext>(
  deps: ServerDependencies<C>,
  server: Server,
  addressesOf: AddressesOf,
): Sockets {
  const { limits, feed } = deps.config;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes, handleProtocols });
  const protocol = protocolOf(deps, new Shape(deps));
  const count = (): void => deps.metrics.sockets.set(sockets.clients.size);

  const open = (opened: WebSocket, stream: Duplex, addresses: readonly string[]): void => {
    count();
    const fail = (err: unknown): void => {
      deps.log.error({ err }, 'a WebSocket failed');
      opened.close(CloseCode.InternalServerError, 'Internal server error');
    };
    // A frame that breaks the protocol, or a reset: the peer's fault, and ws closes the socket itself.
    opened.on('error', (err) => deps.log.debug({ err }, 'a WebSocket broke'));
    const socket = new Socket(opened, stream, feed.bufferBytes);
    const close = (code: number, reason: string): void => opened.close(code, reason);
    const onMessage = (heard: (text: string) => Promise<void>): void =>
      void opened.on('message', (data) => void heard(String(data)).catch(fail));
    const closed = protocol.opened(
      { protocol: opened.protocol, send: (text) => socket.send(text), close, onMessage },
      { socket, close, addresses },
    );
    opened.once('close', (code, reason) => {
      count();
      closed(code, String(reason)).catch(fail);
    });
  };

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // A peer that resets while it is refused must not bring the process down.
    stream.on('error', () => stream.destroy());
    // Not by `new URL`: it throws at an address such as `//`, and nothing above would catch that.
    if (request.url?.split('?', 1)[0] !== GRAPHQL_PATH) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, stream, head, (opened) =>
      open(opened, stream, addressesOf(request, GRAPHQL_PATH)),
    );
  };
  server.on('upgrade', onUpgrade);

  return {
    close: async () => {
      server.off('upgrade', onUpgrade);
      for (const one of sockets.clients) one.close(1001, 'Going away');
      // Who doesn't read what was sent doesn't answer either.
      const late = setTimeout(() => {
        for (const one of sockets.clients) one.terminate();
      }, limits.stopMs);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(late);
    },
  };
}
