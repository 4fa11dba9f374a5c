/**
 * How many records of a kind are on the list of each thread, and a keyed sum over their ids, so that a list of them proves
 * itself gap-free (design: ledger, read check 6): 32 bytes a thread and kind, however long the list. A record begins on the
 * threads of its first version; one that moves (move-entry.ts) leaves one list and joins another.
 *
 * The sum is an incremental multiset hash, MSet-Add-Hash of Clarke, Devadas, van Dijk, Gassend and Suh, "Incremental
 * Multiset Hash Functions and Their Application to Memory Integrity Checking" (ASIACRYPT 2003): PRF(thread, id) added up
 * modulo 2^64. The PRF is AES-256 in CBC-MAC over these two blocks, which is one for messages of a fixed length (Bellare,
 * Kilian, Rogaway 1994).
 *
 * What it resists: whoever holds the database reads the sums of its snapshots, and so may learn PRF values of records that
 * began on a thread, but none of a record that didn't. A list with such a record in the place of a missing one fits with
 * probability 2^-64, and each try that doesn't is an alarm. It would not resist lists that name a record twice: who
 * compares must refuse these. The key never stands in the database.
 */
import { type Cipher, createCipheriv } from 'node:crypto';
import { equal } from './core/index.js';
import { HeadMap, uuidWords } from './head-map.js';
import { nativeHash } from './native.js';
import { type FrozenSection, LITTLE_ENDIAN, malformed, type Section, type SectionReader } from './section.js';

/** Bytes of an id, and of a block of AES. */
export const ID_LENGTH = 16;
/** Words of an id. */
const ID_WORDS = 4;
/** Joins that are kept one by one, so that the sum as of an earlier size can be told. A power of two; 48 bytes each. */
export const RECENT = 2 ** 16;
/** Joins that are added to the sums at once: one call of the cipher costs as much as a thousand blocks. */
const TOGETHER = 1024;
/** Words of a join: entry in two, tag, thread, id, and whether the record joined or left. */
const JOIN = 12;
const TAG = 2;
const THREAD = 3;
const ID = 7;
const LEFT = 11;
const WORD = 2 ** 32;
/** Words of a row of the table: the thread, and these. The table's rows are those of heads, with a sum for the index. */
const [ROW_TAG, COUNT, LOW, HIGH, ROW] = [4, 5, 6, 7, 8];
/** The count of a list that all its records left: 0 would free the row, and hide those behind it. */
const EMPTIED = WORD - 1;
const CHECK = new TextEncoder().encode('vitrine/lists/v1\0');

/** What is known of a list: how many records, and their sum. */
export interface ListSum {
  readonly count: number;
  /** Below 2^64. */
  readonly sum: bigint;
}

export class ListSums implements Section {
  private readonly table: HeadMap;
  private readonly cipher: Cipher;
  private readonly joins = new Uint32Array(RECENT * JOIN);
  private readonly row = new Uint32Array(ROW);
  /** Joins so far, and how many of them are in the sums. */
  private joined = 0;
  private settled = 0;

  /** `key`: 32 secret bytes, the same for every process of the deployment. */
  constructor(
    private readonly key: Uint8Array,
    seed: number,
  ) {
    this.table = new HeadMap(seed, 64);
    this.cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  }

  /** Takes a record that the entry of this index puts on the list of a thread; both ids are UUIDs. */
  join(index: bigint, tag: number, thread: string, id: string): void {
    this.note(index, tag, thread, id, 0);
  }

  /** Takes a record off the list of a thread. That it was on it is for the caller to know. */
  leave(index: bigint, tag: number, thread: string, id: string): void {
    this.note(index, tag, thread, id, 1);
  }

  private note(index: bigint, tag: number, thread: string, id: string, left: 0 | 1): void {
    if (this.joined - this.settled === TOGETHER) this.settle();
    const { joins } = this;
    const at = this.place(this.joined);
    const place = Number(index);
    joins[at] = place % WORD;
    joins[at + 1] = Math.floor(place / WORD);
    joins[at + TAG] = tag;
    uuidWords(thread, joins, at + THREAD);
    uuidWords(id, joins, at + ID);
    joins[at + LEFT] = left;
    this.joined += 1;
  }

  /** The list of a thread as of a size of the log; undefined when too much came after that size to tell. */
  at(tag: number, thread: Uint8Array, size: bigint): ListSum | undefined {
    this.settle();
    const row = this.table.row(tag, thread);
    const known = row === undefined ? { count: 0, sum: 0n } : { count: countIn(row), sum: sumIn(row) };
    const later = this.since(tag, thread, Number(size));
    if (later === undefined || later.length === 0) return later && known;
    const left = later.filter((join) => this.joins[this.place(join) + LEFT] === 1);
    const joined = later.filter((join) => this.joins[this.place(join) + LEFT] === 0);
    return {
      count: known.count - joined.length + left.length,
      sum: BigInt.asUintN(64, known.sum - this.sumAt(thread, joined) + this.sumAt(thread, left)),
    };
  }

  private sumAt(thread: Uint8Array, joins: readonly number[]): bigint {
    const ids = new Uint8Array(joins.length * ID_LENGTH);
    joins.forEach((join, i) => ids.set(this.idAt(join), i * ID_LENGTH));
    return joins.length === 0 ? 0n : this.sumOf(thread, ids);
  }

