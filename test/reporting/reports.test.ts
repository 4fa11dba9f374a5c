import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { State } from '../support/state.js';

const FORM = {
  code: 'beds',
  title: 'Beds',
  period: 'MONTH',
  dueDays: 10,
  indicators: [
    { code: 'beds', label: 'Beds', type: 'INTEGER', required: true, min: '0', max: '5000' },
    { code: 'occupancy', label: 'Occupancy', type: 'DECIMAL', unit: '%', min: '0.0', max: '100.0' },
  ],
};

const VALUES = [
  { code: 'beds', value: '120' },
  { code: 'occupancy', value: '81.50' },
];

const REPORT = 'id version state late period filedAt formVersion indicators { code value } note';

let state: State;

beforeAll(async () => {
  state = await State.open();
  const defined = await state.mutate('regulator.one', 'defineForm', FORM, 'form { code }');
  expect(defined.messages).toEqual([]);
});

afterAll(() => state.close());

function file(subject: string, period: string, more: object = {}, requestId?: string) {
  const input = { form: 'beds', period, indicators: VALUES, ...more };
  return state.mutate(
    subject,
    'fileReport',
    input,
    `report { ${REPORT} } receipt { index state } repeated`,
    requestId,
  );
}

async function filed(subject: string, period: string): Promise<{ id: string; version: number }> {
  const answer = await file(subject, period);
  expect(answer.messages).toEqual([]);
  return (answer.data['fileReport'] as { report: { id: string; version: number } }).report;
}

describe('forms', () => {
  it('are open to everyone, signed in or not', async () => {
    const { data, codes } = await state.run(
      null,
      '{ form(code: "beds") { code title indicators { code min max } } forms { edges { node { code } } } }',
    );
    expect(codes).toEqual([]);
    expect(data['form']).toMatchObject({
      title: 'Beds',
      indicators: [{ code: 'beds' }, { code: 'occupancy', max: '100' }],
    });
    expect(data['forms']).toEqual({ edges: [{ node: { code: 'beds' } }] });
  });

  it('have one code each', async () => {
    const again = await state.mutate('regulator.two', 'defineForm', FORM, 'form { code }');
    expect(again.codes).toEqual(['CONFLICT']);
    expect(again.errors[0]?.inputPath).toEqual(['input', 'code']);
  });

  it.each(['reporter.city', 'auditor', 'finance.city'])('are not defined by %s', async (subject) => {
    const refused = await state.mutate(subject, 'defineForm', { ...FORM, code: 'other' }, 'form { code }');
    expect(refused.codes).toEqual(['FORBIDDEN']);
  });

  it('are refused with every problem at once', async () => {
    const indicators = [
      { code: 'a b', label: '', type: 'INTEGER' },
      { code: 'x', label: 'X', type: 'INTEGER' },
    ];
    const refused = await state.mutate(
      'regulator.one',
      'defineForm',
      { ...FORM, code: '', indicators },
      'form { code }',
    );
    expect(refused.codes).toEqual(['BAD_USER_INPUT']);
    expect(refused.errors[0]?.problems.map(({ path }) => path.join('.'))).toEqual([
      'input.code',
      'input.indicators.0.code',
      'input.indicators.0.label',
    ]);
  });
});

