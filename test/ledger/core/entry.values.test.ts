import { describe, expect, it } from 'vitest';
import {
  base64url,
  encodeHeader,
  encodeLeaf,
  encodeOpening,
  headerHash,
  hex,
  type JsonObject,
  type Leaf,
  leafHash,
  linkHash,
  type Opening,
  parseKeys,
  sha256,
  thumbprint,
  utf8,
} from '../../../src/ledger/core/index.js';
import { header, INSTITUTION, leaf, opening, RECORD, TIME } from './examples.js';
import { refusal, TEST_PUBLIC } from './support.js';

describe('hashes', () => {
  it('of leaf, link and header are those that another program computed', () => {
    expect(hex(leafHash(encodeLeaf(leaf)))).toBe(
      'ab16563cac72b00e3db05bce88b00a4e6c03d828e63ba3e7cc793c69d9a9315d',
    );
    expect(
      linkHash(
        Uint8Array.from({ length: 16 }, (_, i) => i),
        encodeOpening(opening),
      ),
    ).toEqual(leaf.link);
    expect(hex(headerHash(encodeHeader(header)))).toBe(
      '8bfac4d3b9e6a360b13573198811041dce2048c9417819c694a34f5e2f74791b',
    );
  });

  it('refuse a salt of another length than 16', () => {
    expect(refusal(() => linkHash(new Uint8Array(15), new Uint8Array(1)))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('values that no entry may have', () => {
  it.each<[string, Partial<Opening>]>([
    ['no thread', { threads: [] }],
    [
      'five threads',
      { threads: [1, 2, 3, 4, 5].map((n) => ({ id: RECORD.replace(/^./, `${n}`), seq: 1n, prev: null })) },
    ],
    ['a thread twice', { threads: [1n, 1n].map((seq) => ({ id: RECORD, seq, prev: null })) }],
    ['a first place with a predecessor', { threads: [{ id: RECORD, seq: 1n, prev: 0n }] }],
    ['a later place without one', { threads: [{ id: RECORD, seq: 2n, prev: null }] }],
    ['place 0', { threads: [{ id: RECORD, seq: 0n, prev: null }] }],
    ['version 0', { subject: { kind: 'Encounter', id: RECORD, version: 0 } }],
    ['half a version', { subject: { kind: 'Encounter', id: RECORD, version: 1.5 } }],
    ['an operation without verb', { op: 'encounter' }],
    ['an empty signature', { signature: '' }],
    ['a lone surrogate in the detail', { detail: { a: '\ud800' } }],
  ])('are refused when encoding an opening: %s', (_what, wrong) => {
    expect(refusal(() => encodeOpening({ ...opening, ...wrong }))).toMatch(
      /^(INTEGRITY_VIOLATION|BAD_USER_INPUT)$/,
    );
  });

  it.each<[string, Partial<Leaf>]>([
    ['a time without milliseconds', { time: '2026-11-22T12:00:00Z' }],
    ['a time with an offset', { time: '2026-11-22T12:00:00.000+00:00' }],
    ['a day that does not exist', { time: '2026-02-30T12:00:00.000Z' }],
    ['a leap second', { time: '2016-12-31T23:59:60.000Z' }],
    ['a short hash', { link: new Uint8Array(31) }],
    ['an index beyond 2^53 - 1', { supersedes: 2n ** 53n }],
    ['a negative height', { block: -1n }],
  ])('are refused when encoding a leaf: %s', (_what, wrong) => {
    expect(refusal(() => encodeLeaf({ ...leaf, ...wrong }))).toMatch(
      /^(INTEGRITY_VIOLATION|LIMIT_EXCEEDED)$/,
    );
  });

  it('are refused when an opening is too long', () => {
    expect(refusal(() => encodeOpening({ ...opening, detail: { a: 'x'.repeat(65_535) } }))).toBe(
      'LIMIT_EXCEEDED',
    );
  });

  it('are refused when a block would be empty', () => {
    expect(refusal(() => encodeHeader({ ...header, size: 8n }))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('registered keys', () => {
  const key = {
    use: 'delegated',
    thumbprint: thumbprint(TEST_PUBLIC),
    publicKey: base64url(TEST_PUBLIC),
    institution: INSTITUTION,
    member: null,
    expires: TIME,
  };

  it('are read from the detail', () => {
    expect(parseKeys({ keys: [key] })).toEqual([{ ...key, publicKey: TEST_PUBLIC }]);
    expect(parseKeys({})).toEqual([]);
    expect(parseKeys(null)).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['a thumbprint of another key', { thumbprint: base64url(sha256(utf8('other'))) }],
    ['a use that is none', { use: 'master' }],
    ['a short key', { publicKey: 'AAAA' }],
    ['an institution that is no id', { institution: 'City Hospital' }],
    ['an expiry that is no time', { expires: 'never' }],
    ['a further member', { seed: 'AAAA' }],
  ])('are refused with %s', (_what, wrong) => {
    expect(refusal(() => parseKeys({ keys: [{ ...key, ...wrong }] }))).toBe('INTEGRITY_VIOLATION');
  });

  it('are refused when they are no list', () => {
    expect(refusal(() => parseKeys({ keys: key }))).toBe('INTEGRITY_VIOLATION');
  });
});
