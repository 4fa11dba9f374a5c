import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, parseCanonicalText } from '../../../src/ledger/core/json.js';
import { scanJson } from '../../../src/ledger/core/scan-json.js';

/** What JSON is made of, and what could be taken for it. */
const PIECES = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '\\u0061', 'null', 'true', 'false', 'nul', ' ', '\n'],
  ...['0', '-0', '00', '01', '-1', '1.0', '1.5', '1e3', '1E3', '999999999999999', '9007199254740993'],
  ...['"a"', '"b"', '"__proto__":1', '"a":1', '"b":[]', '"é"', '"\ud83d\ude00"', '"\ud83d"', '\u0000'],
];

/** Texts that are nearly JSON. */
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom('', ...PIECES), fc.nat({ max: 3 }))
    .map(([text, at, piece, cut]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + piece + text.slice(from + cut);
    }),
);

function parsed(text: string): Json | undefined {
  try {
    return parseCanonicalText(text);
  } catch {
    return undefined;
  }
}

describe('scanJson', () => {
  it('takes no text that the general parser refuses, and gives its value', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const scanned = scanJson(text);
        if (scanned !== undefined) expect(scanned).toEqual(parsed(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    '{"authority":[1,2,30],"input":"00ff"}',
    '{"a":{},"b":[],"c":[null,true,false,-1,0],"d":"é"}',
    'null',
  ])('takes the usual forms: %s', (text) => {
    expect(scanJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['members out of order', '{"b":1,"a":1}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['an escape', '{"a":"\\u0061"}'],
    ['a number in another form', '[1.0]'],
    ['minus zero', '[-0]'],
    ['a space', '[1, 2]'],
    ['text behind the value', '{}{}'],
    ['a comma at the end', '[1,]'],
    ['a name that no assignment makes a member', '{"__proto__":1}'],
    ['nesting beyond its depth', `${'['.repeat(9)}${']'.repeat(9)}`],
  ])('leaves %s to the general parser', (_, text) => {
    expect(scanJson(text)).toBeUndefined();
  });
});
