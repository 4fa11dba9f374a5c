import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  headerHash,
  hex,
  leafHash,
  merkleRoot,
  parseCheckpoint,
  parseNote,
} from '../../src/ledger/core/index.js';
import { State } from '../support/state.js';

let state: State;
let report: { id: string; index: string };

beforeAll(async () => {
  state = await State.open();
  const indicators = [{ code: 'beds', label: 'Beds', type: 'INTEGER' }];
  await state.mutate(
    'regulator.one',
    'defineForm',
    { code: 'beds', title: 'Beds', period: 'MONTH', indicators },
    'form { id }',
  );
  report = await file('2026-01');
});

afterAll(() => state.close());

async function file(period: string, by = 'reporter.city'): Promise<{ id: string; index: string }> {
  const input = { form: 'beds', period, indicators: [{ code: 'beds', value: '1' }] };
  const answer = await state.mutate(by, 'fileReport', input, 'report { id } receipt { index }');
  expect(answer.messages).toEqual([]);
  const made = answer.data['fileReport'] as { report: { id: string }; receipt: { index: string } };
  return { id: made.report.id, index: made.receipt.index };
}

interface Listed {
  readonly edges: {
    node: { index: string; leaf: string; leafHash: string; opening: { op: string } | null };
  }[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string };
}

async function allEntries(subject: string | null, filter = ''): Promise<Listed['edges'][number]['node'][]> {
  const nodes: Listed['edges'][number]['node'][] = [];
  const source = `query ($after: String) { entries(first: 3, after: $after ${filter}) { edges { node { index leaf leafHash opening { op } } } pageInfo { hasNextPage endCursor } } }`;
  for (let after: string | null = null, more = true; more;) {
    const { data, errors } = await state.run(subject, source, { after });
    if (errors[0] !== undefined) throw errors[0];
    const page = data['entries'] as Listed;
    nodes.push(...page.edges.map(({ node }) => node));
    ({ hasNextPage: more, endCursor: after } = page.pageInfo);
  }
  return nodes;
}

describe('the log', () => {
  it('lets anyone rebuild root and checkpoint from the leaves', async () => {
    const entries = await allEntries(null);
    const leaves = entries.map(({ leaf }) => leafHash(new Uint8Array(Buffer.from(leaf, 'base64'))));
    expect(entries.map(({ leafHash: hash }) => hash)).toEqual(leaves.map(hex));
    const { data, codes } = await state.run(null, '{ checkpoint { origin size root note } }');
    expect(codes).toEqual([]);
    const checkpoint = data['checkpoint'] as { size: string; root: string; note: string };
    expect(checkpoint).toMatchObject({
      origin: 'state.test/log',
      size: String(leaves.length),
      root: hex(merkleRoot(leaves)),
    });
    expect(hex(parseCheckpoint(parseNote(checkpoint.note).text).root)).toBe(checkpoint.root);
  });

  it('chains its blocks, each with its checkpoint', async () => {
    const { data } = await state.run(
      null,
      '{ blocks(first: 100) { edges { node { height hash previous first size checkpoint } } } }',
    );
    const blocks = (data['blocks'] as { edges: { node: Record<string, string> }[] }).edges.map(
      ({ node }) => node,
    );
    expect(blocks.length).toBeGreaterThan(5);
    blocks.forEach((block, height) => {
      expect(block['height']).toBe(String(height));
      expect(block['previous']).toBe(height === 0 ? '0'.repeat(64) : blocks[height - 1]?.['hash']);
      expect(block['first']).toBe(height === 0 ? '0' : blocks[height - 1]?.['size']);
      expect(
        parseCheckpoint(parseNote(block['checkpoint'] ?? '').text).size >= BigInt(block['size'] ?? 0),
      ).toBe(true);
    });
    const { bytes } = await state.system.ledger.trusted.block(1n);
    expect(blocks[1]?.['hash']).toBe(hex(headerHash(bytes)));
  });

  it('answers null for what isn’t there', async () => {
    const { data, codes } = await state.run(
      null,
      '{ entry(index: "99999") { index } block(height: "99999") { height } }',
    );
    expect(codes).toEqual([]);
    expect(data).toEqual({ entry: null, block: null });
  });

  const NOTHING = { edges: [], pageInfo: { hasNextPage: false } };
  const beyond = (ask: string, what = 'index') =>
    `${ask} { edges { node { ${what} } } pageInfo { hasNextPage } }`;
  it.each([
    ['entries', beyond('entries(after: "417198344")')],
    ['entries', beyond('entries(after: "9999999999999999")')],
    ['entries', beyond('entries(filter: { from: "417198344" })')],
    ['entries', beyond('entries(filter: { from: "417198344", to: "417198345" })')],
    ['entries', beyond('entries(after: "3", filter: { from: "5", to: "4" })')],
    ['blocks', beyond('blocks(after: "417198344")', 'height')],
  ])('answers an empty page of %s behind its end, and doubts nothing: %s', async (list, ask) => {
    const alarms: string[] = [];
    const off = state.system.ledger.onAlarm(({ code }) => void alarms.push(code));
    const { data, codes } = await state.run(null, `{ ${ask} }`);
    off();
    expect(codes).toEqual([]);
    expect(data[list]).toEqual(NOTHING);
    expect(alarms).toEqual([]);
  });
});

