/** Everything that is wrong with one request, in one answer over real HTTP; and what speaks alone. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signVersion, type SignedChange, type StatementSigner } from '../../src/client/index.js';
import {
  base64url,
  ERROR_CODES,
  fromHex,
  parseStatement,
  VitrineError,
} from '../../src/ledger/core/index.js';
import { speaksAlone } from '../../src/uploads/together.js';
import { idAt } from '../support/own-key.js';
import type { Answer } from '../support/vitrine.js';
import {
  CARE,
  DAY,
  edited,
  type FiledReport,
  ids,
  keys,
  lateReport,
  LICENCE,
  must,
  newestRequest,
  open,
  record,
  sign,
  time,
  vitrine,
  type Wish,
} from './signing.js';

const ISSUED = new Date(time.now - 3 * DAY);
const LICENSED_NO_CARE = { ...LICENCE, work: ['REPORTING'] };
const LICENSED_NO_REPORTS = { ...LICENCE, work: ['OUTPATIENT'] };

beforeAll(async () => {
  await open({ UPLOAD_DENIALS: '1000' });
  await license('closed', 1, LICENSED_NO_CARE);
}, 120_000);
afterAll(() => vitrine.stop());

async function license(institution: string, expectedVersion: number, licence: object): Promise<void> {
  const input = { institution: ids[institution], expectedVersion, licence };
  await must('regulator.one', 'changeLicence', input, 'institution');
}

/** Each problem's rule and code, in order. */
function told({ errors }: Answer<unknown>): string[] {
  expect(errors).toHaveLength(1);
  const problems = (errors[0]?.extensions.problems ?? []) as readonly { rule?: string; code?: string }[];
  return problems.map(({ rule = '-', code = '-' }) => `${rule}:${code}`);
}

async function reasonsOf(who: string): Promise<string[]> {
  const { reasons } = (await newestRequest(who)) as { reasons: { rule: string; code: string }[] };
  return reasons.map(({ rule, code }) => `${rule}:${code}`);
}

/** Another's key, an expired statement for another log, request, part, operation and institution, under a signature of other words. */
const forged = (values: object = {}): Wish => ({
  signer: keys['colleague'] as StatementSigner,
  op: 'encounter.amend',
  over: { issued: ISSUED, life: DAY, institution: ids['north'] ?? '', origin: 'other.test/log', part: 7 },
  id: idAt(ISSUED),
  values,
  forge: (made) => edited(made, (text) => text.replace('"part":7', '"part":8')),
});

const OF_THE_STATEMENT = [
  'signature:SIGNATURE_INVALID',
  'key:KEY_OF_ANOTHER',
  'target:STATEMENT_MISDIRECTED',
  'institution:WRONG_INSTITUTION',
  'window:STATEMENT_EXPIRED',
];

