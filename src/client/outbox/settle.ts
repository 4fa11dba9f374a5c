/** Writes down what an answer means: of every item its end, or that it goes again. */
import type { OutboxEvent, Sending, StoredItem, Trouble } from './item.js';
import type { Fate, Verdict } from './judge.js';
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
  const isNews = stored.trouble?.code !== trouble?.code;
  if (isDone) await shelf.write({ items: after.map(finished), drop: { sendings: [sending.id] } });
  else await shelf.write({ items: changed, ...(isNews && { sendings: [{ ...stored, trouble }] }) });
  return changed.flatMap((item): OutboxEvent[] => {
    if (item.state === 'ACCEPTED') return [{ type: 'accepted', item }];
    return item.state === 'REFUSED' ? [{ type: 'refused', item }] : [];
  });
}

/** An item of which only the receipt is kept. */
export function finished(item: StoredItem): StoredItem {
  return { ...item, input: null, sending: null };
}

/** The item as it is after an answer; itself when the answer doesn't change it. A receipt is never undone. */
function decided(item: StoredItem, fate: Fate | undefined, now: string): StoredItem {
  if (fate === undefined || fate.state === 'SENT' || item.state === 'ACCEPTED') return item;
  if (fate.state === 'ACCEPTED')
    return {
      ...item,
      state: 'ACCEPTED',
      receipts: fate.receipts,
      record: fate.record,
      refusals: [],
      settledAt: now,
    };
  const isKnown = item.state === 'REFUSED' && JSON.stringify(item.refusals) === JSON.stringify(fate.refusals);
  if (isKnown) return item;
  return { ...item, state: 'REFUSED', receipts: fate.receipts, refusals: fate.refusals, settledAt: now };
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
