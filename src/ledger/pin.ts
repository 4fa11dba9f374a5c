/**
 * The pin: the newest checkpoint that this deployment signed, in a file outside the database (design: ledger, "What a
 * read checks"). A database that is shorter than it, or goes on otherwise, has been rolled back. It never goes back.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, stat, unlink } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isCode, replaceFile } from './atomic-file.js';

interface Waiting {
  readonly size: bigint;
  readonly note: string;
}

/** Tells this process's locks from those of an earlier one that had the same process id. */
const PROCESS_TOKEN = randomBytes(8).toString('hex');
/** A lock that is held for longer was left behind: the work under it takes milliseconds. */
const STALE_MS = 5000;

export class PinFile {
  private waiting: Waiting | undefined;
  private writing: Promise<void> | undefined;
  private written: Waiting = { size: -1n, note: '' };

  /** `sizeOf` parses a note, or throws; a pin that can't be parsed is replaced by nothing but a person. */
  constructor(
    private readonly path: string,
    private readonly sizeOf: (note: string) => bigint,
  ) {}

  /** The pinned note, or undefined when there is no pin. */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (cause) {
      if (isCode(cause, 'ENOENT')) return undefined;
      throw cause;
    }
  }

  /** Returns when a pin of at least this size is on the disk. Writes that wait for one another become one. */
  async write(size: bigint, note: string): Promise<void> {
    while (this.written.size < size) {
      if (this.waiting === undefined || this.waiting.size < size) this.waiting = { size, note };
      this.writing ??= this.writeWaiting().finally(() => (this.writing = undefined));
      await this.writing;
    }
  }

  /**
   * Puts a pin in the place of whatever stands: the one way back, for a rollback that was accepted. Returns when it is
   * on the disk.
   */
  async replace(note: string): Promise<void> {
    const unlock = await this.lock();
    try {
      await replaceFile(this.path, note);
    } finally {
      await unlock();
    }
  }

  private async writeWaiting(): Promise<void> {
    const next = this.waiting;
    this.waiting = undefined;
    if (next === undefined) return;
    const unlock = await this.lock();
    try {
      const standing = await this.read();
      // Another process of this deployment may have pinned more in the meantime.
      if (standing === undefined || this.standingSize(standing) < next.size)
        await replaceFile(this.path, next.note);
      this.written = next;
    } finally {
      await unlock();
    }
  }

  /** What this process wrote itself needs no second look: a signature takes longer to verify than to make. */
  private standingSize(note: string): bigint {
    return note === this.written.note ? this.written.size : this.sizeOf(note);
  }

  /** One writer at a time among all processes that share the folder, so that none puts an older pin over a newer. */
  private async lock(): Promise<() => Promise<void>> {
    const path = `${this.path}.lock`;
    for (;;) {
      try {
        const file = await open(path, 'wx', 0o600);
        await writeToken(file, path);
        return () => unlink(path).catch(ignoreMissing);
      } catch (cause) {
        if (!isCode(cause, 'EEXIST')) throw cause;
      }
      if (await this.isAbandoned(path)) await unlink(path).catch(ignoreMissing);
      else await wait(2);
    }
  }

  private async isAbandoned(path: string): Promise<boolean> {
    try {
      const [pid, token] = (await readFile(path, 'utf8')).split(' ');
      const age = Date.now() - (await stat(path)).mtimeMs;
      if (age > STALE_MS) return true;
      if (token === undefined) return false; // being written at this moment
      if (Number(pid) === process.pid) return token !== PROCESS_TOKEN;
      process.kill(Number(pid), 0);
      return false;
    } catch (cause) {
      return isCode(cause, 'ESRCH');
    }
  }
}

/** Says whose lock it is. On a full disk it is nobody's: left there, it would hold up the next writer. */
async function writeToken(file: FileHandle, path: string): Promise<void> {
  try {
    await file.writeFile(`${process.pid} ${PROCESS_TOKEN}`);
  } catch (cause) {
    await unlink(path).catch(ignoreMissing);
    throw cause;
  } finally {
    await file.close();
  }
}

function ignoreMissing(cause: unknown): void {
  if (!isCode(cause, 'ENOENT')) throw cause;
}
