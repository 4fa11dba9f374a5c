/** What an outbox holds and what happens in it, as lines for a person. */
import type { OutboxEvent, OutboxItem, Pending, StoredItem } from '../../client/index.js';

/** One line of an item: what it is, and how it stands. */
export function lineOf(item: OutboxItem): string {
  return `${item.id}  ${item.state.padEnd(8)}  ${item.operation.padEnd(18)} ${standing(item)}`.trimEnd();
}

/** How an item stands: its receipt, its refusal, or what it waits for. */
function standing(item: OutboxItem): string {
  const { state, heldBy, trouble, pending } = item;
  if (state === 'ACCEPTED') return receiptText(item);
  if (state === 'REFUSED') return refusalText(item);
  if (pending !== null) return pendingText(pending);
  if (trouble !== null) return `${trouble.message} (${trouble.code}), since ${trouble.at}`;
  if (heldBy.length > 0) return `after ${heldBy.join(', ')}`;
  return '';
}

/** Who is waited for, until when, and the request that they approve. */
function pendingText({ upload, waitsFor, until }: Pending): string {
  const end = until === null ? '' : ` until ${until}`;
  return `waits for ${waitsFor ?? 'its endorsement'}${end}, upload request ${upload ?? 'unknown'}`;
}

/** What to do about a trouble that doesn't pass by itself. */
export function adviceOf(code: string, tokenFile: string): string {
  if (code === 'UNAUTHENTICATED') return `put a new token into ${tokenFile}; it is read again each time`;
  if (code === 'NETWORK') return 'the server or the way to it is away; trying on';
  if (code === 'BAD_RESPONSE') return 'something answers that is no Vitrine, perhaps a login page; trying on';
  if (code === 'NOT_CONFIGURED') return 'it waits until that is there';
  if (code === 'ENDORSEMENT_PENDING') return 'it goes by itself once they have';
  return 'trying on';
}

function receiptText({ receipts, record }: StoredItem): string {
  const entries = receipts.map(({ index }) => index);
  const [first = '', last] = [entries[0], entries.at(-1)];
  const where =
    entries.length > 1 ? `${entries.length} entries, ${first} to ${last ?? first}` : `entry ${first}`;
  return record === null ? where : `${where}, record ${record.id} version ${record.version}`;
}

/** Why, with the place: `expected a day (BAD_USER_INPUT) at input.start`. */
function refusalText({ refusals, receipts }: StoredItem): string {
  const why = refusals.map(({ code, message, path, part }) => {
    const place = path.length > 0 ? ` at ${path.join('.')}` : part === null ? '' : ` in part ${part}`;
    return `${message} (${code})${place}`;
  });
  const rest = receipts.length > 0 ? `; ${receipts.length} others were accepted` : '';
  return why.join('; ') + rest;
}

/** A line of what happened; null for what needs none. */
export function eventLine(event: OutboxEvent): string | null {
  if (event.type === 'accepted')
    return `accepted ${event.item.id} ${event.item.operation}: ${receiptText(event.item)}`;
  if (event.type === 'refused')
    return `REFUSED ${event.item.id} ${event.item.operation}: ${refusalText(event.item)}`;
  return null;
}
