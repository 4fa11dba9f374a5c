import { describe, expect, it } from 'vitest';
import { verifyBundle } from '../../../src/client/index.js';
import {
  base64url,
  canonical,
  concat,
  encodeProofBundle,
  fromUtf8,
  type JsonObject,
  parseCanonical,
  parsePolicy,
  parseProofBundle,
  type ProofBundle,
  sha256,
  utf8,
  verifyProofBundle,
} from '../../../src/ledger/core/index.js';
import { nativeVerify } from '../../../src/ledger/native.js';
import { ALL, FIELDS, makeBundle, policyText, RECORD_AT, TIME } from './small-log.js';
import { refusal } from './support.js';

const MADE_AT = '2026-11-24T00:00:00.000Z';
const LATER = '2026-11-24T00:05:00.001Z';
const TIMES = { issued: '2026-11-20T00:00:00.000Z', expires: '2026-11-25T00:00:00.000Z' };
const MEMBER = '00000000-0000-4000-8000-000000000004';
/** An entry that a member signed with a key of its own, days before it was appended. */
const OWN = {
  by: { mode: 'own' },
  key: { use: 'own', member: MEMBER, expires: null },
  stated: TIMES,
} as const;

const whole = makeBundle();
const some = makeBundle({ fields: ['class', 'note'], opening: false });
const verified = (bytes: Uint8Array, policy = ALL) => verifyProofBundle(bytes, policy, nativeVerify);

/** The bundle's JSON with members replaced. */
function changed(over: (json: Record<string, unknown>) => JsonObject, made = whole): Uint8Array {
  return canonical({
    ...(parseCanonical(made.bytes) as JsonObject),
    ...over(JSON.parse(fromUtf8(made.bytes)) as Record<string, unknown>),
  });
}

/** The bundle encoded anew with members replaced. */
const withParts = (over: Partial<ProofBundle>, made = whole) =>
  encodeProofBundle({ ...made.bundle, ...over });

describe('a proof bundle', () => {
  it('proves a whole record: values, place, time, who signed, and under whose checkpoint', () => {
    const proved = verified(whole.bytes);
    expect(Object.keys(proved.fields)).toEqual(FIELDS);
    expect(proved.fields['reason']).toEqual([{ code: 'R50', display: 'Fever' }]);
    expect(proved.head).toEqual(whole.bundle.head);
    expect(proved.entry.index).toBe(BigInt(RECORD_AT));
    expect(proved.entry.leaf.time).toBe('2026-11-24T00:00:00.000Z');
    expect(proved.opening?.op).toBe('encounter.amend');
    expect(proved.signature).toBe('registered');
    expect(proved.checkpoint.size).toBe(11n);
    expect(proved.cosigned).toEqual([
      { name: 'north', time: TIME },
      { name: 'south', time: TIME },
    ]);
  });

  it('proves who signed with a key of its own, and when', () => {
    const proved = verified(makeBundle({ wrong: OWN }).bytes);
    expect(proved.signature).toBe('registered');
    expect(proved.opening).toMatchObject({ actor: MEMBER, by: { mode: 'own' } });
    expect(proved.statement).toMatchObject({ ...TIMES, institution: '00000000-0000-4000-8000-000000000001' });
  });

  it('proves some fields alone, and holds nothing of the others but their salted hashes', () => {
    const proved = verified(some.bytes);
    expect(proved.fields).toEqual({ class: 'AMB', note: 'fièvre' });
    expect(proved.opening).toBeNull();
    expect(proved.signature).toBe('unopened');
    const text = fromUtf8(some.bytes);
    for (const hidden of [
      'Fever',
      'reason',
      'psychiatry',
      '2046',
      base64url(sha256(utf8('salt of end')).slice(0, 16)),
    ])
      expect(text).not.toContain(hidden);
  });

  it('is the same to the browsers’ verification', () => {
    expect(verifyBundle(whole.bytes, policyText())).toEqual(verified(whole.bytes));
    expect(verifyBundle(fromUtf8(some.bytes), ALL)).toEqual(verified(some.bytes));
  });

  it('can be cut down by its holder to fewer fields and without the opening', () => {
    const [first] = whole.bundle.fields;
    const less = withParts({ fields: [first!], opening: null, registration: null });
    expect(verified(less).fields).toEqual({ class: 'AMB' });
  });

  it('proves a valid signature, but not whose, without the key’s registration', () => {
    expect(verified(withParts({ registration: null })).signature).toBe('valid');
  });

  it('has one encoding', () => {
    for (const { bytes, bundle } of [whole, some]) {
      expect(parseProofBundle(bytes)).toEqual(bundle);
      expect(encodeProofBundle(parseProofBundle(bytes))).toEqual(bytes);
    }
  });

  it('needs the quorum of the policy, and the log alone where there is none', () => {
    const half = makeBundle({ witnesses: ['south'] }).bytes;
    expect(refusal(() => verified(half))).toBe('INTEGRITY_VIOLATION');
    expect(verified(half, parsePolicy(policyText('any'))).cosigned).toEqual([{ name: 'south', time: TIME }]);
    const bare = makeBundle({ witnesses: [] }).bytes;
    expect(refusal(() => verified(bare, parsePolicy(policyText('any'))))).toBe('INTEGRITY_VIOLATION');
    expect(verified(bare, parsePolicy(policyText('none'))).cosigned).toEqual([]);
  });
});

