/** Files that are whole or absent: written aside, flushed, and moved into place. */
import { randomBytes } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file. What stands there after a power cut is whole: the new content, or, if the cut comes within seconds,
 * the old one.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const aside = await writeAside(path, content);
  await rename(aside, path);
}

/** Creates a file, readable by its owner alone. False when one stands there already: it's left as it is. */
export async function createFile(path: string, content: string): Promise<boolean> {
  const aside = await writeAside(path, content);
  try {
    await link(aside, path); // unlike rename, refuses to replace: two first starts agree on one key
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    throw cause;
  } finally {
    await unlink(aside);
  }
  await flushFolder(dirname(path));
  return true;
}

/** Removes a file, so that it stays away after a power cut. No error when there is none. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((cause: unknown) => {
    if (!isCode(cause, 'ENOENT')) throw cause;
  });
  await flushFolder(dirname(path));
}

/** Tells whether an error is a system error of this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Tells whether an error is the disk's: full, over quota, read-only or broken. It passes when a person mends it. */
export function isDiskFailure(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].some((code) => isCode(error, code));
}

async function writeAside(path: string, content: string): Promise<string> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (cause) {
    await unlink(aside).catch(() => undefined); // a full disk must not fill up further
    throw cause;
  } finally {
    await file.close();
  }
  return aside;
}

/** New names in a folder have to reach the disk too. Windows can't flush a folder and doesn't need to. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
