import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/state.js';
import { State } from '../support/state.js';

const SUBSIDY =
  'subsidy { id version state amount { amount currency } purpose reference reason proposedBy { id } approvedBy { id } }';

interface Subsidy {
  readonly id: string;
  readonly version: number;
  readonly state: string;
}

let state: State;

beforeAll(async () => {
  state = await State.open();
});

afterAll(() => state.close());

let programmes = 0;

/** A programme of its own, so that no test spends another's budget. */
async function programme(budget: bigint, more: object = {}): Promise<string> {
  programmes += 1;
  const input = {
    code: `P${programmes}`,
    title: 'Beds for the north',
    budget: { amount: budget.toString(), currency: 'EUR' },
    ...more,
  };
  const made = await state.mutate('regulator.one', 'createProgramme', input, 'programme { id }');
  expect(made.messages).toEqual([]);
  return (made.data['createProgramme'] as { programme: { id: string } }).programme.id;
}

function propose(subject: string, of: string, amount: bigint, more: object = {}): Promise<Answer> {
  const input = {
    programme: of,
    payee: state.ids['city'],
    amount: { amount: amount.toString(), currency: 'EUR' },
    purpose: 'beds',
    ...more,
  };
  return state.mutate(subject, 'proposeSubsidy', input, SUBSIDY);
}

async function proposed(of: string, amount: bigint): Promise<Subsidy> {
  const answer = await propose('regulator.one', of, amount);
  expect(answer.messages).toEqual([]);
  return (answer.data['proposeSubsidy'] as { subsidy: Subsidy }).subsidy;
}

const EXTRA: Readonly<Record<string, object>> = {
  reject: { reason: 'not now' },
  disburse: { reference: 'RF18' },
};

function step(subject: string, name: string, { id, version }: Subsidy, requestId?: string): Promise<Answer> {
  const input = { subsidy: id, expectedVersion: version, ...EXTRA[name] };
  return state.mutate(subject, `${name}Subsidy`, input, SUBSIDY, requestId);
}

async function taken(subject: string, name: string, subsidy: Subsidy): Promise<Subsidy> {
  const answer = await step(subject, name, subsidy);
  expect(answer.messages).toEqual([]);
  return (answer.data[`${name}Subsidy`] as { subsidy: Subsidy }).subsidy;
}

async function committed(of: string): Promise<string> {
  const { data } = await state.run('regulator.one', `{ programme(id: "${of}") { committed { amount } } }`);
  return (data['programme'] as { committed: { amount: string } }).committed.amount;
}

describe('createProgramme', () => {
  it.each([
    ['0', 'EUR', 'input.budget.amount'],
    ['-5', 'EUR', 'input.budget.amount'],
    ['100', 'EURO', 'input.budget.currency'],
    ['100', 'XAU', 'input.budget.currency'],
  ])('refuses a budget of %s %s', async (amount, currency, path) => {
    const input = { code: 'X', title: 'x', budget: { amount, currency } };
    const refused = await state.mutate('regulator.one', 'createProgramme', input, 'programme { id }');
    expect(refused.codes).toEqual(['BAD_USER_INPUT']);
    expect(refused.errors[0]?.inputPath?.join('.')).toBe(path);
  });

  it.each(['finance.city', 'auditor', 'registrar.city'])('isn’t for %s', async (subject) => {
    const input = { code: 'X', title: 'x', budget: { amount: '1', currency: 'EUR' } };
    expect((await state.mutate(subject, 'createProgramme', input, 'programme { id }')).codes).toEqual([
      'FORBIDDEN',
    ]);
  });
});