const text = fromUtf8(whole.bytes);

describe('bytes that are no proof bundle', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a space behind the end', utf8(`${text} `)],
    ['a newline behind the end', utf8(`${text}\n`)],
    ['a second bundle behind the end', utf8(text + text)],
    ['a space between members', utf8(text.replace('","', '", "'))],
    ['members in another order', utf8(`{"v":1,${text.slice(1, -7)}}`)],
    ['a byte order mark', concat(Uint8Array.of(0xef, 0xbb, 0xbf), whole.bytes)],
    ['an escape that needn’t be', utf8(text.replace('"AMB"', '"\\u0041MB"'))],
    ['a number in another form', utf8(text.replace('"v":1', '"v":1.0'))],
    ['a member more', changed(() => ({ extra: null }))],
    ['another version', changed(() => ({ v: 2 }))],
    ['a member missing', canonical({ v: 1 })],
    ['a member twice', utf8(text.replace('"leaf":', '"leaf":"","leaf":'))],
    ['padded base64', changed((json) => ({ leaf: `${json['leaf'] as string}=` }))],
    ['standard base64', changed(() => ({ leaf: '+/+/' }))],
    [
      'bits behind the end of base64url',
      changed((json) => ({ leaves: looseBits(json['leaves'] as string[]) })),
    ],
    ['a short salt', utf8(text.replace(/"salt":"[^"]{22}"/, '"salt":"AAAA"'))],
    ['no field', changed(() => ({ fields: [] }))],
    ['a field twice', changed((json) => ({ fields: twice(json['fields'] as JsonObject[]) }))],
    ['fields in another order', changed((json) => ({ fields: (json['fields'] as JsonObject[]).reverse() }))],
    ['a field beyond the leaves', changed((json) => ({ leaves: (json['leaves'] as string[]).slice(0, -1) }))],
    ['a registration without an opening', changed(() => ({ opening: null }))],
    [
      'a head with its label',
      changed((json) => ({ head: { ...(json['head'] as JsonObject), label: null } })),
    ],
    ['a list', utf8('[]')],
  ])('are refused with %s', (_what, bytes) => {
    expect(refusal(() => parseProofBundle(bytes))).toBe('INTEGRITY_VIOLATION');
    expect(refusal(() => verified(bytes))).toBe('INTEGRITY_VIOLATION');
  });
});

function twice(fields: JsonObject[]): JsonObject[] {
  return [fields[0]!, ...fields];
}

/** 43 letters of base64url hold 258 bits; the two of them that are no byte's must be zero. */
function looseBits([first = '', ...rest]: string[]): string[] {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return [first.slice(0, -1) + letters[letters.indexOf(first.at(-1)!) + 1], ...rest];
}

