/**
 * Which terms of access are in force: by the newest AccessPolicy, else by entry 0, else by the code. That there is no record
 * the log itself tells, and whoever decides by it makes that a condition of its entry.
 */
import { accessTerms, hashOfTerms, TERMS_IN_CODE, type AccessTerms } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import type { JsonObject } from '../../ledger/core/index.js';
import type { Ledger } from '../../ledger/index.js';
import type { RecordKind, Unrelated } from '../../records/index.js';
import type { Change } from '../../uploads/index.js';
import {
  ACCESS_POLICY_ID,
  accessPolicyKind,
  termsOf,
  type AccessPolicyValues,
} from './access-policy.kind.js';

export interface TermsInForce {
  readonly terms: AccessTerms;
  /** The entry that holds them: a policy's, or 0; null where the log has none, and the code's hold. */
  readonly index: bigint | null;
}

/** What a change that goes by the terms rests on. */
export type TermsConditions = Required<Pick<Change, 'reliesOn' | 'absent'>>;

type Trusted = Ledger['trusted'];

/** Where the terms are read. */
export interface TermsSource {
  readonly trusted: Trusted;
  fact<V extends object>(kind: RecordKind<V>, id: string): Promise<Unrelated<V> | null>;
}

const NOT_THERE = [{ kind: accessPolicyKind.name, id: ACCESS_POLICY_ID }];

/** The terms that stand in entry 0: this release's, when the log begins. */
export function genesisTerms(): JsonObject {
  const { rules, budgets, thresholds } = TERMS_IN_CODE;
  return { rules, budgets, thresholds, hash: hashOfTerms(TERMS_IN_CODE) };
}

/** What holds for the next change, and what that rests on. From memory, but for the first reading of a version. */
export async function termsFor(source: TermsSource): Promise<TermsInForce & TermsConditions> {
  const policy = source.trusted.hasSubject(accessPolicyKind.name, ACCESS_POLICY_ID)
    ? await source.fact(accessPolicyKind, ACCESS_POLICY_ID)
    : null;
  // Absent to a reader that has not come so far: the commit will see it.
  if (policy === null)
    return { ...(await termsAtBeginning(source.trusted)), reliesOn: [], absent: NOT_THERE };
  return {
    terms: compiled(policy),
    index: policy.anchor.index,
    reliesOn: [policy],
    absent: [],
  };
}

/** What holds for a request. */
export function accessInForce(
  ctx: Pick<RequestContext, 'log' | 'records'>,
): Promise<TermsInForce & TermsConditions> {
  const { records } = ctx;
  return termsFor({ trusted: ctx.log.trusted, fact: (kind, id) => records.fact(kind, id) });
}

/** What held at a moment, by the log's own time; `at` RFC 3339 UTC. */
export async function accessAt(ctx: Pick<RequestContext, 'log' | 'past'>, at: string): Promise<TermsInForce> {
  const policy = await ctx.past.record(accessPolicyKind, ACCESS_POLICY_ID, at);
  if (policy === null) return termsAtBeginning(ctx.log.trusted);
  return { terms: termsOf(policy.values), index: policy.anchor.index };
}

/** Read once a version: requests share it. */
const compiledTerms = new WeakMap<object, AccessTerms>();

function compiled(policy: Unrelated<AccessPolicyValues>): AccessTerms {
  const known = compiledTerms.get(policy);
  if (known !== undefined) return known;
  const terms = termsOf(policy.values);
  compiledTerms.set(policy, terms);
  return terms;
}

const beginnings = new WeakMap<Trusted, Promise<TermsInForce>>();

/** The terms of a log without a policy: entry 0 never changes, so it is read once. */
function termsAtBeginning(trusted: Trusted): Promise<TermsInForce> {
  const known = beginnings.get(trusted);
  if (known !== undefined) return known;
  const reading = readBeginning(trusted);
  beginnings.set(trusted, reading);
  reading.catch(() => beginnings.delete(trusted));
  return reading;
}

async function readBeginning(trusted: Trusted): Promise<TermsInForce> {
  for await (const { opening } of trusted.entries(0n, 1n)) {
    const { parameters } = opening.detail ?? {};
    const access = isObject(parameters) ? parameters['access'] : undefined;
    if (!isObject(access)) break;
    const { hash: _, ...terms } = access;
    return { terms: accessTerms.parse(terms), index: 0n };
  }
  return { terms: TERMS_IN_CODE, index: null };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
