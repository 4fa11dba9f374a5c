/**
 * The folder that a peer works in, and the lock that lets one process do so: two witnesses over one record could sign
 * two roots of one size.
 */
import { join } from 'node:path';
import { FolderLock } from '../ledger/folder-lock.js';
import { makeFolder } from './durable.js';

export class Home {
  private constructor(
    readonly folder: string,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Takes the folder, making it where it isn't there. A lock left by a process that was killed is taken over.
   * @throws VitrineError NOT_CONFIGURED when another process has it
   */
  static async take(folder: string): Promise<Home> {
    await makeFolder(folder, 0o700);
    const inUse = (pid: number): string =>
      `${folder} is in use by process ${pid}: one peer a home; stop it, or choose another --home`;
    return new Home(folder, await FolderLock.take(folder, 'peer.lock', inUse));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Throws UNAVAILABLE when the lock is no longer this process's; called before every promise that must be the only one. */
  requireHeld(): Promise<void> {
    return this.lock.requireHeld();
  }

  release(): Promise<void> {
    return this.lock.release();
  }
}
