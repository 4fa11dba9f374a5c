import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VitrineError } from '../../../src/ledger/core/index.js';
import { canonical, fromUtf8, parseCanonical, utf8 } from '../../../src/ledger/core/index.js';
import { refusal, vectors } from './support.js';

const write = (value: unknown): string => fromUtf8(canonical(value));
const float = (bits: string): number => Buffer.from(bits, 'hex').readDoubleBE();
const json = fc.jsonValue({ stringUnit: 'binary' });

describe('canonical', () => {
  it('gives the bytes of the example in RFC 8785 section 3.2.2', () => {
    const source = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(write(JSON.parse(source))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('orders members by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(write(value)) as object)).toHaveLength(7);
    expect(write(value).match(/:(\d)/g)?.join('')).toBe(':2:4:6:7:1:5:3');
  });

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['41b3de4355555555', '333333333.3333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number with the bits %s as %s (RFC 8785 appendix B)', (bits, text) => {
    expect(write(float(bits))).toBe(text);
  });

  it('agrees with another implementation on every JSON value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(write(value)).toBe(canonicalize(value));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a lone surrogate', { a: ['\ud800'] }, ['a', 0]],
    ['a lone low surrogate', { a: 'x\udc00y' }, ['a']],
    ['surrogates the wrong way round', ['\udc00\ud800'], [0]],
    ['a lone surrogate in a name', { '\ud800': 1 }, ['\ud800']],
    ['NaN', { a: { b: Number.NaN } }, ['a', 'b']],
    ['an infinity', [1, -Infinity], [1]],
    ['undefined', { a: undefined }, ['a']],
    ['a hole in an array', [1, , 2], [1]],
    ['a bigint', { a: 1n }, ['a']],
    ['a date', { at: new Date(0) }, ['at']],
    ['a map', new Map(), []],
    ['bytes', new Uint8Array(1), []],
  ])('refuses %s and names its path', (_what, value, path) => {
    expect(refusal(() => canonical(value))).toBe('BAD_USER_INPUT');
    try {
      canonical(value);
    } catch (error) {
      expect((error as VitrineError).inputPath).toEqual(path);
    }
  });

  it('refuses nesting without end instead of ending the stack', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(refusal(() => canonical(circle))).toBe('BAD_USER_INPUT');
    expect(refusal(() => parseCanonical(utf8('['.repeat(100_000) + ']'.repeat(100_000))))).toBe(
      'INTEGRITY_VIOLATION',
    );
  });
});

describe('parseCanonical', () => {
  it('reads back every value that canonical wrote', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonical(parseCanonical(canonical(value)))).toEqual(canonical(value));
      }),
    );
  });

  it.each([
    '',
    ' {}',
    '{} ',
    '{"a": 1}',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"__proto__":1,"__proto__":1}',
    '1.0',
    '1e2',
    '-0',
    '01',
    '"\\u0041"',
    '"\\/"',
    '"\\ud800"',
    '\ufeff{}',
    '[1,]',
    'NaN',
    '9007199254740993',
    '1e400',
  ])('refuses %j', (text) => {
    expect(refusal(() => parseCanonical(utf8(text)))).toBe('INTEGRITY_VIOLATION');
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(refusal(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('INTEGRITY_VIOLATION');
  });

  it('keeps a member named __proto__ as a member', () => {
    expect(write(parseCanonical(utf8('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
  });
});

describe('the shared RFC 8785 vectors', () => {
  it('come out byte for byte', (context) => {
    const folder = vectors(context, 'jcs');
    const names = readdirSync(join(folder, 'input'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const input: unknown = JSON.parse(readFileSync(join(folder, 'input', name), 'utf8'));
      const output = readFileSync(join(folder, 'output', name));
      const digits = readFileSync(join(folder, 'outhex', name.replace('.json', '.txt')), 'utf8');
      expect(Buffer.from(canonical(input)).equals(output), name).toBe(true);
      expect(Buffer.from(canonical(input)).toString('hex'), name).toBe(digits.replaceAll(/\s/g, ''));
      expect(canonical(parseCanonical(new Uint8Array(output))), name).toEqual(new Uint8Array(output));
    }
  });
});
