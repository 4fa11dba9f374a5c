/**
 * A storm: random mutations by everybody, with random subscriptions and requests of other addresses beside them. It keeps
 * what must not be, and which mutations were accepted, so that the log can be held against it.
 */
import { getNamedType, isObjectType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { OPERATIONS } from '../../src/federation/index.js';
import { mutationsOf, permissionsOf } from '../../src/uploads/index.js';
import type { Answer, AnswerError, TestVitrine } from '../support/vitrine.js';
import { randomRequest, sendRaw } from './addresses.js';
import type { Draw } from './draw.js';
import { drawnUuid } from './draw.js';
import { RandomQuery, type Asked } from './random-query.js';
import { RandomValue } from './random-value.js';
import type { SecretWorld } from './secrets.js';
import { randomStatement, type enrolSigners } from './signers.js';

/** Who asks, beside the members of the world. */
const MORE = [
  { subject: 'regulator.two', roles: ['REGULATOR'] },
  { subject: 'vendor', roles: ['VENDOR'] },
  { subject: 'patient.one', roles: ['PATIENT'] },
];

/** After many of them no institution is licensed and no member stands. */
const PARALYSING: ReadonlySet<string> = new Set(['changeLicence', 'suspendMember', 'changePolicy']);

/** One leaf of an input in so many is what nobody would send; 0: none. */
const ODDS = [0, 0, 0, 30, 15, 6];

/** Calls under way at a time. */
const AT_ONCE = 8;

/** Roles that may do each mutation, and the operations that it does. */
const ROLES = new Map<string, ReadonlySet<string>>();
const DOES = new Map<string, readonly string[]>();
for (const operation of OPERATIONS.all)
  for (const mutation of mutationsOf(operation)) {
    const roles = permissionsOf(operation).flatMap((one) => [...one.roles]);
    DOES.set(mutation, [...(DOES.get(mutation) ?? []), operation.op]);
    ROLES.set(mutation, new Set([...(ROLES.get(mutation) ?? []), ...roles]));
  }

interface Receipt {
  readonly index: string;
  readonly request: string;
}

interface Call {
  readonly who: string | null;
  readonly mutation: string;
  readonly asked: Asked;
  readonly request: string;
}

/** What an accepted mutation was answered. */
export interface Accepted extends Receipt {
  readonly who: string;
  readonly mutation: string;
  readonly repeated: boolean;
}

type Payload = Readonly<Record<string, unknown>> | null | undefined;

export class Storm {
  readonly accepted: Accepted[] = [];
  /** What must not be, each with who asked what. */
  readonly findings: string[] = [];
  /** How often each mutation had each outcome. */
  readonly outcomes = new Map<string, Map<string, number>>();
  /** How often other addresses gave each status; 0: nothing came. */
  readonly statuses = new Map<number, number>();
  readonly #fields: readonly GraphQLField<unknown, unknown>[];
  readonly #who: readonly { readonly subject: string; readonly roles: readonly string[] }[];
  /** Request ids that were used, with what was asked under them. */
  readonly #used: Call[] = [];

  constructor(
    readonly vitrine: TestVitrine,
    readonly world: SecretWorld,
    readonly schema: GraphQLSchema,
    readonly draw: Draw,
    readonly signers: Awaited<ReturnType<typeof enrolSigners>>,
  ) {
    this.#fields = Object.values(schema.getMutationType()?.getFields() ?? {});
    const own = [...signers.keys()].map((subject) => ({
      subject,
      roles: [subject.replace('signer.', '').toUpperCase()],
    }));
    this.#who = [...world.members, ...MORE, ...own];
  }

  /** Whether some mutation was answered so. */
  met(outcome: string): boolean {
    return [...this.outcomes.values()].some((outcomes) => outcomes.has(outcome));
  }

  /** Sends so many random mutations. */
  async rage(calls: number): Promise<void> {
    for (let done = 0; done < calls; done += AT_ONCE) {
      const round: Call[] = [];
      while (round.length < AT_ONCE) round.push(await this.#call());
      const answers = await Promise.all(
        round.map(({ who, asked }) =>
          this.vitrine.ask<Record<string, Payload>>(who, asked.query, asked.variables),
        ),
      );
      for (const [at, call] of round.entries()) {
        const answer = answers[at];
        if (answer !== undefined) this.#settle(call, answer);
      }
    }
  }

  /** Sends so many requests of other addresses. */
  async wander(count: number): Promise<void> {
    const port = Number(new URL(this.vitrine.url).port);
    const ids = [...this.world.ids.values()].flat();
    for (let done = 0; done < count; done += AT_ONCE) {
      const round = Array.from({ length: AT_ONCE }, () => randomRequest(this.draw, ids));
      const answers = await Promise.all(round.map((request) => sendRaw(port, request)));
      for (const [at, text] of answers.entries()) {
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        const leaked = this.world.secrets.some((secret) => text.includes(secret.text));
        if (status >= 500 || leaked)
          this.findings.push(`${status} ${JSON.stringify(round[at])} ${text.slice(0, 1000)}`);
      }
    }
  }

  /**
   * Holds the log behind a position against what was answered: what is amiss. A part of a request stands there
   * once, and every receipt names one of them, of an operation that its mutation does.
   */
  async audit(from: bigint): Promise<string[]> {
    const { trusted } = this.vitrine.serving.ledger;
    const amiss: string[] = [];
    const ops = new Map<string, string>();
    const parts = new Map<string, number[]>();
    for await (const { index, opening } of trusted.entries(from, trusted.size)) {
      const { op, actor, request, part } = opening;
      const asked = `${actor} ${request}`;
      ops.set(String(index), `${request} ${op}`);
      parts.set(asked, [...(parts.get(asked) ?? []), part]);
    }
    for (const [asked, found] of parts)
      if (new Set(found).size < found.length) amiss.push(`parts ${found.join(', ')} of ${asked}`);
    for (const { index, request, mutation } of this.accepted) {
      // It stands under the id of what it makes.
      if (mutation === 'requestUpload') continue;
      const made = DOES.get(mutation)?.map((op) => `${request} ${op}`);
      const entry = ops.get(index);
      if (entry === undefined || made?.includes(entry) !== true)
        amiss.push(`receipt ${index} of ${mutation} ${request}: the entry is ${entry}`);
    }
    return amiss;
  }

  async #call(): Promise<Call> {
    const again = this.#used.length > 0 && this.draw.nat(12) === 0 ? this.draw.one(this.#used) : null;
    if (again !== null && this.draw.nat(3) === 0)
      return { ...again, who: this.draw.nat(2) === 0 ? again.who : this.#anybody() };
    const field = this.#mutation();
    const value = new RandomValue(this.world, this.draw, this.draw.one(ODDS));
    const asked = new RandomQuery(this.schema, value).one('mutation', field, leastOf(field));
    const request = again?.request ?? drawnUuid(this.draw);
    const input = asked.variables['v0'];
    if (typeof input === 'object' && input !== null && this.draw.nat(30) !== 0)
      Object.assign(input, { requestId: request });
    const who = this.#likely(field.name);
    if (who !== null && this.draw.nat(3) > 0) await this.#sign(who, input, request);
    const call = { who, mutation: field.name, asked, request };
    this.#used.push(call);
    return call;
  }

  /** Puts statements by the member's own key where an input takes some. */
  async #sign(who: string, input: unknown, request: string): Promise<void> {
    const signer = this.signers.get(who);
    if (signer === undefined || typeof input !== 'object' || input === null) return;
    const { draw, world } = this;
    const signed = (part: number) => randomStatement(signer, { draw, world, request, part });
    if ('statements' in input) {
      const parts = Array.from({ length: 1 + draw.nat(3) }, (_, part) => signed(part));
      Object.assign(input, { statements: await Promise.all(parts) });
    } else if (draw.nat(3) === 0)
      Object.assign(input, { signed: { statement: await signed(0), seed: 'A'.repeat(43) } });
  }

  /** Any, but seldom one after which nobody may do anything. */
  #mutation(): GraphQLField<unknown, unknown> {
    const field = this.draw.one(this.#fields);
    return PARALYSING.has(field.name) && this.draw.nat(8) !== 0 ? this.#mutation() : field;
  }

  #anybody(): string | null {
    return this.draw.one([...this.#who.map(({ subject }) => subject), null]);
  }

  /** Mostly somebody whose role may. */
  #likely(mutation: string): string | null {
    const roles = ROLES.get(mutation);
    const able = this.#who.filter(({ subject, roles: own }) =>
      mutation === 'requestUpload' ? this.signers.has(subject) : own.some((role) => roles?.has(role)),
    );
    return able.length === 0 || this.draw.nat(4) === 0 ? this.#anybody() : this.draw.one(able).subject;
  }

  #settle(call: Call, { data, errors }: Answer<Record<string, Payload>>): void {
    const { who, mutation } = call;
    for (const error of errors)
      this.judge(error, `${who ?? 'nobody'}: ${JSON.stringify(call.asked).slice(0, 3000)}`);
    const payload = data?.[mutation];
    const outcomes = this.outcomes.get(mutation) ?? new Map<string, number>();
    const outcome = payload ? 'accepted' : (errors[0]?.extensions.code ?? 'nothing');
    this.outcomes.set(mutation, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
    // What waits for somebody is known too.
    for (const { extensions } of errors)
      if (typeof extensions.upload === 'string') this.world.learn('UploadRequest', extensions.upload);
    if (!payload || who === null) return;
    this.#learn(payload);
    for (const receipt of receiptsOf(payload))
      this.accepted.push({ ...receipt, who, mutation, repeated: payload['repeated'] === true });
  }

  /** Keeps what is wrong with an error that somebody was answered. */
  judge(error: AnswerError, asked: string): void {
    for (const what of this.#wrongWith(error)) this.findings.push(`${what} ${asked}`);
  }

  /** What an error may never be. */
  #wrongWith(error: AnswerError): string[] {
    const wrong: string[] = [];
    const { code, path } = error.extensions;
    const text = JSON.stringify(error);
    if (code === undefined) wrong.push(`no code ${text}`);
    if (code === 'INTERNAL' || code === 'INTEGRITY_VIOLATION') wrong.push(`${code} ${text}`);
    const isSummary = error.message.startsWith('Too many errors processing variables');
    if (code === 'BAD_USER_INPUT' && !isSummary && (path === undefined || path.length === 0))
      wrong.push(`no path ${text}`);
    const leaked = this.world.secrets.find((secret) => text.includes(secret.text));
    if (leaked !== undefined) wrong.push(`${leaked.fieldClass} ${leaked.text} in ${text}`);
    return wrong;
  }

  /** Records that came to be are known from now on. */
  #learn(payload: Readonly<Record<string, unknown>>): void {
    for (const record of Object.values(payload).flat()) {
      if (typeof record !== 'object' || record === null || !('id' in record) || !('__typename' in record))
        continue;
      this.world.learn(String(record.__typename), String(record.id));
    }
  }
}

/** What every answer to a mutation is asked for. */
function leastOf({ type }: GraphQLField<unknown, unknown>): string {
  const payload = getNamedType(type);
  if (!isObjectType(payload)) throw new Error('expected a payload');
  return Object.values(payload.getFields())
    .flatMap((field) => {
      const named = getNamedType(field.type);
      if (field.name === 'receipt' || field.name === 'receipts') return [`${field.name} { index request }`];
      if (field.name === 'repeated') return ['repeated'];
      if (isObjectType(named) && 'id' in named.getFields()) return [`${field.name} { __typename id }`];
      return [];
    })
    .join(' ');
}

function receiptsOf(payload: Readonly<Record<string, unknown>>): readonly Receipt[] {
  return [payload['receipt'], payload['receipts']]
    .flat()
    .filter((one): one is Receipt => typeof one === 'object' && one !== null && 'index' in one);
}
