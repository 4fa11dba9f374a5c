/**
 * Erasures that this machine remembers and the log doesn't: after a restore their values are there again. Nothing is
 * served before they are gone (schema/ledger.md, "Erasure").
 */
import { equal, fromHex } from '../ledger/core/index.js';
import type { ErasureLine, Ledger } from '../ledger/index.js';
import { readErasures, systemRandom } from '../ledger/index.js';
import { replayErasure } from '../uploads/index.js';
import type { Logger } from './log.js';
import type { System } from './system.js';

export interface ReplayOptions {
  readonly system: System;
  readonly dataDir: string;
  readonly clock: () => Date;
  readonly log: Logger;
}

/**
 * Executes again what stands in the data folder's list and not on the log. How many values went now is told; doing it a
 * second time does nothing.
 *
 * @throws VitrineError INTEGRITY_VIOLATION when a record that was erased doesn't verify, UNAVAILABLE
 */
export async function replayErasures({ system, dataDir, clock, log }: ReplayOptions): Promise<number> {
  const { ledger, store, kinds } = system;
  const deps = { ledger, store, kinds, random: systemRandom, clock };
  let replayed = 0;
  for (const line of await readErasures(dataDir)) {
    if (await isOnLog(ledger, line)) continue;
    if ((await replayErasure(deps, line)) === 'replayed') replayed += 1;
  }
  if (replayed > 0)
    log.warn({ replayed }, 'erasures that the restored database did not know were done again');
  return replayed;
}

/** On a log that lost nothing each stands at its own place, which costs a hash. */
async function isOnLog({ trusted }: Ledger, { entry, leafHash }: ErasureLine): Promise<boolean> {
  const index = BigInt(entry);
  return index < trusted.size && equal(await trusted.leafHashAt(index), fromHex(leafHash));
}