describe('a subsidy’s life', () => {
  it('goes from proposal to confirmation, each step a version by who may take it', async () => {
    const of = await programme(1_000_000n);
    const first = await proposed(of, 250_000n);
    expect(first).toMatchObject({
      version: 1,
      state: 'PROPOSED',
      proposedBy: { id: state.ids['regulator.one'] },
    });
    expect(await committed(of)).toBe('0');
    const second = await taken('regulator.two', 'approve', first);
    expect(second).toMatchObject({
      version: 2,
      state: 'APPROVED',
      approvedBy: { id: state.ids['regulator.two'] },
    });
    expect(await committed(of)).toBe('250000');
    const third = await taken('regulator.two', 'disburse', second);
    expect(third).toMatchObject({ version: 3, state: 'DISBURSED', reference: 'RF18' });
    const fourth = await taken('finance.city', 'confirm', third);
    expect(fourth).toMatchObject({ version: 4, state: 'CONFIRMED' });
    const { data } = await state.run('finance.city', `{ subsidy(id: "${first.id}") { account { iban } } }`);
    expect(data['subsidy']).toEqual({ account: { iban: 'DE89370400440532013000' } });
    expect(await committed(of)).toBe('250000');
  });

  it('may end in a rejection, which commits nothing', async () => {
    const of = await programme(100n);
    const rejected = await taken('regulator.two', 'reject', await proposed(of, 100n));
    expect(rejected).toMatchObject({ state: 'REJECTED', reason: 'not now' });
    expect(await committed(of)).toBe('0');
    expect((await step('regulator.two', 'approve', rejected)).codes).toEqual(['CONFLICT']);
  });

  it('refuses the proposer’s own approval', async () => {
    const subsidy = await proposed(await programme(100n), 1n);
    expect((await step('regulator.one', 'approve', subsidy)).codes).toEqual(['FORBIDDEN']);
  });

  it('refuses steps out of order, naming the state', async () => {
    const subsidy = await proposed(await programme(100n), 1n);
    const refused = await step('regulator.two', 'disburse', subsidy);
    expect(refused.codes).toEqual(['CONFLICT']);
    expect(refused.errors[0]?.details).toEqual({ state: 'PROPOSED' });
  });

  it('refuses a second payment', async () => {
    const approved = await taken('regulator.two', 'approve', await proposed(await programme(100n), 1n));
    const paid = await taken('regulator.one', 'disburse', approved);
    expect((await step('regulator.one', 'disburse', approved)).codes).toEqual(['CONFLICT']);
    expect((await step('regulator.one', 'disburse', paid)).codes).toEqual(['CONFLICT']);
  });

  it('gives the same request the same receipt and moves nothing again', async () => {
    const of = await programme(100n);
    const subsidy = await proposed(of, 60n);
    const request = '01890a5d-ac96-774b-bcce-b302099a8058';
    expect((await step('regulator.two', 'approve', subsidy, request)).codes).toEqual([]);
    expect((await step('regulator.two', 'approve', subsidy, request)).codes).toEqual([]);
    expect(await committed(of)).toBe('60');
  });

  it.each([
    ['approve', 'finance.city'],
    ['approve', 'auditor'],
    ['reject', 'finance.city'],
    ['disburse', 'finance.city'],
    ['confirm', 'regulator.one'],
    ['confirm', 'finance.harbour'],
    ['confirm', 'reporter.city'],
  ])('doesn’t let %s be done by %s', async (name, subject) => {
    const of = await programme(100n);
    let subsidy = await proposed(of, 1n);
    if (name !== 'approve' && name !== 'reject') subsidy = await taken('regulator.two', 'approve', subsidy);
    if (name === 'confirm') subsidy = await taken('regulator.two', 'disburse', subsidy);
    expect((await step(subject, name, subsidy)).codes).toEqual(['FORBIDDEN']);
  });
});

describe('concurrent steps', () => {
  it('never overspend a budget', async () => {
    const of = await programme(100n);
    const subsidies: Subsidy[] = [];
    for (let n = 0; n < 12; n++) subsidies.push(await proposed(of, 30n));
    const answers = await Promise.all(subsidies.map((subsidy) => step('regulator.two', 'approve', subsidy)));
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(3);
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['CONFLICT']));
    expect(await committed(of)).toBe('90');
  });

  it.each(['approve', 'disburse'])('take %s once', async (name) => {
    const of = await programme(1000n);
    let subsidy = await proposed(of, 100n);
    if (name === 'disburse') subsidy = await taken('regulator.two', 'approve', subsidy);
    const answers = await Promise.all(Array.from({ length: 8 }, () => step('regulator.two', name, subsidy)));
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['CONFLICT']));
    expect(await committed(of)).toBe('100');
  });

  it('let one of approval and rejection pass', async () => {
    const subsidy = await proposed(await programme(1000n), 100n);
    const answers = await Promise.all([
      step('regulator.two', 'approve', subsidy),
      step('regulator.one', 'reject', subsidy),
    ]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
  });
});

