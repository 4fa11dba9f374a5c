/**
 * What members sign with keys of their own around a request for permission, over real HTTP: asking, endorsing and loading;
 * and a batch that waits. Nothing of a stranger's, of another request's or of another time is taken.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementSigner } from '../../../src/client/index.js';
import {
  compactJws,
  endorsementBytes,
  signatureInput,
  statementsHash,
  thumbprint,
  type EndorsementText,
} from '../../../src/ledger/core/index.js';
import { uploadIdOf } from '../../../src/uploads/index.js';
import { newSigner } from '../../support/own-key.js';
import { uploadOf } from '../../support/approved.js';
import {
  CARE,
  DAY,
  ids,
  keys,
  logSize,
  must,
  open,
  record,
  revoked,
  sign,
  signedAnew,
  time,
  vitrine,
} from '../signing.js';

beforeAll(async () => {
  await open();
  const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
    'regulator.one',
    '{ me { institution { id } } }',
  );
  const ministry = data?.me.institution.id;
  const second = { institution: ministry, subject: 'regulator.two', name: 'Two', roles: ['REGULATOR'] };
  await must('regulator.one', 'enrolMember', second, 'member');
}, 120_000);
afterAll(() => vitrine.stop());

interface Asked {
  readonly requestUpload: { readonly uploadRequest: { readonly id: string; readonly state: string } };
}

const ask = (requestId: string, statement: string) =>
  vitrine.mutate<Asked>(
    'clinician',
    'requestUpload',
    { requestId, statements: [statement] },
    'uploadRequest { id state }',
  );

const stateOf = async (id: string | undefined) => {
  const query = `{ uploadRequest(id: "${id ?? ''}") { state reasons { code } } }`;
  const { data } = await vitrine.ask<{ uploadRequest: { state: string } }>('clinician', query);
  return data?.uploadRequest.state;
};

describe('what was asked for with one’s own key', () => {
  it('is loaded by the mutation with the same statement, and by nothing that differs in one byte', async () => {
    const { requestId, signed } = await sign({});
    const asked = await ask(requestId, signed.statement);
    const id = asked.data?.requestUpload.uploadRequest.id;
    expect(asked.data?.requestUpload.uploadRequest.state, asked.text).toBe('CONFIRMED');
    const load = (note: string) =>
      vitrine.mutate<{ recordEncounter: { receipt: { entry: { opening: object } } } }>(
        'clinician',
        'recordEncounter',
        { requestId, patient: ids['patient'], ...CARE, note, signed },
        'receipt { entry { opening { mode signature detail } } }',
      );
    const before = await logSize();
    expect((await load('Fevex.')).codes).toEqual(['COMMITMENT_MISMATCH']);
    expect(await logSize()).toBe(before);
    expect(await stateOf(id)).toBe('CONFIRMED');
    const loaded = await load('Fever.');
    expect(loaded.data?.recordEncounter.receipt.entry.opening, loaded.text).toMatchObject({
      mode: 'OWN',
      signature: signed.statement,
      detail: { upload: expect.any(Number) as number },
    });
    expect(await stateOf(id)).toBe('LOADED');
  });

  it('is refused without its signature, and signed anew', async () => {
    const { requestId, signed } = await sign({});
    await ask(requestId, signed.statement);
    const input = { requestId, patient: ids['patient'], ...CARE };
    const bare = await vitrine.mutate('clinician', 'recordEncounter', input, 'requestId');
    expect(bare.codes).toEqual(['COMMITMENT_MISMATCH']);
    // Another statement names another new record.
    expect((await record({ requestId })).codes).toEqual(['STATEMENT_MISDIRECTED']);
  });

  it('is the only open request about its content: DUPLICATE_UPLOAD', async () => {
    const { requestId, signed } = await sign({});
    expect((await ask(requestId, signed.statement)).codes).toEqual([]);
    const other = randomUUID();
    const replayed = await signedAnew(signed, (text) => text.replace(requestId, other));
    const answer = await ask(other, replayed.statement);
    expect(answer.codes, answer.text).toEqual(['DUPLICATE_UPLOAD']);
    expect(answer.text).not.toContain(requestId);
  });
});

describe('under a policy that asks for a colleague', () => {
  beforeAll(async () => {
    const input = {
      requestId: randomUUID(),
      situation: 'encounter.record',
      rule: 'ROLE',
      role: 'CLINICIAN',
      reason: 'two see more',
    };
    const send = () => vitrine.mutate('regulator.one', 'changePolicy', input, 'requestId');
    const upload = uploadOf(await send());
    const endorsed = await vitrine.mutate('regulator.two', 'endorseUpload', { upload }, 'requestId');
    expect(endorsed.codes, endorsed.text).toEqual([]);
    expect((await send()).codes).toEqual([]);
  });

  async function waiting(): Promise<{ id: string; statement: string }> {
    const { requestId, signed } = await sign({});
    const asked = await ask(requestId, signed.statement);
    const { id = '', state } = asked.data?.requestUpload.uploadRequest ?? {};
    expect(state, asked.text).toBe('VALIDATING');
    return { id, statement: signed.statement };
  }

  /** A decision, signed by a key that may be another than it names. */
  async function decision(
    { id, statement }: { id: string; statement: string },
    over: Partial<EndorsementText> = {},
    signer: StatementSigner = keys['colleague'] as StatementSigner,
    named: StatementSigner = signer,
  ): Promise<string> {
    const text: EndorsementText = {
      origin: 'vitrine.test/log',
      decision: 'endorse',
      member: ids['colleague'] ?? '',
      institution: ids['city'] ?? '',
      reasons: [],
      statements: statementsHash([statement]),
      time: new Date(time.now).toISOString(),
      upload: id,
      ...over,
    };
    const kid = thumbprint(named.publicKey);
    const payload = endorsementBytes(text);
    return compactJws(kid, payload, await signer.sign(signatureInput(kid, payload)));
  }

  const endorse = (upload: string, endorsement: string | null, by = 'colleague') =>
    vitrine.mutate<{ endorseUpload: { uploadRequest: object } }>(
      by,
      'endorseUpload',
      { upload, endorsement },
      'uploadRequest { state endorsements { mode memberId signature } }',
    );

  it('an endorsement by one’s own key is taken, and kept as it was signed', async () => {
    const asked = await waiting();
    const jws = await decision(asked);
    const answer = await endorse(asked.id, jws);
    expect(answer.data?.endorseUpload.uploadRequest, answer.text).toEqual({
      state: 'CONFIRMED',
      endorsements: [{ mode: 'OWN', memberId: ids['colleague'], signature: jws }],
    });
  });

  it.each<[string, (asked: { id: string; statement: string }) => Promise<string>, string]>([
    ['unreadable', () => Promise.resolve('e30.e30.e30'), 'SIGNATURE_INVALID'],
    [
      'forged: signed by another key in the member’s name',
      (asked) => decision(asked, {}, newSigner(), keys['colleague']),
      'SIGNATURE_INVALID',
    ],
    ['by a key that nobody registered', (asked) => decision(asked, {}, newSigner()), 'KEY_UNKNOWN'],
    ['by a stranger’s key', (asked) => decision(asked, {}, keys['stranger']), 'KEY_OF_ANOTHER'],
    ['replayed: of another request', async () => decision(await waiting()), 'STATEMENT_MISDIRECTED'],
    [
      're-targeted: this request, other statements',
      ({ id }) => decision({ id, statement: 'other' }),
      'STATEMENT_MISDIRECTED',
    ],
    ['for another log', (asked) => decision(asked, { origin: 'other.test/log' }), 'STATEMENT_MISDIRECTED'],
    ['a refusal, sent as one', (asked) => decision(asked, { decision: 'refuse' }), 'STATEMENT_MISDIRECTED'],
    [
      'for another institution',
      (asked) => decision(asked, { institution: ids['north'] ?? '' }),
      'STATEMENT_MISDIRECTED',
    ],
    [
      'of two days ago',
      (asked) => decision(asked, { time: new Date(time.now - 2 * DAY).toISOString() }),
      'STATEMENT_EXPIRED',
    ],
    [
      'of tomorrow',
      (asked) => decision(asked, { time: new Date(time.now + DAY).toISOString() }),
      'STATEMENT_EARLY',
    ],
  ])('an endorsement is refused and changes nothing: %s', async (_what, make, code) => {
    const asked = await waiting();
    const jws = await make(asked);
    const before = await logSize();
    const answer = await endorse(asked.id, jws);
    expect(answer.codes, answer.text).toEqual([code]);
    expect(await logSize()).toBe(before);
    expect(await stateOf(asked.id)).toBe('VALIDATING');
  });

  it('an endorsement by a key that was replaced is refused', async () => {
    const { signer } = await revoked();
    const asked = await waiting();
    const jws = await decision(asked, { member: ids['rotated'] ?? '' }, signer);
    expect((await endorse(asked.id, jws, 'rotated')).codes).toEqual(['KEY_REVOKED']);
  });

  it('it is listed for whom it awaits, with what it must meet and who met it', async () => {
    const { id } = await waiting();
    const list = async (by: string) => {
      const query = '{ uploadRequests(first: 50, filter: { awaitingMe: true }) { edges { node { id } } } }';
      const { data } = await vitrine.ask<{ uploadRequests: { edges: { node: { id: string } }[] } }>(
        by,
        query,
      );
      return (data?.uploadRequests.edges ?? []).map(({ node }) => node.id);
    };
    expect(await list('colleague')).toContain(id);
    expect(await list('stranger')).toContain(id);
    for (const other of ['clinician', 'reporter', 'regulator.one'])
      expect(await list(other)).not.toContain(id);
    const requirements = async () => {
      const query = `{ uploadRequest(id: "${id}") { requirements { situation rule role count waitSeconds
        institutionIds personId ownCounts policyIndex approvedBy approvals isMet } } }`;
      const { data } = await vitrine.ask<{ uploadRequest: { requirements: object[] } }>('clinician', query);
      return data?.uploadRequest.requirements;
    };
    const asked = {
      situation: 'encounter.record',
      rule: 'ROLE',
      role: 'CLINICIAN',
      count: 1,
      waitSeconds: 0,
      institutionIds: [],
      personId: null,
      ownCounts: false,
      policyIndex: expect.stringMatching(/^\d+$/) as string,
    };
    expect(await requirements()).toEqual([{ ...asked, approvedBy: [], approvals: 0, isMet: false }]);
    await endorse(id, null);
    expect(await requirements()).toEqual([
      { ...asked, approvedBy: [ids['colleague']], approvals: 1, isMet: true },
    ]);
    for (const by of ['colleague', 'stranger']) expect(await list(by)).not.toContain(id);
  });

  const encounters = [0, 1, 2].map((part) => ({ patient: '', ...CARE, note: `Part ${part}` }));
  const batch = (requestId: string, mode: string) => {
    const items = encounters.map((one) => ({ ...one, patient: ids['patient'] }));
    return vitrine.mutate<{
      recordEncounters: { receipts: { index: string }[]; refused: { part: number; code: string }[] };
    }>(
      'clinician',
      'recordEncounters',
      { requestId, mode, encounters: items },
      'receipts { index } refused { part code }',
    );
  };

  it('a batch of which all stand together waits as one request, and is loaded in one block', async () => {
    const requestId = randomUUID();
    const asked = await batch(requestId, 'ALL');
    const upload = uploadOf(asked) ?? '';
    expect(asked.codes).toEqual(['ENDORSEMENT_PENDING']);
    expect((await endorse(upload, null)).codes).toEqual([]);
    const loaded = await batch(requestId, 'ALL');
    const indexes = loaded.data?.recordEncounters.receipts.map(({ index }) => Number(index)) ?? [];
    expect(indexes, loaded.text).toHaveLength(3);
    expect(indexes).toEqual([0, 1, 2].map((more) => (indexes[0] ?? 0) + more));
    expect(await stateOf(upload)).toBe('LOADED');
    const again = await batch(requestId, 'ALL');
    expect(again.data?.recordEncounters.receipts.map(({ index }) => Number(index))).toEqual(indexes);
  });

  it('a batch of which each stands alone waits part by part', async () => {
    const requestId = randomUUID();
    const pending = (parts: readonly number[]) =>
      parts.map((part) => ({ part, code: 'ENDORSEMENT_PENDING' }));
    expect((await batch(requestId, 'EACH')).data?.recordEncounters.refused).toEqual(pending([0, 1, 2]));
    const second = uploadIdOf(ids['clinician'] ?? '', requestId, 1);
    expect((await endorse(second, null)).codes).toEqual([]);
    const loaded = await batch(requestId, 'EACH');
    expect(loaded.data?.recordEncounters.receipts, loaded.text).toHaveLength(1);
    expect(loaded.data?.recordEncounters.refused).toEqual(pending([0, 2]));
    expect(await stateOf(second)).toBe('LOADED');
  });
});
