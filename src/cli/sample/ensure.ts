/** Loads the sample when the base is empty, and completes it when the loading was cut off. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Serving } from '../../server/index.js';
import { note, progress } from '../output.js';
import { serverAddress } from '../token.js';
import { loadSample } from './load.js';

/** Entries that a log has when it has just begun: genesis, ministry, its first member. */
const GENESIS_ENTRIES = 3n;

/**
 * Loads the sample into a base that holds nothing but its genesis. A mark in the data folder says that loading has begun
 * and not ended.
 */
export async function ensureSample(config: Config, serving: Serving): Promise<void> {
  const mark = join(config.dataDir, 'sample.loading');
  const empty = serving.begun || serving.ledger.trusted.size === GENESIS_ENTRIES;
  if (!empty && !existsSync(mark)) return;
  writeFileSync(mark, '');
  note('The base is empty: loading the sample population (SAMPLE=false leaves it empty).');
  const bar = progress('sample', false);
  const port = Number(new URL(serving.address).port);
  try {
    await loadSample({
      server: serverAddress({ ...config, port }),
      origin: serving.ledger.origin,
      onProgress: (done, total, what) => bar.update(done, total, what),
    });
  } finally {
    bar.stop();
  }
  rmSync(mark, { force: true });
}
