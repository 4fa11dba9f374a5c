import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkEntry, type EntryCheck, type VerifiedEntry } from '../../src/ledger/check-entry.js';
import {
  canonical,
  compactJws,
  type JsonObject,
  type Leaf,
  type Opening,
  sha256,
  signatureInput,
  type Statement,
  statementBytes,
  thumbprint,
} from '../../src/ledger/core/index.js';
import type { RegisteredKey } from '../../src/ledger/key-registry.js';
import type { LogView } from '../../src/ledger/trusted-state.js';
import { leaf as example, opening as exampleOpening, RECORD, TIME } from './core/examples.js';
import { INSTITUTION, ORIGIN } from './support.js';

/** One entry of an institution's delegated key, or of a member's own, on a log that knows that key and nothing else. */
function signedEntry(own?: { stated: Partial<Statement>; time?: string; detail?: JsonObject }): {
  entry: (signature: string) => VerifiedEntry;
  view: LogView;
  signature: string;
} {
  const mode = own === undefined ? 'delegated' : 'own';
  const pair = generateKeyPairSync('ed25519');
  const publicKey = new Uint8Array(
    Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  );
  const key: RegisteredKey = {
    use: mode,
    thumbprint: thumbprint(publicKey),
    publicKey,
    institution: INSTITUTION,
    member: own === undefined ? null : exampleOpening.actor,
    expires: null,
    entry: 3n,
    revoked: null,
    verifier: pair.publicKey,
  };
  const leaf: Leaf = { ...example, institution: INSTITUTION, supersedes: null, time: own?.time ?? TIME };
  const opening: Opening = {
    ...exampleOpening,
    by: { key: key.thumbprint, entry: 3n, mode },
    subject: { kind: 'Encounter', id: RECORD, version: 1 },
    threads: [{ id: RECORD, seq: 1n, prev: null }],
    detail: own?.detail ?? null,
  };
  const { op, subject, request, part } = opening;
  const { content, fields } = leaf;
  const statement = {
    origin: ORIGIN,
    op,
    subject,
    supersedes: null,
    content,
    fields,
    detail: null,
    institution: INSTITUTION,
    issued: null,
    expires: null,
    request,
    part,
    ...own?.stated,
  };
  const payload = statementBytes(statement);
  const signature = compactJws(
    key.thumbprint,
    payload,
    sign(null, signatureInput(key.thumbprint, payload), pair.privateKey),
  );
  const halves = {
    index: 9n,
    leafHash: randomBytes(32),
    leafBytes: randomBytes(1),
    openingBytes: randomBytes(1),
    salt: randomBytes(16),
  };
  return {
    signature,
    entry: (jws) => ({ ...halves, leaf, opening: { ...opening, signature: jws } }),
    view: {
      names: { nameAt: () => undefined, masterKey: () => null, custodianKey: () => 1 },
      subject: () => undefined,
      thread: () => undefined,
      began: () => 0,
      holds: () => false,
      counter: () => undefined,
      key: (asked) => (asked === key.thumbprint ? key : undefined),
    },
  };
}

it.each(['full', 'statement'] as const)(
  'the last digit of a signature has one form alone, whatever is checked of it: %s',
  (signature) => {
    const { entry, view, signature: jws } = signedEntry();
    const check: EntryCheck = { view, origin: ORIGIN, superseded: null, signature };
    expect(checkEntry(entry(jws), check).findings).toStrictEqual([]);
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = digits.indexOf(jws.slice(-1));
    // The digits whose upper two bits are the same decode to the same 64 bytes where a decoder is lenient.
    for (let low = 1; low < 16; low++) {
      const forged = jws.slice(0, -1) + digits.charAt(last + low);
      expect(checkEntry(entry(forged), check).findings).toMatchObject([{ what: 'signature', index: 9n }]);
    }
  },
);

describe("an entry that a member's own key signed", () => {
  const times = { issued: '2026-11-20T12:00:00.000Z', expires: '2026-11-23T12:00:00.000Z' };
  const detail = { authority: [1], input: 'ab', upload: '7' };
  const keys = { keys: [], ...detail };
  const stated = { ...times, detail: sha256(canonical({ keys: [] })) };

  it.each<[string, NonNullable<Parameters<typeof signedEntry>[0]>, string | null]>([
    ['its times around the entry', { stated: times }, null],
    ['what the deployment adds beside', { stated: times, detail }, null],
    ['what the signer says of the detail', { stated, detail: keys }, null],
    ['no times', { stated: {} }, 'expected a statement with times'],
    ['expiry at the moment of the entry', { stated: times, time: times.expires }, 'expired at'],
    ['issue after the entry', { stated: times, time: '2026-11-20T11:54:59.999Z' }, 'after the entry'],
    ['a detail that it leaves out', { stated: times, detail: { keys: [] } }, 'of something else'],
    ['a detail that is not there', { stated, detail }, 'of something else'],
    ['another institution', { stated: { ...times, institution: null } }, 'of something else'],
    ['another origin', { stated: { ...times, origin: 'other.example/log' } }, 'of something else'],
    ['another request', { stated: { ...times, request: RECORD } }, 'of something else'],
    ['another part', { stated: { ...times, part: 1 } }, 'of something else'],
    ['another operation', { stated: { ...times, op: 'encounter.retract' } }, 'of something else'],
    ['another content', { stated: { ...times, content: null } }, 'of something else'],
    ['another version', { stated: { ...times, supersedes: sha256(canonical(1)) } }, 'of something else'],
  ])('with %s', (_what, own, refused) => {
    const { entry, view, signature } = signedEntry(own);
    for (const check of ['full', 'statement'] as const) {
      const { findings } = checkEntry(entry(signature), {
        view,
        origin: ORIGIN,
        superseded: null,
        signature: check,
      });
      expect(findings.map(({ what }) => what)).toEqual(refused === null ? [] : ['signature']);
      expect(findings[0]?.message ?? '').toContain(refused ?? '');
    }
  });

  it('of another signature is refused', () => {
    const { entry, view, signature } = signedEntry({ stated: times });
    const digit = signature.at(-9) === 'A' ? 'B' : 'A';
    const forged = `${signature.slice(0, -9)}${digit}${signature.slice(-8)}`;
    const check: EntryCheck = { view, origin: ORIGIN, superseded: null, signature: 'full' };
    expect(checkEntry(entry(forged), check).findings[0]?.message).toContain("doesn't verify");
  });
});
