/** The policy of access: set by two regulators, in force at once everywhere, and told for every time. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfTerms, RULES_IN_CODE, rulesText, TERMS_IN_CODE } from '../../src/access/index.js';
import { parseConfig } from '../../src/config.js';
import { createLog, serve, type Serving } from '../../src/server/index.js';
import { approved, uploadOf } from '../support/approved.js';
import { ViewWorld } from './views-world.js';

let world: ViewWorld;
let second: Serving;

const BOTH = ['regulator.one', 'regulator.two'] as const;
const TERMS =
  'index hash rules budgets { role act memberHour memberDay institutionHour institutionDay } thresholds { rule most seconds }';

interface Terms {
  readonly index: string | null;
  readonly hash: string;
  readonly rules: string;
  readonly budgets: readonly { readonly role: string; readonly act: string; readonly memberHour: number }[];
  readonly thresholds: readonly { readonly rule: string; readonly most: number }[];
}

interface Changed {
  readonly setAccessPolicy: {
    readonly policy: { readonly version: number; readonly hash: string };
    readonly receipt: { readonly index: string };
  };
}

function set(input: object, personas: readonly [string, ...string[]] = BOTH) {
  return approved<Changed>(
    world.vitrine,
    personas,
    'setAccessPolicy',
    { reason: 'A test asks for it', ...input },
    'policy { version hash } receipt { index }',
  );
}

async function terms(at?: string): Promise<Terms | undefined> {
  const given = at === undefined ? '' : `(at: "${at}")`;
  const { data } = await world.vitrine.ask<{ accessTerms: Terms }>(
    null,
    `{ accessTerms${given} { ${TERMS} } }`,
  );
  return data?.accessTerms;
}

/** The budgets of the code, with one row changed. */
const withRow = (role: string, act: string, row: object) =>
  TERMS_IN_CODE.budgets.map((one) => (one.role === role && one.act === act ? { ...one, ...row } : one));

beforeAll(async () => {
  world = await ViewWorld.start();
  const { environment } = world.vitrine;
  second = await serve({ config: parseConfig(environment), log: createLog('silent'), clock: world.clock });
});
afterAll(async () => {
  await second.stop();
  await world.stop();
});

describe('the terms of access', () => {
  it('stand in entry 0 while nobody changed them, and anyone may read them', async () => {
    expect(await terms()).toEqual({
      index: '0',
      hash: hashOfTerms(TERMS_IN_CODE),
      rules: rulesText(RULES_IN_CODE),
      budgets: TERMS_IN_CODE.budgets,
      thresholds: TERMS_IN_CODE.thresholds,
    });
    const { data } = await world.vitrine.ask<{ entry: { opening: { detail: { parameters: object } } } }>(
      'auditor',
      '{ entry(index: 0) { opening { detail } } }',
    );
    expect(data?.entry.opening.detail.parameters).toMatchObject({
      access: { hash: hashOfTerms(TERMS_IN_CODE), rules: RULES_IN_CODE },
    });
    expect((await world.vitrine.ask(null, '{ accessPolicy { id } }')).data).toEqual({ accessPolicy: null });
  });
});

