/** A block header: what one commit appended, chained to the header before (design: ledger, "Block"). */
import { base64url } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import type { Json, JsonObject } from './json.js';
import * as strict from './strict.js';

export interface BlockHeader {
  readonly v: 1;
  readonly height: bigint;
  /** SHA-256 of the previous header's bytes; 32 zero bytes in the first block. */
  readonly previous: Uint8Array;
  /** Index of the block's first entry. */
  readonly first: bigint;
  /** Entries of the log including the block's; greater than `first`, since no block is empty. */
  readonly size: bigint;
  /** RFC 6962 root of all `size` entries. */
  readonly root: Uint8Array;
  /** RFC 3339 UTC with milliseconds; never before the previous block's. */
  readonly time: string;
}

const MEMBERS = ['v', 'height', 'previous', 'first', 'size', 'root', 'time'] as const;

/** Header bytes. Throws INTEGRITY_VIOLATION on a value that `parseHeader` would refuse. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const json: JsonObject = {
    v: header.v,
    height: strict.asNumber(header.height),
    previous: base64url(header.previous),
    first: strict.asNumber(header.first),
    size: strict.asNumber(header.size),
    root: base64url(header.root),
    time: header.time,
  };
  strict.parsing('block header', () => readHeader(json));
  return strict.encodeBounded('block header', json);
}

/** The header of its bytes. Throws INTEGRITY_VIOLATION on any that `encodeHeader` doesn't write. */
export function parseHeader(bytes: Uint8Array): BlockHeader {
  return strict.parseBounded('block header', bytes, readHeader);
}

/** Hash of a header's bytes: what the next header holds as `previous`. */
export function headerHash(header: Uint8Array, hash: HashFn = sha256): Uint8Array {
  return hash(header);
}

function readHeader(value: Json): BlockHeader {
  const header = strict.object(value, 'block header', MEMBERS);
  if (header.v !== 1) throw strict.violation('v: expected 1');
  const first = strict.count(header.first, 'first');
  const size = strict.count(header.size, 'size');
  if (size <= first) throw strict.violation(`size: expected more than first, ${first}, got ${size}`);
  return {
    v: 1,
    height: strict.count(header.height, 'height'),
    previous: strict.bytesOf(header.previous, 'previous', 32),
    first,
    size,
    root: strict.bytesOf(header.root, 'root', 32),
    time: strict.instant(header.time, 'time'),
  };
}
