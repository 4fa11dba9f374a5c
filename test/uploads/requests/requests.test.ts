import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programmeKind, type ProgrammeValues } from '../../../src/finance/index.js';
import { parseEndorsement, parseStatement, VitrineError } from '../../../src/ledger/core/index.js';
import { auditLog } from '../../../src/ledger/index.js';
import { auditRows } from '../../../src/records/index.js';
import { creation, firstHead, uploadIdOf } from '../../../src/uploads/index.js';
import type { OpenSystem } from '../../../src/server/index.js';
import { State } from '../../support/state.js';
import * as wishes from './wish.js';
import { refused, SITUATION } from './wish.js';

const HOUR = 3600_000;

let state: State;
beforeAll(async () => {
  state = await State.open({ denials: 1000, lifetimeMs: 100 * HOUR });
});
afterAll(() => state.close());

const submit = (wish: wishes.Wish) => wishes.submit(state, wish);
const asked = (code: string, more?: Partial<wishes.Wish>) => wishes.asked(state, code, more);
const valuesOf = (id: string) => wishes.valuesOf(state, id);

const SELECTION =
  'uploadRequest { id version state operation situation mode memberId requestId waitsFor mayEndorse reasons { rule code } endorsements { decision memberId mode signature } statements { jws recordId } }';

const endorse = (by: string, upload: string, requestId: string = randomUUID()) =>
  state.mutate(by, 'endorseUpload', { upload }, SELECTION, requestId);
const deny = (by: string, upload: string, reasons: readonly string[] = ['budget']) =>
  state.mutate(by, 'denyUpload', { upload, reasons }, SELECTION);

