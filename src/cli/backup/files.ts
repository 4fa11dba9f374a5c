/** The files of a backup: gzipped lines with their SHA-256, written and read in bounded memory, and flushed to the disk. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { VitrineError } from '../../ledger/core/error.js';
import { flushFolder } from '../../ledger/index.js';
import type { TableFile } from './manifest.js';

export const MANIFEST = 'manifest.json';
/** The manifest's hash, as `sha256sum -c` reads it. */
export const SUM = 'manifest.json.sha256';

/** Characters; no row is nearly as long, and a few packed bytes could become a line that fills the memory. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** A file as it lies there. */
export interface Written {
  readonly bytes: bigint;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Passes bytes on and counts and hashes them. */
class Hashing extends Transform {
  bytes = 0n;
  readonly #hash: Hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, data: Buffer) => void): void {
    this.bytes += BigInt(chunk.length);
    this.#hash.update(chunk);
    done(null, chunk);
  }

  /** What went through. Only once it has ended. */
  sum(): Written {
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }
}

/** Writes lines, gzipped, to a new file that its owner alone may read, and flushes it. */
export async function writeLines(path: string, lines: AsyncIterable<readonly string[]>): Promise<Written> {
  const hashing = new Hashing();
  const text = async function* (): AsyncGenerator<string> {
    for await (const some of lines) yield `${some.join('\n')}\n`;
  };
  // Most of it is ciphertext in hexadecimal: the fastest level already halves it, and others gain little.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  await pipeline(text(), gzip, hashing, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
  return hashing.sum();
}

/** Writes a whole new file and flushes it. */
export async function writeText(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Lines of a file. Throws INTEGRITY_VIOLATION when, at its end, it wasn't the file that the manifest names. */
export async function* readLines(folder: string, table: TableFile): AsyncGenerator<string> {
  const hashing = new Hashing();
  const file = createReadStream(join(folder, table.file));
  const gunzip = createGunzip();
  // The end of each stream is awaited, so that a damaged file is told and never silently a shorter one.
  const whole = pipeline(file, hashing, gunzip).catch((cause: unknown) => {
    throw damaged(table.file, "it can't be read", cause);
  });
  whole.catch(() => undefined);
  yield* linesOf(gunzip, whole);
  requireSame(table, hashing.sum());
}

/** Only a line feed ends a line: the separators U+2028 and U+2029 stand in JSON as they are. */
async function* linesOf(source: Readable, whole: Promise<void>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of source) {
      const parts = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
      if (rest.length > LONGEST_LINE) break; // `whole` is cut off then, and throws
    }
  } catch {
    // `whole` says why.
  } finally {
    source.destroy();
  }
  await whole;
  if (rest !== '') yield rest;
}

/** Compares a file with the manifest, without unpacking it. Throws INTEGRITY_VIOLATION. */
export async function requireFile(folder: string, table: TableFile): Promise<void> {
  const path = join(folder, table.file);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw damaged(table.file, 'it is missing');
  // A file that was cut off is told before it is read to its end.
  if (BigInt(found.size) !== BigInt(table.bytes)) {
    throw damaged(table.file, `expected ${table.bytes} bytes, got ${found.size}`);
  }
  const hashing = new Hashing();
  await pipeline(createReadStream(path), hashing, async (source) => {
    for await (const chunk of source) void chunk;
  });
  requireSame(table, hashing.sum());
}

function requireSame({ file, bytes, sha256 }: TableFile, found: Written): void {
  if (found.sha256 === sha256 && found.bytes === BigInt(bytes)) return;
  throw damaged(file, `expected SHA-256 ${sha256}, got ${found.sha256}`);
}

/** The manifest's text and its SHA-256, which the file beside it has to name. */
export async function readManifest(folder: string): Promise<{ readonly text: string; readonly id: string }> {
  const [text, sum] = await Promise.all([MANIFEST, SUM].map((name) => readPart(folder, name)));
  const id = createHash('sha256')
    .update(text ?? '')
    .digest('hex');
  if (sum?.trim().split(/\s+/)[0] === id) return { text: text ?? '', id };
  throw damaged(MANIFEST, `its SHA-256 is ${id}, and ${SUM} says another`);
}

async function readPart(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    const message = `${folder} is no backup: ${name} can't be read there`;
    throw new VitrineError('BAD_USER_INPUT', message, { cause });
  }
}

/**
 * A folder that is whole or not there: `fill` writes it under another name beside it.
 *
 * @throws VitrineError CONFLICT when something stands there already
 */
export async function writeFolder(to: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const path = resolve(to);
  await requireAbsent(path);
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true, mode: 0o700 });
  try {
    await fill(aside);
    await flushFolder(aside);
    await requireAbsent(path);
    await rename(aside, path);
    await flushFolder(dirname(path));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

/** @throws VitrineError CONFLICT when something stands there */
export async function requireAbsent(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new VitrineError('CONFLICT', `${path} is there already: name a new folder`);
}

function damaged(file: string, why: string, cause?: unknown): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', `the backup is damaged: ${file}: ${why}`, { cause });
}
