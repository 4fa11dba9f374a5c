import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64url,
  type BlockHeader,
  encodeHeader,
  encodeLeaf,
  encodeOpening,
  fromUtf8,
  type JsonObject,
  type Leaf,
  type Opening,
  parseHeader,
  parseLeaf,
  parseOpening,
  utf8,
} from '../../../src/ledger/core/index.js';
import { header, HEADER_TEXT, INSTITUTION, leaf, LEAF_TEXT, opening, OPENING_TEXT } from './examples.js';
import { refusal } from './support.js';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const index = fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) });
const uuid = fc.uuid();
const time = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString());
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });
const anyLeaf: fc.Arbitrary<Leaf> = fc.record({
  v: fc.constant(1 as const),
  time,
  block: index,
  institution: maybe(uuid),
  supersedes: maybe(index),
  content: maybe(hash),
  fields: maybe(hash),
  link: hash,
});
const anyThread = fc.record({ id: uuid, seq: fc.bigInt({ min: 2n, max: 9999n }), prev: index });
const anyOpening: fc.Arbitrary<Opening> = fc.record({
  op: fc.stringMatching(/^[a-z][A-Za-z0-9]{0,20}\.[a-z][A-Za-z0-9]{0,20}$/),
  actor: uuid,
  by: fc.record({
    key: hash.map(base64url),
    entry: index,
    mode: fc.constantFrom('own' as const, 'delegated' as const, 'service' as const),
  }),
  subject: fc.record({ kind: fc.constantFrom('Patient', 'Log'), id: uuid, version: fc.integer({ min: 1 }) }),
  threads: fc.uniqueArray(anyThread, { minLength: 1, maxLength: 4, selector: (thread) => thread.id }),
  request: uuid,
  part: fc.nat(),
  signature: fc.constant(opening.signature),
  detail: maybe(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })) as fc.Arbitrary<JsonObject>),
});
const anyHeader: fc.Arbitrary<BlockHeader> = fc
  .record({
    height: index,
    previous: hash,
    first: fc.nat(),
    more: fc.integer({ min: 1, max: 1000 }),
    root: hash,
    time,
  })
  .map(({ more, first, ...rest }) => ({ v: 1, ...rest, first: BigInt(first), size: BigInt(first + more) }));

/** Every format: an example with its bytes, arbitrary values, encoder and parser. */
const formats = [
  format('leaf', leaf, LEAF_TEXT, anyLeaf, encodeLeaf, parseLeaf),
  format('opening', opening, OPENING_TEXT, anyOpening, encodeOpening, parseOpening),
  format('block header', header, HEADER_TEXT, anyHeader, encodeHeader, parseHeader),
];

function format<T>(
  name: string,
  value: T,
  text: string,
  any: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  parse: (bytes: Uint8Array) => T,
) {
  return {
    name,
    text,
    parse,
    writesExample: () => expect(fromUtf8(encode(value))).toBe(text),
    readsExample: () => expect(parse(utf8(text))).toEqual(value),
    roundTrips: () =>
      fc.assert(fc.property(any, (one) => void expect(plain(parse(encode(one)))).toEqual(plain(one)))),
    /** A byte of an encoding changed: refused, or another value of which these are the one encoding. */
    standsForgery: () =>
      fc.assert(
        fc.property(any, fc.nat(), fc.nat({ max: 255 }), (one, at, byte) => {
          const forged = encode(one).slice();
          forged[at % forged.length] = byte;
          if (refusal(() => parse(forged)) === undefined) expect(encode(parse(forged))).toEqual(forged);
          else expect(refusal(() => parse(forged))).toBe('INTEGRITY_VIOLATION');
        }),
        { numRuns: 500 },
      ),
  };
}

/** fast-check makes objects without prototype, and -0; neither is a difference in JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

describe.each(formats)(
  'a $name',
  ({ text, parse, writesExample, readsExample, roundTrips, standsForgery }) => {
    it('has the bytes that another program computed', () => {
      writesExample();
      readsExample();
    });

    it('comes back from its bytes', roundTrips);

    it('has no second encoding', standsForgery);

    const members = Object.keys(JSON.parse(text) as object);
    it.each(members)('is refused without %s, or with a value of another type', (member) => {
      const value = JSON.parse(text) as Record<string, unknown>;
      const { [member]: _left, ...rest } = value;
      for (const wrong of [
        rest,
        { ...value, [member]: true },
        { ...value, [member]: [[]] },
        { ...value, [member]: -1 },
      ]) {
        const bytes = utf8(sorted(wrong));
        expect(refusal(() => parse(bytes))).toBe('INTEGRITY_VIOLATION');
      }
    });

    it.each([
      ['a space', text.replace(':', ': ')],
      ['a space after it', `${text} `],
      ['a further member', text.replace('{', '{"a":1,')],
      ['a member twice', text.replace(/^\{("[a-z]+":[^,]+),/, '{$1,$1,')],
      ['an array around it', `[${text}]`],
      ['members in another order', reversed(text)],
      ['an escaped letter', text.replace('"v"', String.raw`"\u0076"`).replace('"op"', String.raw`"\u006fp"`)],
      [
        'the time or ids in the other case',
        text.replace('T12', 't12').replace(INSTITUTION, INSTITUTION.toUpperCase()),
      ],
      ['nothing', ''],
      ['null', 'null'],
      ['more than 65,535 bytes', `${text}${' '.repeat(65_536)}`],
    ])('is refused with %s', (_what, forged) => {
      expect(forged).not.toBe(text);
      expect(refusal(() => parse(utf8(forged)))).toBe('INTEGRITY_VIOLATION');
    });
  },
);

function reversed(text: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()));
}

function sorted(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
