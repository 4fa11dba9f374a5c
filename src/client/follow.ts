/**
 * Following the log over a link that breaks: every event once and in order, from a position, however often the
 * connection is lost or the server asks to resume (schema/README.md).
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient, type Client } from 'graphql-ws/client';
import { type Answer, parseAnswer } from './answer.js';
import type { DpopKey } from './dpop.js';
import { ClientError, type ClientErrorCode } from './error.js';
import { delayAfter, type RetryOptions, type Sleep } from './retry.js';

/** One event: what was found of an entry beside what was refused. */
export interface Event<T> extends Answer<T> {
  /** Its position: pass it as `after` to go on behind it another time. */
  readonly after: string;
}

export interface FollowOptions {
  /** Begin behind this position; `-1`: at the log's beginning; absent: with what comes from now on. */
  readonly after?: string | number | bigint;
  /** Ends it: what is waited for throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** WebSocket to use where the platform has none (Node 20: that of `ws`). */
  readonly webSocket?: unknown;
}

export interface FollowDependencies {
  /** Address of the GraphQL endpoint, `http(s):`. */
  readonly endpoint: string | URL;
  readonly token: () => Promise<string | undefined>;
  /** The key that the token is bound to. */
  readonly key: () => Promise<DpopKey | undefined>;
  readonly retry: Required<RetryOptions>;
  readonly sleep: Sleep;
  readonly random: () => number;
  /** Position of the newest entry. */
  readonly newest: () => Promise<bigint>;
}

/** Answers after which the same is asked again; at once where the server asks for it. */
const AGAIN: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  'NETWORK',
  'UNAVAILABLE',
  'RESUME_REQUIRED',
]);

/** Close codes of the server that mean a refusal (`4403`) or a token to be renewed (`4401`). */
const CLOSED: Readonly<Record<number, ClientErrorCode>> = { 4401: 'UNAUTHENTICATED', 4403: 'FORBIDDEN' };

/**
 * Follows a subscription that takes its position as `after`.
 *
 * @throws ClientError what the server refuses for good; NETWORK when it can't be reached as often as `retry` says
 */
export async function* follow<T, V extends { after?: unknown }>(
  deps: FollowDependencies,
  document: TypedDocumentNode<T, V>,
  variables: Omit<V, 'after'>,
  options: FollowOptions,
): AsyncGenerator<Event<T>, void, undefined> {
  const { signal } = options;
  let after = options.after === undefined ? await deps.newest() : BigInt(options.after);
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      for await (const event of connection<T>(
        deps,
        print(document),
        { ...variables, after: `${after}` },
        options,
      )) {
        failures = 0;
        // What a server gives twice, or out of order, isn't given on.
        if (BigInt(event.after) <= after) continue;
        after = BigInt(event.after);
        yield event;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ClientError)) throw error;
      // A token that ended is asked for anew, once.
      const isOver = error.code === 'UNAUTHENTICATED' ? failures > 0 : !AGAIN.has(error.code);
      failures += 1;
      if (isOver || failures >= deps.retry.attempts) throw error;
      if (error.code === 'RESUME_REQUIRED' && failures === 1) continue;
      await deps.sleep(delayAfter(failures, deps.retry, 0, deps.random), signal);
    }
  }
}

/** The events of one connection. Throws ClientError for whatever ends it but the subscription's own end. */
async function* connection<T>(
  deps: FollowDependencies,
  query: string,
  variables: Record<string, unknown>,
  { signal, webSocket }: FollowOptions,
): AsyncGenerator<Event<T>, void, undefined> {
  const client = connect(deps, webSocket);
  const stop = (): void => client.terminate();
  signal?.addEventListener('abort', stop);
  try {
    for await (const result of client.iterate<T>({ query, variables })) {
      const answer = parseAnswer<T>(JSON.stringify(result), 200);
      const [first, ...others] = answer.errors;
      // Without data it is no event but the reason why there are no more.
      if (!('data' in result) && first !== undefined) throw new ClientError([first, ...others]);
      yield { ...answer, after: positionOf(result.extensions) };
    }
  } catch (error) {
    throw (await wantsNonce(deps, error)) ?? asClientError(error);
  } finally {
    signal?.removeEventListener('abort', stop);
    await client.dispose();
  }
}

/** The server asks for its nonce in the proof: the same is asked again at once. */
async function wantsNonce(
  { endpoint, key }: FollowDependencies,
  error: unknown,
): Promise<ClientError | null> {
  const { reason } = (typeof error === 'object' && error !== null ? error : {}) as { reason?: unknown };
  if (typeof reason !== 'string' || !(await key())?.takeCloseReason(endpoint, reason)) return null;
  const message = 'the server asks for a nonce';
  return new ClientError([
    { code: 'RESUME_REQUIRED', message, path: [], inputPath: [], problems: [], details: {} },
  ]);
}

function connect({ endpoint, token, key }: FollowDependencies, webSocketImpl: unknown): Client {
  return createClient({
    url: String(endpoint).replace(/^http/, 'ws'),
    connectionParams: async () => {
      const bearer = await token();
      const bound = await key();
      if (bearer !== undefined && bound !== undefined) return bound.connectionParams(endpoint, bearer);
      return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    },
    retryAttempts: 0,
    ...(webSocketImpl === undefined ? {} : { webSocketImpl }),
  });
}

function positionOf(extensions: unknown): string {
  const after =
    typeof extensions === 'object' && extensions !== null && 'after' in extensions ? extensions.after : null;
  if (typeof after === 'string' && /^-?\d{1,19}$/.test(after)) return after;
  throw ClientError.own('BAD_RESPONSE', 'expected an event with its position');
}

/** What graphql-ws throws: GraphQL errors, a close event, or whatever the socket said. */
function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (Array.isArray(error)) {
    const [first, ...others] = parseAnswer(JSON.stringify({ errors: error as unknown[] }), 200).errors;
    if (first !== undefined) return new ClientError([first, ...others]);
  }
  const { code, reason } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const refusal = typeof code === 'number' ? CLOSED[code] : undefined;
  if (refusal === undefined) return ClientError.own('NETWORK', 'the connection was lost', error);
  const message = typeof reason === 'string' ? reason : 'the server closed the connection';
  return new ClientError([{ code: refusal, message, path: [], inputPath: [], problems: [], details: {} }]);
}
