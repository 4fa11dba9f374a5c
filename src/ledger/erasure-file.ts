/**
 * What was erased, in a file beside the pin: a database that is restored from a backup knows nothing of erasures after
 * it. A JSON object a line, appended and flushed before the erasure is acknowledged; ids and hashes, nothing of a person.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from './core/index.js';
import { isCode } from './atomic-file.js';
import type { VerifiedEntry } from './check-entry.js';
import { readErasure } from './erasure-entry.js';

/** One erasure, as it can be executed again on a restored database. */
export interface ErasureLine {
  /** Position of its entry on the log that it was done on. */
  readonly entry: string;
  /** Leaf hash of that entry, lower-case hexadecimal. */
  readonly leafHash: string;
  /** The record. */
  readonly kind: string;
  readonly id: string;
  /** Names of the erased fields. */
  readonly fields: readonly string[];
  /** When: the entry's time, RFC 3339 UTC. */
  readonly time: string;
}

/** Where a deployment keeps it. */
export function erasurePath(dataDir: string): string {
  return join(dataDir, 'erasures');
}

/**
 * The erasures of a deployment, in the order of the file, each once. A last line that a crash cut short isn't among them:
 * it was not acknowledged, and the log has the erasure.
 */
export async function readErasures(dataDir: string): Promise<readonly ErasureLine[]> {
  const text = await readText(erasurePath(dataDir));
  const lines = new Map<string, ErasureLine>();
  for (const line of text.split('\n')) {
    const parsed = parseLine(line);
    if (parsed !== null && !lines.has(parsed.leafHash)) lines.set(parsed.leafHash, parsed);
  }
  return [...lines.values()];
}

export class ErasureFile {
  readonly #path: string;
  /** Leaf hashes of the erasures that stand in the file. */
  readonly #known = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(dataDir: string): Promise<ErasureFile> {
    const file = new ErasureFile(erasurePath(dataDir));
    for (const { leafHash } of await readErasures(dataDir)) file.#known.add(leafHash);
    return file;
  }

  /** Returns when each of these erasures stands in the file and on the disk. */
  async cover(entries: readonly VerifiedEntry[]): Promise<void> {
    const turn = this.#writing.catch(() => undefined).then(() => this.#append(entries));
    this.#writing = turn;
    await turn;
  }

  async #append(entries: readonly VerifiedEntry[]): Promise<void> {
    const lines = entries.map(lineOf).filter(({ leafHash }) => !this.#known.has(leafHash));
    if (lines.length === 0) return;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const standing = await readText(this.#path);
    const file = await open(this.#path, 'a', 0o600);
    try {
      // A line that a crash cut short ends here, or the next one would be lost with it.
      await file.writeFile(standing === '' || standing.endsWith('\n') ? text : `\n${text}`);
      await file.sync();
    } finally {
      await file.close();
    }
    for (const { leafHash } of lines) this.#known.add(leafHash);
  }
}

function lineOf(entry: VerifiedEntry): ErasureLine {
  const { index, leafHash, leaf, opening } = entry;
  const { kind, id } = opening.subject;
  const { erased } = readErasure(entry);
  return { entry: index.toString(), leafHash: hex(leafHash), kind, id, fields: erased, time: leaf.time };
}

function parseLine(line: string): ErasureLine | null {
  try {
    const { entry, leafHash, kind, id, fields, time } = JSON.parse(line) as Record<string, unknown>;
    const names: readonly unknown[] = Array.isArray(fields) ? fields : [null];
    const texts = [entry, leafHash, kind, id, time, ...names];
    if (!texts.every((text) => typeof text === 'string')) return null;
    return { entry, leafHash, kind, id, fields, time } as unknown as ErasureLine; // all are texts, as was just seen
  } catch {
    return null;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return '';
    throw cause;
  }
}
