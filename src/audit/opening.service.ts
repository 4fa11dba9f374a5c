/**
 * Whom an opening is for: what the caller is to an entry is what it is to the record that the entry is about, by that
 * record's own kind. Where it isn't for the caller the answer is null without an error, like for an entry of a record
 * that doesn't exist: an error would tell which entries are about whom.
 */
import { levelOf } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import { isCaller, type Relation } from '../records/index.js';
import { generalRelations } from '../reporting/index.js';
import { OpeningObject } from './entry.type.js';

/** The entry's opening for this caller, or null. Records are loaded batched, so a page costs one read a kind. */
export async function openingFor(ctx: RequestContext, entry: VerifiedEntry): Promise<OpeningObject | null> {
  if (ctx.caller === null) return null;
  const { actor, subject } = entry.opening;
  const relations = await relationsTo(ctx, subject.kind, subject.id);
  const wrote = isCaller(ctx.caller, actor);
  if (levelOf(ctx.caller, relations, 'LEDGER', wrote) !== 'COPY') return null;
  return new OpeningObject(entry, { relations, kind: subject.kind, actor });
}

/** What the caller is to the record of this kind and id, or to the log itself where it is about no record. */
export async function relationsTo(
  ctx: RequestContext,
  kind: string,
  id: string,
): Promise<ReadonlySet<Relation>> {
  const known = ctx.kinds.find(kind);
  if (known === undefined) return generalRelations(ctx.caller);
  try {
    // Only head and relations are used, which all kinds have alike.
    const record = await ctx.records.load(known, id);
    return record?.relations ?? new Set();
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
    // The record doesn't verify, so who it concerns is unknown; that is just when an auditor has to see its entries.
    return ctx.caller?.roles.has('AUDITOR') === true ? new Set<Relation>(['AUDITOR']) : new Set();
  }
}