describe('an entry', () => {
  const OPENING =
    'opening { op subject { kind id version } threads { id seq prev } mode actor { id } detail }';

  it.each([
    ['reporter.city', true],
    ['auditor', true],
    ['reporter.harbour', false],
    ['finance.city', false],
    [null, false],
  ])('shows its opening to %s: %s', async (subject, shown) => {
    const source = `{ entry(index: "${report.index}") { time institution { name } block { height } ${OPENING} } }`;
    const { data, codes } = await state.run(subject, source);
    expect(codes).toEqual([]);
    expect(data['entry']).toMatchObject({ institution: { name: 'city' } });
    const { opening } = data['entry'] as { opening: object | null };
    if (!shown) {
      expect(opening).toBeNull();
      return;
    }
    expect(opening).toMatchObject({
      op: 'report.file',
      subject: { kind: 'Report', id: report.id, version: 1 },
      threads: [{ id: report.id, seq: '1', prev: null }, { id: state.ids['city'] }],
      mode: 'DELEGATED',
    });
  });

  it('is where the record and the receipt say that it is', async () => {
    const { data } = await state.run(
      'auditor',
      `{ report(id: "${report.id}") { anchor { index leafHash verified state block { height } } history { index leafHash } } }`,
    );
    const { anchor, history } = data['report'] as { anchor: Record<string, unknown>; history: object[] };
    expect(anchor).toMatchObject({ index: report.index, verified: true, state: 'SEALED' });
    expect(history).toEqual([{ index: report.index, leafHash: anchor['leafHash'] }]);
  });
});

describe('filters', () => {
  it('by institution are for everyone', async () => {
    const found = await allEntries(null, `filter: { institution: "${state.ids['city'] ?? ''}" }`);
    expect(found.map(({ index }) => index)).toContain(report.index);
  });

  it.each([
    ['auditor', 'op: "report.file"', null],
    ['reporter.city', 'op: "report.file"', 'FORBIDDEN'],
    ['regulator.one', 'op: "report.file"', 'FORBIDDEN'],
    [null, 'op: "report.file"', 'FORBIDDEN'],
    ['auditor', 'subject: { kind: "Report", id: "REPORT" }', null],
    ['reporter.harbour', 'subject: { kind: "Report", id: "REPORT" }', 'FORBIDDEN'],
    ['auditor', 'thread: "REPORT"', null],
    ['finance.city', 'thread: "REPORT"', 'FORBIDDEN'],
  ])('of %s by %s follow the openings', async (subject, filter, code) => {
    const found = allEntries(subject, `filter: { ${filter.replace('REPORT', report.id)} }`);
    if (code !== null) {
      await expect(found).rejects.toMatchObject({ code });
      return;
    }
    expect((await found).map(({ index, opening }) => [index, opening?.op])).toContainEqual([
      report.index,
      'report.file',
    ]);
  });
});

describe('auditTrail', () => {
  type Event = ExecutionResult<{ auditTrail: { index: string; opening: { op: string } | null } }>;
  const follow = async (subject: string | null, args = '') =>
    (await state.subscribe(
      subject,
      `subscription { auditTrail${args} { index opening { op } } }`,
    )) as AsyncIterableIterator<Event>;
  const next = async (events: AsyncIterableIterator<Event>) => {
    const { value } = (await events.next()) as { value: Event };
    return value.data?.auditTrail;
  };

  it('gives every entry once and in order from a position on, then what is committed', async () => {
    const size = Number(state.system.ledger.trusted.size);
    const events = await follow('auditor', '(after: "-1")');
    for (let index = 0; index < size; index++) expect((await next(events))?.index).toBe(String(index));
    const waiting = next(events);
    const made = await file('2026-02');
    expect(await waiting).toEqual({ index: made.index, opening: { op: 'report.file' } });
    await events.return?.();
  });

  it('begins with the present without a position, and goes on behind the last index seen', async () => {
    const events = await follow('reporter.city');
    const waiting = next(events);
    const first = await file('2026-03', 'reporter.harbour');
    expect(await waiting).toEqual({ index: first.index, opening: null });
    await events.return?.();
    const missed = [await file('2026-04'), await file('2026-05')];
    const again = await follow('reporter.city', `(after: "${first.index}")`);
    for (const { index } of missed) expect((await next(again))?.index).toBe(index);
    await again.return?.();
  });

  it('waits for a position that the log hasn’t come to', async () => {
    const at = Number(state.system.ledger.trusted.size) + 1;
    const events = await follow(null, `(after: "${at - 1}")`);
    const waiting = next(events);
    const [before, first] = [await file('2025-11'), await file('2025-12')];
    expect([before.index, first.index]).toEqual([String(at - 1), String(at)]);
    expect(await waiting).toEqual({ index: first.index, opening: null });
    await events.return?.();
  });

  it('shows strangers the public halves alone', async () => {
    const events = await follow(null, `(after: "${Number(report.index) - 1}")`);
    expect(await next(events)).toEqual({ index: report.index, opening: null });
    await events.return?.();
  });

  it('refuses a filter that the caller may not use', async () => {
    await expect(follow('reporter.city', '(filter: { op: "report.file" })')).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('ends when the caller’s standing ends', async () => {
    await state.enrol('reporter.leaving', state.ids['city'] ?? '', ['REPORTER']);
    const events = await follow(
      'reporter.leaving',
      `(filter: { institution: "${state.ids['harbour'] ?? ''}" })`,
    );
    const waiting = events.next();
    const input = { member: state.ids['reporter.leaving'], expectedVersion: 1, reason: 'left' };
    const suspended = await state.mutate('regulator.one', 'suspendMember', input, 'member { state }');
    expect(suspended.messages).toEqual([]);
    expect(await waiting).toMatchObject({ done: true });
  });
});