  /** The sum of a list: ids side by side, 16 bytes each. */
  sumOf(thread: Uint8Array, ids: Uint8Array): bigint {
    const start = wordsOf(this.cipher.update(thread));
    const blocks = wordsOf(ids);
    for (let at = 0; at < blocks.length; at++) blocks[at] = (blocks[at] ?? 0) ^ (start[at % ID_WORDS] ?? 0);
    const values = wordsOf(this.cipher.update(bytesOf(blocks)));
    let [low, high] = [0, 0];
    for (let at = 0; at < values.length; at += ID_WORDS) {
      low += values[at] ?? 0;
      // Of a long list the sums would leave the whole numbers that a double holds.
      const carry = low >= WORD ? 1 : 0;
      low -= carry * WORD;
      high = (high + (values[at + 1] ?? 0) + carry) % WORD;
    }
    return BigInt(low) | (BigInt(high) << 32n);
  }

  freeze(): FrozenSection {
    this.settle();
    const frozen = this.table.freeze();
    const check = this.check();
    return {
      length: check.length + frozen.length,
      slices: function* () {
        yield check;
        yield* frozen.slices();
      },
      release: () => frozen.release?.(),
    };
  }

  async load(from: SectionReader): Promise<void> {
    const check = this.check();
    if (!equal(await from.take(check.length), check)) throw malformed('expected lists under this key');
    await this.table.load(from);
  }

  /** Names the key without telling it. */
  private check(): Uint8Array {
    return nativeHash(Buffer.concat([CHECK, this.key])).slice(0, ID_LENGTH);
  }

  /** Adds what joined since to the sums: both blocks of all of them in two calls of the cipher. */
  private settle(): void {
    const count = this.joined - this.settled;
    if (count === 0) return;
    const { joins } = this;
    const blocks = new Uint32Array(count * ID_WORDS);
    for (let i = 0; i < count; i++) {
      const at = this.place(this.settled + i) + THREAD;
      for (let word = 0; word < ID_WORDS; word++) blocks[i * ID_WORDS + word] = joins[at + word] ?? 0;
    }
    const started = wordsOf(this.cipher.update(bytesOf(blocks)));
    for (let i = 0; i < count; i++) {
      const at = this.place(this.settled + i) + ID;
      for (let word = 0; word < ID_WORDS; word++)
        blocks[i * ID_WORDS + word] = (started[i * ID_WORDS + word] ?? 0) ^ (joins[at + word] ?? 0);
    }
    const values = wordsOf(this.cipher.update(bytesOf(blocks)));
    for (let i = 0; i < count; i++)
      this.add(this.settled + i, values[i * ID_WORDS] ?? 0, values[i * ID_WORDS + 1] ?? 0);
    this.settled = this.joined;
  }

  private add(join: number, low: number, high: number): void {
    const { joins, row } = this;
    const from = this.place(join);
    for (let word = 0; word < ID_WORDS; word++) row[word] = joins[from + THREAD + word] ?? 0;
    row[ROW_TAG] = joins[from + TAG] ?? 0;
    const by = joins[from + LEFT] === 1 ? -1 : 1;
    this.table.update(row, (words, at) => {
      const before = words.subarray(at, at + ROW);
      const count = countIn(before) + by;
      const [sum, carried] = carry((before[LOW] ?? 0) + by * low);
      words[at + COUNT] = count === 0 ? EMPTIED : count;
      words[at + LOW] = sum;
      words[at + HIGH] = carry((before[HIGH] ?? 0) + by * high + carried)[0];
    });
  }

  private place(join: number): number {
    return (join % RECENT) * JOIN;
  }

  /** Joins of a thread by entries from an index on; undefined when some of them are kept no more. */
  private since(tag: number, thread: Uint8Array, index: number): number[] | undefined {
    const words = wordsOf(thread);
    const found: number[] = [];
    const { joins } = this;
    const oldest = Math.max(0, this.joined - RECENT);
    for (let join = this.joined - 1; join >= oldest; join--) {
      const at = this.place(join);
      if ((joins[at + 1] ?? 0) * WORD + (joins[at] ?? 0) < index) return found;
      if (joins[at + TAG] !== tag || joins[at + THREAD] !== words[0]) continue;
      if (words.every((word, i) => joins[at + THREAD + i] === word)) found.push(join);
    }
    return oldest === 0 ? found : undefined;
  }

  private idAt(join: number): Uint8Array {
    const at = this.place(join) + ID;
    return bytesOf(this.joins.subarray(at, at + ID_WORDS));
  }
}

/** A word, and what goes over into the next one: 1, 0 or -1. */
function carry(word: number): readonly [number, number] {
  const over = Math.floor(word / WORD);
  return [word - over * WORD, over];
}

function countIn(row: Uint32Array): number {
  const count = row[COUNT] ?? 0;
  return count === EMPTIED ? 0 : count;
}

function sumIn(row: Uint32Array): bigint {
  return BigInt(row[LOW] ?? 0) | (BigInt(row[HIGH] ?? 0) << 32n);
}

/** Bytes as words, the least byte first, in memory of their own. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(bytes.length / 4);
  new Uint8Array(words.buffer).set(bytes);
  if (!LITTLE_ENDIAN) Buffer.from(words.buffer).swap32();
  return words;
}

/** The bytes of words, the least byte first. */
function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap32();
}

/** Ids side by side, each above the one before, so that none stands there twice. */
export function isOrdered(ids: Uint8Array): boolean {
  for (let at = ID_LENGTH; at < ids.length; at += ID_LENGTH) {
    let byte = 0;
    while (byte < ID_LENGTH && ids[at + byte] === ids[at + byte - ID_LENGTH]) byte += 1;
    if (byte === ID_LENGTH || (ids[at + byte] ?? 0) < (ids[at + byte - ID_LENGTH] ?? 0)) return false;
  }
  return true;
}
