/** Hashes of 32 bytes by their number, side by side in one growing buffer. */
import { type FrozenSection, frozenBytes, rows, type Section, type SectionReader } from './section.js';

const HASH_LENGTH = 32;

export class HashList implements Section {
  private bytes = new Uint8Array(HASH_LENGTH * 64);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(hash: Uint8Array): void {
    const at = this.count * HASH_LENGTH;
    if (at + HASH_LENGTH > this.bytes.length) {
      const bigger = new Uint8Array(this.bytes.length * 2);
      bigger.set(this.bytes);
      this.bytes = bigger;
    }
    this.bytes.set(hash, at);
    this.count += 1;
  }

  /** The hash of this number, or undefined when there is none. */
  at(number: number): Uint8Array | undefined {
    if (number < 0 || number >= this.count) return undefined;
    return this.bytes.slice(number * HASH_LENGTH, (number + 1) * HASH_LENGTH);
  }

  /** The hashes that begin with these bytes, in order. */
  beginningWith(start: Uint8Array): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let at = 0; at < this.count * HASH_LENGTH; at += HASH_LENGTH)
      if (start.every((byte, i) => this.bytes[at + i] === byte))
        found.push(this.bytes.slice(at, at + HASH_LENGTH));
    return found;
  }

  /** Without a copy: a hash that stands never changes. */
  freeze(): FrozenSection {
    return frozenBytes(this.bytes.subarray(0, this.count * HASH_LENGTH));
  }

  async load(from: SectionReader): Promise<void> {
    this.bytes = new Uint8Array(Math.max(from.left, HASH_LENGTH * 64));
    for await (const bytes of rows(from, HASH_LENGTH)) {
      this.bytes.set(bytes, this.count * HASH_LENGTH);
      this.count += bytes.length / HASH_LENGTH;
    }
  }
}
