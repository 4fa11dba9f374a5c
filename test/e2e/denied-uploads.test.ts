/**
 * What is refused, over real HTTP: each under its own code; of signed-in members it stands on the log, up to a bound; what is
 * beyond it, and what comes of callers who are nobody in particular, is counted alone.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploadIdOf } from '../../src/uploads/index.js';
import { TestVitrine, type Answer } from '../support/vitrine.js';

const BOUND = 3;
const RATE = 40;

let vitrine: TestVitrine;
// It stands still, so what is allowed a minute never fills up again.
const now = Date.now();
const ids: Record<string, string> = {};

async function must(by: string, name: string, input: object, record: string): Promise<string> {
  const answer = await vitrine.mutate<Record<string, Record<string, { id: string }>>>(
    by,
    name,
    { ...input },
    `${record} { id }`,
  );
  const id = answer.data?.[name]?.[record]?.id;
  if (id === undefined) throw new Error(`${name} was refused: ${answer.text}`);
  return id;
}

const LICENCE = { number: 'L-1', state: 'ACTIVE', validFrom: '2020-01-01' };

beforeAll(async () => {
  const settings = { UPLOAD_DENIALS: String(BOUND), UPLOAD_RATE: String(RATE) };
  vitrine = await TestVitrine.start({ sample: false, clock: () => new Date(now), settings });
  const common = { kind: 'HOSPITAL', ownership: 'PUBLIC', region: 'north', identifiers: [] };
  for (const name of ['city', 'closed'])
    ids[name] = await must(
      'regulator.one',
      'registerInstitution',
      { ...common, name, licence: LICENCE },
      'institution',
    );
  for (const [subject, place] of [
    ['reporter', 'city'],
    ['busy', 'city'],
    ['flood', 'city'],
    ['suspended', 'city'],
    ['unlicensed', 'closed'],
  ] as const) {
    const input = { institution: ids[place], subject, name: subject, roles: ['REPORTER'] };
    ids[subject] = await must('regulator.one', 'enrolMember', input, 'member');
  }
}, 120_000);
afterAll(() => vitrine.stop());

const PROGRAMME = { code: 'X', title: 'Secret plan', budget: { amount: 1, currency: 'EUR' } };

const wrong = (by: string, requestId: string = randomUUID()): Promise<Answer> =>
  vitrine.mutate(by, 'createProgramme', { ...PROGRAMME, requestId }, 'requestId');

/** State and reasons of the denial of a member's request, as an auditor of the state finds it; null without one. */
async function denialOf(member: string, requestId: string): Promise<unknown> {
  const query = `{ uploadRequest(id: "${uploadIdOf(ids[member] ?? '', requestId)}") { state reasons { rule code } } }`;
  const { data } = await vitrine.ask<{ uploadRequest: object | null }>('regulator.one', query);
  return data?.uploadRequest;
}

/** How often a rule refused with a code, by what became of it. */
async function counted(rule: string, code: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${vitrine.url}/metrics`)).text();
  const line = new RegExp(
    `^vitrine_upload_denials_total\\{rule="${rule}",code="${code}",written="([a-z-]+)"\\} (\\d+)$`,
    'gm',
  );
  return Object.fromEntries(
    [...text.matchAll(line)].map(([, written = '', times]): [string, number] => [written, Number(times)]),
  );
}

describe('a denial of a signed-in member', () => {
  it('is on the log, and counted; the same again writes nothing more', async () => {
    const requestId = randomUUID();
    for (let time = 0; time < 2; time++) {
      const answer = await wrong('reporter', requestId);
      expect(answer.codes).toEqual(['FORBIDDEN']);
      expect(answer.errors[0]?.extensions.details).toMatchObject({
        rule: 'role',
        operation: 'programme.create',
      });
    }
    expect(await denialOf('reporter', requestId)).toEqual({
      state: 'DENIED',
      reasons: [{ rule: 'role', code: 'FORBIDDEN' }],
    });
    expect(await counted('role', 'FORBIDDEN')).toEqual({ log: 1, repeated: 1 });
  });

  it('is written a bounded number a minute; all of them are counted', async () => {
    const before = await counted('role', 'FORBIDDEN');
    const sent = Array.from({ length: BOUND + 5 }, () => randomUUID());
    const answers = await Promise.all(sent.map((requestId) => wrong('flood', requestId)));
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['FORBIDDEN']));
    const written = await Promise.all(sent.map((requestId) => denialOf('flood', requestId)));
    expect(written.filter((denial) => denial !== null)).toHaveLength(BOUND);
    const after = await counted('role', 'FORBIDDEN');
    expect(after['log']).toBe((before['log'] ?? 0) + BOUND);
    expect(after['rate-limited']).toBe(5);
  });

  it('is in its name too when its own standing has ended, or its institution’s licence', async () => {
    await must(
      'regulator.one',
      'suspendMember',
      { member: ids['suspended'], expectedVersion: 1, reason: 'left' },
      'member',
    );
    const licence = { ...LICENCE, state: 'SUSPENDED' };
    const change = { institution: ids['closed'], expectedVersion: 1, licence };
    await must('regulator.one', 'changeLicence', change, 'institution');
    for (const [by, rule, code] of [
      ['suspended', 'member', 'FORBIDDEN'],
      ['unlicensed', 'licence', 'LICENCE_INACTIVE'],
    ] as const) {
      const requestId = randomUUID();
      expect((await wrong(by, requestId)).codes).toEqual([code]);
      expect(await denialOf(by, requestId)).toEqual({ state: 'DENIED', reasons: [{ rule, code }] });
      expect(await counted(rule, code)).toEqual({ log: 1 });
      // A question is no upload.
      expect((await vitrine.ask(by, '{ me { roles } }')).codes).toEqual([code]);
      expect(await counted(rule, code)).toEqual({ log: 1 });
    }
  });
});

describe('callers who are nobody in particular', () => {
  const send = async (authorization: Record<string, string>) => {
    const query = 'mutation ($input: CreateProgrammeInput!) { createProgramme(input: $input) { requestId } }';
    const response = await fetch(`${vitrine.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify({ query, variables: { input: { ...PROGRAMME, requestId: randomUUID() } } }),
    });
    return (await response.json()) as { errors: { extensions: { code: string } }[] };
  };

  it('are counted, and write nothing: without a token, and with a forged one', async () => {
    const size = () => vitrine.serving.ledger.trusted.size;
    const before = size();
    for (const [headers, times] of [
      [{}, 1],
      [{ authorization: 'Bearer e30.e30.e30' }, 2],
    ] as const) {
      const { errors } = await send(headers);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
      expect(await counted('caller', 'UNAUTHENTICATED')).toEqual({ unsigned: times });
    }
    expect(size()).toBe(before);
  });
});

describe('too many requests', () => {
  it('are refused with RATE_LIMITED and the time until there is room, counted, and no denial', async () => {
    const file = () =>
      vitrine.mutate('busy', 'fileReport', { form: 'none', period: '2025-01', indicators: [] }, 'requestId');
    const codes = new Set<string>();
    for (let sent = 0; sent < RATE; sent++) codes.add((await file()).codes.join());
    expect(codes).toEqual(new Set(['NOT_FOUND']));
    const { size } = vitrine.serving.ledger.trusted;
    const answer = await file();
    expect(answer.codes).toEqual(['RATE_LIMITED']);
    expect(Number(answer.errors[0]?.extensions.details?.['retryAfter'])).toBeGreaterThan(0);
    expect(await counted('rate', 'RATE_LIMITED')).toEqual({ 'rate-limited': 1 });
    expect(vitrine.serving.ledger.trusted.size).toBe(size);
  });
});
