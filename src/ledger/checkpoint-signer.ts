/**
 * Signs checkpoints of what is durable: this process's own commits, and tails that it verified. No size is ever signed
 * with two roots: signatures are deterministic, the first note of a size stands, and another one there is an alarm.
 */
import {
  formatCheckpoint,
  formatNote,
  noteKey,
  type NoteKey,
  noteSignature,
  parseCheckpoint,
  parseNote,
  signedMessage,
  type Checkpoint,
  ED25519,
  verifyNote,
  VitrineError,
} from './core/index.js';
import { isDiskFailure } from './atomic-file.js';
import type { Faults } from './faults.js';
import { violationOf } from './finding.js';
import type { KeyStore } from './key-store.js';
import { nativeVerify } from './native.js';
import type { PinFile } from './pin.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';

interface Tail {
  readonly size: bigint;
  readonly root: Uint8Array;
}

interface Size {
  readonly size: bigint;
}

/**
 * Stores notes, and gives the sizes at which other ones stand. It doesn't wait for the disk: a note that a crash loses
 * is signed again, to the same bytes, from the commit that it is about.
 */
const STORE = `
  WITH lazy AS (SELECT set_config('synchronous_commit', 'off', true)),
  asked AS (SELECT size, note FROM json_to_recordset($1::json) AS r(size bigint, note text)),
  stored AS (INSERT INTO checkpoint (size, note) SELECT size, note FROM asked, lazy
             ON CONFLICT (size) DO NOTHING RETURNING size)
  SELECT a.size FROM asked a LEFT JOIN checkpoint c ON c.size = a.size
  WHERE a.size NOT IN (SELECT size FROM stored) AND c.note IS DISTINCT FROM a.note`;

const OTHERS = `
  SELECT r.size FROM json_to_recordset($1::json) AS r(size bigint, note text)
  LEFT JOIN checkpoint c ON c.size = r.size WHERE c.note IS DISTINCT FROM r.note`;

export interface SignerOptions {
  readonly query: Query;
  readonly keys: KeyStore;
  readonly pin: PinFile;
  readonly trusted: TrustedLog;
  readonly faults: Faults | undefined;
}

export class CheckpointSigner {
  private waiting: Tail[] = [];
  private writing: Promise<void> | undefined;
  private signed = 0n;
  private newest: string | undefined;

  constructor(private readonly options: SignerOptions) {}

  /** The newest note that this process signed or found standing. */
  get note(): string | undefined {
    return this.newest;
  }

  /** Returns when a checkpoint of at least this size is signed, stored and pinned: until then nothing is acknowledged. */
  async sign(tail: Tail): Promise<void> {
    if (this.signed >= tail.size) return;
    this.waiting.push(tail);
    while (this.signed < tail.size) {
      this.writing ??= this.writeWaiting().finally(() => (this.writing = undefined));
      await this.writing;
    }
  }

  /** As `sign`, for what is verified already: whoever finds an unsigned tail signs it. */
  async cover(size: bigint): Promise<void> {
    const { trusted } = this.options;
    if (this.signed < size) await this.sign({ size: trusted.size, root: trusted.root });
  }

  private async writeWaiting(): Promise<void> {
    const { keys, pin, faults } = this.options;
    const tails = this.waiting;
    this.waiting = [];
    const notes = tails.map(({ size, root }) => ({ size, note: signNote(keys, { size, root }) }));
    const last = notes.reduce((a, b) => (b.size > a.size ? b : a));
    try {
      await this.store(notes);
      await faults?.('after-sign');
      await pin.write(last.size, last.note);
      await faults?.('after-pin');
    } catch (cause) {
      this.waiting.unshift(...tails); // whoever still waits, or comes next, tries again
      if (!isDiskFailure(cause)) throw cause;
      throw new VitrineError('UNAVAILABLE', "the checkpoint can't be pinned: repeat the same request", {
        cause,
      });
    }
    if (last.size > this.signed) [this.signed, this.newest] = [last.size, last.note];
  }

  private async store(notes: readonly { size: bigint; note: string }[]): Promise<void> {
    const { query, trusted } = this.options;
    const rows = notes.map(({ size, note }) => ({ size: size.toString(), note }));
    const asked = JSON.stringify(rows);
    if ((await query.$queryRawUnsafe<Size[]>(STORE, asked)).length === 0) return;
    // A note that another process stores at this moment stands, but wasn't there when this statement began.
    const others = await query.$queryRawUnsafe<Size[]>(OTHERS, asked);
    const [other] = others;
    if (other === undefined) return;
    const message = `expected this log's checkpoint of size ${other.size}, got another`;
    throw trusted.stop(violationOf({ what: 'checkpoint', message, index: null, block: null }));
  }
}

/** The log key's C2SP note over a checkpoint. */
function signNote(keys: KeyStore, tail: Tail): string {
  const key = logNoteKey(keys);
  const text = formatCheckpoint({ origin: keys.origin, ...tail });
  const signature = noteSignature(key, keys.signLog(signedMessage(key, text)));
  return formatNote({ text, signatures: [signature] });
}

/** The checkpoint of a note. Throws INTEGRITY_VIOLATION unless this log's key signed it for this log. */
export function verifyCheckpoint(keys: KeyStore, note: string): Checkpoint {
  const parsed = parseNote(note);
  verifyNote(parsed, logNoteKey(keys), nativeVerify);
  const checkpoint = parseCheckpoint(parsed.text);
  if (checkpoint.origin === keys.origin) return checkpoint;
  const message = `expected the origin ${keys.origin}, got ${checkpoint.origin}`;
  throw violationOf({ what: 'checkpoint', message, index: null, block: null });
}

/** The log's key as notes name it: by its origin. */
export function logNoteKey(keys: KeyStore): NoteKey {
  return noteKey(keys.origin, ED25519, keys.logKey.publicKey);
}
