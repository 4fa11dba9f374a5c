/** Which items may be sent now, and which of them together. Nothing here has effects. */
import type { StoredItem } from './item.js';
import { BUNDLED, type OperationName } from './operations.js';
import { isSigned } from './request.js';

/** The API's limit of a batch. */
const MOST_ITEMS = 256;

/** Well below the largest request body (1 MiB by default), also where characters take several bytes. */
const MOST_CHARACTERS = 300_000;

/** The next request: its operation, and the items that it carries. */
export interface Plan {
  readonly operation: OperationName;
  readonly items: readonly [StoredItem, ...StoredItem[]];
}

type Find = (id: string) => StoredItem | undefined;

/** Not answered for good yet. */
export function isOpen({ state }: StoredItem): boolean {
  return state === 'WAITING' || state === 'SENT';
}

/**
 * Items that aren't sent yet, each with the ids of what it has to wait for: every open item before it in one of its
 * threads, and whatever it was put in `after` as long as that isn't accepted.
 *
 * @param items in the order of putting in
 */
export function* waiting(
  items: Iterable<StoredItem>,
  find: Find,
): Generator<{ readonly item: StoredItem; readonly heldBy: readonly string[] }> {
  const last = new Map<string, string>();
  for (const item of items) {
    if (!isOpen(item)) continue;
    if (item.state === 'WAITING') yield { item, heldBy: holders(item, last, find) };
    for (const thread of item.threads) last.set(thread, item.id);
  }
}

/** Characters of a statement and its seed. */
const SIGNATURE = 1_100;

/** The next request, or null when nothing may be sent. @param signs whether it will be signed here */
export function nextPlan(items: Iterable<StoredItem>, find: Find, signs = false): Plan | null {
  const batch: StoredItem[] = [];
  let room = MOST_CHARACTERS;
  for (const { item, heldBy } of waiting(items, find)) {
    if (heldBy.length > 0) continue;
    if (!isBundled(item)) {
      if (batch.length > 0) continue;
      return { operation: item.operation, items: [item] };
    }
    const size = JSON.stringify(item.input).length + (signs ? SIGNATURE : 0);
    // What doesn't fit ends the batch: an item of the same thread could stand behind it.
    if (batch.length > 0 && size > room) break;
    batch.push(item);
    room -= size;
    if (batch.length === MOST_ITEMS) break;
  }
  const [first, ...others] = batch;
  if (first === undefined) return null;
  return { operation: others.length > 0 ? 'recordEncounters' : first.operation, items: [first, ...others] };
}

/** Whether others may stand beside it in a request. What is signed names its own request, and goes alone. */
function isBundled(item: StoredItem): boolean {
  return item.operation === BUNDLED && !item.alone && !isSigned(item);
}

function holders(item: StoredItem, last: ReadonlyMap<string, string>, find: Find): string[] {
  const before = item.threads.map((thread) => last.get(thread)).filter((id) => id !== undefined);
  // What is gone was accepted: nothing is dropped that others wait for.
  const needed = item.after.filter((id) => (find(id)?.state ?? 'ACCEPTED') !== 'ACCEPTED');
  return [...new Set([...before, ...needed])];
}
