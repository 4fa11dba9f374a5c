import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64url,
  compactJws,
  fromUtf8,
  parseCompactJws,
  sha256,
  signatureInput,
  statementBytes,
  thumbprint,
  utf8,
} from '../../../src/ledger/core/index.js';
import { refusal, signWith, TEST_PUBLIC, TEST_SEED, verify } from './support.js';

const RECORD = '6f1d2c3b-4a59-4876-9b1c-2d3e4f506172';
const REQUEST = '0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01';
// RFC 8037 appendix A.3: the thumbprint of this very key.
const KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

const payload = statementBytes({
  origin: 'vitrine.example/log',
  op: 'encounter.amend',
  subject: { kind: 'Encounter', id: RECORD, version: 2 },
  supersedes: sha256(utf8('s')),
  content: sha256(utf8('c')),
  fields: null,
  detail: null,
  request: REQUEST,
  part: 0,
});
const signature = signWith(TEST_SEED, signatureInput(KID, payload));
const jws = compactJws(KID, payload, signature);
const [, body, end] = jws.split('.') as [string, string, string];

describe('a statement', () => {
  it('has the bytes that another program computed', () => {
    expect(fromUtf8(payload)).toBe(
      '{"content":"Ln0sA6lQeuJl7PW1NWiFpTOTogKdJBOUmXJloaJa78Y","detail":null,"fields":null,"op":"encounter.amend",' +
        '"origin":"vitrine.example/log","part":0,"request":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01",' +
        '"subject":{"id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172","kind":"Encounter","version":2},' +
        '"supersedes":"BDpxh3TFcr2KJa2-sb_NXAJWrhHOz5-cP5JdDlK-r4k","v":1}',
    );
  });
});

describe('a compact JWS', () => {
  it('names its key by the thumbprint of RFC 8037 appendix A.3', () => {
    expect(thumbprint(TEST_PUBLIC)).toBe(KID);
    expect(refusal(() => thumbprint(new Uint8Array(31)))).toBe('INTEGRITY_VIOLATION');
  });

  it('is covered by its signature and comes apart into what was joined', () => {
    const parts = parseCompactJws(jws);
    expect(parts).toEqual({ kid: KID, payload, signingInput: signatureInput(KID, payload), signature });
    expect(verify(TEST_PUBLIC, parts.signingInput, parts.signature)).toBe(true);
  });

  it('begins with its canonical header', () => {
    expect(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).toBe(
      `{"alg":"EdDSA","kid":"${KID}"}`,
    );
  });

  it('comes back for every payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), hash64(), (any, signed) => {
        const parts = parseCompactJws(compactJws(KID, any, signed));
        expect([parts.payload, parts.signature]).toEqual([any, signed]);
      }),
    );
  });

  it.each([
    ['{"alg":"none","kid":"a"}'],
    ['{"alg":"EdDSA"}'],
    ['{"alg":"EdDSA","kid":""}'],
    ['{"alg":"EdDSA", "kid":"a"}'],
    ['{"kid":"a","alg":"EdDSA"}'],
    ['{"alg":"EdDSA","kid":"a","crit":["b64"],"b64":false}'],
    ['{"alg":"EdDSA","kid":"a","typ":"JWT"}'],
    ['{"alg":"EdDSA","kid":"a","kid":"b"}'],
    ['{"alg":"EdDSA","kid":"\\u0061"}'],
    ['{"alg":"EdDSA","kid":1}'],
    ['{"alg":"EdDSA","kid":"'],
    [''],
  ])('is refused with the header %s', (head) => {
    expect(refusal(() => parseCompactJws(`${base64url(utf8(head))}.${body}.${end}`))).toBe(
      'INTEGRITY_VIOLATION',
    );
  });

  it.each([
    ['two parts', jws.slice(0, jws.lastIndexOf('.'))],
    ['four parts', `${jws}.`],
    ['a short signature', jws.slice(0, -2)],
    ['a signature of another last digit', `${jws.slice(0, -1)}${jws.endsWith('B') ? 'C' : 'B'}`],
    ['padding', `${jws}==`],
    ['a space', ` ${jws}`],
    ['nothing', ''],
  ])('is refused with %s', (_what, forged) => {
    expect(refusal(() => parseCompactJws(forged))).toBe('INTEGRITY_VIOLATION');
  });
});

function hash64(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: 64, maxLength: 64 });
}