describe('a forged proof bundle', () => {
  const [first, ...others] = whole.bundle.fields;
  const other = makeBundle({ wrong: { leaf: { supersedes: 6n } } }).bundle;
  it.each<[string, Uint8Array]>([
    ['another value', withParts({ fields: [{ ...first!, value: 'IMP' }, ...others] })],
    ['another name', withParts({ fields: [{ ...first!, name: 'clasp' }, ...others] })],
    ['another salt', withParts({ fields: [{ ...first!, salt: new Uint8Array(16) }, ...others] })],
    ['a value under another field’s leaf', withParts({ fields: [{ ...first!, index: 1 }] })],
    ['another record’s head', withParts({ head: { ...whole.bundle.head, version: 1 } })],
    ['another custodian', withParts({ head: { ...whole.bundle.head, custodian: null } })],
    ['a leaf more', withParts({ leaves: [...whole.bundle.leaves, new Uint8Array(32)] })],
    ['another record’s entry', withParts({ leaf: other.leaf, opening: null, registration: null })],
    ['another log’s proof', withParts({ proof: other.proof })],
    ['extra data in the proof', withParts({ proof: whole.bundle.proof.replace('\n', '\nextra YQ==\n') })],
    [
      'an opening with another salt',
      withParts({ opening: { ...whole.bundle.opening!, salt: new Uint8Array(16) } }),
    ],
    ['another key', withParts({ opening: { ...whole.bundle.opening!, key: new Uint8Array(32).fill(7) } })],
    [
      'another path of the registration',
      withParts({ registration: { ...whole.bundle.registration!, hashes: [] } }),
    ],
  ])('is refused with %s', (_what, bytes) => {
    expect(refusal(() => verified(bytes))).toBe('INTEGRITY_VIOLATION');
  });
});

describe('a proof bundle of a log that holds what it must not', () => {
  it.each<[string, NonNullable<Parameters<typeof makeBundle>[0]>]>([
    ['an entry about another record', { wrong: { subject: { id: '00000000-0000-4000-8000-00000000abcd' } } }],
    ['an entry about another version', { wrong: { subject: { version: 3 } } }],
    ['an entry about another kind', { wrong: { subject: { kind: 'Patient' } } }],
    ['an entry that replaces a later one', { wrong: { leaf: { supersedes: 9n } } }],
    ['no fields', { wrong: { leaf: { fields: null } } }],
    ['other fields', { wrong: { leaf: { fields: new Uint8Array(32) } } }],
    ['a statement of another operation', { wrong: { stated: { op: 'encounter.record' } } }],
    ['a statement for another log', { wrong: { stated: { origin: 'elsewhere.example/log' } } }],
    ['a statement that replaces nothing', { wrong: { stated: { supersedes: null } } }],
    ['a statement for another institution', { wrong: { stated: { institution: null } } }],
    ['a statement of a detail', { wrong: { stated: { detail: new Uint8Array(32) } } }],
    ['a statement that was void by then', { wrong: { stated: { ...TIMES, expires: MADE_AT } } }],
    ['a statement of later', { wrong: { stated: { issued: LATER, expires: '2026-11-25T00:00:00.000Z' } } }],
    ['a statement with half its times', { wrong: { stated: { issued: TIMES.issued } } }],
    ['an own key’s statement without times', { wrong: { ...OWN, stated: {} } }],
    ['an own key of another member', { wrong: { ...OWN, key: { ...OWN.key, member: null } } }],
    ['an own key that signs as a delegated one', { wrong: { ...OWN, by: { mode: 'delegated' } } }],
    ['a key registered later', { wrong: { by: { entry: 8n } } }],
    ['a key registered elsewhere', { wrong: { by: { entry: 2n } } }],
    ['a mode that isn’t the key’s', { wrong: { by: { mode: 'own' } } }],
    ['a key of another institution', { wrong: { key: { institution: null } } }],
    ['a key that expired', { wrong: { key: { expires: '2026-11-24T00:00:00.000Z' } } }],
  ])('is refused with %s', (_what, wish) => {
    expect(refusal(() => verified(makeBundle(wish).bytes))).toBe('INTEGRITY_VIOLATION');
  });
});
