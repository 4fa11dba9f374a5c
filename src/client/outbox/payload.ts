/** Reads what a mutation answered: the server, or a proxy before it, controls every byte of it. */
import type { OutboxReceipt, OutboxRefusal, StoredItem } from './item.js';

export type Payload = Readonly<Record<string, unknown>>;

/** Why one part of a batch was refused, or isn't accepted yet. */
export interface RefusedPart extends OutboxRefusal {
  readonly part: number;
  /** The upload request that it waits for; null when there is none. */
  readonly upload: string | null;
}

/** A receipt of this very request: a proxy could give the answer to another one. */
export function receiptOf(value: unknown, request: string): OutboxReceipt | null {
  const { request: own, index, leafHash } = objectOf(value) ?? {};
  const isOwn = typeof own === 'string' && own.toLowerCase() === request.toLowerCase();
  if (!isOwn || typeof index !== 'string' || typeof leafHash !== 'string') return null;
  return { request, index, leafHash };
}

export function partOf(value: unknown): RefusedPart | null {
  const { part, code, message, path, upload } = objectOf(value) ?? {};
  if (typeof part !== 'number' || typeof code !== 'string') return null;
  const steps = listOf(path).filter((step) => typeof step === 'string' || typeof step === 'number');
  return { part, code, message: textOf(message) ?? '', path: steps, upload: textOf(upload) };
}

/** The record that a payload names beside its receipt. */
export function recordOf(payload: Payload): StoredItem['record'] {
  for (const value of Object.values(payload)) {
    const { id, version } = objectOf(value) ?? {};
    if (typeof id === 'string' && typeof version === 'number') return { id, version };
  }
  return null;
}

/** Seconds in `details.retryAfter`, as milliseconds. */
export function waitOf(details: Payload): number {
  const { retryAfter } = details;
  return typeof retryAfter === 'number' && retryAfter > 0 ? retryAfter * 1_000 : 0;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function objectOf(value: unknown): Payload | null {
  return typeof value === 'object' && value !== null ? (value as Payload) : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isWhole<T>(list: readonly (T | null)[]): list is readonly T[] {
  return list.every((one) => one !== null);
}
