/**
 * Where each subject and each thread of the log stands: id → index of its newest entry and its version or length.
 * Open addressing over one typed array, 32 bytes a place: a Map of strings would take five times that, and a place is
 * one line of the processor's cache.
 */
import { FrozenWords } from './frozen-words.js';
import { type FrozenSection, malformed, rows, type Section, type SectionReader } from './section.js';

/** The newest entry of a subject or a thread. */
export interface Head {
  readonly index: bigint;
  /** Version of the subject, or entries on the thread. At least 1. */
  readonly count: number;
}

/** Words of a place: four of the id, tag, count (0 marks a free place), and the index in two. */
const ROW = 8;
const ROW_BYTES = 4 * ROW;
const TAG = 4;
const COUNT = 5;
const LOW = 6;
const HIGH = 7;
const WORD = 2 ** 32;
/** Places in use before the table doubles. */
const FILL = 0.7;
const SMALLEST = 1024;

/** Holds the words of an id or a row that is looked for; nothing here waits. */
const sought = new Uint32Array(ROW);

export class HeadMap implements Section {
  private capacity: number;
  private used = 0;
  private words: Uint32Array;
  private frozen: FrozenWords | undefined;
  private newest = -1;

  /** `seed` is secret and random, so that whoever chooses ids can't make them collide. */
  constructor(
    private readonly seed: number,
    capacity = SMALLEST,
  ) {
    this.capacity = capacity;
    this.words = new Uint32Array(capacity * ROW);
  }

  get entries(): number {
    return this.used;
  }

  /** The highest index of all heads; -1 when there is none. */
  get highest(): bigint {
    return BigInt(this.newest);
  }

  /** The head of an id (a UUID) under a tag, or undefined when nothing began there. */
  get(tag: number, id: string): Head | undefined {
    uuidWords(id, sought);
    const at = this.find(tag, sought);
    const count = this.words[at + COUNT] ?? 0;
    if (count === 0) return undefined;
    return { index: BigInt((this.words[at + HIGH] ?? 0) * WORD + (this.words[at + LOW] ?? 0)), count };
  }

  set(tag: number, id: string, { index: place, count }: Head): void {
    uuidWords(id, sought);
    const index = Number(place);
    sought[TAG] = tag;
    sought[COUNT] = count;
    sought[LOW] = index % WORD;
    sought[HIGH] = Math.floor(index / WORD);
    this.put(sought);
  }

  /** The row of an id under a tag as it stands: not to be kept or changed. Undefined when there is none. */
  row(tag: number, id: Uint8Array): Uint32Array | undefined {
    idWords(id, sought);
    const at = this.find(tag, sought);
    return this.words[at + COUNT] === 0 ? undefined : this.words.subarray(at, at + ROW);
  }

  freeze(): FrozenSection {
    const frozen = new FrozenWords(this.words);
    this.frozen = frozen;
    return {
      length: this.used * ROW_BYTES,
      slices: () => usedRows(frozen),
      release: () => {
        frozen.release();
        if (this.frozen === frozen) this.frozen = undefined;
      },
    };
  }

