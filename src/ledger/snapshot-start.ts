/**
 * A start by a snapshot. Its hash stands on the log, but the log's rows come from the same database; so from the
 * snapshot's size on everything is replayed, over the anchoring entry, to the pin. The pinned root then says that the
 * snapshot's edge was the log's and that the entry is on it; and what the service key anchored there is what a process
 * of this deployment had verified.
 */
import { type Checkpoint, VitrineError } from './core/index.js';
import { failureOf } from './failure.js';
import { messageOf } from './finding.js';
import { LITTLE_ENDIAN, malformed } from './section.js';
import { readState, SNAPSHOT_FORMAT } from './snapshot-format.js';
import { type AnchorRow, KEPT, parseAnchor, readAnchors, readChunks, unusable } from './snapshot-store.js';
import { TrustedLog, type TrustedLogOptions } from './trusted-log.js';
import type { TrustedState } from './trusted-state.js';

export interface SnapshotStart {
  /** The log up to the pin or further, proven; undefined when no snapshot can be used. */
  readonly state?: TrustedState;
  /** Size of the snapshot that was used, 0 for none. */
  readonly from: bigint;
  /** One alarm for each snapshot that should have been usable and wasn't. */
  readonly alarms: readonly VitrineError[];
}

type Options = Omit<TrustedLogOptions, 'onAlarm' | 'pin' | 'state'> & {
  readonly pin: Pick<Checkpoint, 'size' | 'root'> | undefined;
};

/** The newest snapshot below the pin that proves itself. Without a pin there is nothing to prove it by. */
export async function startFromSnapshot(options: Options): Promise<SnapshotStart> {
  const { query, pin } = options;
  const alarms: VitrineError[] = [];
  if (pin === undefined || !LITTLE_ENDIAN || options.verifySignaturesBelowPin === true)
    return { from: 0n, alarms };
  for (const row of await readAnchors(query, pin.size, KEPT)) {
    try {
      const found = await load({ ...options, pin }, row);
      if (found !== undefined) return { ...found, alarms };
    } catch (cause) {
      if (!(cause instanceof VitrineError) && failureOf(cause) === 'passing') throw cause;
      alarms.push(unusable(row.index, `it can't be used: ${messageOf(cause)}`));
    }
  }
  return { from: 0n, alarms };
}

async function load(
  options: Options & { readonly pin: Pick<Checkpoint, 'size' | 'root'> },
  row: AnchorRow,
): Promise<Pick<SnapshotStart, 'state' | 'from'> | undefined> {
  const { query, pin, tiles, listKey } = options;
  const anchor = parseAnchor(row);
  if (anchor.format !== SNAPSHOT_FORMAT) return undefined; // of another version of the program
  const state = await readState(readChunks(query, anchor), listKey, tiles);
  if (state.size !== anchor.size || state.height !== anchor.height || state.size > row.index)
    throw malformed(`expected the state of ${anchor.size} entries, got that of ${state.size}`);
  const trusted = new TrustedLog({ ...options, state, onAlarm: () => undefined });
  await trusted.advance(pin.size); // passes through the pin, or throws
  await trusted.verifyEntry(row.index, row.leaf, row.opening, row.salt);
  return { state, from: anchor.size };
}
