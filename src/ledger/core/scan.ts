/**
 * Reads a text that can have one form only, from left to right, without building a tree of it: a canonical leaf or
 * opening is a fixed frame around a few values, and general JSON parsing and writing again cost five times as much.
 *
 * A scan that fails says nothing: the general parser then decides, and says what is wrong. So what matters is that a
 * scan takes no text that the general parser refuses; a test holds the two equal. Internal to the core.
 */
import { decodeBase64url } from './bytes.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HASH_LENGTH = 32;
const HASH_DIGITS = 43;
const UUID_LENGTH = 36;
/** 2^53 - 1 has 16 digits. */
const MOST_DIGITS = 16;
const [ZERO, NINE] = [0x30, 0x39];

export class Scan {
  /** Nothing failed so far. Values that were read after a failure mean nothing. */
  good = true;
  private at = 0;

  constructor(private readonly text: string) {}

  /** Everything was read, and nothing failed. */
  get done(): boolean {
    return this.good && this.at === this.text.length;
  }

  /** Expects this text. */
  frame(text: string): void {
    if (this.has(text)) this.at += text.length;
    else this.good = false;
  }

  /** Whether this text comes next; takes it if so. */
  take(text: string): boolean {
    if (!this.has(text)) return false;
    this.at += text.length;
    return true;
  }

  /** A whole number from 0 to 2^53 - 1, without leading zeros. */
  integer(): number {
    const { text, at: from } = this;
    let value = 0;
    let at = from;
    for (; at - from <= MOST_DIGITS; at++) {
      const digit = text.charCodeAt(at);
      if (!(digit >= ZERO && digit <= NINE)) break;
      value = value * 10 + (digit - ZERO);
    }
    const length = at - from;
    const leading = length > 1 && text.charCodeAt(from) === ZERO;
    if (length === 0 || leading || value > Number.MAX_SAFE_INTEGER) this.good = false;
    this.at = at;
    return value;
  }

  uuid(): string {
    return this.matching(UUID_LENGTH, UUID);
  }

  /** 32 bytes in base64url. */
  hash(): Uint8Array {
    const digits = this.text.slice(this.at, this.at + HASH_DIGITS);
    this.at += HASH_DIGITS;
    const bytes = decodeBase64url(digits);
    if (bytes?.length === HASH_LENGTH) return bytes;
    this.good = false;
    return new Uint8Array(HASH_LENGTH);
  }

  /** What a string holds up to its closing quote, which isn't read; `form` allows no backslash: it stands for more. */
  string(form: RegExp): string {
    const end = this.text.indexOf('"', this.at);
    const found = this.text.slice(this.at, end);
    if (end < 0 || !form.test(found)) this.good = false;
    this.at = end < 0 ? this.text.length : end;
    return found;
  }

  /** Everything up to the first place of a text. */
  until(text: string): string {
    const end = this.text.indexOf(text, this.at);
    if (end < 0) this.good = false;
    const found = this.text.slice(this.at, Math.max(end, this.at));
    this.at += found.length;
    return found;
  }

  private matching(length: number, form: RegExp): string {
    const found = this.text.slice(this.at, this.at + length);
    if (!form.test(found)) this.good = false;
    this.at += length;
    return found;
  }

  private has(text: string): boolean {
    return this.good && this.text.startsWith(text, this.at);
  }
}