describe('a change that must be endorsed', () => {
  it('is asked for first: nothing of it is written but what it commits to', async () => {
    const { id, wish, error } = await asked('P-ASK');
    expect(id).toBe(uploadIdOf(state.ids['regulator.one'] ?? '', wish.requestId));
    expect(error.message).toContain('1 more of 1 by a REGULATOR');
    const values = await valuesOf(id);
    expect(values).toMatchObject({
      state: 'VALIDATING',
      operation: 'programme.create',
      situation: SITUATION,
    });
    expect(JSON.stringify(values)).not.toContain('P-ASK');
    expect(JSON.stringify(values)).not.toContain('Waits');
    const { statement } = parseStatement(values.statements[0] ?? '');
    expect(statement).toMatchObject({
      op: 'programme.create',
      request: wish.requestId,
      issued: values.issuedAt,
    });
    expect(await state.run('regulator.one', '{ programmes { edges { node { code } } } }')).not.toContain(
      'P-ASK',
    );
  });

  it('is loaded by the same request once another one endorsed it, byte for byte as it was asked for', async () => {
    const { id, wish } = await asked('P-LOAD');
    const endorsed = await endorse('regulator.two', id);
    expect(endorsed.errors).toEqual([]);
    expect(endorsed.data['endorseUpload']).toMatchObject({
      uploadRequest: { state: 'CONFIRMED', endorsements: [{ decision: 'ENDORSED', mode: 'DELEGATED' }] },
    });
    // Days later: what holds a moment holds that of the asking.
    state.now = new Date(state.now.getTime() + 13 * HOUR);
    const [loaded] = await submit(wish);
    const values = await valuesOf(id);
    expect(values.state).toBe('LOADED');
    const { trusted } = state.system.ledger;
    for await (const { opening, leaf } of trusted.entries(loaded?.index ?? 0n, (loaded?.index ?? 0n) + 2n)) {
      expect(leaf.block).toBe(loaded?.block);
      if (opening.subject.kind === 'UploadRequest') expect(opening.op).toBe('upload.load');
      else {
        expect(opening.signature).toBe(values.statements[0]);
        expect(opening.detail?.['upload']).toBeTypeOf('number');
      }
    }
    expect((await submit(wish))[0]).toMatchObject({ index: loaded?.index, repeated: true });
  });

  it('is refused when a byte of it is another', async () => {
    const { id, wish } = await asked('P-BYTE');
    await endorse('regulator.two', id);
    expect((await refused(submit({ ...wish, title: 'Other' }))).code).toBe('CONFLICT');
    // The same input, from which the pipeline would make something else by now.
    const context = await state.context('regulator.one');
    const error = await refused(
      context.uploads.submit(
        { requestId: wish.requestId, input: { code: 'P-BYTE', title: 'Waits' } },
        (making) => {
          const values: ProgrammeValues = {
            code: 'P-BYTE',
            title: 'Waitt',
            currency: 'EUR',
            budget: '100',
            validFrom: making.moment().toISOString().slice(0, 10),
            validUntil: null,
          };
          const head = firstHead(programmeKind, making.id(), {
            custodian: context.caller?.institution ?? null,
          });
          const permission = { roles: ['REGULATOR'], relations: [] } as const;
          const terms = { op: 'programme.create', permission, licensed: false, situation: SITUATION };
          return Promise.resolve([creation(programmeKind, head, values, terms)]);
        },
      ),
    );
    expect(error.code).toBe('COMMITMENT_MISMATCH');
    expect(error.message).toContain('content');
    expect((await valuesOf(id)).state).toBe('CONFIRMED');
  });

  it('answers the same again while it waits, and writes nothing more', async () => {
    const { id, wish } = await asked('P-AGAIN');
    const { size } = state.system.ledger.trusted;
    expect((await refused(submit(wish))).details['upload']).toBe(id);
    expect(state.system.ledger.trusted.size).toBe(size);
  });

  it('is done at once where the uploader’s own standing suffices', async () => {
    const [done] = await submit({
      requestId: randomUUID(),
      code: 'P-OWN',
      situation: 'institution.register',
    });
    expect(done?.repeated).toBe(false);
  });

  it('is refused for good once it was denied, with the reasons', async () => {
    const { id, wish } = await asked('P-DENY');
    const denied = await deny('regulator.two', id, ['budget', 'purpose']);
    expect(denied.data['denyUpload']).toMatchObject({
      uploadRequest: { state: 'DENIED', reasons: [{ rule: 'budget' }, { rule: 'purpose' }] },
    });
    const error = await refused(submit(wish));
    expect(error.code).toBe('UPLOAD_DENIED');
    expect(error.message).toContain('budget');
    expect((await endorse('regulator.two', id)).codes).toEqual(['UPLOAD_DENIED']);
  });

  it('expires, by whoever comes first: the sweep, the loader, an endorser', async () => {
    const [swept, loaded, endorsed] = [await asked('P-X1'), await asked('P-X2'), await asked('P-X3')];
    state.now = new Date(state.now.getTime() + 101 * HOUR);
    expect((await refused(submit(loaded.wish))).code).toBe('UPLOAD_EXPIRED');
    expect((await endorse('regulator.two', endorsed.id)).codes).toEqual(['UPLOAD_EXPIRED']);
    expect(await state.system.system.sweep()).toBeGreaterThanOrEqual(1);
    for (const { id } of [swept, loaded, endorsed]) expect((await valuesOf(id)).state).toBe('EXPIRED');
  });

  it('expires by the sweep although another one doesn’t verify', async () => {
    // In the order in which they are looked through.
    const [broken, sound] = [await asked('P-S1'), await asked('P-S2')].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (broken === undefined || sound === undefined) throw new Error('two were asked for');
    state.now = new Date(state.now.getTime() + 101 * HOUR);
    const column = (operation: string) =>
      state.tamper(`UPDATE upload SET operation = '${operation}' WHERE id = '${broken.id}'`);
    await column('programme.close');
    await expect(state.system.system.sweep()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    expect((await valuesOf(sound.id)).state).toBe('EXPIRED');
    await column('programme.create');
    await state.system.system.sweep();
    expect((await valuesOf(broken.id)).state).toBe('EXPIRED');
  });

  it('is confirmed by the end of its waiting time, without anyone asking', async () => {
    const { id, wish } = await asked('P-WAIT', { situation: 'institution.amend.account' });
    await endorse('regulator.two', id);
    expect((await valuesOf(id)).state).toBe('VALIDATING');
    const error = await refused(submit(wish));
    expect(error.message).toContain('the waiting time until');
    const { confirmableFrom } = await valuesOf(id);
    expect(error.details['confirmableFrom']).toBe(confirmableFrom);
    expect(error.message).toContain(`isn't confirmed before ${confirmableFrom}`);
    state.now = new Date(state.now.getTime() + 73 * HOUR);
    await state.system.system.sweep();
    expect((await valuesOf(id)).state).toBe('CONFIRMED');
    expect((await submit(wish))[0]?.repeated).toBe(false);
  });
});

describe('an endorsement', () => {
  it('is nobody’s who isn’t named, and never the uploader’s', async () => {
    const { id } = await asked('P-WHO');
    expect((await endorse('regulator.one', id)).codes).toEqual(['FORBIDDEN']);
    // Whoever can't see the request isn't told that there is one.
    expect((await endorse('clinician.city', id)).codes).toEqual(['NOT_FOUND']);
    expect((await endorse('clinician.city', randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await endorse('auditor', id)).codes).toEqual(['FORBIDDEN']);
    expect((await valuesOf(id)).state).toBe('VALIDATING');
  });

  it('is signed, over exactly these statements', async () => {
    const { id } = await asked('P-SIGN');
    const answer = await endorse('regulator.two', id);
    const { uploadRequest } = answer.data['endorseUpload'] as {
      uploadRequest: { endorsements: { signature: string }[] };
    };
    const { endorsement } = parseEndorsement(uploadRequest.endorsements[0]?.signature ?? '');
    expect(endorsement).toMatchObject({
      decision: 'endorse',
      upload: id,
      member: state.ids['regulator.two'],
    });
  });

  const advance = (hours: number) => {
    state.now = new Date(state.now.getTime() + hours * HOUR);
    return state.system.system.sweep();
  };
  const accepted = async (name: string, input: Record<string, unknown>) =>
    expect((await state.mutate('regulator.one', name, input, 'requestId')).codes).toEqual([]);

  it('of a member who was suspended meanwhile counts neither when it is confirmed nor when it is loaded', async () => {
    const { id, wish } = await asked('P-GONE', { situation: 'institution.amend.account' });
    expect((await endorse('regulator.two', id)).codes).toEqual([]);
    const member = state.ids['regulator.two'];
    await accepted('suspendMember', { member, expectedVersion: 1, reason: 'left' });
    await advance(72);
    expect((await refused(submit(wish))).code).toBe('ENDORSEMENT_PENDING');
    await accepted('reinstateMember', { member, expectedVersion: 2, reason: 'back' });
    await advance(0);
    expect((await valuesOf(id)).state).toBe('CONFIRMED');
    await accepted('suspendMember', { member, expectedVersion: 3, reason: 'left' });
    const error = await refused(submit(wish));
    expect([error.code, error.details['rule']]).toEqual(['CONFLICT', 'policy']);
    await accepted('reinstateMember', { member, expectedVersion: 4, reason: 'back' });
    expect(await submit(wish)).toHaveLength(1);
  });

  it('of a member whose institution has lost its licence meanwhile doesn’t count', async () => {
    const institution = state.ids['harbour'];
    const policy = {
      ...{ situation: 'form.define', rule: 'INSTITUTIONS', institutions: [institution], count: 1 },
      ...{ waitSeconds: 3600, reason: 'shared forms' },
    };
    const made = await state.approved(
      ['regulator.one', 'regulator.two'],
      'changePolicy',
      policy,
      'requestId',
    );
    expect(made.codes).toEqual([]);
    const { id, wish } = await asked('P-LICENCE', { situation: 'form.define' });
    expect((await endorse('registrar.harbour', id)).codes).toEqual([]);
    const licence = (at: string) => ({ number: 'harbour', state: at });
    await accepted('changeLicence', { institution, expectedVersion: 1, licence: licence('SUSPENDED') });
    await advance(1);
    const error = await refused(submit(wish));
    expect(error.code).toBe('ENDORSEMENT_PENDING');
    expect(error.message).toContain('1 more of 1 of 1 institutions');
    await accepted('changeLicence', { institution, expectedVersion: 2, licence: licence('ACTIVE') });
    await advance(0);
    expect((await valuesOf(id)).state).toBe('CONFIRMED');
  });

  it('gets the same receipt when it is sent twice', async () => {
    const { id } = await asked('P-TWICE');
    const requestId = randomUUID();
    await endorse('regulator.two', id, requestId);
    const again = await state.mutate('regulator.two', 'endorseUpload', { upload: id }, 'repeated', requestId);
    expect(again.data['endorseUpload']).toEqual({ repeated: true });
  });
});

describe('many at once, by two processes on one database', () => {
  let other: OpenSystem;
  beforeAll(async () => {
    other = await state.another();
  });

  it('ask once', async () => {
    const wish = { requestId: randomUUID(), code: 'P-ONCE' };
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => refused(submit(i % 2 ? { ...wish, at: other } : wish))),
    );
    expect(new Set(all.map(({ code }) => code))).toEqual(new Set(['ENDORSEMENT_PENDING']));
    expect(new Set(all.map(({ details }) => details['upload'])).size).toBe(1);
  });

  it('endorse, deny, load and expire to one outcome', async () => {
    for (let round = 0; round < 4; round++) {
      const { id, wish } = await asked(`P-RACE-${round}`);
      const decide = async (i: number) => {
        const { requests } = await state.context('regulator.two', i % 2 ? other : undefined);
        const input = { requestId: randomUUID(), upload: id };
        return i % 3 === 0 ? requests.deny({ ...input, reasons: ['race'] }) : requests.endorse(input);
      };
      const load = (i: number) => submit({ ...wish, ...(i % 2 ? { at: other } : {}) });
      const tried = await Promise.allSettled([
        ...Array.from({ length: 8 }, (_, i) => decide(i)),
        ...Array.from({ length: 8 }, (_, i) => load(i)),
      ]);
      for (const one of tried)
        if (one.status === 'rejected')
          expect(one.reason, String((one.reason as Error).stack)).toBeInstanceOf(VitrineError);
      const { state: end } = await valuesOf(id);
      expect(['DENIED', 'CONFIRMED', 'LOADED']).toContain(end);
      const after = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => load(i)));
      const loads = after.flatMap((one) => (one.status === 'fulfilled' ? [String(one.value[0]?.index)] : []));
      expect(new Set(loads).size).toBe(end === 'DENIED' ? 0 : 1);
      expect(loads).toHaveLength(end === 'DENIED' ? 0 : 8);
    }
  });

  it('endorse, deny, load and expire to one outcome in the moment in which it ends', async () => {
    for (let round = 0; round < 4; round++) {
      const { id, wish } = await asked(`P-END-${round}`);
      const load = (i: number) => submit({ ...wish, ...(i % 2 ? { at: other } : {}) });
      const decide = async (i: number) => {
        const { requests } = await state.context('regulator.two', i % 2 ? other : undefined);
        const input = { requestId: randomUUID(), upload: id };
        return round > 1 && i % 3 === 0
          ? requests.deny({ ...input, reasons: ['race'] })
          : requests.endorse(input);
      };
      // Each is waited for from the start: it may be refused before the others are begun.
      const begun = Promise.allSettled(Array.from({ length: 6 }, (_, i) => [decide(i), load(i)]).flat());
      await pause(round * 4);
      state.now = new Date(state.now.getTime() + 101 * HOUR);
      const sweeps = [state.system.system.sweep(), other.system.sweep()];
      const ending = Promise.allSettled([...sweeps, ...[0, 1].map(decide)]);
      for (const one of [...(await begun), ...(await ending)])
        if (one.status === 'rejected')
          expect(one.reason, String((one.reason as Error).stack)).toBeInstanceOf(VitrineError);
      await state.system.system.sweep();
      const { state: end } = await valuesOf(id);
      expect(['DENIED', 'LOADED', 'EXPIRED']).toContain(end);
      const after = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => load(i)));
      const loads = after.flatMap((one) => (one.status === 'fulfilled' ? [String(one.value[0]?.index)] : []));
      expect([new Set(loads).size, loads.length]).toEqual(end === 'LOADED' ? [1, 6] : [0, 0]);
    }
  });

  it('expire once, though both sweep and others load', async () => {
    const made = [await asked('P-E1'), await asked('P-E2'), await asked('P-E3')];
    for (const { id } of made) await endorse('regulator.two', id);
    state.now = new Date(state.now.getTime() + 101 * HOUR);
    const tried = await Promise.allSettled([
      ...made.flatMap(({ wish }) => [submit(wish), submit({ ...wish, at: other })]),
      state.system.system.sweep(),
      other.system.sweep(),
    ]);
    for (const one of tried.slice(0, -2)) expect(one.status).toBe('rejected');
    for (const one of tried.slice(-2)) expect(one.status).toBe('fulfilled');
    for (const { id } of made) expect((await valuesOf(id)).state).toBe('EXPIRED');
  });
});

