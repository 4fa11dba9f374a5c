/** Ed25519: the platform's and the browsers' verification say the same of everything, Wycheproof's cases among it. */
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../../../src/client/index.js';
import { concat, fromHex, utf8, type Verify } from '../../../src/ledger/core/index.js';
import { nativeVerify } from '../../../src/ledger/native.js';
import { readJson, signWith, TEST_PUBLIC, TEST_SEED, vectors } from './support.js';

const BOTH: readonly [string, Verify][] = [
  ['the platform’s', nativeVerify],
  ['the client’s', verifyEd25519],
];
const { Point } = ed25519;
const MESSAGE = utf8('of small things');

interface Wycheproof {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid' | 'acceptable';
    }[];
  }[];
}

function littleEndian(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
}

/** All eight points of small order: multiples of one of order 8. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
const small = Array.from({ length: 8 }, (_, i) => TORSION.multiplyUnsafe(BigInt(i)));

/**
 * A signature for which the cofactored equation holds and the cofactorless one may not: key or nonce moved by a point
 * of small order.
 */
function mixed(keyBy: number, nonceBy: number, secret: bigint, nonce: bigint) {
  const a = (secret % (Point.Fn.ORDER - 1n)) + 1n;
  const r = (nonce % (Point.Fn.ORDER - 1n)) + 1n;
  const publicKey = Point.BASE.multiply(a).add(small[keyBy]!).toBytes();
  const R = Point.BASE.multiply(r).add(small[nonceBy]!).toBytes();
  const k = number(sha512(concat(R, publicKey, MESSAGE))) % Point.Fn.ORDER;
  return { publicKey, signature: concat(R, littleEndian((r + k * a) % Point.Fn.ORDER)) };
}

describe.each(BOTH)('%s verification of Ed25519', (_name, verify) => {
  it('says of every Wycheproof case what it should', (context) => {
    const file = join(vectors(context, 'ed25519'), 'wycheproof_ed25519_test.json');
    const { testGroups, numberOfTests } = readJson<Wycheproof>(file);
    let seen = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        seen++;
        expect(verify(fromHex(publicKey.pk), fromHex(msg), fromHex(sig)), `${tcId}`).toBe(result === 'valid');
      }
    }
    expect(seen).toBe(numberOfTests);
    expect(seen).toBeGreaterThan(100);
  });

  it('holds a good signature, and none with a bit changed in key, message or signature', () => {
    const signature = signWith(TEST_SEED, MESSAGE);
    expect(verify(TEST_PUBLIC, MESSAGE, signature)).toBe(true);
    const flip = (bytes: Uint8Array, bit: number) =>
      bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    for (let bit = 0; bit < 512; bit++)
      expect(verify(TEST_PUBLIC, MESSAGE, flip(signature, bit)), `signature ${bit}`).toBe(false);
    for (let bit = 0; bit < 256; bit++)
      expect(verify(flip(TEST_PUBLIC, bit), MESSAGE, signature), `key ${bit}`).toBe(false);
    for (let bit = 0; bit < 8 * MESSAGE.length; bit++)
      expect(verify(TEST_PUBLIC, flip(MESSAGE, bit), signature), `message ${bit}`).toBe(false);
  });

  it('refuses a scalar that is not below the order', () => {
    const signature = signWith(TEST_SEED, MESSAGE);
    const scalar = number(signature.subarray(32)) + Point.Fn.ORDER;
    expect(verify(TEST_PUBLIC, MESSAGE, concat(signature.subarray(0, 32), littleEndian(scalar)))).toBe(false);
  });

  it('refuses keys and nonces of small order, under which a signature can hold for any text', () => {
    const zero = littleEndian(0n);
    for (const point of small) {
      const key = point.toBytes();
      for (const nonce of small) expect(verify(key, MESSAGE, concat(nonce.toBytes(), zero))).toBe(false);
      expect(verify(TEST_PUBLIC, MESSAGE, concat(key, zero))).toBe(false);
    }
  });

  it.each([
    ['of another number of bytes', TEST_PUBLIC.slice(1)],
    ['no point of the curve', fromHex(`02${'00'.repeat(31)}`)],
    ['of a coordinate above the prime', fromHex(`${'ff'.repeat(31)}7f`)],
    ['the neutral element, by p + 1', fromHex(`ee${'ff'.repeat(30)}7f`)],
    ['zero, by p', fromHex(`ed${'ff'.repeat(31)}`)],
  ])('refuses a key that is %s', (_what, key) => {
    expect(verify(key, MESSAGE, signWith(TEST_SEED, MESSAGE))).toBe(false);
    expect(verify(key, MESSAGE, concat(key.slice(0, 32), littleEndian(0n)))).toBe(false);
  });
});

describe('both verifications', () => {
  it('agree on keys and nonces with a part of small order, where implementations are known to differ', () => {
    const place = fc.nat({ max: 7 });
    const scalar = fc.bigInt({ min: 1n, max: (1n << 252n) - 1n });
    let holds = 0;
    const property = fc.property(place, place, scalar, scalar, (keyBy, nonceBy, secret, nonce) => {
      const { publicKey, signature } = mixed(keyBy, nonceBy, secret, nonce);
      const said = verifyEd25519(publicKey, MESSAGE, signature);
      expect(nativeVerify(publicKey, MESSAGE, signature)).toBe(said);
      if (keyBy === 0 && nonceBy === 0) expect(said).toBe(true);
      if (keyBy === 0 && nonceBy !== 0) expect(said).toBe(false);
      if (said) holds++;
    });
    fc.assert(property, {
      numRuns: 200,
      seed: 11,
      examples: [
        [0, 0, 5n, 7n],
        [0, 4, 5n, 7n],
      ],
    });
    expect(holds).toBeGreaterThan(0);
  });
});
