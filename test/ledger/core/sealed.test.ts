import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64url,
  canonical,
  contentHash,
  fieldLeaf,
  fieldsRoot,
  fromUtf8,
  headHash,
  inclusionProof,
  leafHash,
  openPlaintext,
  type SealedFields,
  type SealedHead,
  sealPlaintext,
  sha256,
  utf8,
  verifyInclusion,
} from '../../../src/ledger/core/index.js';
import { refusal } from './support.js';

const head: SealedHead = {
  kind: 'Encounter',
  schema: 1,
  id: '6f1d2c3b-4a59-4876-9b1c-2d3e4f506172',
  version: 2,
  custodian: '0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01',
  patient: null,
  jurisdiction: null,
  label: null,
  retention: '2046-11-22',
};
const values = { reason: 'fièvre', cost: '1250', diagnosis: undefined, tags: ['a', { b: 1 }] };
const salts = (name: string): Uint8Array => sha256(utf8(name)).slice(0, 16);
const sealed = sealPlaintext(head, values, salts);
const opened = openPlaintext(sealed.plaintext);

describe('a sealed record', () => {
  it('has the bytes and commitments that another program computed', () => {
    expect(fromUtf8(sealed.plaintext)).toBe(
      '{"fields":{"cost":{"s":"n4L3s3X0qhvX1Qq-D3YMTA","v":"1250"},"diagnosis":{"s":"tU4rFSwhNfRd_KQsZ-wRyA","v":null},' +
        '"reason":{"s":"j8_M9nWx8L_TncuxMBUFLw","v":"fièvre"},"tags":{"s":"l4wviUE1TPVSgxu4tbZIuw","v":["a",{"b":1}]}},' +
        '"head":{"custodian":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01","id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172",' +
        '"jurisdiction":null,"kind":"Encounter","label":null,"patient":null,"retention":"2046-11-22","schema":1,"version":2}}',
    );
    expect(base64url(sealed.content)).toBe('43rizj7v1Qba_crcJRQX7RQXCmowgc-MO4XUffNXp80');
    expect(base64url(sealed.fields)).toBe('MvFrQJYaOiWyvTbT7AQtspb_KX3WoWe0HFtHLSDVX1M');
  });

  it('opens to its head, salts and values, absent ones null', () => {
    expect(opened.head).toEqual(head);
    expect(opened.fields['diagnosis']).toEqual({ salt: salts('diagnosis'), value: null });
    expect(opened.fields['tags']).toEqual({ salt: salts('tags'), value: ['a', { b: 1 }] });
    expect(contentHash(sealed.plaintext)).toEqual(sealed.content);
    expect(fieldsRoot(opened.head, opened.fields)).toEqual(sealed.fields);
  });

  it('leaves out what the head object carries besides its members', () => {
    const wider = { ...head, secret: 'x' };
    expect(sealPlaintext(wider, values, salts)).toEqual(sealed);
    expect(headHash(wider)).toEqual(headHash(head));
  });

  it('binds its fields to which record and whose it is, and not to what a shown field would give away', () => {
    const root = (over: Partial<SealedHead>) => fieldsRoot({ ...head, ...over }, opened.fields);
    expect(root({ patient: head.id, label: 'psychiatry', retention: null })).toEqual(sealed.fields);
    expect(sealPlaintext({ ...head, label: 'psychiatry' }, values, salts).content).not.toEqual(
      sealed.content,
    );
    for (const over of [
      { kind: 'Patient' },
      { schema: 2 },
      { version: 3 },
      { custodian: null },
      { jurisdiction: 'AT' },
    ])
      expect(root(over)).not.toEqual(sealed.fields);
  });

  it('keeps its fields commitment when a field is erased', () => {
    const { salt, value } = opened.fields['reason'] as { salt: Uint8Array; value: string };
    const hash = leafHash(fieldLeaf(headHash(head), 'reason', salt, value));
    const text = fromUtf8(sealed.plaintext);
    const erased = text.replace('{"s":"j8_M9nWx8L_TncuxMBUFLw","v":"fièvre"}', `{"h":"${base64url(hash)}"}`);
    const after = openPlaintext(utf8(erased));
    expect(after.fields['reason']).toEqual({ erased: hash });
    expect(fieldsRoot(after.head, after.fields)).toEqual(sealed.fields);
    expect(contentHash(utf8(erased))).not.toEqual(sealed.content);
  });

  it('proves one field alone, under its own head and name', () => {
    const names = Object.keys(opened.fields).sort();
    const leaves = names.map((name) =>
      leafHash(fieldLeaf(headHash(head), name, salts(name), value(opened.fields, name))),
    );
    const at = names.indexOf('cost');
    const claim = {
      index: BigInt(at),
      size: BigInt(names.length),
      proof: inclusionProof(leaves, BigInt(at)),
      root: sealed.fields,
    };
    const cost = (over: SealedHead, name: string, shown: string): Uint8Array =>
      leafHash(fieldLeaf(headHash(over), name, salts('cost'), shown));
    expect(
      refusal(() => verifyInclusion({ ...claim, leafHash: cost(head, 'cost', '1250') })),
    ).toBeUndefined();
    for (const wrong of [
      cost(head, 'cost', '1251'),
      cost(head, 'price', '1250'),
      cost({ ...head, version: 3 }, 'cost', '1250'),
    ]) {
      expect(refusal(() => verifyInclusion({ ...claim, leafHash: wrong }))).toBe('INTEGRITY_VIOLATION');
    }
  });

  it('commits to every value, and opens to it', () => {
    const fields = fc.dictionary(
      fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,10}$/),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fields, (any) => {
        const one = sealPlaintext(head, any, salts);
        const again = openPlaintext(one.plaintext);
        expect(Object.keys(again.fields).sort()).toEqual(Object.keys(any).sort());
        for (const name of Object.keys(any)) {
          expect(canonical(value(again.fields, name))).toEqual(canonical(any[name]));
        }
        expect(fieldsRoot(again.head, again.fields)).toEqual(one.fields);
      }),
    );
  });
});