describe('a denial', () => {
  const denied = async (by: string, requestId: string) => {
    const id = uploadIdOf(state.ids[by] ?? '', requestId);
    return { id, values: await valuesOf(id) };
  };

  it('of a signed-in member by a rule is on the log, with rule and code and no value', async () => {
    const requestId = randomUUID();
    const input = { code: 'X-NO', title: 'Secret plan', budget: { amount: '1', currency: 'EUR' } };
    const answer = await state.mutate('clinician.city', 'createProgramme', input, 'requestId', requestId);
    expect(answer.codes).toEqual(['FORBIDDEN']);
    const { id, values } = await denied('clinician.city', requestId);
    expect(values).toMatchObject({
      state: 'DENIED',
      operation: 'programme.create',
      reasons: [{ rule: 'role', code: 'FORBIDDEN' }],
    });
    expect(JSON.stringify(values)).not.toContain('Secret plan');
    const { size } = state.system.ledger.trusted;
    // Again: the rule's own code again, and nothing more is written.
    const again = await state.mutate('clinician.city', 'createProgramme', input, 'requestId', requestId);
    expect(again.codes).toEqual(['FORBIDDEN']);
    expect(state.system.ledger.trusted.size).toBe(size);
    const seen = await state.run('registrar.city', `{ uploadRequest(id: "${id}") { state memberId } }`);
    expect(seen.data['uploadRequest']).toEqual({ state: 'DENIED', memberId: state.ids['clinician.city'] });
    const stranger = await state.run('registrar.harbour', `{ uploadRequest(id: "${id}") { state } }`);
    expect(stranger.data['uploadRequest']).toBeNull();
  });

  it('is none for what is malformed', async () => {
    const { size } = state.system.ledger.trusted;
    const input = { code: '', title: 'x', budget: { amount: '1', currency: 'EUR' } };
    const answer = await state.mutate('regulator.one', 'createProgramme', input, 'requestId');
    expect(answer.codes).toEqual(['BAD_USER_INPUT']);
    expect(state.system.ledger.trusted.size).toBe(size);
  });
});

