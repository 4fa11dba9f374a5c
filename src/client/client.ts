/**
 * The client: sends typed documents to a Vitrine server and gives typed answers. It runs in browsers and in Node.
 *
 * A request that got no answer is sent again. That is safe for a mutation because its `requestId` makes it happen once
 * however often it is sent; a mutation without one is sent once only.
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { Kind, OperationTypeNode, print } from 'graphql';
import { parseAnswer } from './answer.js';
import type { Answer } from './answer.js';
import type { DpopKey } from './dpop.js';
import { ClientError } from './error.js';
import type { ResponseError } from './error.js';
import { follow } from './follow.js';
import type { Event, FollowOptions } from './follow.js';
import { CheckpointDocument } from './generated/graphql.js';
import { askedDelay, delayAfter, sleep, TRANSIENT_STATUSES } from './retry.js';
import type { RetryOptions, Sleep } from './retry.js';

export interface VitrineClientOptions {
  /** Address of the GraphQL endpoint: `https://vitrine.example/graphql`. */
  readonly endpoint: string | URL;
  /** Access token, or what gets one; asked before every sending. Without it the client isn't signed in. */
  readonly token?: string | (() => string | Promise<string>);
  /**
   * Key that the token is bound to (DPoP), or what gets it; asked before every sending. Without it the token is shown as a
   * bearer token, which production doesn't take.
   */
  readonly dpop?: DpopKey | (() => DpopKey | undefined | Promise<DpopKey | undefined>);
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds to wait for one answer. Default 60,000. */
  readonly timeout?: number;
  readonly retry?: RetryOptions;
  /** For tests. */
  readonly sleep?: Sleep;
  /** For tests: a number from 0 to 1. */
  readonly random?: () => number;
}

export interface RequestOptions {
  /** Gives the request up. */
  readonly signal?: AbortSignal;
}

/** What one sending gave: an answer, or a reason to send again. */
type Outcome<T> =
  | { readonly answer: Answer<T>; readonly again?: undefined }
  | { readonly answer: null; readonly again: ClientError };

/**
 * @example
 * const client = new VitrineClient({ endpoint: 'http://localhost:4000/graphql', token });
 * const { me } = await client.request(MeDocument, {});
 */
export class VitrineClient {
  readonly #options: VitrineClientOptions;
  readonly #retry: Required<RetryOptions>;

  constructor(options: VitrineClientOptions) {
    this.#options = options;
    this.#retry = { attempts: 6, firstDelay: 200, longestDelay: 10_000, ...options.retry };
  }

