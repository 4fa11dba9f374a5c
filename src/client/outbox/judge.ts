/**
 * What an answer means for the items of its request. Only what the mutation itself said refuses anything: a page of some
 * proxy, half an answer, an answer to another request and a server that isn't well all mean "again".
 */
import type { Answer } from '../answer.js';
import { ClientError, type ResponseError } from '../error.js';
import type { OutboxReceipt, OutboxRefusal, Pending, StoredItem } from './item.js';
import {
  isWhole,
  listOf,
  objectOf,
  partOf,
  type Payload,
  receiptOf,
  recordOf,
  type RefusedPart,
  textOf,
  waitOf,
} from './payload.js';
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
  /** The log has its request denied for good, and what was the cause is mended: it goes under another id. */
  | { readonly state: 'ANEW' }
  /** It goes again. */
  | { readonly state: 'SENT'; readonly pending?: Pending };

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

/** Waits for a person's decision, for days perhaps: others needn't wait for it. */
export const PENDING = 'ENDORSEMENT_PENDING';

/** What the log has denied for good under its request id. */
export const DENIED = 'UPLOAD_DENIED';

/** Tells whether what went wrong is the time of the outbox's own statements. */
export function isOfTime(code: string): boolean {
  return OF_TIME.has(code);
}

/** "Not now": the same request may be accepted later. */
const LATER: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'ROLLBACK_DETECTED',
  'NOT_CONFIGURED',
  'RATE_LIMITED',
  PENDING,
]);

/** The statement's times aren't around the server's now: signed anew, they are. */
const OF_TIME: ReadonlySet<string> = new Set(['STATEMENT_EXPIRED', 'STATEMENT_EARLY']);

/** Faults that nobody foresaw, which pass or don't. */
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'INTEGRITY_VIOLATION']);

/** How often a fault is taken for one that passes. */
const PATIENCE = 8;

/** Refusals of a request's form. */
const OF_FORM: ReadonlySet<string> = new Set(['BAD_USER_INPUT', 'LIMIT_EXCEEDED']);

/** What was sent. */
export interface Sent {
  /** The request id. */
  readonly id: string;
  readonly operation: string;
  readonly items: readonly StoredItem[];
  /** Times that it was sent, this one included. */
  readonly attempts: number;
  /** The outbox signed it itself. */
  readonly isSigned: boolean;
  /** A denial of it is no news: see `Sending`. */
  readonly isRenewable: boolean;
}

/** Judges what came back: an answer, or the error of a request that got none. */
export function judge(sent: Sent, came: Answer<Payload> | ClientError): Verdict {
  if (came instanceof ClientError) return again(sent, came.code, came.message, came.retryAfter);
  const payload = objectOf(came.data?.[sent.operation]);
  if (payload !== null) return ofPayload(sent, payload);
  const [error] = came.errors;
  if (error === undefined) return again(sent, 'BAD_RESPONSE', 'expected what the mutation answers, got none');
  const later = came.errors.find((one) => isLater(one, sent));
  if (later !== undefined)
    return later.code === PENDING
      ? pending(sent, later)
      : again(sent, later.code, later.message, waitOf(later.details));
  if (error.code === DENIED && sent.isRenewable)
    return { fates: sent.items.map(() => ({ state: 'ANEW' })), again: null, apart: null };
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

/** All of a request waits for others. */
function pending(sent: Sent, { code, message, details }: ResponseError): Verdict {
  const { upload, waitsFor, expires } = details;
  const told = { upload: textOf(upload), waitsFor: textOf(waitsFor), until: textOf(expires) };
  const fates = sent.items.map((): Fate => ({ state: 'SENT', pending: told }));
  return { ...again(sent, code, message), fates };
}

/**
 * Whether an error may pass. A refusal of the form that names no place in the input can be of the request as it arrived
 * (cut short on its way), so that is asked again for a while too.
 */
function isLater({ code, path, inputPath, problems }: ResponseError, sent: Sent): boolean {
  const placeless = path.length === 0 && inputPath.length === 0 && problems.length === 0;
  return isCodeLater(code, sent) || (sent.attempts < PATIENCE && code === 'BAD_USER_INPUT' && placeless);
}

function isCodeLater(code: string, { attempts, isSigned }: Sent): boolean {
  return LATER.has(code) || (attempts < PATIENCE && (FAULTS.has(code) || (isSigned && OF_TIME.has(code))));
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
  const later = laterOf([...parts.values()], sent);
  const fates = sent.items.map((_, part): Fate => {
    const receipt = accepted.get(part);
    if (receipt !== undefined) return { state: 'ACCEPTED', receipts: [receipt], record: null };
    const why = parts.get(part);
    if (why === undefined) return { state: 'SENT' };
    const { code, message, path } = why;
    if (isCodeLater(code, sent))
      return { state: 'SENT', ...(code === PENDING && { pending: pendingPart(why) }) };
    // What goes under another id leaves the request, which must stay the same as long as others of it are open.
    if (code === DENIED && sent.isRenewable) return { state: later === null ? 'ANEW' : 'SENT' };
    const refusals = [{ part: null, code, message, path: ownPath(path, true) }];
    return { state: 'REFUSED', receipts: [], refusals };
  });
  return { fates, again: later, apart: null };
}

/** A batch that was put in as one item. */
function ofOwnBatch(
  sent: Sent,
  receipts: readonly OutboxReceipt[],
  refused: readonly RefusedPart[],
): Verdict {
  const later = laterOf(refused, sent);
  const waits = refused.find(({ code }) => code === PENDING);
  if (later !== null)
    return {
      fates: [{ state: 'SENT', ...(waits !== undefined && { pending: pendingPart(waits) }) }],
      again: later,
      apart: null,
    };
  const fate: Fate =
    refused.length === 0
      ? { state: 'ACCEPTED', receipts, record: null }
      : { state: 'REFUSED', receipts, refusals: refused.map(({ upload: _told, ...refusal }) => refusal) };
  return { fates: [fate], again: null, apart: null };
}

/** A part tells what it waits for in its message alone; the rest is asked for. */
function pendingPart({ upload }: RefusedPart): Pending {
  return { upload, waitsFor: null, until: null };
}

/** Why a batch goes again: what may pass by itself before what others decide. */
function laterOf(refused: readonly RefusedPart[], sent: Sent): Again | null {
  const later = refused.filter(({ code }) => isCodeLater(code, sent));
  const first = later.find(({ code }) => code !== PENDING) ?? later[0];
  return first === undefined ? null : { code: first.code, message: first.message, wait: 0 };
}