  async load(from: SectionReader): Promise<void> {
    const count = from.left / ROW_BYTES;
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(count / FILL + 1, SMALLEST)));
    this.resize(capacity);
    for await (const bytes of rows(from, ROW_BYTES)) {
      const words = new Uint32Array(bytes.buffer);
      for (let at = 0; at < words.length; at += ROW) {
        const row = words.subarray(at, at + ROW);
        if (row[COUNT] === 0) throw malformed('expected a head that counts an entry');
        this.put(row);
      }
    }
    if (this.used !== count) throw malformed('expected each head once');
  }

  /**
   * Lets `write` change a row where it stands, from its count on, which may not stay 0. `row`: words of the id and the tag;
   * one that isn't there yet is added.
   */
  update(row: Uint32Array, write: (words: Uint32Array, at: number) => void): void {
    if (this.used >= this.capacity * FILL) this.resize(this.capacity * 2);
    const at = this.find(row[TAG] ?? 0, row);
    const { words } = this;
    this.frozen?.keep(at);
    if (words[at + COUNT] === 0) {
      this.used += 1;
      for (let word = 0; word <= TAG; word++) words[at + word] = row[word] ?? 0;
    }
    write(words, at);
  }

  /** Takes a row of words, replacing the one of its id and tag. */
  private put(row: Uint32Array): void {
    if (this.used >= this.capacity * FILL) this.resize(this.capacity * 2);
    const at = this.find(row[TAG] ?? 0, row);
    this.frozen?.keep(at);
    if (this.words[at + COUNT] === 0) this.used += 1;
    this.words.set(row, at);
    const index = (row[HIGH] ?? 0) * WORD + (row[LOW] ?? 0);
    if (index > this.newest) this.newest = index;
  }

  /** Where the row of an id starts, or the free place where it would stand. */
  private find(tag: number, id: Uint32Array): number {
    const mask = this.capacity - 1;
    const { words } = this;
    let place = this.hash(tag, id) & mask;
    for (;;) {
      const at = place * ROW;
      if (words[at + COUNT] === 0) return at;
      if (
        words[at] === id[0] &&
        words[at + 1] === id[1] &&
        words[at + 2] === id[2] &&
        words[at + 3] === id[3] &&
        words[at + TAG] === tag
      )
        return at;
      place = (place + 1) & mask;
    }
  }

  /** MurmurHash3's rounds over the seed, the tag and the id's four words. */
  private hash(tag: number, id: Uint32Array): number {
    let state = this.seed ^ tag;
    for (let i = 0; i < TAG; i++) {
      state ^= Math.imul(rotate(Math.imul(id[i] ?? 0, 0xcc9e2d51), 15), 0x1b873593);
      state = (Math.imul(rotate(state, 13), 5) + 0xe6546b64) | 0;
    }
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    return (state ^ (state >>> 16)) >>> 0;
  }

  private resize(capacity: number): void {
    const { words } = this;
    this.frozen = undefined; // it holds the words that were, and nobody changes them from here on
    this.capacity = capacity;
    this.words = new Uint32Array(capacity * ROW);
    for (let at = 0; at < words.length; at += ROW) {
      if (words[at + COUNT] === 0) continue;
      const row = words.subarray(at, at + ROW);
      this.words.set(row, this.find(row[TAG] ?? 0, row));
    }
  }
}

function* usedRows(frozen: FrozenWords): Generator<Uint8Array> {
  for (const page of frozen.pages()) {
    const used = new Uint32Array(page.length);
    let end = 0;
    for (let at = 0; at < page.length; at += ROW) {
      if (page[at + COUNT] === 0) continue;
      for (let i = 0; i < ROW; i++) used[end + i] = page[at + i] ?? 0;
      end += ROW;
    }
    if (end > 0) yield new Uint8Array(used.buffer, 0, 4 * end);
  }
}

const ID_LENGTH = 16;
/** Where each byte's digits start in a UUID's one written form. */
const PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

/** The 16 bytes of a UUID in its one written form. */
export function uuidBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(ID_LENGTH);
  for (let i = 0; i < ID_LENGTH; i++) bytes[i] = byteAt(uuid, PLACES[i] ?? 0);
  return bytes;
}

/** The one written form of a UUID of 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The words of a UUID in its one written form, the least byte first, from a place on. */
export function uuidWords(uuid: string, into: Uint32Array, start = 0): void {
  into[start] = wordAt(uuid, 0, 4);
  into[start + 1] = wordAt(uuid, 9, 14);
  into[start + 2] = wordAt(uuid, 19, 24);
  into[start + 3] = wordAt(uuid, 28, 32);
}

/** Two bytes at each place. */
function wordAt(text: string, at: number, then: number): number {
  const [low, high] = [byteAt(text, at) | (byteAt(text, at + 2) << 8), byteAt(text, then)];
  return low | (high << 16) | (byteAt(text, then + 2) << 24);
}

function byteAt(text: string, at: number): number {
  return (digit(text.charCodeAt(at)) << 4) | digit(text.charCodeAt(at + 1));
}

/** The value of a hexadecimal digit: 0x30 to 0x39 are 0 to 9, 0x61 to 0x66 and 0x41 to 0x46 are 10 to 15. */
function digit(code: number): number {
  return ((code & 15) + 9 * (code >> 6)) & 15;
}

/** An id's bytes as four words, the least byte first, from a place on. */
export function idWords(id: Uint8Array, into: Uint32Array, start = 0): void {
  for (let word = 0; word < TAG; word++) {
    const at = 4 * word;
    into[start + word] =
      (id[at] ?? 0) | ((id[at + 1] ?? 0) << 8) | ((id[at + 2] ?? 0) << 16) | ((id[at + 3] ?? 0) << 24);
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
