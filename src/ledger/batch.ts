/** Which of the waiting groups go into the next block together. */
import { claimKey } from './conditions.js';
import { requestKey, requestOf } from './known-requests.js';
import type { PendingEntry } from './pending.js';

export interface HasGroup {
  readonly group: readonly PendingEntry[];
}

/** Entries of a block, unless one group alone has more: a group is never split. */
const MOST_ENTRIES = 256;

/**
 * Takes groups off the queue, oldest first. A group that touches what an earlier one touches (the record, the request's
 * part, a unique key, an entry that is relied on) waits for the next block, where the earlier outcome is known.
 */
export function takeBatch<T extends HasGroup>(queue: T[]): T[] {
  const batch: T[] = [];
  const left: T[] = [];
  const touched = new Set<string>();
  const superseded = new Set<bigint>();
  const inputs = new Map<string, string>();
  let entries = 0;
  for (const one of queue) {
    const fits = batch.length === 0 || entries + one.group.length <= MOST_ENTRIES;
    const keys = one.group.flatMap(keysOf);
    const free =
      fits &&
      !keys.some((key) => touched.has(key)) &&
      one.group.every((entry) => isSameInput(inputs, entry)) &&
      !one.group.some((entry) => entry.authority.some((index) => superseded.has(index)));
    (free ? batch : left).push(one);
    if (free) entries += one.group.length;
    // What waits keeps its turn: later groups don't overtake it.
    for (const key of keys) touched.add(key);
    for (const entry of one.group) {
      if (entry.supersedes !== null) superseded.add(entry.supersedes);
      if (isSameInput(inputs, entry)) inputs.set(requestKey(requestOf(entry)), entry.inputHash);
    }
  }
  queue.splice(0, queue.length, ...left);
  return batch;
}

/** Parts of one request stand alone and may share a block; a request with two inputs may not. */
function isSameInput(inputs: ReadonlyMap<string, string>, entry: PendingEntry): boolean {
  const input = inputs.get(requestKey(requestOf(entry)));
  return input === undefined || input === entry.inputHash;
}

function keysOf(entry: PendingEntry): string[] {
  const { kind, id } = entry.subject;
  return [
    `subject/${kind}/${id}`,
    `request/${requestKey(requestOf(entry))}/${entry.part}`,
    ...(entry.unaccepted ?? []).map((one) => `request/${requestKey(one)}/${one.part}`),
    ...entry.unique.map((claim) => `unique/${claimKey(claim)}`),
  ];
}
