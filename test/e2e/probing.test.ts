/**
 * What can't be read can't be probed (design: access, "The same rule on every path"): what isn't there and what isn't
 * for the caller look the same, and lists, their ends and their cursors tell nothing of it.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, ENCOUNTER, PATIENT, type Records } from './cast.js';
import { expectSame, faceless } from './refusal.js';

let vitrine: TestVitrine;
let records: Records;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
}, 120_000);
afterAll(() => vitrine.stop());

const HIDDEN: readonly (readonly [who: string | null, type: string])[] = [
  ['clinician.harbour', 'Patient'],
  ['clinician.harbour', 'Encounter'],
  ['clinician.harbour', 'Member'],
  ['registrar.north', 'Patient'],
  ['registrar.north', 'Encounter'],
  ['clinician.north', 'Member'],
  ['regulator.one', 'Patient'],
  ['regulator.one', 'Encounter'],
  ['patient.one', 'Patient'],
  ['patient.one', 'Encounter'],
  ['patient.one', 'Member'],
  ['patient.one', 'Report'],
  ['patient.one', 'Programme'],
  ['patient.one', 'Subsidy'],
  [null, 'Patient'],
  [null, 'Encounter'],
  [null, 'Member'],
  [null, 'Report'],
  [null, 'Programme'],
  [null, 'Subsidy'],
  ['clinician.harbour', 'PatientLink'],
  ['clinician.north', 'PatientLink'],
  ['regulator.one', 'PatientLink'],
  ['patient.one', 'PatientLink'],
  [null, 'PatientLink'],
  ['clinician.harbour', 'Hold'],
  ['clinician.north', 'Hold'],
  ['patient.one', 'Hold'],
  [null, 'Hold'],
  ['clinician.harbour', 'Erasure'],
  ['clinician.north', 'Erasure'],
  ['patient.one', 'Erasure'],
  [null, 'Erasure'],
  ['clinician.north', 'Consent'],
  ['regulator.one', 'Consent'],
  ['patient.one', 'Consent'],
  [null, 'Consent'],
  ['clinician.harbour', 'View'],
  ['patient.one', 'View'],
  [null, 'View'],
  ['clinician.north', 'Referral'],
  ['regulator.one', 'Referral'],
  [null, 'Referral'],
];

describe('what is not for the caller', () => {
  it.each(HIDDEN)('looks to %s like a %s that is not there', async (who, type) => {
    const id = records[type] ?? '';
    const root = type.charAt(0).toLowerCase() + type.slice(1);
    for (const query of [
      (asked: string) => `{ ${root}(id: "${asked}") { id version custodian { name } history { index } } }`,
      (asked: string) => `{ node(id: "${asked}") { __typename id } }`,
      (asked: string) =>
        `{ _entities(representations: [{ __typename: "${type}", id: "${asked}" }]) { __typename } }`,
    ]) {
      const answer = await expectSame(vitrine, who, query(id), query(randomUUID()));
      expect(JSON.stringify(answer.data)).not.toContain(id);
      expect(answer.codes.every((code) => code === 'UNAUTHENTICATED')).toBe(true);
    }
  });

  it.each<[string, string, string, (id: string) => Readonly<Record<string, unknown>>]>([
    ['clinician.harbour', 'Patient', 'amendPatient', (patient) => ({ patient, expectedVersion: 1 })],
    ['clinician.harbour', 'Patient', 'amendPatient', (patient) => ({ patient, expectedVersion: 77 })],
    [
      'registrar.north',
      'Patient',
      'amendPatient',
      (patient) => ({ patient, expectedVersion: 1, birthDate: '2099-01-01' }),
    ],
    ['clinician.harbour', 'Encounter', 'amendEncounter', (encounter) => ({ encounter, expectedVersion: 1 })],
    ['regulator.one', 'Encounter', 'amendEncounter', (encounter) => ({ encounter, expectedVersion: 1 })],
    ['patient.one', 'Encounter', 'amendEncounter', (encounter) => ({ encounter, expectedVersion: 9 })],
    [
      'clinician.harbour',
      'Encounter',
      'retractRecord',
      (id) => ({ kind: 'ENCOUNTER', id, expectedVersion: 1, reason: 'x' }),
    ],
    [
      'registrar.north',
      'Patient',
      'retractRecord',
      (id) => ({ kind: 'PATIENT', id, expectedVersion: 5, reason: 'x' }),
    ],
    [
      'patient.one',
      'Report',
      'retractRecord',
      (id) => ({ kind: 'REPORT', id, expectedVersion: 5, reason: 'x' }),
    ],
    [
      'registrar.north',
      'Patient',
      'enrolMember',
      (patient) => ({ patient, roles: ['PATIENT'], subject: 'thief' }),
    ],
    ['registrar.north', 'Member', 'suspendMember', (member) => ({ member, reason: 'x' })],
    ['patient.one', 'Member', 'reinstateMember', (member) => ({ member, reason: 'x', expectedVersion: 9 })],
    [
      'clinician.harbour',
      'Member',
      'rotateKey',
      (member) => ({ member, publicKey: Buffer.alloc(32, 7).toString('base64') }),
    ],
    [
      'patient.one',
      'Report',
      'amendReport',
      (report) => ({ report, expectedVersion: 1, indicators: [], reason: 'x' }),
    ],
    ['patient.one', 'Subsidy', 'confirmSubsidy', (subsidy) => ({ subsidy, expectedVersion: 1 })],
    ['patient.one', 'Subsidy', 'approveSubsidy', (subsidy) => ({ subsidy, expectedVersion: 4 })],
  ])('is refused to %s as if there were no such %s: %s', async (who, type, mutation, input) => {
    const before = vitrine.serving.ledger.trusted.size;
    const [foreign, unknown] = [
      await vitrine.mutate(who, mutation, input(records[type] ?? ''), 'requestId'),
      await vitrine.mutate(who, mutation, input(randomUUID()), 'requestId'),
    ];
    // Who hasn't the role is refused for that, before any id is looked at.
    const hasRole = !['regulator.one', 'patient.one'].includes(who);
    expect(foreign.codes).toEqual([hasRole ? 'NOT_FOUND' : 'FORBIDDEN']);
    if (hasRole) expect(foreign.errors[0]?.extensions.path?.[0]).toBe('input');
    else expect(foreign.errors[0]?.extensions.details).toMatchObject({ rule: 'role' });
    expect({ status: foreign.status, body: faceless(foreign.text) }).toEqual({
      status: unknown.status,
      body: faceless(unknown.text),
    });
    expect(vitrine.serving.ledger.trusted.size).toBe(before);
  });

  it('is found by an identifier with its birth date alone; a wrong date and no such number look the same', async () => {
    const find = (value: string, birthDate: string) =>
      `{ patientByIdentifier(system: "urn:test:national", value: "${value}", birthDate: "${birthDate}") { id names { family } } }`;
    const wrong = await expectSame(
      vitrine,
      'clinician.harbour',
      find('N-4711', '1951-03-08'),
      find('N-4712', PATIENT.birthDate),
    );
    expect(wrong.codes).toEqual(['NOT_FOUND']);
    expect(wrong.text).not.toContain(records['Patient']);
    const right = await vitrine.ask('clinician.harbour', find('N-4711', PATIENT.birthDate));
    expect(right.codes).toEqual(['FORBIDDEN']);
    expect(right.data).toEqual({ patientByIdentifier: { id: records['Patient'], names: null } });
    for (const who of ['finance.city', 'regulator.one', 'auditor', 'vendor', 'patient.one']) {
      expect(
        (await expectSame(vitrine, who, find('N-4711', PATIENT.birthDate), find('N-9', '1990-01-01'))).codes,
      ).toEqual(['FORBIDDEN']);
    }
  });
});

describe('a list', () => {
  const LIST = (who: string, query: string) =>
    vitrine.ask<{ list: { edges: { cursor: string; node: { id: string } | null }[]; pageInfo: object } }>(
      who,
      `{ list: ${query} { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`,
    );

  it('ends where what is for the caller ends', async () => {
    const [all, own] = [
      await LIST('auditor', `encounters(filter: { patient: "${records['Patient']}" })`),
      await LIST('registrar.north', `encounters(filter: { patient: "${records['Patient']}" })`),
    ];
    expect(all.data?.list.edges).toEqual([]);
    expect(own.data?.list.edges.map(({ node }) => node?.id)).toEqual([records.northEncounter]);
    expect(own.data?.list.pageInfo).toMatchObject({ hasNextPage: false });
    const patients = await LIST('patient.self', 'patients');
    expect(patients.data?.list.edges.map(({ node }) => node?.id)).toEqual([records['Patient']]);
  });

  it('has cursors that hold no withheld value', async () => {
    for (const [who, query] of [
      ['finance.city', 'encounters(first: 5)'],
      ['finance.city', 'patients(first: 5)'],
      ['clinician.north', 'subsidies(first: 5)'],
      ['vendor', 'reports(first: 5)'],
    ] as const) {
      const { data } = await LIST(who, query);
      expect(data?.list.edges.length).toBeGreaterThan(0);
      for (const { cursor, node } of data?.list.edges ?? []) {
        const held = Buffer.from(cursor, 'base64url').toString();
        expect(held.replaceAll(node?.id ?? '-', '').replaceAll(/["[\],]|id|null/g, '')).toBe('');
      }
    }
  });

  it.each([
    ['another order’s', ['amount', '5', randomUUID()]],
    ['no column’s', ['secret', '5', randomUUID()]],
    ['a value that is none of the column', ['id', 'zzz', randomUUID()]],
    ['a value that is SQL', ['id', "' OR 1=1 --", randomUUID()]],
    ['no id', ['id', null, '5']],
    ['a list of lists', ['id', [['x']], randomUUID()]],
  ])('refuses a forged cursor: %s', async (_what, forged) => {
    const cursor = Buffer.from(JSON.stringify(forged)).toString('base64url');
    for (const query of ['subsidies', 'reports', 'institutions', 'members']) {
      const answer = await LIST('finance.city', `${query}(after: "${cursor}")`);
      expect(answer.codes, answer.text).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors[0]?.extensions.path).toEqual(['after']);
    }
  });

  it.each([
    ['encounters', '{ field: START }', ['startedAt', 'yesterday', randomUUID()]],
    ['encounters', '{ field: START }', ['startedAt', '2025-13-45 99:00:00+00', randomUUID()]],
    ['encounters', '{ field: RECORDED_AT }', ['entry', '9'.repeat(40), randomUUID()]],
    ['patients', '{ field: RECORDED_AT }', ['entry', '1e3', randomUUID()]],
    ['patients', '{ field: RECORDED_AT }', ['entry', 'null\u0000', randomUUID()]],
  ])('refuses a forged cursor of %s by %s', async (list, order, forged) => {
    const cursor = Buffer.from(JSON.stringify(forged)).toString('base64url');
    const answer = await LIST('registrar.city', `${list}(orderBy: ${order}, after: "${cursor}")`);
    expect(answer.codes, answer.text).toEqual(['BAD_USER_INPUT']);
  });

  it('tells a withheld field once, not how many rows it was withheld in', async () => {
    const query = `{ reports(first: 3) { edges { node { id indicators { code } note } } } }`;
    const answer = await vitrine.ask<object>('reporter.north', query);
    expect(answer.errors.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({ code: 'VIEW_ONLY', pattern: 'reports.edges.node.indicators' }),
      expect.objectContaining({ code: 'VIEW_ONLY', pattern: 'reports.edges.node.note' }),
    ]);
    expect(JSON.stringify(answer.errors)).not.toContain('"3"');
    expect(answer.text).not.toContain(ENCOUNTER.note);
  });
});