  /**
   * Sends a document and gives its data.
   *
   * @throws ClientError when anything was refused, also a single field
   */
  async request<T, V extends object>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    options: RequestOptions = {},
  ): Promise<T> {
    const { data, errors } = await this.requestPartial(document, variables, options);
    if (hasSome(errors)) throw new ClientError(errors);
    if (data === null) throw ClientError.own('BAD_RESPONSE', 'expected data, got neither data nor errors');
    return data;
  }

  /**
   * Sends a document and gives what was found beside what was refused: a refusal costs one field, not the answer.
   *
   * @throws ClientError NETWORK when no answer came, BAD_RESPONSE when it isn't GraphQL
   */
  async requestPartial<T, V extends object>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    { signal }: RequestOptions = {},
  ): Promise<Answer<T>> {
    const body = JSON.stringify({ query: print(document), variables });
    const attempts = mayRepeat(document, variables) ? this.#retry.attempts : 1;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const outcome = await this.#send<T>(body, signal);
      if (outcome.answer !== null) return outcome.answer;
      if (attempt >= attempts) throw outcome.again;
      const random = this.#options.random ?? Math.random;
      await (this.#options.sleep ?? sleep)(
        delayAfter(attempt, this.#retry, outcome.again.retryAfter, random),
        signal,
      );
    }
  }

  /**
   * Follows a subscription that takes its position as `after`: every event once and in order, also when the connection is
   * lost or the server asks to resume. Ends with the subscription (a filter's `to`), by `break` or by the signal.
   *
   * @throws ClientError what the server refuses for good, such as FORBIDDEN when the member's standing has ended
   * @example
   * for await (const { data, after } of client.follow(AuditTrailDocument, {}, { after: -1 })) keep(data, after);
   */
  follow<T, V extends { after?: unknown }>(
    document: TypedDocumentNode<T, V>,
    variables: Omit<V, 'after'>,
    options: FollowOptions = {},
  ): AsyncGenerator<Event<T>, void, undefined> {
    const { endpoint, token, dpop, random = Math.random, sleep: wait = sleep } = this.#options;
    const newest = async (): Promise<bigint> =>
      BigInt((await this.request(CheckpointDocument, {})).checkpoint.size) - 1n;
    const bearer = async (): Promise<string | undefined> => (typeof token === 'function' ? token() : token);
    const key = async (): Promise<DpopKey | undefined> => (typeof dpop === 'function' ? dpop() : dpop);
    const deps = { endpoint, token: bearer, key, retry: this.#retry, sleep: wait, random, newest };
    return follow(deps, document, variables, options);
  }

  /**
   * The PNG of a page, by the link that `openView` gave. It works once, so it is never tried again.
   *
   * @throws ClientError NOT_FOUND for a link that was used, is over or isn't this member's; NETWORK, BAD_RESPONSE
   */
  async fetchPage(url: string, { signal }: RequestOptions = {}): Promise<Uint8Array> {
    const { endpoint, token, dpop, timeout = 60_000, fetch: send = globalThis.fetch } = this.#options;
    const bearer = typeof token === 'function' ? await token() : token;
    const signals = [AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])];
    const key = typeof dpop === 'function' ? await dpop() : dpop;
    const address = new URL(url, endpoint);
    const init = { method: 'GET', headers: {}, signal: AbortSignal.any(signals) };
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const response =
      bearer === undefined || key === undefined
        ? await send(address, { ...init, headers })
        : await key.fetch(send, address, init, bearer);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const { errors } = parseAnswer<null>(await response.text(), response.status);
    if (hasSome(errors)) throw new ClientError(errors);
    throw ClientError.own('BAD_RESPONSE', `expected a page, got the status ${response.status}`);
  }

  async #send<T>(body: string, signal: AbortSignal | undefined): Promise<Outcome<T>> {
    const { endpoint, token, dpop, timeout = 60_000 } = this.#options;
    const bearer = typeof token === 'function' ? await token() : token;
    const key = typeof dpop === 'function' ? await dpop() : dpop;
    const send = this.#options.fetch ?? globalThis.fetch;
    const signals = [AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])];
    let response: Response;
    let text: string;
    try {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      };
      const init = { method: 'POST', headers, body, signal: AbortSignal.any(signals) };
      const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
      response =
        bearer === undefined || key === undefined
          ? await send(endpoint, { ...init, headers: { ...headers, ...authorization } })
          : await key.fetch(send, endpoint, init, bearer);
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const again = ClientError.own('NETWORK', `expected an answer of ${hostOf(endpoint)}, got none`, cause);
      return { answer: null, again };
    }
    return judge<T>(response, text);
  }
}

/** A final answer, or one that says "not now". */
function judge<T>(response: Response, text: string): Outcome<T> {
  const retryAfter = askedDelay(response.headers.get('retry-after'));
  let answer: Answer<T>;
  try {
    answer = parseAnswer<T>(text, response.status);
  } catch (error) {
    if (!(error instanceof ClientError) || !TRANSIENT_STATUSES.has(response.status)) throw error;
    return { answer: null, again: ClientError.own('BAD_RESPONSE', error.message, error.cause, retryAfter) };
  }
  const { errors } = answer;
  const isTransient = response.status === 429 || errors.some(({ code }) => code === 'UNAVAILABLE');
  return isTransient && hasSome(errors)
    ? { answer: null, again: new ClientError(errors, { retryAfter }) }
    : { answer };
}

function hasSome(errors: readonly ResponseError[]): errors is readonly [ResponseError, ...ResponseError[]] {
  return errors.length > 0;
}

/** Whether sending it again can't make it happen twice: a query, or a mutation with a request id. */
function mayRepeat<T, V extends object>(document: TypedDocumentNode<T, V>, variables: V): boolean {
  const isMutation = document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION,
  );
  if (!isMutation) return true;
  const input = 'input' in variables ? variables.input : undefined;
  return typeof input === 'object' && input !== null && 'requestId' in input;
}

function hostOf(endpoint: string | URL): string {
  return URL.canParse(String(endpoint)) ? new URL(String(endpoint)).host : 'the server';
}