describe('what is wrong with one signed change', () => {
  it('is told in one answer: licence, signature, key, target, institution, times and commitment', async () => {
    const answer = await record({ ...forged({ note: 'Other.' }), as: 'unlicensed' });
    const all = ['licence:LICENCE_INACTIVE', ...OF_THE_STATEMENT, 'commitment:COMMITMENT_MISMATCH'];
    expect(told(answer), answer.text).toEqual(all);
    expect(answer.codes).toEqual(['LICENCE_INACTIVE']);
    expect(await reasonsOf('unlicensed')).toEqual(all);
  });

  it('is told with every fault of its form, rules first, each at its path', async () => {
    const wish = { ...forged(), as: 'unlicensed' };
    const { requestId, signed } = await sign(wish);
    const bad = { ...CARE, end: '2001-01-01T00:00:00Z', note: ' '.repeat(3), payer: 'x'.repeat(10_000) };
    const input = { requestId, patient: ids['patient'], ...bad, signed };
    const answer = await vitrine.mutate('unlicensed', 'recordEncounter', input, 'requestId');
    const rules = told(answer);
    expect(rules.slice(0, 6), answer.text).toEqual(['licence:LICENCE_INACTIVE', ...OF_THE_STATEMENT]);
    expect(new Set(rules.slice(6))).toEqual(new Set(['form:BAD_USER_INPUT']));
    const paths = answer.errors[0]?.extensions.problems?.map(({ path }) => path.join('.')) ?? [];
    expect(paths).toContain('input.signed.statement');
    expect(paths).toContain('input.end');
    expect(paths).toContain('input.payer');
    expect(answer.codes).toEqual(['LICENCE_INACTIVE']);
  });

  it('is told with what another record has already, its id and its number', async () => {
    const identifier = { system: 'urn:visits', value: '7' };
    const first = await record({ input: { identifier } });
    expect(first.codes, first.text).toEqual([]);
    const taken = first.data?.recordEncounter.encounter.id ?? '';
    const answer = await record({ ...forged({ note: 'Other.' }), id: taken, input: { identifier } });
    const duplicates = ['duplicate:CONFLICT', 'duplicate:CONFLICT'];
    expect(told(answer), answer.text).toEqual([
      ...OF_THE_STATEMENT,
      'commitment:COMMITMENT_MISMATCH',
      ...duplicates,
    ]);
    const paths = answer.errors[0]?.extensions.problems?.slice(-2).map(({ path }) => path.join('.'));
    expect(paths).toEqual(['input.signed.statement', 'input.identifier']);
  });

  it('is told of a statement that can’t be read together with the form and the licence', async () => {
    const requestId = randomUUID();
    const signed = { statement: 'e30.e30', seed: 'A' };
    const input = { requestId, patient: ids['patient'], ...CARE, end: '2001-01-01T00:00:00Z' };
    const unread = await vitrine.mutate(
      'unlicensed',
      'recordEncounter',
      { ...input, signed: { ...signed, seed: 'A'.repeat(43) } },
      'requestId',
    );
    expect(told(unread)).toEqual([
      'signature:SIGNATURE_INVALID',
      'licence:LICENCE_INACTIVE',
      'form:BAD_USER_INPUT',
    ]);
    const seedless = await vitrine.mutate('clinician', 'recordEncounter', { ...input, signed }, 'requestId');
    expect(seedless.codes).toEqual(['BAD_USER_INPUT']);
    const paths = seedless.errors[0]?.extensions.problems?.map(({ path }) => path.join('.'));
    expect(paths).toEqual(['input.end', 'input.signed.seed']);
  });

  it('is told of all parts of a batch that stands or falls together', async () => {
    const requestId = randomUUID();
    const item = { patient: ids['patient'], ...CARE };
    const { signed } = await sign({ ...forged({ note: 'Other.' }), requestId });
    const encounters = [
      { ...item, signed },
      item,
      { ...item, signed: { statement: 'e30.e30', seed: 'A'.repeat(43) } },
      { ...item, signed },
    ];
    const answer = await vitrine.mutate(
      'clinician',
      'recordEncounters',
      { requestId, mode: 'ALL', encounters },
      'requestId',
    );
    const at = (place: number) =>
      answer.errors[0]?.extensions.problems
        ?.filter(({ path }) => path[2] === place)
        .map((problem) => `${(problem as { rule?: string }).rule ?? '-'}`);
    const all = ['signature', 'key', 'target', 'institution', 'window', 'commitment'];
    expect([0, 1, 2, 3].map(at), answer.text).toEqual([all, [], ['signature'], all]);
  });
});