describe('setting the policy of access', () => {
  let before = '';
  let first: Changed['setAccessPolicy'] | undefined;

  it('waits for a second regulator, and changes nothing until then', async () => {
    before = world.clock().toISOString();
    const input = { budgets: withRow('REGISTRAR', 'OPENED', { memberHour: 1 }) };
    const asked = await world.vitrine.mutate<Changed>(
      'regulator.one',
      'setAccessPolicy',
      { requestId: randomUUID(), reason: 'A test asks for it', ...input },
      'policy { version }',
    );
    expect(uploadOf(asked)).not.toBeNull();
    expect((await terms())?.index).toBe('0');
    const self = await world.vitrine.mutate<object>(
      'regulator.one',
      'endorseUpload',
      { upload: uploadOf(asked) },
      'requestId',
    );
    expect(self.codes).toEqual(['FORBIDDEN']);
  });

  it('is in force at the next request on every process', async () => {
    const [one, other] = [await world.patient(), await world.patient()];
    expect((await world.look('registrar.north', one, 'COVERAGE')).codes).toEqual([]);
    const { data, text } = await set({ budgets: withRow('REGISTRAR', 'OPENED', { memberHour: 1 }) });
    expect(data, text).not.toBeNull();
    first = data?.setAccessPolicy;
    expect(first?.policy.version).toBe(1);
    const response = await fetch(`${second.address}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await world.vitrine.token('registrar.north')}`,
      },
      body: JSON.stringify({
        query: 'mutation ($input: OpenViewInput!) { openView(input: $input) { receipt { index } } }',
        variables: {
          input: { requestId: randomUUID(), subject: { kind: 'PATIENT', id: other }, purpose: 'COVERAGE' },
        },
      }),
    });
    expect(await response.text()).toContain('BUDGET_EXHAUSTED');
    expect(await terms()).toMatchObject({ index: first?.receipt.index, hash: first?.policy.hash });
  });

  it('takes a whole act away from a role that is left out', async () => {
    const budgets = TERMS_IN_CODE.budgets.filter(({ role }) => role !== 'FINANCE');
    expect((await set({ budgets })).codes).toEqual([]);
    const refused = await world.look('finance.harbour', await world.patient(), 'COVERAGE');
    expect(refused.codes).toEqual(['BUDGET_EXHAUSTED']);
  });

  it('leaves clinicians an emergency, whoever agrees', async () => {
    const none = TERMS_IN_CODE.budgets.filter(({ act }) => act !== 'EMERGENCY');
    for (const budgets of [[], none, withRow('CLINICIAN', 'EMERGENCY', { memberHour: 0 })]) {
      const { codes, errors } = await set({ budgets });
      expect([codes, errors[0]?.extensions.path]).toEqual([['BAD_USER_INPUT'], ['input', 'budgets']]);
    }
  });

  it('is told for every moment since the log began', async () => {
    const thresholds = [{ rule: 'MISSES', most: 3, seconds: 600 }];
    const { data } = await set({ thresholds });
    expect(data?.setAccessPolicy.policy.version).toBe(3);
    expect((await terms())?.thresholds).toEqual(thresholds);
    // What wasn't given stayed.
    expect((await terms())?.budgets.some(({ role }) => role === 'FINANCE')).toBe(false);
    expect(await terms(before)).toMatchObject({ index: '0', hash: hashOfTerms(TERMS_IN_CODE) });
    const { data: told } = await world.vitrine.ask<{
      accessPolicy: { history: { index: string; time: string }[] };
    }>(null, '{ accessPolicy { history { index time } } }');
    const history = told?.accessPolicy.history ?? [];
    const then = history.find(({ index }) => index === first?.receipt.index);
    expect(history.length).toBeGreaterThanOrEqual(2);
    expect(await terms(then?.time)).toMatchObject({ index: first?.receipt.index, hash: first?.policy.hash });
  });

  it('puts the version that decided into the receipt that it charged', async () => {
    const opened = await world.look('registrar.city', await world.patient(), 'COVERAGE');
    const { data } = await world.vitrine.ask<{ entry: { opening: { detail: { authority: number[] } } } }>(
      'auditor',
      `{ entry(index: ${opened.data?.openView.receipt.index ?? ''}) { opening { detail } } }`,
    );
    expect(data?.entry.opening.detail.authority).toContain(Number((await terms())?.index));
  });

  it.each([
    [
      'a role and act twice',
      { budgets: [...TERMS_IN_CODE.budgets, TERMS_IN_CODE.budgets[0]] },
      'BAD_USER_INPUT',
    ],
    [
      'more in an hour than in a day',
      { budgets: withRow('CLINICIAN', 'OPENED', { memberHour: 500 }) },
      'BAD_USER_INPUT',
    ],
    [
      'a rule twice',
      { thresholds: [TERMS_IN_CODE.thresholds[0], TERMS_IN_CODE.thresholds[0]] },
      'BAD_USER_INPUT',
    ],
    ['a window of a second', { thresholds: [{ rule: 'MISSES', most: 3, seconds: 1 }] }, 'BAD_USER_INPUT'],
    ['what are no tables', { rules: '{"matrix":{}}' }, 'BAD_USER_INPUT'],
    ['tables narrower than the server’s', { rules: rulesText({ ...RULES_IN_CODE, open: [] }) }, 'CONFLICT'],
    ['another version than the one that was seen', { expectedVersion: 1 }, 'CONFLICT'],
  ])('refuses %s', async (_what, input, code) => {
    expect((await set(input)).codes).toEqual([code]);
  });

  it.each(['clinician.city', 'auditor', 'finance.harbour'])('isn’t for %s', async (who) => {
    expect((await set({}, [who])).codes).toEqual(['FORBIDDEN']);
  });

  it('takes wider tables of a coming release, which change nothing here, and the server starts again on them', async () => {
    const rules = rulesText({
      ...RULES_IN_CODE,
      roles: { ...RULES_IN_CODE.roles, VENDOR: ['ADMINISTRATIVE'] },
    });
    expect((await set({ rules })).codes).toEqual([]);
    expect((await terms())?.rules).toBe(rules);
    await world.vitrine.restart();
    expect((await terms())?.rules).toBe(rules);
  });
});
