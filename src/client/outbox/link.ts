/**
 * The way to the server. A request id is known to the server for the member who sent it, so the same request under
 * another member's token would be a second upload: each new token is asked first who it is for, and where it leads.
 */
import type { Answer } from '../answer.js';
import { VitrineClient, type VitrineClientOptions } from '../client.js';
import { ClientError } from '../error.js';
import { CheckpointDocument, MeDocument } from '../generated/graphql.js';
import type { Binding } from './item.js';
import { documentOf, type OperationName } from './operations.js';
import type { JsonObject } from '../../ledger/core/index.js';
import { predecessorOf, VitrineError } from '../../ledger/core/index.js';

/** How the server is reached; `token` is asked before every request, so that a new one is taken as it comes. */
export type LinkOptions = Pick<VitrineClientOptions, 'endpoint' | 'token' | 'dpop' | 'fetch' | 'timeout'>;

/** Tells an outbox from another: the member and log that it was used for first. */
export interface Bound {
  readonly binding: Binding | null;
  bind(binding: Binding): Promise<void>;
}

/** No more of the right token: the outbox stops until its caller does something about it. */
export class WrongMember extends VitrineError {
  constructor(message: string) {
    super('FORBIDDEN', message);
    this.name = 'WrongMember';
  }
}

/** A server that was asked who it is and who the token is of. */
export interface Way {
  readonly client: VitrineClient;
  /** Name of its log as of now. */
  readonly origin: string;
  /** The member's; null when it acts for none. */
  readonly institution: string | null;
  /** Thumbprint of the member's own key; null while it has none. */
  readonly key: string | null;
}

/** Below so many milliseconds a difference is the way of an answer and the full second that a server tells. */
const SKEW_MS = 60_000;

export class Link {
  readonly #options: LinkOptions;
  readonly #bound: Bound;
  readonly #clock: () => Date;
  #known: { readonly token: string | undefined; readonly way: Promise<Way> } | null = null;
  /** Milliseconds by which the server's clock is ahead of this device's. */
  #skew = 0;

  constructor(options: LinkOptions, bound: Bound, clock: () => Date) {
    this.#bound = bound;
    this.#clock = clock;
    const { fetch = globalThis.fetch } = options;
    const listening = async (...words: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...words);
      this.#hear(response.headers.get('date'));
      return response;
    };
    this.#options = { ...options, fetch: listening };
  }

  /** The time by the server's clock, as its last answer told it: a device's own may be years off. */
  now(): Date {
    return new Date(this.#clock().getTime() + this.#skew);
  }

  /**
   * Sends a request once.
   *
   * @throws ClientError when no answer came, or one that says to ask again; WrongMember; the signal's reason
   */
  async send(
    operation: OperationName,
    input: JsonObject,
    signal: AbortSignal,
  ): Promise<Answer<Readonly<Record<string, unknown>>>> {
    const { client } = await this.way(signal);
    const answer = await client.requestPartial(documentOf(operation), { input }, { signal });
    // Whatever its time, it is over: the next sending asks for another.
    if (answer.errors.some(({ code }) => code === 'UNAUTHENTICATED')) this.#known = null;
    return answer;
  }

  /** @throws ClientError when no answer came; WrongMember; the signal's reason */
  async way(signal: AbortSignal): Promise<Way> {
    const { token: given } = this.#options;
    const token = typeof given === 'function' ? await given() : given;
    if (this.#known === null || this.#known.token !== token) {
      const known = { token, way: this.#check(token, signal) };
      this.#known = known;
      known.way.catch(() => {
        if (this.#known === known) this.#known = null;
      });
    }
    return this.#known.way;
  }

  #hear(date: string | null): void {
    const told = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(told)) return;
    const skew = told - this.#clock().getTime();
    this.#skew = Math.abs(skew) < SKEW_MS ? 0 : skew;
  }

  async #check(token: string | undefined, signal: AbortSignal): Promise<Way> {
    const client = new VitrineClient({
      ...this.#options,
      ...(token === undefined ? {} : { token }),
      retry: { attempts: 1 },
    });
    const [{ me }, { checkpoint }] = await Promise.all([
      client.request(MeDocument, {}, { signal }),
      client.request(CheckpointDocument, {}, { signal }),
    ]);
    const member = me?.member ?? null;
    if (me === null || member === null) {
      const message = 'expected an access token of a member, got none or one that is over';
      throw new ClientError([
        { code: 'UNAUTHENTICATED', message, path: [], inputPath: [], problems: [], details: {} },
      ]);
    }
    const { origin } = checkpoint;
    await this.#require({ origin, member: member.id });
    return { client, origin, institution: me.institution?.id ?? null, key: member.keyThumbprint ?? null };
  }

  async #require(found: Binding): Promise<void> {
    const { binding } = this.#bound;
    if (binding === null) return this.#bound.bind(found);
    if (logOf(binding.origin) !== logOf(found.origin))
      throw new WrongMember(
        `expected the log ${binding.origin}, which this outbox is for, got ${found.origin}`,
      );
    if (binding.member !== found.member)
      throw new WrongMember(
        `expected a token of member ${binding.member}, whose outbox this is, got one of ${found.member}`,
      );
  }
}

/** The name that a log had first: one that was restored goes on under another. */
function logOf(origin: string): string {
  const before = predecessorOf(origin);
  return before === null ? origin : logOf(before.origin);
}