describe('fileReport', () => {
  it('files what the form asks for, in its one form, and anchors it', async () => {
    const answer = await file('reporter.city', '2026-01');
    expect(answer.messages).toEqual([]);
    expect(answer.data['fileReport']).toMatchObject({
      report: {
        version: 1,
        state: 'FILED',
        period: '2026-01',
        late: true,
        formVersion: 1,
        indicators: [
          { code: 'beds', value: '120' },
          { code: 'occupancy', value: '81.5' },
        ],
      },
      receipt: { state: 'SEALED' },
      repeated: false,
    });
  });

  it('takes the period that has begun, which isn’t late', async () => {
    const answer = await file('reporter.city', '2026-06');
    expect(answer.data['fileReport']).toMatchObject({ report: { late: false } });
  });

  it('names the report that was filed for the period before', async () => {
    const first = await filed('reporter.harbour', '2026-02');
    const again = await file('reporter.harbour', '2026-02');
    expect(again.codes).toEqual(['CONFLICT']);
    expect(again.errors[0]?.details).toMatchObject({ kind: 'Report', id: first.id });
    expect(again.errors[0]?.inputPath).toEqual(['input', 'period']);
  });

  it('gives the same request the same receipt, and another input under its id a conflict', async () => {
    const request = '01890a5d-ac96-774b-bcce-b302099a8057';
    const first = await file('reporter.city', '2026-03', {}, request);
    const again = await file('reporter.city', '2026-03', {}, request);
    expect(again.data['fileReport']).toEqual({ ...(first.data['fileReport'] as object), repeated: true });
    expect((await file('reporter.city', '2026-04', {}, request)).codes).toEqual(['CONFLICT']);
  });

  it('names every problem of period and figures at once', async () => {
    const indicators = [
      { code: 'occupancy', value: '100.1' },
      { code: 'nurses', value: '1' },
    ];
    const refused = await file('reporter.city', '2026-07', { indicators });
    expect(refused.codes).toEqual(['BAD_USER_INPUT']);
    expect(refused.errors[0]?.problems.map(({ path }) => path.join('.'))).toEqual([
      'input.period',
      'input.indicators.0.value',
      'input.indicators.1.code',
      'input.indicators',
    ]);
  });

  it.each(['2026-7', '2026-Q1', '2026', '2026-00', '', '2026-01-01'])(
    'refuses the period %j',
    async (period) => {
      const refused = await file('reporter.city', period);
      expect(refused.codes).toEqual(['BAD_USER_INPUT']);
      expect(refused.errors[0]?.inputPath).toEqual(['input', 'period']);
    },
  );

  it('refuses a form that isn’t there', async () => {
    expect((await file('reporter.city', '2026-01', { form: 'none' })).codes).toEqual(['NOT_FOUND']);
  });

  it.each(['finance.city', 'regulator.one', 'auditor', 'clinician.city'])('isn’t for %s', async (subject) => {
    expect((await file(subject, '2026-05')).codes).toEqual(['FORBIDDEN']);
  });

  it('leaves one report when many are filed at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => file('reporter.harbour', '2026-05')));
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(7).fill('CONFLICT'));
  });
});

describe('amendReport', () => {
  const amend = (subject: string, report: string, expectedVersion: number) =>
    state.approved(
      [subject, 'regulator.two'],
      'amendReport',
      {
        report,
        expectedVersion,
        reason: 'a ward was counted twice',
        indicators: [{ code: 'beds', value: '110' }],
      },
      `report { ${REPORT} reason history { index supersedes } }`,
    );

  it('replaces the figures, keeps the reason and the versions before', async () => {
    const { id } = await filed('reporter.city', '2025-11');
    const answer = await amend('reporter.city', id, 1);
    expect(answer.messages).toEqual([]);
    const { report } = answer.data['amendReport'] as {
      report: { history: { index: string; supersedes: string | null }[] };
    };
    expect(report).toMatchObject({
      version: 2,
      state: 'AMENDED',
      reason: 'a ward was counted twice',
      indicators: [{ code: 'beds', value: '110' }],
    });
    expect(report.history).toHaveLength(2);
    expect(report.history[0]?.supersedes).toBe(report.history[1]?.index);
    expect(report.history[1]?.supersedes).toBeNull();
  });

  it('refuses a version that isn’t the newest', async () => {
    const { id } = await filed('reporter.city', '2025-12');
    expect((await amend('reporter.city', id, 1)).codes).toEqual([]);
    expect((await amend('reporter.city', id, 1)).codes).toEqual(['CONFLICT']);
  });

  it.each(['reporter.harbour', 'regulator.one', 'finance.city'])('isn’t for %s', async (subject) => {
    const { data } = await state.run(
      'reporter.city',
      '{ reports(filter: { period: "2026-01" }) { edges { node { id } } } }',
    );
    const { edges } = data['reports'] as { edges: { node: { id: string } }[] };
    expect((await amend(subject, edges[0]?.node.id ?? '', 1)).codes).toEqual(['FORBIDDEN']);
  });
});

