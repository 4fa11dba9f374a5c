/** A reader of `auditTrail` that remembers its position and goes on from it, at whichever server, until it is stopped. */
import { type Client, createClient } from 'graphql-ws';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Api } from './api.js';

const QUERY = 'subscription ($after: BigInt!) { auditTrail(after: $after) { index } }';

export class Feed {
  /** Positions as they came. */
  readonly indexes: number[] = [];
  connections = 0;
  #client: Client | undefined;
  #running = false;
  #done: Promise<void> = Promise.resolve();

  /** `server` is asked at each connection, with its number. */
  constructor(
    readonly server: (turn: number) => Api,
    readonly persona: string,
  ) {}

  start(): void {
    this.#running = true;
    this.#done = this.#run();
  }

  /** Drops the connection as a bad link would; the feed comes back by itself. */
  reconnect(): void {
    this.#client?.terminate();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#client?.terminate();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      // A server that is away, or that went away in the middle: from the last position again.
      await this.#read().catch(() => undefined);
      await pause(20);
    }
  }

  async #read(): Promise<void> {
    const api = this.server(this.connections);
    this.connections += 1;
    const authorization = `Bearer ${await api.token(this.persona)}`;
    this.#client = createClient({
      url: `${api.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
      retryAttempts: 0,
    });
    const variables = { after: String(this.indexes.at(-1) ?? -1) };
    for await (const { data } of this.#client.iterate<{ auditTrail: { index: string } }>({
      query: QUERY,
      variables,
    })) {
      if (data) this.indexes.push(Number(data.auditTrail.index));
    }
  }
}