describe('the list of requests', () => {
  const list = (by: string, filter = '') =>
    state.run(by, `{ uploadRequests(first: 100${filter}) { edges { node { id state operation } } } }`);
  const edges = (answer: Awaited<ReturnType<typeof list>>) =>
    (answer.data['uploadRequests'] as { edges: { node: { id: string; state: string } }[] }).edges;

  it('shows members what their institution asked for, and auditors all', async () => {
    const all = edges(await list('auditor'));
    const city = edges(await list('registrar.city'));
    expect(city.length).toBeGreaterThan(0);
    expect(city.length).toBeLessThan(all.length);
    expect(edges(await list('registrar.harbour'))).toEqual([]);
  });

  it('is narrowed by state and by what the caller asked for', async () => {
    const loaded = edges(await list('regulator.one', ', filter: { state: LOADED, mine: true }'));
    expect(loaded.length).toBeGreaterThan(0);
    for (const { node } of loaded) expect(node.state).toBe('LOADED');
    expect(edges(await list('regulator.two', ', filter: { mine: true }'))).toEqual([]);
  });
});

describe('the log of all this', () => {
  it('verifies from beginning to end', async () => {
    const { database, ledger, system } = state.system;
    const findings: unknown[] = [];
    const onFinding = (finding: unknown): void => void findings.push(finding);
    await auditLog({ query: database.prisma, keys: ledger.keys, onFinding });
    const onProgress = () => undefined;
    await auditRows({ database, ledger, kinds: system.kinds, onFinding, onProgress });
    expect(findings).toEqual([]);
    expect(state.system.ledger.trusted.alarm).toBeUndefined();
  });
});
