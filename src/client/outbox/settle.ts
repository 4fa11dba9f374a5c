/** Writes down what an answer means: of every item its end, or that it goes again. */
import { v4 } from 'uuid';
import type { OutboxEvent, Pending, Sending, StoredItem, Trouble } from './item.js';
import { isOfTime, type Fate, type Verdict } from './judge.js';
import type { Shelf, ShelfChange } from './shelf.js';

/**
 * Applies a verdict in one write. A request that is gone meanwhile changes nothing.
 *
 * @returns what there is to tell
 */
export async function settle(
  shelf: Shelf,
  sending: Sending,
  verdict: Verdict,
  trouble: Trouble | null,
  now: string,
): Promise<OutboxEvent[]> {
  const stored = shelf.sending(sending.id);
  const items = sending.items.map((id) => shelf.item(id));
  if (stored === undefined || !items.every((item) => item !== undefined)) return [];
  if (verdict.apart !== null) {
    await shelf.write(takeApart(stored, items, verdict.apart));
    return [];
  }
  const after = items.map((item, place) => decided(item, verdict.fates[place], now));
  const changed = after.filter((item, place) => item !== items[place]);
  const isDone = after.every(({ state }) => state === 'ACCEPTED');
  const isNews = stored.trouble?.code !== trouble?.code || (trouble !== null && isOfTime(trouble.code));
  const isLeft = after.some(({ state }) => state === 'WAITING');
  if (isDone) await shelf.write({ items: after.map(finished), drop: { sendings: [sending.id] } });
  else if (isLeft) await shelf.write({ items: after.map(leaving), drop: { sendings: [sending.id] } });
  else await shelf.write({ items: changed, ...(isNews && { sendings: [troubled(stored, trouble)] }) });
  return changed.flatMap((item): OutboxEvent[] => {
    if (item.state === 'ACCEPTED') return [{ type: 'accepted', item }];
    return item.state === 'REFUSED' ? [{ type: 'refused', item }] : [];
  });
}

const OVER = new Date(0).toISOString();

function troubled(sending: Sending, trouble: Trouble | null): Sending {
  const { signatures } = sending;
  if (trouble === null || signatures === undefined || !isOfTime(trouble.code)) return { ...sending, trouble };
  // It is signed anew before it goes again.
  return { ...sending, trouble, renewable: true, signatures: { ...signatures, expires: OVER } };
}

/** The items of a request that is given up, each of which has its end or goes in another. */
function leaving(item: StoredItem): StoredItem {
  return item.state === 'ACCEPTED' ? finished(item) : { ...item, sending: null };
}

/** An item that waits to be sent as if it never was, under another request id: nothing can come of the one before. */
export function anew(item: StoredItem): StoredItem {
  const input = { ...item.input, requestId: v4() };
  return { ...item, state: 'WAITING', input, sending: null, refusals: [], pending: null, settledAt: null };
}

/** An item of which only the receipt is kept. */
export function finished(item: StoredItem): StoredItem {
  return { ...item, input: null, sending: null };
}

/** The item as it is after an answer; itself when the answer doesn't change it. A receipt is never undone. */
function decided(item: StoredItem, fate: Fate | undefined, now: string): StoredItem {
  if (fate === undefined || item.state === 'ACCEPTED') return item;
  if (fate.state === 'ANEW') return anew(item);
  if (fate.state === 'SENT') return waitingFor(item, fate.pending);
  if (fate.state === 'ACCEPTED')
    return {
      ...item,
      state: 'ACCEPTED',
      receipts: fate.receipts,
      record: fate.record,
      refusals: [],
      pending: null,
      settledAt: now,
    };
  const isKnown = item.state === 'REFUSED' && JSON.stringify(item.refusals) === JSON.stringify(fate.refusals);
  if (isKnown) return item;
  const { receipts, refusals } = fate;
  return { ...item, state: 'REFUSED', receipts, refusals, pending: null, settledAt: now };
}

/** What is told of the waiting; what an answer leaves out stays as it was told before. */
function waitingFor(item: StoredItem, told: Pending | undefined): StoredItem {
  if (told === undefined || (told.upload === null && item.pending !== null)) return item;
  const same = item.pending !== null && item.pending.upload === told.upload ? item.pending : null;
  const pending = {
    upload: told.upload,
    waitsFor: told.waitsFor ?? same?.waitsFor ?? null,
    until: told.until ?? same?.until ?? null,
  };
  return JSON.stringify(pending) === JSON.stringify(item.pending) ? item : { ...item, pending };
}

/** A batch that was refused for its form was never looked into and never will be: its items wait again. */
function takeApart(sending: Sending, items: readonly StoredItem[], alone: ReadonlySet<number>): ShelfChange {
  return {
    items: items.map((item, place) => ({
      ...item,
      state: 'WAITING',
      sending: null,
      alone: item.alone || alone.has(place),
    })),
    drop: { sendings: [sending.id] },
  };
}