describe('proposeSubsidy', () => {
  it('refuses another currency, nothing, the payer itself and a payee without account', async () => {
    const of = await programme(100n);
    const amount = (value: string, currency: string) => ({ amount: { amount: value, currency } });
    expect((await propose('regulator.one', of, 1n, amount('1', 'USD'))).codes).toEqual(['BAD_USER_INPUT']);
    expect((await propose('regulator.one', of, 0n)).codes).toEqual(['BAD_USER_INPUT']);
    expect((await propose('regulator.one', of, 1n, { payee: state.ids['ministry'] })).codes).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect((await propose('regulator.one', of, 1n, { payee: state.ids['harbour'] })).codes).toEqual([
      'CONFLICT',
    ]);
    expect((await propose('regulator.one', of, 1n, { payee: of })).codes).toEqual(['NOT_FOUND']);
  });

  it.each(['finance.city', 'auditor', 'reporter.city'])('isn’t for %s', async (subject) => {
    expect((await propose(subject, await programme(100n), 1n)).codes).toEqual(['FORBIDDEN']);
  });

  it('refuses a programme that hasn’t begun or is over', async () => {
    const future = await programme(100n, { validFrom: '2026-07-01' });
    const over = await programme(100n, { validFrom: '2025-01-01', validUntil: '2026-06-14' });
    for (const of of [future, over])
      expect((await propose('regulator.one', of, 1n)).codes).toEqual(['CONFLICT']);
  });
});

describe('subsidies', () => {
  const LIST =
    '{ subsidies(first: 1) { edges { node { state payee { name } amount { amount } account { iban } } } } }';

  it.each([
    ['regulator.one', ['FORBIDDEN']],
    ['finance.city', []],
    ['finance.harbour', ['FORBIDDEN', 'VIEW_ONLY']],
    ['auditor', ['FORBIDDEN', 'VIEW_ONLY']],
    ['clinician.city', ['FORBIDDEN', 'FORBIDDEN']],
  ])('are listed by %s, amounts and account as the matrix says', async (subject, codes) => {
    const { data, codes: got } = await state.run(subject, LIST);
    expect([...got].sort()).toEqual(codes);
    expect((data['subsidies'] as { edges: object[] }).edges[0]).toMatchObject({
      node: { payee: { name: 'city' } },
    });
  });

  it.each([
    ['regulator.one', '', null],
    ['finance.city', '', 'FORBIDDEN'],
    ['finance.city', 'filter: { payee: "CITY" },', null],
    ['finance.city', 'filter: { payee: "HARBOUR" },', 'FORBIDDEN'],
    ['finance.harbour', 'filter: { payee: "CITY" },', 'FORBIDDEN'],
    ['reporter.city', 'filter: { payee: "CITY" },', 'FORBIDDEN'],
    ['auditor', '', 'FORBIDDEN'],
  ])('are ordered by amount for %s with %j exactly when it may copy each', async (subject, filter, code) => {
    const named = filter
      .replace('CITY', state.ids['city'] ?? '')
      .replace('HARBOUR', state.ids['harbour'] ?? '');
    const source = `{ subsidies(${named} orderBy: { field: AMOUNT, direction: DESC }) { edges { node { amount { amount } } } } }`;
    const { data, codes } = await state.run(subject, source);
    expect(codes).toEqual(code === null ? [] : [code]);
    if (code !== null) return;
    const { edges } = data['subsidies'] as { edges: { node: { amount: { amount: string } } }[] };
    const amounts = edges.map(({ node }) => Number(node.amount.amount));
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
    expect(amounts.length).toBeGreaterThan(5);
  });
});
