/**
 * The file of an outbox: one line a change, each with its checksum, flushed before it is told. A crash leaves at most a
 * torn last line, of which nothing was promised; any other damage is refused, since what was kept would be lost by it.
 */
import { VitrineError, hex, sha256, utf8, type Json } from '../../ledger/core/index.js';

const FORMAT = { 'vitrine-outbox': 1 };
/** Hexadecimal digits of SHA-256 before each line. */
const DIGITS = 16;

/** What a journal says. */
export interface JournalState {
  readonly values: Map<string, Json>;
  /** Bytes up to the end of the last whole line. */
  readonly length: number;
  /** Whether lines stand there that a shorter journal would say as well. */
  readonly isLong: boolean;
}

/** One line, its end included. */
export function journalLine(change: Readonly<Record<string, Json | null>>): string {
  const text = JSON.stringify(change);
  return `${checksum(text)} ${text}\n`;
}

/**
 * The shortest journal of these values. An empty change ends it: what was written whole is never the last line, the one
 * of which a crash is an excuse.
 */
export function journalOf(values: ReadonlyMap<string, Json>): string {
  const lines = [...values].map(([key, value]) => journalLine({ [key]: value }));
  return journalLine(FORMAT) + lines.join('') + journalLine({});
}

/**
 * Reads a journal.
 *
 * @throws VitrineError INTEGRITY_VIOLATION with the line that doesn't hold
 */
export function readJournal(bytes: Uint8Array, name: string): JournalState {
  const values = new Map<string, Json>();
  let [length, lines] = [0, 0];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, length)) {
    const change = readLine(bytes.subarray(length, end));
    if (change === null) {
      if (end + 1 >= bytes.length) break; // torn: its sectors reached the disk in another order
      throw damaged(`${name} is damaged at line ${lines + 1}`);
    }
    if (lines === 0 && change['vitrine-outbox'] !== FORMAT['vitrine-outbox'])
      throw new VitrineError('INTEGRITY_VIOLATION', `${name} isn't the journal of an outbox of this version`);
    if (lines > 0) apply(values, change);
    lines += 1;
    length = end + 1;
  }
  return { values, length, isLong: lines !== values.size + 2 || length !== bytes.length };
}

function apply(values: Map<string, Json>, change: Readonly<Record<string, Json>>): void {
  for (const [key, value] of Object.entries(change)) {
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
}

/** Nobody can tell what was lost, and what was sent already: so nothing is sent from there. */
function damaged(what: string): VitrineError {
  return new VitrineError(
    'INTEGRITY_VIOLATION',
    `${what}: nothing is sent from there. Keep the folder as it is, look for what is wrong with the disk, ` +
      'and put in anew, into another folder, what the server does not have',
  );
}

/**
 * What the file of one line holds, its end left out or not.
 * @throws VitrineError INTEGRITY_VIOLATION; nothing of what stands there is told
 */
export function readSealed(bytes: Uint8Array, name: string): Readonly<Record<string, Json>> {
  const change = readLine(bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes);
  if (change === null) throw damaged(`${name} is damaged`);
  return change;
}

/** A line's change; null when it isn't what was written. */
function readLine(line: Uint8Array): Readonly<Record<string, Json>> | null {
  const text = new TextDecoder().decode(line);
  const change = text.slice(DIGITS + 1);
  if (text.slice(0, DIGITS + 1) !== `${checksum(change)} `) return null;
  // Its checksum holds, so this program wrote it.
  return JSON.parse(change) as Readonly<Record<string, Json>>;
}

function checksum(text: string): string {
  return hex(sha256(utf8(text))).slice(0, DIGITS);
}
