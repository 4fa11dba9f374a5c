/** How GraphiQL's operations reach the server: queries and mutations over HTTP, subscriptions over WebSocket. */
import type { Identity } from './identity.js';

/** One operation to run. */
export interface Asked {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: unknown;
}

type Headers = Readonly<Record<string, string>>;

/** Sends one operation and gives the answer. */
export async function post(
  endpoint: string,
  asked: Asked,
  identity: Identity,
  headers?: Headers,
): Promise<unknown> {
  const own = { 'content-type': 'application/json', accept: 'application/json' };
  const init = { method: 'POST', headers: own, body: JSON.stringify(asked) };
  const response = await identity.fetch(new URL(endpoint, location.href), init, headers);
  return response.json();
}

const failed = (message: string): unknown => ({ errors: [{ message }] });

/** One subscription over the graphql-transport-ws protocol. Another persona means another socket: tokens are per socket. */
class Listening {
  #socket: WebSocket | null = null;
  #over = false;
  /** Another socket was opened for want of a nonce, once since the last one was taken. */
  #renewed = false;
  readonly #forget: () => void;

  constructor(
    private readonly results: ReadableStreamDefaultController<unknown>,
    private readonly endpoint: string,
    private readonly asked: Asked,
    private readonly identity: Identity,
    private readonly headers: Headers | undefined,
  ) {
    this.#forget = identity.onChange(() => this.#connect());
    this.#connect();
  }

  /** Ends it from our side. */
  stop(): void {
    this.#over = true;
    this.#forget();
    this.#socket?.close(1000);
  }

  #finish(last?: unknown): void {
    if (this.#over) return;
    this.stop();
    if (last !== undefined) this.results.enqueue(last);
    this.results.close();
  }

  #connect(): void {
    this.#socket?.close(1000);
    const endpoint = new URL(this.endpoint, location.href);
    const address = new URL(endpoint);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, 'graphql-transport-ws');
    this.#socket = socket;
    // What an earlier socket still says was for the persona before.
    const current = (): boolean => !this.#over && this.#socket === socket;
    socket.onopen = async () => {
      const payload = await this.identity.connectionParams(endpoint, this.headers);
      if (current()) socket.send(JSON.stringify({ type: 'connection_init', payload }));
    };
    socket.onclose = async ({ code, reason }) => {
      const again = !this.#renewed && (await this.identity.wantsNonce(endpoint, reason));
      if (!current()) return;
      if (again) {
        this.#renewed = true;
        return this.#connect();
      }
      this.#finish(failed(reason || `the connection was closed (${code}): run it again to go on`));
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (current()) this.#take(socket, JSON.parse(event.data) as { type: string; payload?: unknown });
    };
  }

  #take(socket: WebSocket, { type, payload }: { type: string; payload?: unknown }): void {
    if (type === 'connection_ack') {
      this.#renewed = false;
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: this.asked }));
    } else if (type === 'ping') socket.send('{"type":"pong"}');
    else if (type === 'next') this.results.enqueue(payload);
    else if (type === 'error') this.#finish({ errors: payload });
    else if (type === 'complete') this.#finish();
  }
}

/** Runs a subscription and gives its results, until its `return` is called; that reaches the socket at once. */
export function listen(
  endpoint: string,
  asked: Asked,
  identity: Identity,
  headers?: Headers,
): AsyncIterableIterator<unknown> {
  let listening: Listening | undefined;
  const results = new ReadableStream<unknown>({
    start: (controller) => {
      listening = new Listening(controller, endpoint, asked, identity, headers);
    },
    cancel: () => listening?.stop(),
  });
  const reader = results.getReader();
  const iterator: AsyncIterableIterator<unknown> = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
  return iterator;
}
