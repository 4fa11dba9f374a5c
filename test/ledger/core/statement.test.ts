import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64url,
  compactJws,
  fromUtf8,
  hex,
  parseCompactJws,
  parseStatement,
  refuseTimes,
  saltsFrom,
  sha256,
  signatureInput,
  statedDetail,
  type Statement,
  statementBytes,
  thumbprint,
  utf8,
} from '../../../src/ledger/core/index.js';
import { nativeHash } from '../../../src/ledger/native.js';
import { refusal, signWith, TEST_PUBLIC, TEST_SEED, verify } from './support.js';

const RECORD = '6f1d2c3b-4a59-4876-9b1c-2d3e4f506172';
const REQUEST = '0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01';
// RFC 8037 appendix A.3: the thumbprint of this very key.
const KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

const STATEMENT: Statement = {
  origin: 'vitrine.example/log',
  op: 'encounter.amend',
  subject: { kind: 'Encounter', id: RECORD, version: 2 },
  supersedes: sha256(utf8('s')),
  content: sha256(utf8('c')),
  fields: null,
  detail: null,
  institution: REQUEST,
  issued: '2026-11-24T08:00:00.000Z',
  expires: '2026-11-25T08:00:00.000Z',
  request: REQUEST,
  part: 0,
};
const payload = statementBytes(STATEMENT);
const signature = signWith(TEST_SEED, signatureInput(KID, payload));
const jws = compactJws(KID, payload, signature);
const [, body, end] = jws.split('.') as [string, string, string];

