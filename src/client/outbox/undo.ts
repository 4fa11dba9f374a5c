/** What may be done to an item by whoever put it in: send it again, or take it out. Nothing here writes. */
import { VitrineError } from '../../ledger/core/index.js';
import type { Sending, StoredItem } from './item.js';
import { isSigned } from './request.js';
import { anew, finished } from './settle.js';
import type { Shelf, ShelfChange } from './shelf.js';

/** Refusals that the log remembers for good: nothing can come of the request id any more. */
const FINAL: ReadonlySet<string> = new Set(['UPLOAD_DENIED', 'UPLOAD_EXPIRED']);

/** Sending again, as a change of the shelf. */
export interface Retried {
  readonly change: ShelfChange;
  /** The items that go. */
  readonly items: readonly StoredItem[];
}

/**
 * A refused item again: the same request, since another one could make it happen twice, with whatever was refused in it.
 * What the log has denied or expired for good can't happen under its id, so it goes under a new one.
 *
 * @throws VitrineError CONFLICT when it isn't refused, or can't be accepted under its request id any more
 */
export function retried(shelf: Shelf, item: StoredItem): Retried {
  if (item.state !== 'REFUSED')
    throw new VitrineError('CONFLICT', `expected an item that was refused, got one that is ${item.state}`);
  const sending = item.sending === null ? undefined : shelf.sending(item.sending);
  const isFinal = item.refusals.some(({ code }) => FINAL.has(code));
  if (sending?.items.length === 1 && isFinal && !isSigned(item) && item.receipts.length === 0) {
    const items = [anew(item)];
    return { items, change: { items, drop: { sendings: [sending.id] } } };
  }
  if (sending === undefined || isFinal || item.refusals.some(({ path }) => path[1] === 'requestId'))
    throw new VitrineError(
      'CONFLICT',
      'its request can never be accepted: put what it says in anew, and drop it',
    );
  const items = togetherWith(shelf, sending)
    .filter(({ state }) => state === 'REFUSED')
    .map((one): StoredItem => ({ ...one, state: 'SENT', refusals: [], settledAt: null }));
  // That it was refused stands on the log as a denial, perhaps: that alone mustn't be the end of it again.
  const renewable = !items.some(isSigned);
  return { items, change: { items, sendings: [{ ...sending, trouble: null, renewable }] } };
}

/**
 * An item taken out for good, with what goes with it.
 *
 * @throws VitrineError CONFLICT when it is on its way, or others were put in after it
 */
export function dropped(shelf: Shelf, item: StoredItem, evenSent: boolean): ShelfChange {
  const change = withoutItem(shelf, item, evenSent);
  const gone = new Set((change.drop?.items ?? []).filter((id) => shelf.item(id)?.state !== 'ACCEPTED'));
  for (const { id, after } of shelf.items)
    if (!gone.has(id) && after.some((one) => gone.has(one)))
      throw new VitrineError('CONFLICT', `item ${id} was put in after it: drop that first`);
  return change;
}

function withoutItem(shelf: Shelf, item: StoredItem, evenSent: boolean): ShelfChange {
  const sending = item.sending === null ? undefined : shelf.sending(item.sending);
  // None: it waits, or a sibling was dropped before.
  if (sending === undefined) return { drop: { items: [item.id] } };
  const together = togetherWith(shelf, sending);
  const wasNeverSent = sending.toSign === true && sending.signatures === undefined;
  if (together.some(({ state }) => state === 'SENT')) {
    if (evenSent) return { drop: { items: sending.items, sendings: [sending.id] } };
    if (!wasNeverSent) throw new VitrineError('CONFLICT', 'its request is on its way and may have arrived');
    const others = together.filter(({ id }) => id !== item.id);
    return {
      items: others.map((one) => ({ ...one, state: 'WAITING', sending: null })),
      drop: { items: [item.id], sendings: [sending.id] },
    };
  }
  if (item.state === 'ACCEPTED')
    throw new VitrineError('CONFLICT', 'its request is kept for what was refused in it; drop that first');
  const accepted = together.filter(({ state }) => state === 'ACCEPTED').map(finished);
  return { items: accepted, drop: { items: [item.id], sendings: [sending.id] } };
}

function togetherWith(shelf: Shelf, sending: Sending): StoredItem[] {
  return sending.items.map((id) => shelf.item(id)).filter((item) => item !== undefined);
}
