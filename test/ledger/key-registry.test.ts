import { describe, expect, it } from 'vitest';
import { base64url, type Leaf, type Opening, thumbprint } from '../../src/ledger/core/index.js';
import { KeyRegistry, readKeyNews, refuseKey, type RegisteredKey } from '../../src/ledger/key-registry.js';
import { signingKeyOf, verifyingKeyOf } from '../../src/ledger/native.js';
import { INSTITUTION, MEMBER } from './support.js';

const { publicKey } = signingKeyOf(new Uint8Array(32).fill(7));
const key: RegisteredKey = {
  use: 'own',
  thumbprint: thumbprint(publicKey),
  publicKey,
  institution: INSTITUTION,
  member: MEMBER,
  expires: '2030-01-01T00:00:00.000Z',
  entry: 5n,
  revoked: null,
  verifier: verifyingKeyOf(publicKey),
};
const leaf: Leaf = {
  v: 1,
  time: '2029-12-31T23:59:59.999Z',
  block: 9n,
  institution: INSTITUTION,
  supersedes: null,
  content: null,
  fields: null,
  link: new Uint8Array(32),
};
const opening: Opening = {
  op: 'form.publish',
  actor: MEMBER,
  by: { key: key.thumbprint, entry: 5n, mode: 'own' },
  subject: { kind: 'Form', id: INSTITUTION, version: 1 },
  threads: [{ id: INSTITUTION, seq: 1n, prev: null }],
  request: MEMBER,
  part: 0,
  signature: 'x',
  detail: null,
};
const published = {
  use: 'own',
  thumbprint: key.thumbprint,
  publicKey: base64url(publicKey),
  institution: INSTITUTION,
  member: MEMBER,
  expires: null,
};
const OTHER = '99999999-9999-4999-8999-999999999999';

describe('refuseKey', () => {
  it('lets the registered holder sign until the key expires', () => {
    expect(refuseKey(key, leaf, opening)).toBeNull();
  });

  it.each<[string, RegisteredKey | undefined, Partial<Leaf>, Partial<Opening>]>([
    ['that nobody registered', undefined, {}, {}],
    ['of another entry', key, {}, { by: { ...opening.by, entry: 4n } }],
    ['in another mode', key, {}, { by: { ...opening.by, mode: 'service' } }],
    ['that was revoked', { ...key, revoked: 7n }, {}, {}],
    ['that has expired', key, { time: '2030-01-01T00:00:00.000Z' }, {}],
    ['of another institution', key, { institution: OTHER }, {}],
    ['of another member', key, {}, { actor: OTHER }],
  ])('refuses a key %s', (_, used, leafPart, openingPart) => {
    expect(refuseKey(used, { ...leaf, ...leafPart }, { ...opening, ...openingPart })).toBeTypeOf('string');
  });
});

describe('readKeyNews', () => {
  it('registers and revokes, and the newest key of a holder is the one that stands', () => {
    const registry = new KeyRegistry();
    registry.apply(6n, readKeyNews(6n, { ...opening, detail: { keys: [published] } }, registry.find));
    expect(registry.latest(INSTITUTION, 'own')).toMatchObject({ entry: 6n, revoked: null });
    const revoking = { ...opening, detail: { revokes: [key.thumbprint] } };
    registry.apply(8n, readKeyNews(8n, revoking, registry.find));
    expect(registry.latest(INSTITUTION, 'own')).toBeUndefined();
    expect(registry.find(key.thumbprint)).toMatchObject({ revoked: 8n });
  });

  it.each([
    ['a key that is registered already', { keys: [published] }, key],
    ['a key twice', { keys: [published, published] }, undefined],
    ["the deployment's own key by anyone else", { keys: [{ ...published, use: 'service' }] }, undefined],
    ['a thumbprint of another key', { keys: [{ ...published, thumbprint: 'A'.repeat(43) }] }, undefined],
    ['a revocation of no key', { revokes: [key.thumbprint] }, undefined],
    ['a revocation that is no list', { revokes: key.thumbprint }, key],
  ])('refuses %s', (_, detail, known) => {
    expect(() => readKeyNews(6n, { ...opening, detail }, () => known)).toThrowError(
      expect.objectContaining({ code: 'INTEGRITY_VIOLATION' }) as Error,
    );
  });
});
