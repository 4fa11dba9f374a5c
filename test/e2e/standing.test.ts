/** Request ids, which make a repetition harmless, and standing, which counts at the next request. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, type Records } from './cast.js';
import { everything, expectRefusal, MARKER } from './refusal.js';

let vitrine: TestVitrine;
let records: Records;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
}, 120_000);
afterAll(() => vitrine.stop());

const visit = () => ({
  patient: records['Patient'],
  class: 'AMB',
  status: 'IN_PROGRESS',
  start: '2025-05-01T10:00:00Z',
  note: MARKER,
});

interface Written {
  readonly recordEncounter: {
    readonly repeated: boolean;
    readonly receipt: { readonly index: string };
    readonly encounter: { readonly id: string };
  };
}
const RECEIPT = 'repeated receipt { index request block { height } } encounter { id }';

describe('a request id', () => {
  const record = (who: string, input: object) =>
    vitrine.mutate<Written>(who, 'recordEncounter', { ...input }, RECEIPT);

  it('sent again gets the same receipt, and nothing is written', async () => {
    const input = { ...visit(), requestId: randomUUID() };
    const first = await record('clinician.city', input);
    const before = await everything(vitrine);
    // The order of members and the case of ids aren't content.
    const again = Object.fromEntries(
      Object.entries({ ...input, requestId: input.requestId.toUpperCase() }).reverse(),
    );
    for (const same of [input, again]) {
      const second = await record('clinician.city', same);
      expect(second.data?.recordEncounter).toEqual({ ...first.data?.recordEncounter, repeated: true });
    }
    expect(first.data?.recordEncounter.repeated).toBe(false);
    expect(await everything(vitrine)).toEqual(before);
  });

  it('sent many times at once is written once', async () => {
    const input = { ...visit(), requestId: randomUUID() };
    const size = vitrine.serving.ledger.trusted.size;
    const answers = await Promise.all(Array.from({ length: 8 }, () => record('clinician.city', input)));
    expect(answers.flatMap(({ text, codes }) => (codes.length > 0 ? [text] : []))).toEqual([]);
    expect(new Set(answers.map(({ data }) => data?.recordEncounter.receipt.index)).size).toBe(1);
    expect(vitrine.serving.ledger.trusted.size).toBe(size + 1n);
  });

  it('with other content, or for another mutation, is a conflict that tells nothing of the first', async () => {
    const requestId = randomUUID();
    const first = await record('clinician.city', { ...visit(), requestId });
    expect(first.codes).toEqual([]);
    const before = await everything(vitrine);
    const other = await record('clinician.city', { ...visit(), note: 'other', requestId });
    expectRefusal(other, { code: 'CONFLICT', path: 'input.requestId' });
    expect(other.text).not.toContain(first.data?.recordEncounter.encounter.id);
    const amend = { encounter: records['Encounter'], expectedVersion: 1, requestId };
    const mutation = await vitrine.mutate<object>('clinician.city', 'amendEncounter', amend, 'requestId');
    expectRefusal(mutation, { code: 'CONFLICT', path: 'input.requestId' });
    const batch = { encounters: [visit()], mode: 'EACH', requestId };
    const each = await vitrine.mutate<object>('clinician.city', 'recordEncounters', batch, 'requestId');
    expectRefusal(each, { code: 'CONFLICT', path: 'input.requestId' });
    expect(await everything(vitrine)).toEqual(before);
  });

  it('is its member’s own: another’s, of the same institution too, is another request', async () => {
    const requestId = randomUUID();
    const indexes = [];
    for (const who of ['clinician.city', 'registrar.city', 'clinician.north'])
      indexes.push((await record(who, { ...visit(), requestId })).data?.recordEncounter.receipt.index);
    expect(new Set(indexes).size).toBe(3);
  });

  it('of a refused request is free for the mended one', async () => {
    const requestId = randomUUID();
    const refused = await record('clinician.city', { ...visit(), end: '1999-01-01T00:00:00Z', requestId });
    expectRefusal(refused, { code: 'BAD_USER_INPUT', path: 'input.end' });
    expect((await record('clinician.city', { ...visit(), requestId })).codes).toEqual([]);
  });
});

describe('standing', () => {
  it('that a member lost counts at its next request, and when it is given back too', async () => {
    const enrolled = await vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
      'registrar.city',
      'enrolMember',
      { institution: records['Institution'], subject: 'temp.city', name: 'Temp', roles: ['CLINICIAN'] },
      'member { id }',
    );
    const member = enrolled.data?.enrolMember.member.id;
    const me = () => vitrine.ask<object>('temp.city', '{ me { roles } }');
    expect((await me()).codes).toEqual([]);
    await vitrine.mutate('registrar.city', 'suspendMember', { member, reason: MARKER }, 'requestId');
    const size = vitrine.serving.ledger.trusted.size;
    const write = await vitrine.mutate<object>('temp.city', 'recordEncounter', visit(), 'requestId');
    for (const refused of [await me(), write]) {
      expectRefusal(refused, { code: 'FORBIDDEN' });
      expect(refused.status).toBe(403);
    }
    expect(vitrine.serving.ledger.trusted.size).toBe(size);
    await vitrine.mutate('registrar.city', 'reinstateMember', { member, reason: 'back' }, 'requestId');
    expect((await me()).codes).toEqual([]);
  });

  it.each<[string, object]>([
    ['suspended', { state: 'SUSPENDED' }],
    ['revoked', { state: 'REVOKED' }],
    ['expired', { validUntil: '2020-01-01' }],
    ['not begun', { validFrom: '2199-01-01' }],
  ])(
    'of an institution whose licence is %s is none, for every member, until it is active again',
    async (_what, licence) => {
      const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
        'clinician.harbour',
        '{ me { institution { id } } }',
      );
      const institution = data?.me.institution.id;
      const decide = (facts: object) =>
        vitrine.mutate<object>(
          'regulator.one',
          'changeLicence',
          { institution, licence: { number: 'L', ...facts } },
          'requestId',
        );
      expect((await decide(licence)).codes).toEqual([]);
      const size = vitrine.serving.ledger.trusted.size;
      for (const who of ['clinician.harbour', 'finance.harbour']) {
        const read = await vitrine.ask<object>(who, '{ me { licensed } }');
        const write = await vitrine.mutate<object>(who, 'recordEncounter', visit(), 'requestId');
        for (const refused of [read, write]) expectRefusal(refused, { code: 'LICENCE_INACTIVE' });
      }
      const programme = records['Programme'];
      const pay = { programme, payee: institution, amount: { amount: 1, currency: 'EUR' }, purpose: MARKER };
      const proposal = await vitrine.mutate<object>('regulator.one', 'proposeSubsidy', pay, 'requestId');
      expectRefusal(proposal, { code: 'LICENCE_INACTIVE', path: 'input.payee' });
      expect(vitrine.serving.ledger.trusted.size).toBe(size);
      await decide({});
      expect((await vitrine.ask('clinician.harbour', '{ me { licensed } }')).data).toEqual({
        me: { licensed: true },
      });
    },
  );
});