describe('a statement', () => {
  it('has the bytes that another program computed', () => {
    // Python: json.dumps with sorted keys and no spaces.
    expect(fromUtf8(payload)).toBe(
      '{"content":"Ln0sA6lQeuJl7PW1NWiFpTOTogKdJBOUmXJloaJa78Y","detail":null,"expires":"2026-11-25T08' +
        ':00:00.000Z","fields":null,"institution":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01","issued":"2026-' +
        '11-24T08:00:00.000Z","op":"encounter.amend","origin":"vitrine.example/log","part":0,"request":"' +
        '0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01","subject":{"id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172","k' +
        'ind":"Encounter","version":2},"supersedes":"BDpxh3TFcr2KJa2-sb_NXAJWrhHOz5-cP5JdDlK-r4k","v":1}',
    );
  });

  it('comes back from its JWS as it was', () => {
    expect(parseStatement(jws)).toEqual({ statement: STATEMENT, jws: parseCompactJws(jws) });
    const service: Statement = {
      ...STATEMENT,
      institution: null,
      issued: null,
      expires: null,
      supersedes: null,
    };
    expect(parseStatement(compactJws(KID, statementBytes(service), signature)).statement).toEqual(service);
  });

  it.each<[string, (text: string) => string]>([
    ['a member more', (text) => text.replace(',"v":1', ',"u":1,"v":1')],
    ['a member less', (text) => text.replace('"detail":null,', '')],
    ['another version', (text) => text.replace('"v":1', '"v":2')],
    ['another order', (text) => `{"v":1,${text.slice(1).replace(',"v":1', '')}`],
    ['a space', (text) => text.replace('{', '{ ')],
    ['a member twice', (text) => text.replace('"part":0', '"part":0,"part":0')],
    ['a time without milliseconds', (text) => text.replace('08:00:00.000Z","fields"', '08:00:00Z","fields"')],
    ['a time of no calendar', (text) => text.replace('2026-11-24T', '2026-11-31T')],
    ['a time in another zone', (text) => text.replace('00.000Z","op"', '00.000+00:00","op"')],
    [
      'an institution that is no UUID',
      (text) => text.replace(/"institution":"[^"]*"/, '"institution":"north"'),
    ],
    ['a short hash', (text) => text.replace(/"content":"[^"]*"/, '"content":"AA"')],
    ['no operation', (text) => text.replace('encounter.amend', 'amend')],
    ['version 0', (text) => text.replace('"version":2', '"version":0')],
    ['part -1', (text) => text.replace('"part":0', '"part":-1')],
    ['a subject with a member more', (text) => text.replace('"version":2}', '"version":2,"w":1}')],
    ['nothing but null', () => 'null'],
  ])('is refused with %s', (_what, change) => {
    const text = fromUtf8(payload);
    expect(change(text)).not.toBe(text);
    const forged = compactJws(KID, utf8(change(text)), signature);
    expect(refusal(() => parseStatement(forged))).toBe('INTEGRITY_VIOLATION');
  });
});

describe("a statement's times", () => {
  const [issued, expires] = ['2026-11-24T08:00:00.000Z', '2026-11-25T08:00:00.000Z'];

  it.each<[string, Parameters<typeof refuseTimes>, boolean]>([
    ['the moment of issue', [{ issued, expires }, 'own', issued], true],
    ['the last moment', [{ issued, expires }, 'own', '2026-11-25T07:59:59.999Z'], true],
    ['the moment of expiry', [{ issued, expires }, 'own', expires], false],
    ['a clock that is 5 minutes ahead', [{ issued, expires }, 'own', '2026-11-24T07:55:00.000Z'], true],
    ['a clock that is further ahead', [{ issued, expires }, 'own', '2026-11-24T07:54:59.999Z'], false],
    ['an own key without times', [{ issued: null, expires: null }, 'own', issued], false],
    ['a delegated key without times', [{ issued: null, expires: null }, 'delegated', issued], true],
    ['a delegated key with times', [{ issued, expires }, 'delegated', expires], false],
    ['a time of issue alone', [{ issued, expires: null }, 'delegated', issued], false],
    ['a time of expiry alone', [{ issued: null, expires }, 'delegated', issued], false],
    ['expiry at the issue', [{ issued, expires: issued }, 'own', '2026-11-24T07:59:00.000Z'], false],
    ['31 days', [{ issued, expires: '2026-12-25T08:00:00.000Z' }, 'own', issued], true],
    ['more than 31 days', [{ issued, expires: '2026-12-25T08:00:00.001Z' }, 'own', issued], false],
  ])('with %s', (_what, asked, holds) => {
    expect(refuseTimes(...asked) === null).toBe(holds);
  });
});

describe('salts from a seed', () => {
  // Python: hmac.new(sha256(b"seed"), b"vitrine/salt/v1\0" + name, sha256)[:16].
  const salts = saltsFrom(sha256(utf8('seed')));

  it.each([
    ['start', '97b8d4720b44263e3cb63f81ed5704dd'],
    ['note', 'c17bad45964812f990062ee0d7ba82d1'],
  ])('are what another program computed: %s', (name, expected) => {
    expect(hex(salts(name))).toBe(expected);
    expect(hex(saltsFrom(sha256(utf8('seed')), nativeHash)(name))).toBe(expected);
  });

  it('differ between names and between seeds', () => {
    expect(salts('start')).not.toEqual(salts('note'));
    expect(saltsFrom(sha256(utf8('other')))('start')).not.toEqual(salts('start'));
  });

  it('are had from 32 bytes alone', () => {
    expect(refusal(() => saltsFrom(new Uint8Array(31)))).toBe('INTEGRITY_VIOLATION');
  });
});

describe("what a detail's signer says", () => {
  it.each<[Parameters<typeof statedDetail>[0], string | null]>([
    [null, null],
    [{}, null],
    [{ authority: [1], input: 'x', upload: '7' }, null],
    [{ state: 'ACTIVE', authority: [1], input: 'x' }, '{"state":"ACTIVE"}'],
    [{ revokes: [], keys: [] }, '{"keys":[],"revokes":[]}'],
  ])('is all but what the deployment adds: %j', (detail, stated) => {
    expect(statedDetail(detail)).toBe(stated);
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
