/**
 * Files that survive a power cut: written aside, flushed, moved into place, and the folder flushed too. When a call
 * returns, what it wrote is on the disk; when it was interrupted, the old content stands.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder, isCode } from '../ledger/atomic-file.js';

/** A file to write. */
export interface FileContent {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Replaces files, each whole or not at all, in no order that a crash would respect; makes their folders. */
export async function replaceDurably(files: readonly FileContent[], mode = 0o644): Promise<void> {
  const folders = new Set(files.map(({ path }) => dirname(path)));
  for (const folder of folders) await makeFolder(folder);
  for (const { path, content } of files) {
    const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await writeFlushed(aside, content, 'wx', mode);
      await rename(aside, path);
    } catch (cause) {
      await rm(aside, { force: true }).catch(() => undefined); // the disk may be full of them otherwise
      throw cause;
    }
  }
  for (const folder of folders) await flushFolder(folder);
}

/** Adds lines to a file's end. A crash may leave a part of the last one: readers skip a line without an end. */
export async function appendDurably(path: string, lines: readonly string[]): Promise<void> {
  await makeFolder(dirname(path));
  // A torn line from before would swallow the first of these.
  const torn = (await readIfThere(path))?.at(-1);
  const begin = torn === undefined || torn === 0x0a ? '' : '\n';
  await writeFlushed(path, begin + lines.map((line) => `${line}\n`).join(''), 'a', 0o600);
  await flushFolder(dirname(path));
}

/** Makes a folder and flushes every folder that got a new member by it. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await flushFolder(dirname(at));
}

/** The file's text, or undefined when there is none. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path);
  return bytes === undefined ? undefined : Buffer.from(bytes.buffer).toString('utf8');
}

/** The file's bytes, or undefined when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    if (isCode(cause, 'ENOENT') || isCode(cause, 'ENOTDIR')) return undefined;
    throw cause;
  }
}

async function writeFlushed(path: string, content: string | Uint8Array, flags: string, mode: number) {
  const file = await open(path, flags, mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