describe('retractRecord', () => {
  const retract = (subject: string, { id, version }: { id: string; version: number }) =>
    state.approved(
      [subject, 'regulator.two'],
      'retractRecord',
      { kind: 'REPORT', id, expectedVersion: version, reason: 'filed for the wrong ward' },
      'record { id version ... on Report { state retracted } }',
    );

  it('keeps a report as retracted, refuses amending it, and lets its period be filed anew', async () => {
    const report = await filed('reporter.city', '2025-09');
    const answer = await retract('reporter.city', report);
    expect(answer.messages).toEqual([]);
    expect(answer.data['retractRecord']).toMatchObject({
      record: { id: report.id, version: 2, state: 'RETRACTED' },
    });
    const input = { report: report.id, expectedVersion: 2, reason: 'x', indicators: VALUES };
    expect((await state.mutate('reporter.city', 'amendReport', input, 'report { id }')).codes).toEqual([
      'CONFLICT',
    ]);
    expect((await filed('reporter.city', '2025-09')).id).not.toBe(report.id);
  });

  it('isn’t for others', async () => {
    const report = await filed('reporter.city', '2025-08');
    for (const subject of ['reporter.harbour', 'finance.city', 'regulator.one'])
      expect((await retract(subject, report)).codes).toEqual(['FORBIDDEN']);
  });
});

describe('reports', () => {
  const LIST =
    '{ reports(filter: { period: "2026-01" }) { edges { node { period state institution { name } indicators { value } } } } }';

  it.each([
    ['reporter.city', null],
    ['regulator.one', null],
    ['reporter.harbour', 'VIEW_ONLY'],
    ['auditor', 'VIEW_ONLY'],
    ['finance.city', 'FORBIDDEN'],
    ['clinician.harbour', 'FORBIDDEN'],
  ])('are listed by %s, the figures as the matrix says', async (subject, code) => {
    const { data, codes } = await state.run(subject, LIST);
    expect(codes).toEqual(code === null ? [] : [code]);
    const { edges } = data['reports'] as {
      edges: { node: { institution: object; indicators: object[] | null } }[];
    };
    expect(edges).toHaveLength(1);
    expect(edges[0]?.node).toMatchObject({
      period: '2026-01',
      state: 'FILED',
      institution: { name: 'city' },
    });
    expect(edges[0]?.node.indicators === null).toBe(code !== null);
  });

  it('are refused without a token', async () => {
    expect((await state.run(null, LIST)).codes).toEqual(['UNAUTHENTICATED']);
  });

  it('come in the asked order, in pages', async () => {
    const source = `query ($after: String) { reports(first: 2, after: $after, orderBy: { field: PERIOD, direction: ASC })
      { edges { node { period } } pageInfo { hasNextPage endCursor } } }`;
    const periods: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { data } = await state.run('regulator.one', source, { after });
      const page = data['reports'] as {
        edges: { node: { period: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      periods.push(...page.edges.map(({ node }) => node.period));
      ({ hasNextPage: more, endCursor: after } = page.pageInfo);
    }
    expect(periods.length).toBeGreaterThan(4);
    expect(periods).toEqual([...periods].sort());
  });

  it('hang on their institution', async () => {
    const { data, codes } = await state.run(
      'clinician.city',
      `{ institution(id: "${state.ids['harbour'] ?? ''}") { reports { edges { node { period } } } } }`,
    );
    expect(codes).toEqual([]);
    expect((data['institution'] as { reports: { edges: object[] } }).reports.edges.length).toBeGreaterThan(0);
  });
});
