import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64,
  base64url,
  concat,
  equal,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  lp,
  sha256,
  u32be,
  u64be,
  utf8,
} from '../../../src/ledger/core/index.js';
import { refusal } from './support.js';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('bytes', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as base64 like RFC 4648 section 10', (text, encoded) => {
    expect(base64(utf8(text))).toBe(encoded);
    expect(fromBase64(encoded)).toEqual(utf8(text));
    expect(base64url(utf8(text))).toBe(encoded.replaceAll('=', ''));
  });

  it('agrees with Node on every text form and reads back what it wrote', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const node = Buffer.from(value);
        expect(hex(value)).toBe(node.toString('hex'));
        expect(base64(value)).toBe(node.toString('base64'));
        expect(base64url(value)).toBe(node.toString('base64url'));
        expect(fromHex(hex(value))).toEqual(value);
        expect(fromBase64(base64(value))).toEqual(value);
        expect(fromBase64url(base64url(value))).toEqual(value);
      }),
    );
  });

  it.each([
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    'Zm8',
    'Zm9v\n',
    ' Zm9v',
    'Zm-v',
    'Zm9v====',
    '=',
    'Z===',
    'Zm9€',
  ])('refuses %j as base64', (text) => {
    expect(refusal(() => fromBase64(text))).toBe('BAD_USER_INPUT');
  });

  it.each(['Zg==', 'Zh', 'Zm9', 'Z', 'Zm+v', 'Zm/v', 'Zm9v ', 'Zm9v\u0100'])(
    'refuses %j as base64url',
    (text) => {
      expect(refusal(() => fromBase64url(text))).toBe('BAD_USER_INPUT');
    },
  );

  it.each(['0', 'AB', '0x', 'ab ', 'zz', 'ab\n'])('refuses %j as hexadecimal digits', (text) => {
    expect(refusal(() => fromHex(text))).toBe('BAD_USER_INPUT');
  });

  it('refuses bytes that are no UTF-8 and keeps a byte order mark', () => {
    expect(refusal(() => fromUtf8(Uint8Array.of(0xc3, 0x28)))).toBe('BAD_USER_INPUT');
    expect(refusal(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)))).toBe('BAD_USER_INPUT');
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it('writes numbers most significant byte first and refuses those that do not fit', () => {
    expect(hex(u32be(0x01020304))).toBe('01020304');
    expect(hex(u32be(0xffffffff))).toBe('ffffffff');
    expect(hex(u64be(0x0102030405060708n))).toBe('0102030405060708');
    for (const wrong of [-1, 1.5, 2 ** 32, Number.NaN])
      expect(refusal(() => u32be(wrong))).toBe('BAD_USER_INPUT');
    for (const wrong of [-1n, 2n ** 64n]) expect(refusal(() => u64be(wrong))).toBe('BAD_USER_INPUT');
    expect(hex(lp(utf8('ab')))).toBe('000000026162');
  });

  it('joins and compares', () => {
    expect(concat(utf8('a'), new Uint8Array(0), utf8('bc'))).toEqual(utf8('abc'));
    expect(equal(utf8('abc'), utf8('abc'))).toBe(true);
    expect(equal(utf8('abc'), utf8('abd'))).toBe(false);
    expect(equal(utf8('abc'), utf8('abcd'))).toBe(false);
  });

  it("hashes like the platform's SHA-256", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
        expect(hex(sha256(value))).toBe(createHash('sha256').update(value).digest('hex'));
      }),
    );
    // FIPS 180-4 example: one block, "abc".
    expect(hex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
