import { describe, expect, it } from 'vitest';
import { signVersion, type SignedFor, type VersionToSign } from '../../src/client/index.js';
import { parseStatement, thumbprint } from '../../src/ledger/core/index.js';
import { verifyingKeyOf } from '../../src/ledger/native.js';
import type { RegisteredKey } from '../../src/ledger/index.js';
import { checkStatement, STATEMENT_RULES, type StatementContext } from '../../src/uploads/index.js';
import { idAt, newSigner } from '../support/own-key.js';

const NOW = new Date('2026-06-15T12:00:00.000Z');
const MINUTE = 60_000;
const [MEMBER, INSTITUTION, OTHER, REQUEST] = [1, 2, 3, 4].map(
  (n) => `00000000-0000-4000-8000-00000000000${n}`,
) as [string, string, string, string];
const ORIGIN = 'vitrine.test/log';
const signer = newSigner();
const KEY: RegisteredKey = {
  use: 'own',
  thumbprint: thumbprint(signer.publicKey),
  publicKey: signer.publicKey,
  institution: INSTITUTION,
  member: MEMBER,
  expires: null,
  entry: 5n,
  revoked: null,
  verifier: verifyingKeyOf(signer.publicKey),
};
const VERSION: VersionToSign = {
  op: 'form.define',
  head: {
    kind: 'Form',
    schema: 1,
    id: idAt(NOW),
    version: 1,
    custodian: INSTITUTION,
    patient: null,
    jurisdiction: null,
    label: null,
    retention: null,
  },
  values: { code: 'beds' },
  supersedes: null,
};
const REQUESTED: SignedFor = {
  origin: ORIGIN,
  institution: INSTITUTION,
  requestId: REQUEST,
  issued: NOW,
  life: 10 * MINUTE,
};

function context(over: Partial<StatementContext> = {}, key: Partial<RegisteredKey> = {}): StatementContext {
  return {
    caller: { id: MEMBER, institution: INSTITUTION },
    findKey: (asked) => (asked === KEY.thumbprint ? { ...KEY, ...key } : undefined),
    now: NOW,
    isNamed: (kind) => kind === 'Policy',
    target: { origin: ORIGIN, op: 'form.define', request: REQUEST, part: 0 },
    ...over,
  };
}

const sign = async (version: Partial<VersionToSign> = {}, request: Partial<SignedFor> = {}) =>
  (await signVersion({ ...VERSION, ...version }, { ...REQUESTED, ...request }, signer)).statement;

describe('a statement', () => {
  it('is refused for nothing when all holds', async () => {
    const jws = await sign();
    const { statement } = parseStatement(jws);
    expect(checkStatement(jws, context())).toEqual([]);
    const { content, fields, detail, subject, supersedes } = statement;
    const target = { ...context().target, subject, supersedes };
    expect(checkStatement(jws, context({ target, commitment: { content, fields, detail } }))).toEqual([]);
  });

  it.each<[string, Partial<RegisteredKey>, string | null]>([
    ['is in force', {}, null],
    ["is another member's", { member: OTHER }, 'KEY_OF_ANOTHER'],
    ['is for another institution', { institution: OTHER }, 'KEY_OF_ANOTHER'],
    ['is a delegated one', { use: 'delegated', member: null }, 'KEY_OF_ANOTHER'],
    ['was revoked', { revoked: 9n }, 'KEY_REVOKED'],
    ['expires now', { expires: NOW.toISOString() }, 'KEY_EXPIRED'],
    ['expires later', { expires: '2026-06-15T12:00:00.001Z' }, null],
  ])('stands or falls with its key, which %s', async (_what, key, code) => {
    const refusals = checkStatement(await sign(), context({}, key));
    expect(refusals.map((one) => [one.rule, one.code])).toEqual(code === null ? [] : [['key', code]]);
  });

  it.each<[string, number, string | null]>([
    ['before its issue by 5 minutes', -5 * MINUTE, null],
    ['before its issue by more', -5 * MINUTE - 1, 'STATEMENT_EARLY'],
    ['a moment before its expiry', 10 * MINUTE - 1, null],
    ['at its expiry', 10 * MINUTE, 'STATEMENT_EXPIRED'],
  ])('is held against the clock: %s', async (_what, after, code) => {
    const now = new Date(NOW.getTime() + after);
    const refusals = checkStatement(await sign(), context({ now }));
    expect(refusals.map((one) => [one.rule, one.code])).toEqual(code === null ? [] : [['window', code]]);
  });

  it.each<[string, Partial<VersionToSign>, Partial<SignedFor>, string]>([
    ['log', {}, { origin: 'other.test/log' }, 'origin'],
    ['operation', { op: 'form.retire' }, {}, 'op'],
    ['request', {}, { requestId: OTHER }, 'request'],
    ['part', {}, { part: 1 }, 'part'],
    ['kind', { head: { ...VERSION.head, kind: 'Report' } }, {}, 'subject.kind'],
    ['version', { head: { ...VERSION.head, version: 2 } }, {}, 'subject.version'],
    ['version to replace', { supersedes: new Uint8Array(32) }, {}, 'supersedes'],
    ['record', { head: { ...VERSION.head, id: idAt(new Date(NOW.getTime() + 1)) } }, {}, 'subject.id'],
  ])('is for one %s alone', async (_what, version, request, named) => {
    const { kind, id } = VERSION.head;
    const target = { ...context().target, subject: { kind, id, version: 1 }, supersedes: null };
    const [refusal, ...others] = checkStatement(await sign(version, request), context({ target }));
    expect(refusal).toMatchObject({ rule: 'target', code: 'STATEMENT_MISDIRECTED' });
    expect(refusal?.message).toContain(named);
    expect(others).toEqual([]);
  });

  it.each<[string, string]>([
    ['another version of UUID', '6f1d2c3b-4a59-4876-9b1c-2d3e4f506172'],
    ['an earlier time', idAt(new Date(NOW.getTime() - 5 * MINUTE - 1))],
    ['a later time', idAt(new Date(NOW.getTime() + 5 * MINUTE + 1))],
  ])('names a new record by its own time, not with %s', async (_what, id) => {
    const head = { ...VERSION.head, id };
    expect(checkStatement(await sign({ head }), context())).toMatchObject([
      { code: 'STATEMENT_MISDIRECTED' },
    ]);
    // But of a kind whose ids follow from what its records are about.
    expect(checkStatement(await sign({ head: { ...head, kind: 'Policy' } }), context())).toEqual([]);
    const second = await sign({ head: { ...head, version: 2 } });
    expect(checkStatement(second, context())).toEqual([]);
  });

  it('tells every fault, in the order of the rules, the same each time', async () => {
    const jws = await sign({ op: 'form.retire' }, { institution: OTHER });
    const forged = `${jws.slice(0, -10)}AAAAAAAAAA`;
    const now = new Date(NOW.getTime() + 10 * MINUTE);
    const commitment = { content: null, fields: null, detail: null };
    const asked = context({ now, commitment }, { revoked: 7n });
    const refusals = checkStatement(forged, asked);
    expect(refusals.map(({ rule }) => rule)).toEqual(Object.keys(STATEMENT_RULES));
    expect(checkStatement(forged, asked)).toEqual(refusals);
  });

  it('that is none is refused for that alone', () => {
    expect(checkStatement('a.b.c', context())).toMatchObject([
      { rule: 'signature', code: 'SIGNATURE_INVALID' },
    ]);
  });
});
