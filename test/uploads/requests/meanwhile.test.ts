/** What is committed between the check of a request and its commit: nothing is decided by what no longer holds, and no request has two outcomes. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programmeKind } from '../../../src/finance/index.js';
import { auditLog } from '../../../src/ledger/index.js';
import { uploadIdOf } from '../../../src/uploads/index.js';
import { State } from '../../support/state.js';
import { asked, beforeCommit, refused, submit, valuesOf, type Wish } from './wish.js';

const HOUR = 3600_000;
const TWO = 'form.define';
const WAITS = 'encounter.retract';

let state: State;
beforeAll(async () => {
  state = await State.open({ denials: 1000 });
  await state.enrol('regulator.three', state.ids['ministry'] ?? '', ['REGULATOR']);
  await state.enrol('regulator.four', state.ids['ministry'] ?? '', ['REGULATOR']);
  await policy({ situation: TWO, rule: 'ROLE', role: 'REGULATOR', count: 2 });
  const houses = { rule: 'INSTITUTIONS', institutions: [state.ids['harbour'], state.ids['city']], count: 1 };
  await policy({ situation: WAITS, ...houses, waitSeconds: 3600 });
});
afterAll(() => state.close());

async function policy(terms: object): Promise<void> {
  const input = { ...terms, reason: 'for the test' };
  const by = ['regulator.one', 'regulator.two'] as const;
  const answer = await state.approved(by, 'changePolicy', input, 'requestId');
  expect(answer.codes, answer.messages.join()).toEqual([]);
}

async function accepted(by: string, name: string, input: Record<string, unknown>): Promise<void> {
  const answer = await state.mutate(by, name, input, 'requestId');
  expect(answer.codes, answer.messages.join()).toEqual([]);
}

const endorse = (by: string, upload: string) => state.mutate(by, 'endorseUpload', { upload }, 'requestId');

async function versionOf(type: 'member' | 'institution', id: string | undefined): Promise<number> {
  const { data } = await state.run('regulator.one', `{ ${type}(id: "${id ?? ''}") { version } }`);
  return (data[type] as { version: number }).version;
}

/** Suspends a regulator or lets it be reinstated, by another one. */
async function standing(verb: 'suspendMember' | 'reinstateMember', who: string): Promise<void> {
  const member = state.ids[who];
  const expectedVersion = await versionOf('member', member);
  await accepted('regulator.four', verb, { member, expectedVersion, reason: 'test' });
}

async function licence(institution: string | undefined, to: 'ACTIVE' | 'SUSPENDED'): Promise<void> {
  const expectedVersion = await versionOf('institution', institution);
  const given = { number: 'harbour', state: to };
  await accepted('regulator.four', 'changeLicence', { institution, expectedVersion, licence: given });
}

describe('an endorser who is suspended between check and commit', () => {
  it('doesn’t confirm a request with another’s endorsement', async () => {
    const { id, wish } = await asked(state, 'M-END', { situation: TWO });
    expect((await endorse('regulator.two', id)).codes).toEqual([]);
    beforeCommit(state.system, 'upload.endorse', () => standing('suspendMember', 'regulator.two'));
    expect((await endorse('regulator.three', id)).codes).toEqual([]);
    const { state: at, endorsements } = await valuesOf(state, id);
    expect([at, endorsements.length]).toEqual(['VALIDATING', 2]);
    expect((await refused(submit(state, wish))).message).toContain('1 more of 2 by a REGULATOR');
    // Reinstated it counts again, without another endorsement or a waiting time.
    await standing('reinstateMember', 'regulator.two');
    expect(await submit(state, wish)).toHaveLength(1);
    expect((await valuesOf(state, id)).state).toBe('LOADED');
  });

  it('doesn’t let a confirmed request be loaded', async () => {
    const { id, wish } = await asked(state, 'M-LOAD');
    expect((await endorse('regulator.two', id)).codes).toEqual([]);
    beforeCommit(state.system, 'upload.load', () => standing('suspendMember', 'regulator.two'));
    const error = await refused(submit(state, wish));
    expect([error.code, error.details['rule']]).toEqual(['CONFLICT', 'policy']);
    expect((await valuesOf(state, id)).state).toBe('CONFIRMED');
    await standing('reinstateMember', 'regulator.two');
    expect(await submit(state, wish)).toHaveLength(1);
  });

  it('doesn’t let the end of a waiting time confirm a request; nor does an institution whose licence is suspended', async () => {
    const { id } = await asked(state, 'M-WAIT', { situation: WAITS });
    expect((await endorse('registrar.harbour', id)).codes).toEqual([]);
    state.now = new Date(state.now.getTime() + HOUR);
    beforeCommit(state.system, 'upload.confirm', () => licence(state.ids['harbour'], 'SUSPENDED'));
    await state.system.system.sweep();
    expect((await valuesOf(state, id)).state).toBe('VALIDATING');
    await licence(state.ids['harbour'], 'ACTIVE');
    await state.system.system.sweep();
    expect((await valuesOf(state, id)).state).toBe('CONFIRMED');
  });

  it('and its institution are named by the entries that rest on them', async () => {
    const { id, wish } = await asked(state, 'M-NAMED');
    await endorse('regulator.two', id);
    const { trusted } = state.system.ledger;
    const [loaded] = await submit(state, wish);
    const from = loaded?.index ?? 0n;
    for await (const { opening } of trusted.entries(from + 1n, from + 2n)) {
      expect(opening.op).toBe('upload.load');
      const member = trusted.subject('Member', state.ids['regulator.two'] ?? '')?.index;
      const institution = trusted.subject('Institution', state.ids['ministry'] ?? '')?.index;
      expect(opening.detail?.['authority']).toEqual([Number(member), Number(institution)]);
    }
  });
});

