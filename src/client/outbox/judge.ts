/**
 * What an answer means for the items of its request. Only what the mutation itself said refuses anything: a page of some
 * proxy, half an answer, an answer to another request and a server that isn't well all mean "again".
 */
import type { Answer } from '../answer.js';
import { ClientError, type ResponseError } from '../error.js';
import type { OutboxReceipt, OutboxRefusal, StoredItem } from './item.js';
import { ownPath } from './request.js';

/** What became of one item by an answer. */
export type Fate =
  | {
      readonly state: 'ACCEPTED';
      readonly receipts: readonly OutboxReceipt[];
      readonly record: StoredItem['record'];
    }
  | {
      readonly state: 'REFUSED';
      readonly receipts: readonly OutboxReceipt[];
      readonly refusals: readonly OutboxRefusal[];
    }
  | { readonly state: 'SENT' };

/** Why a request is sent again. */
export interface Again {
  readonly code: string;
  readonly message: string;
  /** Milliseconds that the server asks for; 0 when it doesn't. */
  readonly wait: number;
}

export interface Verdict {
  /** One for each item, in their order. */
  readonly fates: readonly Fate[];
  /** Null when every item has its end. */
  readonly again: Again | null;
  /**
   * The batch was refused for its form before any item was looked at: these places go by themselves, and the others in
   * another batch. Null when it wasn't.
   */
  readonly apart: ReadonlySet<number> | null;
}

/** "Not now": the same request may be accepted later. */
const LATER: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'ROLLBACK_DETECTED',
  'NOT_CONFIGURED',
  'RATE_LIMITED',
  'ENDORSEMENT_PENDING',
]);

/** Faults that nobody foresaw, which pass or don't. */
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'INTEGRITY_VIOLATION']);

/** How often a fault is taken for one that passes. */
const PATIENCE = 8;

/** Refusals of a request's form. */
const OF_FORM: ReadonlySet<string> = new Set(['BAD_USER_INPUT', 'LIMIT_EXCEEDED']);

type Payload = Readonly<Record<string, unknown>>;

/** What was sent. */
export interface Sent {
  /** The request id. */
  readonly id: string;
  readonly operation: string;
  readonly items: readonly StoredItem[];
  /** Times that it was sent, this one included. */
  readonly attempts: number;
}

/** Judges what came back: an answer, or the error of a request that got none. */
export function judge(sent: Sent, came: Answer<Payload> | ClientError): Verdict {
  if (came instanceof ClientError) return again(sent, came.code, came.message, came.retryAfter);
  const payload = objectOf(came.data?.[sent.operation]);
  if (payload !== null) return ofPayload(sent, payload);
  const [error] = came.errors;
  if (error === undefined) return again(sent, 'BAD_RESPONSE', 'expected what the mutation answers, got none');
  const later = came.errors.find((one) => isLater(one, sent.attempts));
  if (later !== undefined) return again(sent, later.code, later.message, waitOf(later.details));
  if (sent.items.length > 1 && OF_FORM.has(error.code)) {
    return { fates: sent.items.map(() => ({ state: 'SENT' })), again: null, apart: named(sent, came.errors) };
  }
  const refusals = came.errors.flatMap(refusalsOf);
  return {
    fates: sent.items.map(() => ({ state: 'REFUSED', receipts: [], refusals })),
    again: null,
    apart: null,
  };
}

/** The places in a batch that errors name; all of them when they name none. */
function named({ items }: Sent, errors: readonly ResponseError[]): ReadonlySet<number> {
  const paths = errors.flatMap(({ inputPath, problems }) => [inputPath, ...problems.map(({ path }) => path)]);
  const places = paths.flatMap(([, list, place]) =>
    list === 'encounters' && typeof place === 'number' && place < items.length ? [place] : [],
  );
  return new Set(places.length > 0 ? places : items.keys());
}

function again({ items }: Sent, code: string, message: string, wait = 0): Verdict {
  return { fates: items.map(() => ({ state: 'SENT' })), again: { code, message, wait }, apart: null };
}

/**
 * Whether an error may pass. A refusal of the form that names no place in the input can be of the request as it arrived
 * (cut short on its way), so that is asked again for a while too.
 */
function isLater({ code, path, inputPath, problems }: ResponseError, attempts: number): boolean {
  if (LATER.has(code)) return true;
  const placeless = path.length === 0 && inputPath.length === 0 && problems.length === 0;
  return attempts < PATIENCE && (FAULTS.has(code) || (code === 'BAD_USER_INPUT' && placeless));
}

function refusalsOf({ code, message, inputPath, problems }: ResponseError): OutboxRefusal[] {
  if (problems.length === 0) return [{ part: null, code, message, path: inputPath }];
  return problems.map((problem) => ({ part: null, code, ...problem }));
}

