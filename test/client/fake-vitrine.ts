/** A server in memory that knows request ids as the real one does, and can be told to fail. */
import { randomUUID } from 'node:crypto';

/** What it does instead of answering; null: it answers. */
export type Reply =
  | Error
  | {
      readonly status?: number;
      readonly body?: string;
      readonly code?: string;
      readonly placeless?: boolean;
      /** Characters of the answer that arrive. */
      readonly cut?: number;
      readonly otherRequest?: boolean;
      /** Takes the request and never answers. */
      readonly hang?: boolean;
    }
  | null;

interface Input {
  readonly requestId: string;
  readonly mode?: string;
  readonly encounters?: readonly Input[];
  readonly [name: string]: unknown;
}

interface Refusal {
  readonly code: string;
  readonly path: readonly (string | number)[];
}

interface Receipt {
  readonly request: string;
  readonly index: string;
  readonly leafHash: string;
}

const MEMBERS: Readonly<Record<string, string>> = { one: 'm1', 'one again': 'm1', two: 'm2' };

export class FakeVitrine {
  token = 'one';
  origin = 'vitrine.test/log';
  /** Mutations as they came. */
  readonly mutations: { readonly body: string; readonly input: Input }[] = [];
  /** What becomes of the next mutations; when there are no more, they are answered. */
  replies: Reply[] = [];
  refuse: (name: string, part: number, input: Input) => Refusal | null = () => null;
  /** Where the form of an input is wrong. */
  form: (input: Input) => readonly (string | number)[] | null = () => null;
  entries = 0;
  readonly #known = new Map<string, Receipt>();
  #told: () => void = () => undefined;

  readonly fetch: typeof globalThis.fetch = async (_url, init) => {
    const body = String(init?.body);
    const { query, variables } = JSON.parse(body) as { query: string; variables: { input: Input } };
    const member = MEMBERS[new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? ''];
    if (query.startsWith('query Checkpoint')) return json({ data: { checkpoint: { origin: this.origin } } });
    if (member === undefined) return json(errorBody({ code: 'UNAUTHENTICATED', path: [] }), 401);
    if (query.startsWith('query Me')) return json({ data: { me: { member: { id: member } } } });
    const { input } = variables;
    this.mutations.push({ body, input });
    this.#told();
    return this.#reply(this.replies.shift() ?? null, query, input, init?.signal ?? null);
  };

  /** Waits for that many mutations. */
  async asked(count: number): Promise<void> {
    while (this.mutations.length < count) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  async #reply(reply: Reply, query: string, input: Input, signal: AbortSignal | null): Promise<Response> {
    if (reply instanceof Error) {
      // Half of what gets no answer was done.
      if (this.mutations.length % 2 === 0) this.#answer(query, input);
      throw reply;
    }
    const { status = 200, body, code, placeless, cut, otherRequest, hang } = reply ?? {};
    if (hang === true)
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    if (body !== undefined) return new Response(body, { status });
    if (code !== undefined) return json(errorBody({ code, path: [] }, placeless !== true), status);
    const answer = this.#answer(query, input);
    if (cut !== undefined) return new Response(JSON.stringify(answer).slice(0, cut));
    return json(otherRequest === true ? renamed(answer) : answer);
  }

  #answer(query: string, input: Input): object {
    const name = /\{\s*(\w+)\(input/.exec(query)?.[1] ?? '';
    const wrong = this.form(input);
    if (wrong !== null) return errorBody({ code: 'BAD_USER_INPUT', path: wrong }, false);
    if (input.encounters === undefined) {
      const refused = this.refuse(name, 0, input);
      if (refused !== null) return errorBody(refused);
      const record = { id: randomUUID(), version: 1 };
      return { data: { [name]: { receipt: this.#receipt(input.requestId, 0), record } } };
    }
    const refusals = input.encounters.map((one, part) => this.refuse(name, part, one));
    const first = refusals.find((one) => one !== null);
    if (input.mode === 'ALL' && first !== undefined && first !== null) return errorBody(first);
    const receipts = refusals.flatMap((one, part) =>
      one === null ? [this.#receipt(input.requestId, part)] : [],
    );
    const refused = refusals.flatMap((one, part) => (one === null ? [] : [{ part, message: 'no', ...one }]));
    return { data: { [name]: { receipts, refused } } };
  }

  #receipt(request: string, part: number): Receipt {
    const key = `${request} ${part}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const receipt = { request, index: String(this.entries++), leafHash: '0'.repeat(64) };
    this.#known.set(key, receipt);
    return receipt;
  }
}

function errorBody({ code, path }: Refusal, hasPlace = true): object {
  const extensions = { code, ...(path.length > 0 ? { path } : {}) };
  return { data: null, errors: [{ message: 'no', ...(hasPlace ? { path: ['it'] } : {}), extensions }] };
}

function renamed(answer: object): object {
  const text = JSON.stringify(answer).replace(/"request":"[^"]*"/g, `"request":"${randomUUID()}"`);
  return JSON.parse(text) as object;
}

function json(body: object, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}
