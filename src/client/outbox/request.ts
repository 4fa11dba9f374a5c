/** The request that carries items: made from what is stored, so that it is the same each time. */
import type { JsonObject } from '../../ledger/core/index.js';
import type { Sending, StoredItem } from './item.js';

/** The input of a request. A batch of several items has each of them stand alone. */
export function inputOf(sending: Sending, items: readonly StoredItem[]): JsonObject {
  const [only] = items;
  if (items.length === 1 && only?.operation === sending.operation) return only.input ?? {};
  const encounters = items.map(({ input }) => {
    const { requestId: _own, ...encounter } = input ?? {};
    return encounter;
  });
  return { requestId: sending.id, encounters, mode: 'EACH' };
}

/** An item's own path of a path in a batch: `['input', 'encounters', 3, 'start']` is its `['input', 'start']`. */
export function ownPath(path: readonly (string | number)[] | null, isBatch: boolean): (string | number)[] {
  if (path === null) return [];
  return isBatch && path[1] === 'encounters' ? ['input', ...path.slice(3)] : [...path];
}
