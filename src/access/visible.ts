/** Whether a record is there at all for a caller. Absent and unreadable look the same from outside. */
import { isUuid, type RequestContext } from '../api/index.js';
import { VitrineError, type InputPath } from '../ledger/core/index.js';
import type { Caller, Loaded, RecordKind } from '../records/index.js';
import { levelOf } from './levels.js';
import { notFound } from './refusal.js';

/** Tells whether the caller may know that the record exists: COPY of the kind's existence class. */
export function visible(
  caller: Caller,
  kind: { readonly existence: 'PUBLIC' | 'DIRECTORY' },
  record: Pick<Loaded<unknown>, 'relations'>,
): boolean {
  return levelOf(caller, record.relations, kind.existence) === 'COPY';
}

/** The record as far as the caller may know of it; null when it is absent or not for the caller. */
export async function loadVisible<V extends object>(
  ctx: Pick<RequestContext, 'caller' | 'records'>,
  kind: RecordKind<V>,
  id: string,
): Promise<Loaded<V> | null> {
  // An id argument of GraphQL's type ID can be any text; what isn't a UUID names nothing.
  const uuid = id.toLowerCase();
  if (!isUuid(uuid)) return null;
  const record = await ctx.records.load(kind, uuid);
  return record !== null && visible(ctx.caller, kind, record) ? record : null;
}

/**
 * The record that an input names.
 *
 * @param path where the id stands in the input.
 * @throws VitrineError NOT_FOUND when it is absent or not for the caller.
 */
export async function requireVisible<V extends object>(
  ctx: Pick<RequestContext, 'caller' | 'records'>,
  kind: RecordKind<V>,
  id: string,
  path?: InputPath,
): Promise<Loaded<V>> {
  const record = await loadVisible(ctx, kind, id);
  if (record === null) throw notFound(kind.name, path);
  return record;
}

/**
 * Refuses an amendment of another version than the one that the caller saw.
 *
 * @param expected null or undefined: the caller doesn't mind.
 * @throws VitrineError CONFLICT with both versions.
 */
export function requireVersion(
  record: Pick<Loaded<unknown>, 'head'>,
  expected: number | null | undefined,
  path: InputPath = ['input', 'expectedVersion'],
): void {
  if (expected === null || expected === undefined || expected === record.head.version) return;
  throw new VitrineError(
    'CONFLICT',
    `expected version ${expected}, the record is at ${record.head.version}: read it again and decide anew`,
    { path, details: { kind: record.head.kind, id: record.head.id, version: record.head.version } },
  );
}
