/**
 * A table's words as they stood at one moment, while the table goes on being written: a page is copied when its first
 * word is about to change and it wasn't read yet. What a table drops when it grows is changed by nobody any more.
 */

/** 64 KB a page: copied in some microseconds. */
const PAGE_BITS = 14;

export class FrozenWords {
  private readonly copies = new Map<number, Uint32Array>();
  /** Pages that were read already, or all of them once it is released. */
  private read = 0;

  constructor(private readonly words: Uint32Array) {}

  /** To be called before a word changes. */
  keep(at: number): void {
    const page = at >>> PAGE_BITS;
    if (page < this.read || this.copies.has(page)) return;
    this.copies.set(page, this.words.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS));
  }

  /** Every word, page by page; each page is used before the caller lets anything else run. */
  *pages(): Generator<Uint32Array> {
    const count = Math.ceil(this.words.length / 2 ** PAGE_BITS);
    for (let page = 0; page < count; page++) {
      const copy = this.copies.get(page);
      yield copy ?? this.words.subarray(page << PAGE_BITS, (page + 1) << PAGE_BITS);
      this.copies.delete(page);
      this.read = page + 1;
    }
  }

  /** Nothing is copied any more. */
  release(): void {
    this.read = Infinity;
    this.copies.clear();
  }
}
