/**
 * The API's scalars. Each takes one form of a value and writes one form, so that what a client sends and what is sealed
 * compare as text. All text is the caller's: a refusal says what was expected and never repeats what came.
 */
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';
import { base64, fromBase64, hex } from '../ledger/core/index.js';
import { isCalendarDate, isPartialDate, normalDateTime } from '../documents/index.js';

/** Bounds of PostgreSQL's bigint and of every sum of money here. */
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Tells whether a text is a UUID in its one form: lower-case, with dashes (RFC 9562 section 4). */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A UUID; upper-case input is taken and made lower-case (RFC 9562 section 4 allows both). */
export const UuidScalar = textScalar(
  'UUID',
  'A UUID with dashes, for example `01890a5d-ac96-774b-bcce-b302099a8057`. Lower-case in answers.',
  'a UUID with dashes',
  (text) => (isUuid(text.toLowerCase()) ? text.toLowerCase() : null),
);

/** A day that exists, `YYYY-MM-DD`. */
export const DateScalar = textScalar(
  'Date',
  'A calendar day, `YYYY-MM-DD` (RFC 3339 full-date), that exists.',
  'a calendar day YYYY-MM-DD',
  (text) => (isCalendarDate(text) ? text : null),
);

/** A day, a month or a year: as much as is known. */
export const PartialDateScalar = textScalar(
  'PartialDate',
  'A day, a month or a year, as much as is known: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.',
  'a date YYYY-MM-DD, YYYY-MM or YYYY',
  (text) => (isPartialDate(text) ? text : null),
);

/** A moment. Input with any offset; kept and answered in UTC with milliseconds, as text. */
export const DateTimeScalar = textScalar(
  'DateTime',
  'A moment, RFC 3339 with an offset and at most milliseconds. Answers are in UTC: `2026-01-31T08:30:00.000Z`.',
  'an RFC 3339 time with an offset and at most milliseconds',
  normalDateTime,
);

/** Bytes as base64 (RFC 4648 section 4, padded, canonical); a Uint8Array in code. */
export const Base64Scalar = new GraphQLScalarType<Uint8Array, string>({
  name: 'Base64',
  description: 'Bytes in base64 with padding (RFC 4648 section 4).',
  serialize: (value) => (value instanceof Uint8Array ? base64(value) : String(value)),
  parseValue: (value) => bytesFrom(value),
  parseLiteral: (node) => bytesFrom(node.kind === Kind.STRING ? node.value : null),
});

/** A SHA-256 hash as 64 lower-case hexadecimal digits; answers only. */
export const HashScalar = textScalar(
  'Hash',
  'A SHA-256 hash, 64 lower-case hexadecimal digits.',
  '64 lower-case hexadecimal digits',
  (text) => (/^[0-9a-f]{64}$/.test(text) ? text : null),
);

/** A whole number of up to 64 bits; a `bigint` in code and a decimal text on the wire. */
export const BigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description:
    'A whole number of up to 64 bits. A decimal text in answers, so that no digit is lost; input may be a text or a number.',
  serialize: (value) => {
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'string' || typeof value === 'number') return integer64(value).toString();
    throw unfit('BigInt', 'a whole number');
  },
  parseValue: integer64,
  parseLiteral: (node) => integer64(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : null),
});

/** Any JSON value; answers only (small facts of an entry). */
export const JsonScalar = new GraphQLScalarType<unknown>({
  name: 'JSON',
  description: 'Any JSON value (RFC 8259).',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

/** @param normal the one form of a text, or null when it has none. */
function textScalar(
  name: string,
  description: string,
  expected: string,
  normal: (text: string) => string | null,
): GraphQLScalarType<string, string> {
  const parse = (value: unknown): string => {
    const found = typeof value === 'string' ? normal(value) : null;
    if (found === null) throw unfit(name, expected);
    return found;
  };
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: (value) => {
      if (value instanceof Date) return parse(value.toISOString());
      return parse(value instanceof Uint8Array ? hex(value) : value);
    },
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
  });
}

function bytesFrom(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw unfit('Base64', 'bytes in base64');
  try {
    return fromBase64(value);
  } catch {
    throw unfit('Base64', 'bytes in base64 with padding (RFC 4648 section 4)');
  }
}

function integer64(value: unknown): bigint {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? value.toString() : value;
  if (typeof text !== 'string' || !/^(0|-?[1-9][0-9]{0,18})$/.test(text)) {
    throw unfit('BigInt', 'a whole number in decimal digits');
  }
  const number = BigInt(text);
  if (number < INT64_MIN || number > INT64_MAX) throw unfit('BigInt', 'a whole number of at most 64 bits');
  return number;
}

function unfit(name: string, expected: string): GraphQLError {
  return new GraphQLError(`${name}: expected ${expected}`, { extensions: { code: 'BAD_USER_INPUT' } });
}
