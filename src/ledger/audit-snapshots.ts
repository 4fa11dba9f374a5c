/** The part of an audit that looks at snapshots: those that are kept are the ones that the log anchors. */
import { type Finding, messageOf } from './finding.js';
import type { Query } from './query.js';
import { KEPT, parseAnchor, readAnchors, readChunks } from './snapshot-store.js';
import type { TrustedState } from './trusted-state.js';

/** Snapshots that don't hash to their entries, or aren't there. `isBlockEnd`: the log was that long at a block's end. */
export async function checkSnapshots(
  query: Query,
  state: Pick<TrustedState, 'size'>,
  isBlockEnd: (size: bigint) => boolean,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const row of await readAnchors(query, state.size, KEPT)) {
    const fail = (message: string) =>
      findings.push({ what: 'snapshot', message, index: row.index, block: null });
    try {
      const anchor = parseAnchor(row);
      if (anchor.size > row.index || !isBlockEnd(anchor.size))
        fail(`expected the size of a block before it, got ${anchor.size}`);
      for await (const chunk of readChunks(query, anchor)) if (chunk.length === 0) fail('got an empty chunk');
    } catch (cause) {
      fail(messageOf(cause));
    }
  }
  return findings;
}