describe('what is wrong with what is asked for', () => {
  let report: FiledReport;
  /** A request that waits. */
  let waiting: SignedChange;

  beforeAll(async () => {
    report = await lateReport();
    const requestId = randomUUID();
    waiting = await amending(report.id, requestId, keys['reporter'] as StatementSigner);
    const asked = await ask(requestId, [waiting.statement]);
    expect(asked.codes, asked.text).toEqual([]);
    await license('city', 1, LICENSED_NO_REPORTS);
  });

  const ask = (requestId: string, statements: readonly string[], situation?: string) =>
    vitrine.mutate('reporter', 'requestUpload', { requestId, statements, situation }, 'requestId');

  function amending(id: string, requestId: string, signer: StatementSigner, institution = ids['city'] ?? '') {
    const head = {
      ...{ kind: 'Report', schema: 1, id, version: 2, custodian: institution },
      ...{ patient: null, jurisdiction: null, label: null, retention: null },
    };
    const version = {
      op: 'report.amend',
      head,
      values: { any: 'value' },
      supersedes: fromHex(report.anchor.leafHash),
    };
    const request = { origin: 'vitrine.test/log', institution, requestId, issued: new Date(time.now) };
    return signVersion(version, request, signer);
  }

  it('is told in one answer: each statement’s own faults, licence, version, record, situation and what waits already', async () => {
    const { jws } = parseStatement(waiting.statement);
    const other = await amending(report.id, randomUUID(), keys['colleague'] as StatementSigner);
    const foreign = parseStatement(other.statement).jws.kid;
    // The content is that which waits: everything around it is another.
    const header = Buffer.from(waiting.statement.split('.')[0] ?? '', 'base64url').toString();
    const renamed = base64url(Buffer.from(header.replace(jws.kid, foreign)));
    const spoiled = edited(waiting, (text) =>
      text
        .replace('vitrine.test/log', 'other.test/log')
        .replace(/"institution":"[^"]*"/, `"institution":"${ids['north'] ?? ''}"`)
        .replace(/"supersedes":"[^"]*"/, `"supersedes":"${base64url(new Uint8Array(32))}"`)
        .replace(/"issued":"[^"]*"/, `"issued":"${new Date(time.now - 2 * DAY).toISOString()}"`)
        .replace(/"expires":"[^"]*"/, `"expires":"${new Date(time.now - DAY).toISOString()}"`),
    );
    const first = [renamed, ...spoiled.statement.split('.').slice(1)].join('.');
    const requestId = randomUUID();
    const unseen = await amending(randomUUID(), requestId, keys['colleague'] as StatementSigner);
    const answer = await ask(requestId, [first, unseen.statement], 'report.amend.other');
    const all = told(answer);
    expect(new Set(all), answer.text).toEqual(
      new Set([
        ...OF_THE_STATEMENT,
        'licence:LICENCE_INACTIVE',
        'lineage:CONFLICT',
        'visible:NOT_FOUND',
        'situation:CONFLICT',
        'duplicate:DUPLICATE_UPLOAD',
      ]),
    );
    expect(new Set(await reasonsOf('reporter'))).toEqual(new Set(all));
  });

  it('is told by the role alone to who may not do such a thing', async () => {
    const requestId = randomUUID();
    const { signed } = await sign({ ...forged(), op: 'encounter.record' });
    const answer = await ask(requestId, [signed.statement]);
    expect(answer.codes).toEqual(['FORBIDDEN']);
    expect(told(answer)).toEqual(['role:FORBIDDEN']);
  });
});

describe('what speaks alone', () => {
  it('is the role: nothing is said of statement and form', async () => {
    const { requestId, signed } = await sign(forged());
    const input = { requestId, patient: ids['patient'], ...CARE, end: '2001-01-01T00:00:00Z', signed };
    const answer = await vitrine.mutate('reporter', 'recordEncounter', input, 'requestId');
    expect(answer.codes).toEqual(['FORBIDDEN']);
    expect(answer.errors[0]?.extensions.details).toMatchObject({ rule: 'role' });
    expect(answer.errors[0]?.extensions.problems ?? []).toEqual([]);
  });

  it('is what schema/uploads.md lists: no other code', () => {
    const text = readFileSync(join(import.meta.dirname, '../../schema/uploads.md'), 'utf8');
    const table = /\| speaks alone \|.*?\n\n/s.exec(text)?.[0] ?? '';
    const listed = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code),
    );
    const alone = ERROR_CODES.filter((code) => speaksAlone(new VitrineError(code, 'no')));
    const elsewhere = ['VIEW_ONLY', 'RESUME_REQUIRED', 'NOT_CONFIGURED'];
    expect(listed.sort()).toEqual(alone.filter((code) => !elsewhere.includes(code)).sort());
    for (const rule of ['caller', 'member', 'role', 'rate'])
      expect(speaksAlone(new VitrineError('FORBIDDEN', 'no', { details: { rule } }))).toBe(true);
  });
});
