/** C2SP checkpoints (c2sp.org/tlog-checkpoint): the note text that says a log's size and root. */
import { base64, fromBase64 } from './bytes.js';
import * as strict from './strict.js';

export interface Checkpoint {
  /** Unique name of the log. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: bigint;
  /** 32 bytes: RFC 6962 root at that size. */
  readonly root: Uint8Array;
  /** Opaque lines after the third; Vitrine writes none. */
  readonly extensions?: readonly string[];
}

/** 2^63 - 1: what other implementations hold a size in. */
const LARGEST = 0x7fffffffffffffffn;

/** The checkpoint's text: origin, size and base64 root, a line each. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions = [] } = checkpoint;
  for (const line of [origin, ...extensions]) requireLine(line);
  if (size < 0n || size > LARGEST) throw strict.violation(`expected a size from 0 to 2^63 - 1, got ${size}`);
  if (root.length !== 32) throw strict.violation(`expected a root of 32 bytes, got ${root.length}`);
  return [origin, size, base64(root), ...extensions].join('\n') + '\n';
}

/**
 * The checkpoint of a note's text. Throws INTEGRITY_VIOLATION on any text that `formatCheckpoint` doesn't write. The
 * text says nothing until the note's signature is verified and the origin compared with the log's.
 */
export function parseCheckpoint(text: string): Required<Checkpoint> {
  return strict.parsing('checkpoint', () => {
    const [origin, size, root, ...rest] = text.split('\n');
    const extensions = rest.slice(0, -1);
    if (origin === undefined || size === undefined || root === undefined || rest.at(-1) !== '') {
      throw strict.violation('expected three lines or more, each ending in a newline');
    }
    if (!/^(?:0|[1-9][0-9]{0,18})$/.test(size)) throw strict.violation('expected a decimal size');
    const checkpoint = { origin, size: BigInt(size), root: fromBase64(root), extensions };
    if (formatCheckpoint(checkpoint) !== text)
      throw strict.violation('expected the one encoding of a checkpoint');
    return checkpoint;
  });
}

function requireLine(line: string): void {
  if (line === '' || /[\u0000-\u001F]|\p{Surrogate}/u.test(line)) {
    throw strict.violation('expected lines that are not empty and hold no control characters');
  }
}
