/**
 * What was lost, from a peer's copy of the log: the entries between a restored database and the checkpoint that proves
 * there were more. Whoever gives the copy is believed nothing: the leaves have to lead from the restored tree to the
 * signed root, and each opening has to be the one that its leaf links to.
 */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  base64,
  equal,
  hex,
  leafHash,
  type Leaf,
  linkHash,
  type Opening,
  parseLeaf,
  parseOpening,
  type RightEdge,
  TILE_WIDTH,
  tileWidth,
  VitrineError,
} from '../../ledger/core/index.js';
import { isErasure, nativeHash, type VerifiedEntry } from '../../ledger/index.js';
import { LogSource, OpeningStore } from '../../peer/index.js';

/** A lost entry, with its private half where the copy has it. */
export interface LostEntry {
  readonly index: bigint;
  readonly bytes: Uint8Array;
  readonly leaf: Leaf;
  readonly opening: {
    readonly parsed: Opening;
    readonly bytes: Uint8Array;
    readonly salt: Uint8Array;
  } | null;
}

/** The end of the lost range. */
export interface LostEnd {
  readonly size: bigint;
  readonly root: Uint8Array;
}

const TIMEOUT_MS = 30_000;
const WIDTH = BigInt(TILE_WIDTH);

/** A copy of the log: a peer's address, or the folder of a replica (`<home>/logs/<log>`). */
export class LostCopy {
  private readonly source: LogSource;
  private readonly openings: OpeningStore | null;

  private constructor(source: LogSource, openings: OpeningStore | null) {
    this.source = source;
    this.openings = openings;
  }

  /** Throws BAD_USER_INPUT for what is neither an address nor a folder. */
  static async open(from: string): Promise<LostCopy> {
    const signal = new AbortController().signal;
    const base = { timeoutMs: TIMEOUT_MS, signal };
    if (/^https?:\/\//.test(from)) {
      const prefix = from.replace(/\/+$/, '').replace(/(?<!\/log)$/, '/log');
      return new LostCopy(new LogSource({ ...base, prefix }), null);
    }
    const folder = resolve(from);
    const found = await stat(join(folder, 'checkpoint')).catch(() => undefined);
    if (found === undefined) {
      throw new VitrineError('BAD_USER_INPUT', `${from} is neither an http address nor the folder of a copy`);
    }
    const source = new LogSource({ ...base, prefix: pathToFileURL(folder).href, fetch: readAsAnswer });
    return new LostCopy(source, new OpeningStore(join(folder, 'openings')));
  }

  /** The newest signed note that the copy has, unverified. */
  checkpoint(): Promise<string> {
    return this.source.checkpoint();
  }

  /**
   * The lost entries, in order. Only when they were all given, the last of them, is it known that they lead from `edge`,
   * the restored tree, to the signed root: throws INTEGRITY_VIOLATION then, so keep nothing before the end.
   */
  async *entries(edge: RightEdge, end: LostEnd): AsyncGenerator<LostEntry> {
    const tree = edge.clone();
    const from = tree.size;
    for (let bundle = from / WIDTH; bundle * WIDTH < end.size; bundle += 1n) {
      const leaves = await this.source.leaves(bundle, tileWidth('entries', bundle, end.size));
      const openings = (await this.openings?.bundle(bundle)) ?? new Map<bigint, never>();
      for (const [place, bytes] of leaves.entries()) {
        const index = bundle * WIDTH + BigInt(place);
        if (index < from) continue;
        tree.append(leafHash(bytes, nativeHash));
        const leaf = parseLeaf(bytes);
        yield { index, bytes, leaf, opening: openedBy(leaf, openings.get(index)) };
      }
    }
    if (tree.size === end.size && equal(tree.root(), end.root)) return;
    throw new VitrineError(
      'INTEGRITY_VIOLATION',
      `the copy's entries ${from} to ${end.size - 1n} don't lead from the restored log to the signed root`,
    );
  }
}

/** An opening that isn't the leaf's says nothing of it. */
function openedBy(
  leaf: Leaf,
  held: { readonly opening: Uint8Array; readonly salt: Uint8Array } | undefined,
): LostEntry['opening'] {
  if (held === undefined || !equal(linkHash(held.salt, held.opening, nativeHash), leaf.link)) return null;
  return { parsed: parseOpening(held.opening), bytes: held.opening, salt: held.salt };
}

/** How a report tells of one entry: a line of JSON. Ids and hashes; values are in no leaf and no opening. */
export function lineOf({ index, bytes, leaf, opening }: LostEntry): string {
  const { time, institution, supersedes, content } = leaf;
  const { op = null, actor = null, subject = null, request = null, part = null } = opening?.parsed ?? {};
  return JSON.stringify({
    index: index.toString(),
    time,
    institution,
    supersedes: supersedes?.toString() ?? null,
    sealed: content !== null,
    op,
    actor,
    subject,
    request,
    part,
    leafHash: hex(leafHash(bytes, nativeHash)),
    leaf: base64(bytes),
    opening: opening === null ? null : { bytes: base64(opening.bytes), salt: base64(opening.salt) },
  });
}

/** An erasure among them, for the list of those that are done again on the restored log; null for anything else. */
export function erasureOf({ index, bytes, leaf, opening }: LostEntry): VerifiedEntry | null {
  if (opening === null || !isErasure(opening.parsed)) return null;
  return {
    index,
    leaf,
    opening: opening.parsed,
    leafHash: leafHash(bytes, nativeHash),
    leafBytes: bytes,
    openingBytes: opening.bytes,
    salt: opening.salt,
  };
}

/** What a report is about, in numbers. */
export interface LostSummary {
  readonly entries: number;
  readonly opened: number;
  /** Lost entries of each institution by its id; of none under the empty text. */
  readonly institutions: Readonly<Record<string, number>>;
  /** Lost erasures that the copy opens: they are done again. */
  readonly erasures: readonly VerifiedEntry[];
}

/** Writes the report, readable by its owner alone. It stands under its name only when the copy was proven. */
export async function writeReport(path: string, entries: AsyncIterable<LostEntry>): Promise<LostSummary> {
  const institutions: Record<string, number> = {};
  const erasures: VerifiedEntry[] = [];
  let [count, opened] = [0, 0];
  const aside = `${path}.${process.pid}.tmp`;
  const file = await open(aside, 'w', 0o600);
  try {
    for await (const entry of entries) {
      const institution = entry.leaf.institution ?? '';
      institutions[institution] = (institutions[institution] ?? 0) + 1;
      count += 1;
      if (entry.opening !== null) opened += 1;
      const erasure = erasureOf(entry);
      if (erasure !== null) erasures.push(erasure);
      await file.write(`${lineOf(entry)}\n`);
    }
    await file.sync();
    await rename(aside, path);
  } finally {
    await file.close();
    await rm(aside, { force: true });
  }
  return { entries: count, opened, institutions, erasures };
}

/** Reads a file below the folder as if it were an answer over HTTP. */
const readAsAnswer: typeof globalThis.fetch = async (url) => {
  try {
    const path = url instanceof Request ? url.url : url;
    return new Response(new Uint8Array(await readFile(new URL(path))));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Response(null, { status: 404 });
    throw cause;
  }
};
