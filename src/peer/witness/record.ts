/**
 * What a witness cosigned last of each log: the checkpoint's note itself, in a file. It carries the log's signature, so
 * a damaged record is noticed. It may only grow: never put it back from a backup.
 */
import { VitrineError } from '../../ledger/core/index.js';
import { readTextIfThere, replaceDurably } from '../durable.js';
import { type LogIdentity, type SignedCheckpoint, slugOf, verifyLogCheckpoint } from '../followed-log.js';
import type { Home } from '../home.js';

/** Reads the record of a log; undefined when nothing of it was ever cosigned. */
export async function readRecord(home: Home, log: LogIdentity): Promise<SignedCheckpoint | undefined> {
  const path = recordPath(home, log.origin);
  const note = await readTextIfThere(path);
  if (note === undefined) return undefined;
  try {
    // Its own file: what was cosigned before a key was retired stays what was cosigned.
    const keys = log.keys.map((key) => ({ ...key, until: null }));
    return verifyLogCheckpoint(note, { origin: log.origin, keys });
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    const message =
      `${path}, what this witness cosigned last, is damaged or signed by a key that isn't given: ` +
      `give every --log-key of ${log.origin}. If the file is lost, retire this witness key and make a new one`;
    throw new VitrineError('NOT_CONFIGURED', message, { cause });
  }
}

/** Keeps a checkpoint as the newest. Returns when it is on the disk. */
export async function keepRecord(home: Home, origin: string, note: string): Promise<void> {
  await home.requireHeld();
  await replaceDurably([{ path: recordPath(home, origin), content: note }], 0o600);
}

function recordPath(home: Home, origin: string): string {
  return home.path('witness', slugOf(origin), 'checkpoint');
}
