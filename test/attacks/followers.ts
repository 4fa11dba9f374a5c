/** Random subscriptions that stay open while a storm rages; what comes is looked at as every other answer. */
import type { GraphQLSchema } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { AnswerError, TestVitrine } from '../support/vitrine.js';
import type { Draw } from './draw.js';
import { RandomQuery } from './random-query.js';
import { RandomValue, type Known } from './random-value.js';

/** Subscriptions of a socket. */
const EACH = 6;

interface Heard {
  readonly errors?: readonly AnswerError[];
}

export class Followers {
  readonly #clients: Client[] = [];
  /** Codes with which sockets were closed. */
  readonly closed: number[] = [];
  events = 0;
  refused = 0;

  constructor(
    readonly vitrine: TestVitrine,
    readonly schema: GraphQLSchema,
    readonly known: Known,
    readonly draw: Draw,
    /** Told of every error that came. */
    readonly onError: (error: AnswerError, asked: string) => void,
  ) {}

  /** Opens sockets for these, each with random subscriptions and queries; done when each was answered or waits. */
  async open(subjects: readonly (string | null)[]): Promise<void> {
    for (const subject of subjects) {
      const token = subject === null ? null : await this.vitrine.token(subject);
      const client = createClient({
        url: `${this.vitrine.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined,
        ...(token === null ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
        on: { closed: (event) => void this.closed.push((event as { code: number }).code) },
      });
      this.#clients.push(client);
      for (let count = 0; count < EACH; count += 1) this.#subscribe(client, subject);
    }
  }

  close(): void {
    for (const client of this.#clients) void client.dispose();
  }

  #subscribe(client: Client, subject: string | null): void {
    const fields = Object.values(this.schema.getSubscriptionType()?.getFields() ?? {});
    const value = new RandomValue(this.known, this.draw, this.draw.nat(2) === 0 ? 3 : 0);
    const asked = new RandomQuery(this.schema, value).one('subscription', this.draw.one(fields));
    const said = `${subject ?? 'nobody'}: ${JSON.stringify(asked).slice(0, 2000)}`;
    client.subscribe(
      { query: asked.query, variables: { ...asked.variables } },
      {
        next: (heard: Heard) => {
          this.events += 1;
          for (const error of heard.errors ?? []) this.onError(error, said);
        },
        error: (thrown: unknown) => {
          this.refused += 1;
          if (Array.isArray(thrown)) for (const error of thrown as AnswerError[]) this.onError(error, said);
        },
        complete: () => undefined,
      },
    );
  }
}