describe('a request of which a copy is denied, by a rule, while another one is on its way', () => {
  const AT_ONCE = { code: 'R-ONE', situation: 'institution.register' };
  const statesOf = async (requestId: string) => {
    const own = uploadIdOf(state.ids['regulator.one'] ?? '', requestId);
    const has = (id: string) => state.system.ledger.trusted.hasSubject('UploadRequest', id);
    const copy = uploadIdOf(state.ids['regulator.one'] ?? '', own);
    return Promise.all([own, copy].map(async (id) => (has(id) ? (await valuesOf(state, id)).state : null)));
  };
  /** Nobody suspends itself: a denial under the request's id. */
  async function deny(requestId: string): Promise<void> {
    const input = { member: state.ids['regulator.one'], expectedVersion: 1, reason: 'x' };
    const answer = await state.mutate('regulator.one', 'suspendMember', input, 'requestId', requestId);
    expect(answer.codes).toEqual(['FORBIDDEN']);
  }
  const programmes = () =>
    state.system.system.store.find(programmeKind, { where: [], first: 100 }).then(({ length }) => length);

  it.each([
    ['in one step', 'programme.create', AT_ONCE],
    ['that must be asked for', 'upload.request', { code: 'R-TWO' }],
  ])('isn’t accepted any more: %s', async (_what, op, wish: Omit<Wish, 'requestId'>) => {
    const requestId = randomUUID();
    const before = await programmes();
    beforeCommit(state.system, op, () => deny(requestId));
    const error = await refused(submit(state, { requestId, ...wish }));
    expect(error.code).toBe('UPLOAD_DENIED');
    expect((await refused(submit(state, { requestId, ...wish }))).code).toBe('UPLOAD_DENIED');
    expect(await statesOf(requestId)).toEqual(['DENIED', null]);
    expect(await programmes()).toBe(before);
  });

  it('stays accepted where it was first: the copy’s denial stands beside it', async () => {
    const requestId = randomUUID();
    const wish = { requestId, ...AT_ONCE };
    let first: unknown;
    beforeCommit(state.system, 'upload.deny', async () => {
      first = await submit(state, wish);
    });
    await deny(requestId);
    expect(await statesOf(requestId)).toEqual([null, 'DENIED']);
    expect(await submit(state, wish)).toMatchObject([{ ...(first as object[])[0], repeated: true }]);
  });

  it('stays asked for where it was first', async () => {
    const wish = { requestId: randomUUID(), code: 'R-ASKED' };
    beforeCommit(state.system, 'upload.deny', () => asked(state, wish.code, wish));
    await deny(wish.requestId);
    expect(await statesOf(wish.requestId)).toEqual(['VALIDATING', 'DENIED']);
  });
});

it('the log of all this verifies', async () => {
  const { database, ledger } = state.system;
  const findings: unknown[] = [];
  const onFinding = (finding: unknown): void => void findings.push(finding);
  await auditLog({ query: database.prisma, keys: ledger.keys, onFinding });
  expect(findings).toEqual([]);
});
