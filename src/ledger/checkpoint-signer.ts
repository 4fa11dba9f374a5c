/**
 * Signs checkpoints of what is durable: this process's own commits, and tails that it verified. No size is ever signed
 * with two roots: signatures are deterministic, the first note of a size stands, and another one there is an alarm.
 */
import {
  formatCheckpoint,
  formatNote,
  formatVkey,
  type NoteKey,
  noteSignature,
  parseNote,
  signedMessage,
  VitrineError,
} from './core/index.js';
import { isDiskFailure } from './atomic-file.js';
import { verifyCheckpoint } from './checkpoint-check.js';
import type { Faults } from './faults.js';
import { violationOf } from './finding.js';
import type { LogName } from './key-history.js';
import type { Signer } from './key-source.js';
import type { KeyStore } from './key-store.js';
import type { PinFile } from './pin.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';
import type { Signers } from './trusted-state.js';

interface Tail {
  readonly size: bigint;
  readonly root: Uint8Array;
}

interface SignedTail {
  readonly size: bigint;
  readonly note: string;
}

/** A size at which another note stands, or none yet. */
interface Standing {
  readonly size: bigint;
  readonly standing: string | null;
}

/**
 * Stores notes where none stand. It doesn't wait for the disk: a note that a crash loses is signed again, to the same
 * bytes, from the commit that it is about.
 */
const STORE = `
  WITH lazy AS (SELECT set_config('synchronous_commit', 'off', true))
  INSERT INTO checkpoint (size, note) SELECT r.size, r.note FROM unnest($1::bigint[], $2::text[]) AS r(size, note), lazy
  ON CONFLICT (size) DO NOTHING`;

/** In a statement of its own: a note that another process stores at the same moment isn't seen by the first one. */
const OTHERS = `
  SELECT r.size, (SELECT c.note FROM checkpoint c WHERE c.size = r.size) AS standing
  FROM unnest($1::bigint[], $2::text[]) AS r(size, note)`;

export interface SignerOptions {
  readonly query: Query;
  readonly keys: KeyStore;
  readonly pin: PinFile;
  readonly trusted: TrustedLog;
  readonly faults: Faults | undefined;
}

/**
 * The C2SP note over a verified, durable position by the key that the log names for its size, and by those beside it that
 * are held; undefined when the first isn't.
 */
export async function signCheckpoint(
  keys: Pick<KeyStore, 'logSigner' | 'heldLogSigner'>,
  { name, beside }: Signers,
  { size, root }: Tail,
): Promise<string | undefined> {
  const signer = await keys.logSigner(name.key.publicKey);
  if (signer === undefined) return undefined;
  const text = formatCheckpoint({ origin: name.origin, size, root });
  const line = async (key: NoteKey, by: Signer) =>
    noteSignature(key, await by.sign(signedMessage(key, text)));
  const signatures = [await line(name.key, signer)];
  for (const key of beside) {
    const held = keys.heldLogSigner(key.publicKey);
    if (held !== undefined) signatures.push(await line(key, held));
  }
  return formatNote({ text, signatures });
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
    const { pin, faults } = this.options;
    const tails = this.waiting;
    this.waiting = [];
    let last: SignedTail;
    try {
      const notes = await this.signNotes(tails);
      last = notes.reduce((a, b) => (b.size > a.size ? b : a));
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

  /** Notes over the tails that can be signed, the longest among them. */
  private async signNotes(tails: readonly Tail[]): Promise<readonly SignedTail[]> {
    const most = tails.reduce((size, tail) => (tail.size > size ? tail.size : size), 0n);
    const notes: SignedTail[] = [];
    for (const tail of tails) {
      const note = await this.signNote(tail);
      if (note !== undefined) notes.push({ size: tail.size, note });
      // An older one whose key was retired meanwhile: the longest covers it.
      else if (tail.size === most) throw notHeld(this.signersOf(tail.size).name);
    }
    return notes;
  }

  private signNote(tail: Tail): Promise<string | undefined> {
    return signCheckpoint(this.options.keys, this.signersOf(tail.size), tail);
  }

  private signersOf(size: bigint): Signers {
    const signers = this.options.trusted.state.signersOf(size);
    if (signers === undefined) throw new VitrineError('INTERNAL', 'expected a log that has begun');
    return signers;
  }

  private async store(notes: readonly SignedTail[]): Promise<void> {
    const { query, trusted } = this.options;
    const columns = [notes.map(({ size }) => size.toString()), notes.map(({ note }) => note)];
    if ((await query.$executeRawUnsafe(STORE, ...columns)) === notes.length) return;
    const standing = await query.$queryRawUnsafe<Standing[]>(OTHERS, ...columns);
    const other = standing.find(({ size, standing }) => {
      const note = notes.find((one) => one.size === size)?.note ?? '';
      return standing !== note && !isSame(trusted, note, standing);
    });
    if (other === undefined) return;
    const message = `expected this log's checkpoint of size ${other.size}, got another`;
    throw trusted.stop(violationOf({ what: 'checkpoint', message, index: null, block: null }));
  }
}

/** Tells whether two notes say the same, and the one that stands is the log's: its signature lines may be others. */
function isSame(trusted: TrustedLog, note: string, standing: string | null): boolean {
  if (standing === null) return false;
  try {
    verifyCheckpoint(trusted.state.names, standing);
    return parseNote(standing).text === parseNote(note).text;
  } catch (cause) {
    if (cause instanceof VitrineError) return false;
    throw cause;
  }
}

/** The refusal to go on without the key that the log says it is signed with. */
export function notHeld({ from, key }: LogName): VitrineError {
  const since = from === 0n ? '' : ` from size ${from} on`;
  return new VitrineError(
    'NOT_CONFIGURED',
    `the log is signed by the key ${formatVkey(key)}${since}, which the key folder doesn't hold: put its file there`,
  );
}
