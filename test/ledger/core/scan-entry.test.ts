import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeLeaf,
  encodeOpening,
  fromUtf8,
  type Opening,
  parseOpening,
  utf8,
} from '../../../src/ledger/core/index.js';
import { scanLeaf, scanOpening } from '../../../src/ledger/core/scan-entry.js';
import { leaf, LEAF_TEXT, opening, OPENING_TEXT } from './examples.js';
import { refusal } from './support.js';

const COUNTED: Opening = {
  ...opening,
  counters: [
    { id: 'budget/1', mac: new Uint8Array(32) },
    { id: 'budget/2', mac: new Uint8Array(32).fill(255) },
  ],
};

/** What the frames and values of both formats are made of, and what could be taken for them. */
const PIECES = [
  ...[
    '"',
    '\\"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '{}',
    'null',
    '0',
    '00',
    '-0',
    '-1',
    '1e3',
    '1.0',
    ' ',
    '\n',
  ],
  ...[
    '"op":"',
    ',"op":"a.b"',
    '"id":"',
    '"detail":{}',
    '"detail":null',
    ',"counters":[]',
    '\u0000',
    '\ud83d',
    'é',
  ],
  ...['9007199254740992', '9007199254740991', '\\u0061', 'own', 'delegated', 'service', 'A', '_', '-', '='],
];

/** A text in which pieces were put in place of others, a few times. */
function edited(text: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat({ max: text.length }),
    length: fc.constantFrom(0, 0, 1, 1, 2, 5),
    piece: fc.oneof(fc.constantFrom('', ...PIECES), fc.constantFrom(...text)),
  });
  return fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => {
    let result = text;
    for (const { at, length, piece } of edits)
      result = result.slice(0, at) + piece + result.slice(at + length);
    return result;
  });
}

const formats = [
  { name: 'leaf', text: LEAF_TEXT, again: again(scanLeaf, encodeLeaf) },
  {
    name: 'leaf without an institution',
    text: fromUtf8(encodeLeaf({ ...leaf, institution: null, supersedes: null, content: null })),
    again: again(scanLeaf, encodeLeaf),
  },
  { name: 'opening', text: OPENING_TEXT, again: again(scanOpening, encodeOpening) },
  {
    name: 'opening with counters',
    text: fromUtf8(encodeOpening(COUNTED)),
    again: again(scanOpening, encodeOpening),
  },
  {
    name: 'opening without detail',
    text: fromUtf8(encodeOpening({ ...opening, detail: null })),
    again: again(scanOpening, encodeOpening),
  },
  {
    name: 'opening whose detail looks like what follows it',
    text: fromUtf8(encodeOpening({ ...opening, detail: { a: ',"op":"x.y"', b: { m: 1, op: 'x.y' } } })),
    again: again(scanOpening, encodeOpening),
  },
];

/** The text that the scanned value has by the format's encoder, which refuses all that the general parser refuses. */
function again<T>(scan: (text: string) => T | undefined, encode: (value: T) => Uint8Array) {
  return (text: string): string | undefined => {
    const value = scan(text);
    return value === undefined ? undefined : fromUtf8(encode(value));
  };
}

describe.each(formats)('the scan of a $name', ({ text, again }) => {
  it('takes no text but the one encoding of what it gives', () => {
    fc.assert(
      fc.property(edited(text), (forged) => {
        const scanned = again(forged);
        if (scanned !== undefined) expect(scanned).toBe(forged);
      }),
      { numRuns: 5000 },
    );
  });
});

it.each(formats.slice(0, 5))('a $name is scanned, not left to the general parser', ({ text, again }) => {
  expect(again(text)).toBe(text);
});

it('a detail that is nested too deep is left to the general parser', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  const withDetail = (detail: string): string =>
    fromUtf8(encodeOpening({ ...opening, detail: null })).replace('"detail":null', `"detail":${detail}`);
  expect(scanOpening(withDetail(nested(63)))).toBeDefined();
  expect(scanOpening(withDetail(nested(64)))).toBeUndefined();
});

const THREAD = '{"id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f5061NN","prev":null,"seq":1}';
const threads = (...numbers: number[]): string =>
  `"threads":[${numbers.map((n) => THREAD.replace('NN', String(10 + n))).join(',')}]`;
const withThreads = (...numbers: number[]): string =>
  OPENING_TEXT.replace(/"threads":\[.*\]/, threads(...numbers));

it.each([
  ['no thread', withThreads()],
  ['five threads', withThreads(1, 2, 3, 4, 5)],
  ['a thread twice', withThreads(1, 2, 1)],
  ['a first place behind another', withThreads(1).replace('"prev":null', '"prev":3')],
  ['place 0', withThreads(1).replace('"seq":1', '"seq":0')],
  ['version 0', OPENING_TEXT.replace('"version":2', '"version":0')],
  ['no counters in their list', OPENING_TEXT.replace(',"detail"', ',"counters":[],"detail"')],
  ['a detail that is a list', OPENING_TEXT.replace('{"authority":[1,2]}', '[1,2]')],
])('an opening with %s is taken neither by the scan nor by the parser', (_, text) => {
  expect(text).not.toBe(OPENING_TEXT);
  expect(scanOpening(text)).toBeUndefined();
  expect(refusal(() => parseOpening(utf8(text)))).toBe('INTEGRITY_VIOLATION');
});

it('an opening with one to four threads is scanned', () => {
  for (const numbers of [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    expect(scanOpening(withThreads(...numbers))?.threads).toHaveLength(numbers.length);
});
