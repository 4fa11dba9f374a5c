/** A patient's log of accesses in signed files, to keep and to check offline. */
import type { RequestContext } from '../api/index.js';
import {
  type AccessLogStatement,
  encodeAccessLog,
  fromUtf8,
  parseCheckpoint,
  parseNote,
  type ProofBundle,
  statementOfAccesses,
} from '../ledger/core/index.js';
import { nativeHash } from '../ledger/index.js';
import { type AccessFilter, type AccessRange, accessesIn } from '../viewing/index.js';
import { bundleOf, registrationAt, requireEntry } from './bundle.service.js';

/**
 * The file: a bundle of each access, and the deployment's statement that these are all from where to where.
 * @throws VitrineError FORBIDDEN for anybody but the patient and who acts for it; BAD_USER_INPUT
 */
export async function downloadAccesses(
  ctx: RequestContext,
  patient: string,
  filter: AccessFilter | null | undefined,
  range: AccessRange,
): Promise<string> {
  // Before the list: whatever is below is on it, or the list is refused.
  const size = await ctx.log.sync();
  const { accesses, ...asked } = await accessesIn(ctx, patient, filter, range);
  const bundles: ProofBundle[] = [];
  for (const { proved } of accesses) bundles.push((await bundleOf(ctx, proved.record, proved.fields)).bundle);
  const at = ctx.clock().toISOString();
  const stated: AccessLogStatement = { origin: ctx.log.origin, ...asked, at, size };
  const { jws, key, entry } = await ctx.viewing.sign(statementOfAccesses(stated, bundles, nativeHash));
  const checkpoint = await ctx.log.checkpointOver(entry);
  const { size: proved } = parseCheckpoint(parseNote(checkpoint).text);
  const registration = await registrationAt(ctx, await requireEntry(ctx, entry), proved);
  return fromUtf8(
    encodeAccessLog({
      statement: jws,
      key,
      keyEntry: entry,
      registration,
      checkpoint,
      next: asked.next,
      bundles,
    }),
  );
}
