/**
 * One column of many rows as a PostgreSQL array in its binary form (array_recv in src/backend/utils/adt/arrayfuncs.c):
 * dimensions, whether there are nulls, the element's type, length and first index, then each element behind its length.
 */

/** A value of a row to write: bytes for bytea, else text in PostgreSQL's input form or what says the same. */
export type ColumnValue = string | number | bigint | boolean | Uint8Array | null;

interface Element {
  /** Object id of the type, fixed in PostgreSQL's catalog (pg_type.dat). */
  readonly oid: number;
  readonly encode: (value: NonNullable<ColumnValue>) => Uint8Array;
}

const TEXT: Element = { oid: 25, encode: (value) => Buffer.from(String(value)) };
const INT4: Element = { oid: 23, encode: (value) => whole(4, (bytes) => bytes.writeInt32BE(Number(value))) };

/** Types that have a binary form here; all others travel as text and are cast. */
const ELEMENTS: Readonly<Record<string, Element>> = {
  text: TEXT,
  int: INT4,
  integer: INT4,
  bigint: { oid: 20, encode: (value) => whole(8, (bytes) => bytes.writeBigInt64BE(BigInt(value as bigint))) },
  uuid: { oid: 2950, encode: (value) => Buffer.from(String(value).replaceAll('-', ''), 'hex') },
  bytea: { oid: 17, encode: bytesOf },
};

/** The array's bytes, and the type of its elements: what the parameter has to be declared as. */
export function binaryArray(
  type: string,
  values: readonly ColumnValue[],
): { readonly bytes: Uint8Array; readonly element: string } {
  const known = Object.hasOwn(ELEMENTS, type);
  const { oid, encode } = known ? (ELEMENTS[type] ?? TEXT) : TEXT;
  const parts = values.map((value) => (value === null ? null : encode(value)));
  const length = parts.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 20);
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(parts.includes(null) ? 1 : 0, 4);
  bytes.writeUInt32BE(oid, 8);
  bytes.writeInt32BE(parts.length, 12);
  bytes.writeInt32BE(1, 16);
  let at = 20;
  for (const part of parts) {
    at = bytes.writeInt32BE(part?.length ?? -1, at);
    if (part === null) continue;
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, element: known ? type : 'text' };
}

function whole(length: number, write: (bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  write(bytes);
  return bytes;
}

/** Bytes, or PostgreSQL's hexadecimal form of them. */
function bytesOf(value: NonNullable<ColumnValue>): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value).slice(2), 'hex');
}
