/**
 * An outbox in a folder: `outbox.journal`, and a lock that lets one process write it. The folder is its owner's alone
 * (0700, files 0600), since what waits there is personal data, in the clear. What was accepted leaves the journal when it
 * is opened, closed or grown long.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Changes, OutboxStore } from '../../client/index.js';
import { flushFolder, isDiskFailure, replaceFile } from '../../ledger/atomic-file.js';
import { FolderLock } from '../../ledger/folder-lock.js';
import { VitrineError, type Json } from '../../ledger/core/index.js';
import { makeFolder, readIfThere } from '../../peer/durable.js';
import { journalLine, journalOf, readJournal } from './journal.js';

const JOURNAL = 'outbox.journal';

/** Bytes beyond which a journal is shortened while it is in use, once it is twice as long as it was when it was short. */
const LONG = 1 << 20;

/** Opens a folder's outbox for this process alone. */
export class FileStore implements OutboxStore {
  readonly #path: string;
  #last: Promise<void> = Promise.resolve();
  #broken: unknown = null;

  private constructor(
    readonly folder: string,
    private readonly lock: FolderLock,
    private readonly values: Map<string, Json>,
    private file: FileHandle,
    private length: number,
    private shortest: number,
  ) {
    this.#path = join(folder, JOURNAL);
  }

  /** @throws VitrineError NOT_CONFIGURED when another process has it, INTEGRITY_VIOLATION when it is damaged */
  static async open(folder: string): Promise<FileStore> {
    await makeFolder(folder, 0o700);
    const lock = await FolderLock.take(
      folder,
      'outbox.lock',
      (pid) => `${folder} is in use by process ${pid}: one process sends an outbox`,
    );
    try {
      const path = join(folder, JOURNAL);
      const { values, length, isLong } = readJournal((await readIfThere(path)) ?? new Uint8Array(), path);
      const size = isLong ? await rewrite(path, values) : length;
      return new FileStore(folder, lock, values, await open(path, 'a', 0o600), size, size);
    } catch (cause) {
      await lock.release();
      throw cause;
    }
  }

  load(): Promise<ReadonlyMap<string, Json>> {
    return Promise.resolve(new Map(this.values));
  }

  write(changes: Changes): Promise<void> {
    const mine = this.#last.then(() => this.#write(changes));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    await this.#last;
    try {
      await this.file.close();
      if (this.#broken === null && this.length > this.shortest) await rewrite(this.#path, this.values);
    } finally {
      await this.lock.release();
    }
  }

  async #write(changes: Changes): Promise<void> {
    if (this.#broken !== null)
      throw new VitrineError('UNAVAILABLE', 'the outbox could not be written before: open it again', {
        cause: this.#broken,
      });
    await this.lock.requireHeld();
    const line = Buffer.from(journalLine(Object.fromEntries(changes)));
    try {
      await this.file.appendFile(line);
      await this.file.datasync();
    } catch (cause) {
      await this.#undo(cause);
      throw unwritable(this.#path, cause);
    }
    this.length += line.length;
    for (const [key, value] of changes) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
    if (this.length > LONG && this.length > 2 * this.shortest) await this.#shorten();
  }

  /** Half a line may stand there: another one behind it would make it look like damage. */
  async #undo(cause: unknown): Promise<void> {
    try {
      await this.file.truncate(this.length);
      await this.file.datasync();
    } catch {
      this.#broken = cause;
    }
  }

  async #shorten(): Promise<void> {
    const size = await rewrite(this.#path, this.values);
    await this.file.close();
    this.file = await open(this.#path, 'a', 0o600);
    this.length = this.shortest = size;
  }
}

/** Says what the disk said, and that nothing is lost by it: what wasn't written wasn't promised, nor sent. */
function unwritable(path: string, cause: unknown): VitrineError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  const why = isDiskFailure(cause) ? `the disk says ${code}` : code;
  return new VitrineError('UNAVAILABLE', `${path} can't be written (${why}); what was kept before stays`, {
    cause,
  });
}

/** What a folder's outbox holds, also while another process sends it: as of its last whole line. */
export async function readOutbox(folder: string): Promise<ReadonlyMap<string, Json>> {
  const path = join(folder, JOURNAL);
  return readJournal((await readIfThere(path)) ?? new Uint8Array(), path).values;
}

/** Puts the shortest journal in place of the one that stands there. @returns its bytes */
async function rewrite(path: string, values: ReadonlyMap<string, Json>): Promise<number> {
  const text = journalOf(values);
  await replaceFile(path, text);
  await flushFolder(join(path, '..'));
  return Buffer.byteLength(text);
}
