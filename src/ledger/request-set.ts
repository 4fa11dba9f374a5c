/**
 * Which parts of which requests the log has accepted, as this process verified it: 63 bits of a keyed hash each. The table
 * of requests can be changed by whoever holds the database; a line taken out of it must not let a request be done twice.
 */
import { FrozenWords } from './frozen-words.js';
import { nativeTextHash } from './native.js';
import { type FrozenSection, malformed, rows, type Section, type SectionReader } from './section.js';

/** A part of a request. */
export interface RequestPart {
  readonly institution: string | null;
  readonly member: string;
  readonly request: string;
  readonly part: number;
}

/** Places in use before the table doubles. */
const FILL = 0.7;
const SMALLEST = 1024;
const PART_BYTES = 8;

export class RequestSet implements Section {
  private capacity = SMALLEST;
  private used = 0;
  /** Two words a place; the first is odd, so that 0 marks a free place. */
  private words = new Uint32Array(2 * this.capacity);
  private frozen: FrozenWords | undefined;

  /** `seed` is secret and random, so that whoever chooses request ids can't make them collide. */
  constructor(private readonly seed: number) {}

  add(request: RequestPart): void {
    this.put(...this.hash(request));
  }

  has(request: RequestPart): boolean {
    const [high, low] = this.hash(request);
    return this.words[2 * this.find(high, low)] === high;
  }

  freeze(): FrozenSection {
    const frozen = new FrozenWords(this.words);
    this.frozen = frozen;
    return {
      length: this.used * PART_BYTES,
      slices: () => usedPlaces(frozen),
      release: () => {
        frozen.release();
        if (this.frozen === frozen) this.frozen = undefined;
      },
    };
  }

  async load(from: SectionReader): Promise<void> {
    const count = from.left / PART_BYTES;
    this.resize(2 ** Math.ceil(Math.log2(Math.max(count / FILL + 1, SMALLEST))));
    for await (const bytes of rows(from, PART_BYTES)) {
      const words = new Uint32Array(bytes.buffer);
      for (let at = 0; at < words.length; at += 2) {
        const high = words[at] ?? 0;
        if (high % 2 === 0) throw malformed("expected a request's hash, got a free place");
        this.put(high, words[at + 1] ?? 0);
      }
    }
    if (this.used !== count) throw malformed('expected each request once');
  }

  private put(high: number, low: number): void {
    if (this.used >= this.capacity * FILL) this.resize(this.capacity * 2);
    const place = this.find(high, low);
    if (this.words[2 * place] !== 0) return;
    this.frozen?.keep(2 * place);
    this.used += 1;
    this.words[2 * place] = high;
    this.words[2 * place + 1] = low;
  }

  /** The place of a hash, or the free place where it would stand. */
  private find(high: number, low: number): number {
    const { words } = this;
    let place = low & (this.capacity - 1);
    while (words[2 * place] !== 0 && (words[2 * place] !== high || words[2 * place + 1] !== low))
      place = (place + 1) & (this.capacity - 1);
    return place;
  }

  private resize(capacity: number): void {
    const { words } = this;
    this.frozen = undefined; // it holds the words that were, and nobody changes them from here on
    this.capacity = capacity;
    this.used = 0;
    this.words = new Uint32Array(2 * capacity);
    for (let at = 0; at < words.length; at += 2) {
      const high = words[at] ?? 0;
      if (high !== 0) this.put(high, words[at + 1] ?? 0);
    }
  }

  private hash({ institution, member, request, part }: RequestPart): [number, number] {
    const digest = nativeTextHash(`${this.seed}/${institution ?? ''}/${member}/${request}/${part}`);
    return [(wordOf(digest, 0) | 1) >>> 0, wordOf(digest, 4)];
  }
}

function* usedPlaces(frozen: FrozenWords): Generator<Uint8Array> {
  for (const page of frozen.pages()) {
    const used = new Uint32Array(page.length);
    let end = 0;
    for (let at = 0; at < page.length; at += 2) {
      if (page[at] === 0) continue;
      used[end++] = page[at] ?? 0;
      used[end++] = page[at + 1] ?? 0;
    }
    if (end > 0) yield new Uint8Array(used.buffer, 0, 4 * end);
  }
}

/** Four characters of a digest, one a byte, as a number. */
function wordOf(digest: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++) word = word * 256 + digest.charCodeAt(i);
  return word;
}
