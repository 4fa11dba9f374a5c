import { frozenBytes, type FrozenSection, type Section, type SectionReader, SLICE } from './section.js';

/** A bit for each entry of the log, growing with it. */
export class Bits implements Section {
  private bytes = new Uint8Array(1024);

  has(index: bigint): boolean {
    const place = Number(index >> 3n);
    return ((this.bytes[place] ?? 0) & (1 << Number(index & 7n))) !== 0;
  }

  set(index: bigint): void {
    const place = Number(index >> 3n);
    if (place >= this.bytes.length) {
      const bigger = new Uint8Array(Math.max(this.bytes.length * 2, place + 1));
      bigger.set(this.bytes);
      this.bytes = bigger;
    }
    this.bytes[place] = (this.bytes[place] ?? 0) | (1 << Number(index & 7n));
  }

  /** A copy: 125 KB for a million entries. */
  freeze(): FrozenSection {
    return frozenBytes(this.bytes.slice());
  }

  async load(from: SectionReader): Promise<void> {
    const bytes = new Uint8Array(Math.max(from.left, this.bytes.length));
    for (let at = 0; from.left > 0;) {
      const slice = await from.take(Math.min(from.left, SLICE));
      bytes.set(slice, at);
      at += slice.length;
    }
    this.bytes = bytes;
  }
}