describe('a record that can not be sealed', () => {
  it.each([
    ['a short salt', () => sealPlaintext(head, values, () => new Uint8Array(15))],
    ['a field name with a dot', () => sealPlaintext(head, { 'a.b': 1 }, salts)],
    ['a field named __proto__', () => sealPlaintext(head, JSON.parse('{"__proto__":1}') as object, salts)],
    ['an id that is none', () => sealPlaintext({ ...head, id: 'x' }, values, salts)],
    ['version 0', () => sealPlaintext({ ...head, version: 0 }, values, salts)],
    ['a lone surrogate', () => sealPlaintext(head, { a: '\ud800' }, salts)],
    ['a bigint', () => sealPlaintext(head, { a: 1n }, salts)],
  ])('is refused for %s', (_what, seal) => {
    expect(refusal(seal)).toMatch(/^(INTEGRITY_VIOLATION|BAD_USER_INPUT)$/);
  });
});

describe('a plaintext', () => {
  const text = fromUtf8(sealed.plaintext);
  it.each([
    ['a space', text.replace(':', ': ')],
    ['a further member', text.replace('{"fields"', '{"a":1,"fields"')],
    ['a further head member', text.replace('"version"', '"schemb":1,"version"')],
    ['a head member missing', text.replace('"label":null,', '')],
    [
      'a field with value and hash',
      text.replace('"s":"n4L3s3X0qhvX1Qq-D3YMTA"', `"h":"${'A'.repeat(43)}","s":"n4L3s3X0qhvX1Qq-D3YMTA"`),
    ],
    ['a field without salt', text.replace('"s":"n4L3s3X0qhvX1Qq-D3YMTA",', '')],
    ['a short salt', text.replace('n4L3s3X0qhvX1Qq-D3YMTA', 'n4L3')],
    ['a field twice', text.replace('"cost"', '"cost":{"s":"n4L3s3X0qhvX1Qq-D3YMTA","v":"1"},"cost"')],
    ['no fields', '{"head":{}}'],
    ['nothing', ''],
  ])('is refused with %s', (_what, forged) => {
    expect(forged).not.toBe(text);
    expect(refusal(() => openPlaintext(utf8(forged)))).toBe('INTEGRITY_VIOLATION');
  });
});

function value(fields: SealedFields, name: string) {
  const field = fields[name];
  if (field === undefined || 'erased' in field) throw new Error(`expected the field ${name}`);
  return field.value;
}
