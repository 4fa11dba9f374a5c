/** A lock on a folder for one process: two that worked in it would undo what the other promised. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from './atomic-file.js';
import { VitrineError } from './core/index.js';

/** Who holds a lock: the process, and when it began, since process ids come back. */
interface Holder {
  readonly pid: number;
  readonly began: string;
  readonly token: string;
}

const ATTEMPTS = 20;

export class FolderLock {
  private constructor(
    private readonly file: string,
    private readonly mine: string,
  ) {}

  /**
   * Takes the lock, a file of this name in the folder. One left by a process that was killed is taken over.
   * @param inUse what to tell when a process that lives has it
   * @throws VitrineError NOT_CONFIGURED when another process has it
   */
  static async take(folder: string, name: string, inUse: (pid: number) => string): Promise<FolderLock> {
    const file = join(folder, name);
    const holder = { pid: process.pid, began: beganAt(process.pid), token: randomBytes(8).toString('hex') };
    const mine = JSON.stringify(holder);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await tryLink(file, mine)) return new FolderLock(file, mine);
      const standing = await readFile(file, 'utf8').catch(() => undefined);
      if (standing === undefined) continue; // let go at this moment
      const pid = livingHolder(standing);
      if (pid !== undefined) throw new VitrineError('NOT_CONFIGURED', inUse(pid), { details: { pid } });
      await takeAway(file, standing);
    }
    throw new VitrineError('NOT_CONFIGURED', `${folder} can't be locked: others take it again and again`);
  }

  /** Throws UNAVAILABLE when the lock is no longer this process's; called before every promise that must be the only one. */
  async requireHeld(): Promise<void> {
    const standing = await readFile(this.file, 'utf8').catch(() => undefined);
    if (standing === this.mine) return;
    throw new VitrineError('UNAVAILABLE', `the lock ${this.file} was taken away from this process`);
  }

  async release(): Promise<void> {
    const standing = await readFile(this.file, 'utf8').catch(() => undefined);
    if (standing === this.mine) await unlink(this.file).catch(() => undefined);
  }
}

/** Puts the lock there whole, unless one stands. */
async function tryLink(lockFile: string, content: string): Promise<boolean> {
  const aside = `${lockFile}.${randomBytes(6).toString('hex')}`;
  await writeFile(aside, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(aside, lockFile);
    return true;
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    throw cause;
  } finally {
    await unlink(aside);
  }
}

/** Moves an abandoned lock away; if another process put its own there meanwhile, that one goes back. */
async function takeAway(lockFile: string, abandoned: string): Promise<void> {
  const moved = `${lockFile}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(lockFile, moved);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return;
    throw cause;
  }
  const taken = await readFile(moved, 'utf8');
  if (taken !== abandoned) await link(moved, lockFile).catch(() => undefined);
  await rm(moved, { force: true });
}

/** The holder's process id when it still runs. */
function livingHolder(content: string): number | undefined {
  let holder: Partial<Holder>;
  try {
    holder = JSON.parse(content) as Partial<Holder>;
  } catch {
    return undefined; // only a crash of the whole machine leaves a half-written one
  }
  const { pid, began } = holder;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (isCode(cause, 'ESRCH')) return undefined;
  }
  return beganAt(pid) === began ? pid : undefined;
}

/** When a process began, in the kernel's own count; empty where there is no /proc, `gone` for a zombie or none. */
function beganAt(pid: number): string {
  try {
    // Fields after the command's name, which may hold anything: state is the first of them, start time the 20th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : (fields[19] ?? '');
  } catch {
    return process.platform === 'linux' ? 'gone' : '';
  }
}