function ofPayload(sent: Sent, payload: Payload): Verdict {
  if (!('receipts' in payload)) {
    const receipt = receiptOf(payload['receipt'], sent.id);
    if (receipt === null) return misplaced(sent);
    return {
      fates: [{ state: 'ACCEPTED', receipts: [receipt], record: recordOf(payload) }],
      again: null,
      apart: null,
    };
  }
  const { receipts: given, refused: told } = payload;
  const receipts = listOf(given).map((one) => receiptOf(one, sent.id));
  const refused: readonly (RefusedPart | null)[] = listOf(told).map(partOf);
  if (!isWhole(receipts) || !isWhole(refused)) return misplaced(sent);
  const first = sent.items[0];
  const isBatch = first?.operation !== sent.operation;
  const length = isBatch ? sent.items.length : listOf(first?.input?.['encounters']).length;
  const parts = new Map(refused.map((one) => [one.part, one]));
  const places = Array.from({ length }, (_, part) => part).filter((part) => !parts.has(part));
  if (places.length !== receipts.length || parts.size + places.length !== length) return misplaced(sent);
  return isBatch ? ofBatch(sent, receipts, places, parts) : ofOwnBatch(sent, receipts, refused);
}

function misplaced(sent: Sent): Verdict {
  return again(sent, 'BAD_RESPONSE', 'expected the receipts of this request, got other ones');
}

/** A batch of several items: each has its own end. */
function ofBatch(
  sent: Sent,
  receipts: readonly OutboxReceipt[],
  places: readonly number[],
  parts: ReadonlyMap<number, RefusedPart>,
): Verdict {
  const accepted = new Map(places.map((part, place) => [part, receipts[place]]));
  const fates = sent.items.map((_, part): Fate => {
    const receipt = accepted.get(part);
    if (receipt !== undefined) return { state: 'ACCEPTED', receipts: [receipt], record: null };
    const why = parts.get(part);
    if (why === undefined || isPartLater(why, sent.attempts)) return { state: 'SENT' };
    const { code, message, path } = why;
    const refusals = [{ part: null, code, message, path: ownPath(path, true) }];
    return { state: 'REFUSED', receipts: [], refusals };
  });
  return { fates, again: laterOf([...parts.values()], sent.attempts), apart: null };
}

/** A batch that was put in as one item. */
function ofOwnBatch(
  sent: Sent,
  receipts: readonly OutboxReceipt[],
  refused: readonly RefusedPart[],
): Verdict {
  const later = laterOf(refused, sent.attempts);
  if (later !== null) return { fates: [{ state: 'SENT' }], again: later, apart: null };
  const fate: Fate =
    refused.length === 0
      ? { state: 'ACCEPTED', receipts, record: null }
      : { state: 'REFUSED', receipts, refusals: refused };
  return { fates: [fate], again: null, apart: null };
}

interface RefusedPart extends OutboxRefusal {
  readonly part: number;
}

function isPartLater({ code }: RefusedPart, attempts: number): boolean {
  return LATER.has(code) || (attempts < PATIENCE && FAULTS.has(code));
}

function laterOf(refused: readonly RefusedPart[], attempts: number): Again | null {
  const later = refused.find((one) => isPartLater(one, attempts));
  return later === undefined ? null : { code: later.code, message: later.message, wait: 0 };
}

/** A receipt of this very request: a proxy could give the answer to another one. */
function receiptOf(value: unknown, request: string): OutboxReceipt | null {
  const { request: own, index, leafHash } = objectOf(value) ?? {};
  const isOwn = typeof own === 'string' && own.toLowerCase() === request.toLowerCase();
  if (!isOwn || typeof index !== 'string' || typeof leafHash !== 'string') return null;
  return { request, index, leafHash };
}

function partOf(value: unknown): RefusedPart | null {
  const { part, code, message, path } = objectOf(value) ?? {};
  if (typeof part !== 'number' || typeof code !== 'string') return null;
  const steps = listOf(path).filter((step) => typeof step === 'string' || typeof step === 'number');
  return { part, code, message: typeof message === 'string' ? message : '', path: steps };
}

/** The record that a payload names beside its receipt. */
function recordOf(payload: Payload): StoredItem['record'] {
  for (const value of Object.values(payload)) {
    const { id, version } = objectOf(value) ?? {};
    if (typeof id === 'string' && typeof version === 'number') return { id, version };
  }
  return null;
}

/** Seconds in `details.retryAfter`, as milliseconds. */
function waitOf(details: Readonly<Record<string, unknown>>): number {
  const { retryAfter } = details;
  return typeof retryAfter === 'number' && retryAfter > 0 ? retryAfter * 1_000 : 0;
}

function objectOf(value: unknown): Payload | null {
  return typeof value === 'object' && value !== null ? (value as Payload) : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isWhole<T>(list: readonly (T | null)[]): list is readonly T[] {
  return list.every((one) => one !== null);
}
