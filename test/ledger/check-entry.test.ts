import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { checkEntry, type EntryCheck, type VerifiedEntry } from '../../src/ledger/check-entry.js';
import {
  compactJws,
  type Leaf,
  type Opening,
  signatureInput,
  statementBytes,
  thumbprint,
} from '../../src/ledger/core/index.js';
import type { RegisteredKey } from '../../src/ledger/key-registry.js';
import type { LogView } from '../../src/ledger/trusted-state.js';
import { leaf as example, opening as exampleOpening, RECORD, TIME } from './core/examples.js';
import { INSTITUTION, ORIGIN } from './support.js';

/** One entry of an institution's delegated key, on a log that knows that key and nothing else. */
function signedEntry(): { entry: (signature: string) => VerifiedEntry; view: LogView; signature: string } {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = new Uint8Array(
    Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  );
  const key: RegisteredKey = {
    use: 'delegated',
    thumbprint: thumbprint(publicKey),
    publicKey,
    institution: INSTITUTION,
    member: null,
    expires: null,
    entry: 3n,
    revoked: null,
    verifier: pair.publicKey,
  };
  const leaf: Leaf = { ...example, institution: INSTITUTION, supersedes: null, time: TIME };
  const opening: Opening = {
    ...exampleOpening,
    by: { key: key.thumbprint, entry: 3n, mode: 'delegated' },
    subject: { kind: 'Encounter', id: RECORD, version: 1 },
    threads: [{ id: RECORD, seq: 1n, prev: null }],
    detail: null,
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
    request,
    part,
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
