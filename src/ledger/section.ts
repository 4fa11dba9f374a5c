/**
 * Sections: the parts of the trusted state as snapshots keep them (format: schema/ledger.md, "Snapshots").
 *
 * To add one: give the structure a `freeze` and a `load` (this file's `Section`), write its numbers in little-endian
 * order, and add it to the list in `TrustedState.sections`; then raise SNAPSHOT_FORMAT in snapshot-format.ts, so that
 * snapshots without it are ignored. What `load` reads was compared with its hash before, and is parsed strictly all
 * the same: a snapshot that doesn't parse is one that isn't used.
 */
import { VitrineError } from './core/index.js';

/** A part of the state that can be written out and read again. */
export interface Section {
  /** What stands now, however the state goes on afterwards. Cheap: what is big is copied when it is about to change. */
  freeze(): FrozenSection;
  /** Takes over what another one wrote. Only into a structure that holds nothing yet. */
  load(from: SectionReader): Promise<void>;
}

/** A section's bytes as of one moment. */
export interface FrozenSection {
  /** Bytes of all slices together. */
  readonly length: number;
  /** Each slice is used or copied before the next is asked for: the next may reuse its memory. */
  slices(): Iterable<Uint8Array>;
  /** Ends the copying for a section that isn't read to its end. */
  release?(): void;
}

/** Reads a section's bytes from their beginning. */
export interface SectionReader {
  /** Bytes that were not read yet. */
  readonly left: number;
  /** The next bytes, in memory of their own. Throws INTEGRITY_VIOLATION beyond the end. */
  take(length: number): Promise<Uint8Array>;
}

/** Typed arrays are in the machine's order, and sections in this one: elsewhere no snapshots are made or used. */
export const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Bytes that a `load` asks for at once. */
export const SLICE = 64 * 1024;

/** A section of bytes that nothing changes any more. */
export function frozenBytes(bytes: Uint8Array): FrozenSection {
  return { length: bytes.length, slices: () => slicesOf(bytes) };
}

/** The refusal of a section that isn't what it should be. */
export function malformed(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', `snapshot: ${message}`);
}

/** Reads all that is left, which has to be whole rows of `size` bytes. */
export async function* rows(from: SectionReader, size: number): AsyncGenerator<Uint8Array> {
  if (from.left % size !== 0) throw malformed(`expected rows of ${size} bytes, got ${from.left} bytes`);
  const most = SLICE - (SLICE % size);
  while (from.left > 0) yield from.take(Math.min(from.left, most));
}

function* slicesOf(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}
