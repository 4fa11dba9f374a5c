/** The request that carries items: made from what is stored, so that it is the same each time. */
import type { JsonObject } from '../../ledger/core/index.js';
import { asJson, type Sending, type Signatures, type StoredItem } from './item.js';
import { ASKING } from './operations.js';

/** The input of a request. A batch of several items has each of them stand alone. */
export function inputOf(sending: Sending, items: readonly StoredItem[]): JsonObject {
  return withSignatures(unsignedInput(sending, items), sending.signatures);
}

/** The same without the outbox's own signatures: what they are made of. */
export function unsignedInput(sending: Sending, items: readonly StoredItem[]): JsonObject {
  const [only] = items;
  if (items.length === 1 && only?.operation === sending.operation) return only.input ?? {};
  const encounters = items.map(({ input }) => {
    const { requestId: _own, ...encounter } = input ?? {};
    return encounter;
  });
  return { requestId: sending.id, encounters, mode: 'EACH' };
}

function withSignatures(input: JsonObject, signatures: Signatures | undefined): JsonObject {
  if (signatures === undefined) return input;
  const signed = signatures.signed.map((one) => asJson(one));
  const { encounters } = input;
  if (!Array.isArray(encounters)) return { ...input, signed: signed[0] ?? null };
  const parts = (encounters as readonly JsonObject[]).map((one, part) => ({
    ...one,
    signed: signed[part] ?? null,
  }));
  return { ...input, encounters: parts };
}

/** An item's own path of a path in a batch: `['input', 'encounters', 3, 'start']` is its `['input', 'start']`. */
export function ownPath(path: readonly (string | number)[] | null, isBatch: boolean): (string | number)[] {
  if (path === null) return [];
  return isBatch && path[1] === 'encounters' ? ['input', ...path.slice(3)] : [...path];
}

/** Tells whether an item was signed before it was put in: then its statements name its request id, which stays. */
export function isSigned({ operation, input }: StoredItem): boolean {
  if (input === null) return false;
  const { encounters } = input;
  const parts = Array.isArray(encounters) ? (encounters as readonly JsonObject[]) : [];
  return operation === ASKING || [input, ...parts].some(({ signed = null }) => signed !== null);
}
