/** What was erased of a record, and where the log says so. */
import type { RequestContext } from '../api/index.js';
import { isErasure } from '../ledger/index.js';
import type { Loaded } from '../records/index.js';
import { ErasedObject } from './erasure.type.js';

/** Versions that are looked at for the erasure, at most: amendments since. */
const MOST_VERSIONS = 1000;

/** Null when nothing of the record was erased. */
export async function erasedOf(ctx: RequestContext, record: Loaded<object>): Promise<ErasedObject | null> {
  if (record.erased === undefined) return null;
  const { fields, whole } = record.erased;
  return new ErasedObject(fields, whole, await newestErasure(ctx, record.anchor.index));
}

/** The newest erasure among a version and those before it. */
async function newestErasure(ctx: RequestContext, newest: bigint): Promise<bigint | null> {
  let index: bigint | null = newest;
  for (let looked = 0; index !== null && looked < MOST_VERSIONS; looked++) {
    const at: bigint = index;
    index = null;
    for await (const { opening, leaf } of ctx.log.trusted.entries(at, at + 1n)) {
      if (isErasure(opening)) return at;
      index = leaf.supersedes;
    }
  }
  return null;
}
