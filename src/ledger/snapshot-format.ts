/**
 * A snapshot's bytes: the trusted state as of one block's end, in chunks (format: schema/ledger.md, "Snapshots").
 *
 *   "vitrine/snapshot/v4\n" | seed u32 | sections u8 | for each: name length u8, name, byte length u64, bytes
 *
 * Numbers are little-endian. The seed spreads the tables' places and is no secret from whoever holds the database.
 */
import { concat, equal, fromUtf8, utf8 } from './core/index.js';
import { type FrozenSection, malformed, type SectionReader } from './section.js';
import { TrustedState } from './trusted-state.js';

/** Raised whenever a section is added or changed: other formats are ignored. */
export const SNAPSHOT_FORMAT = 4;
/** Bytes of a chunk; the last one may be shorter. Small enough to be written within some milliseconds. */
export const CHUNK = 1024 * 1024;

const MAGIC = utf8(`vitrine/snapshot/v${SNAPSHOT_FORMAT}\n`);

/** The state as it stood when it was frozen. */
export interface FrozenState {
  readonly size: bigint;
  readonly height: bigint;
  /** The bytes, in chunks; each may be kept. Serialised as they are asked for, while the state goes on. */
  chunks(): Generator<Uint8Array>;
  /** Ends the copying; to be called in the end, whatever happened. */
  release(): void;
}

/** Freezes the state. To be called between blocks, and never twice at a time. */
export function freezeState(state: TrustedState): FrozenState {
  const sections = [...state.sections()].map(([name, section]) => ({ name, frozen: section.freeze() }));
  const { size, height, seed } = state;
  return {
    size,
    height,
    chunks: () => chunksOf(slicesOf(seed, sections)),
    release: () => {
      for (const { frozen } of sections) frozen.release?.();
    },
  };
}

/**
 * The state that a snapshot's chunks hold. Their hashes were compared before: what is read here is what this deployment
 * wrote. Throws INTEGRITY_VIOLATION for anything else than one state of this format.
 */
export async function readState(
  chunks: AsyncIterable<Uint8Array>,
  listKey: Uint8Array,
  tiles?: number,
): Promise<TrustedState> {
  const bytes = new Chunks(chunks[Symbol.asyncIterator]());
  if (!equal(await bytes.take(MAGIC.length), MAGIC)) throw malformed(`expected format ${SNAPSHOT_FORMAT}`);
  const state = new TrustedState(Number(numberOf(await bytes.take(4))), listKey, tiles);
  const sections = state.sections();
  const count = Number(numberOf(await bytes.take(1)));
  if (count !== sections.size) throw malformed(`expected ${sections.size} sections, got ${count}`);
  for (const [name, section] of sections) {
    const named = fromUtf8(await bytes.take(Number(numberOf(await bytes.take(1)))));
    if (named !== name) throw malformed(`expected the section ${name}`);
    const part = new Part(bytes, numberOf(await bytes.take(8)));
    await section.load(part);
    if (part.left !== 0) throw malformed(`expected the end of the section ${name}`);
  }
  if (!(await bytes.ended())) throw malformed('expected the end');
  state.restoreEdge();
  return state;
}

type Named = { readonly name: string; readonly frozen: FrozenSection };

function* slicesOf(seed: number, sections: readonly Named[]): Generator<Uint8Array> {
  yield concat(MAGIC, littleEndian(BigInt(seed), 4), littleEndian(BigInt(sections.length), 1));
  for (const { name, frozen } of sections) {
    const named = utf8(name);
    yield concat(littleEndian(BigInt(named.length), 1), named, littleEndian(BigInt(frozen.length), 8));
    yield* frozen.slices();
  }
}

/** Slices of any length as chunks of one length. */
function* chunksOf(slices: Iterable<Uint8Array>): Generator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK);
  let filled = 0;
  for (const slice of slices) {
    for (let from = 0; from < slice.length;) {
      const part = slice.subarray(from, from + CHUNK - filled);
      chunk.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < CHUNK) continue;
      yield chunk;
      [chunk, filled] = [new Uint8Array(CHUNK), 0];
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** Reads over the chunks' borders. */
class Chunks {
  private chunk: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(private readonly source: AsyncIterator<Uint8Array>) {}

  async take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.at === this.chunk.length && !(await this.next())) throw malformed('expected more bytes');
      const part = this.chunk.subarray(this.at, this.at + length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.at += part.length;
    }
    return bytes;
  }

  async ended(): Promise<boolean> {
    return this.at === this.chunk.length && !(await this.next());
  }

  private async next(): Promise<boolean> {
    const next = (await this.source.next()) as IteratorResult<Uint8Array, undefined>;
    if (next.done === true) return false;
    [this.chunk, this.at] = [next.value, 0];
    return this.chunk.length > 0 || this.next();
  }
}

class Part implements SectionReader {
  left: number;

  constructor(
    private readonly bytes: Chunks,
    length: bigint,
  ) {
    // Structures are made for as many rows as the length says; what isn't there can't be read.
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('expected a shorter section');
    this.left = Number(length);
  }

  async take(length: number): Promise<Uint8Array> {
    if (length > this.left) throw malformed('expected a longer section');
    this.left -= length;
    return this.bytes.take(length);
  }
}

function littleEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
