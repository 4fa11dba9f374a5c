/** What can't be read can't be probed by filters and orders (design: access, "The same rule on every path"). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, type Records } from './cast.js';
import { expectSame } from './refusal.js';

let vitrine: TestVitrine;
let records: Records;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
  const me = async (who: string) => {
    const { data } = await vitrine.ask<{ me: { member: { id: string }; institution: { id: string } } }>(
      who,
      '{ me { member { id } institution { id } } }',
    );
    return data?.me;
  };
  const [north, ministry] = [await me('clinician.north'), await me('regulator.one')];
  ids = {
    ...records,
    north: north?.institution.id ?? '',
    northMember: north?.member.id ?? '',
    ministry: ministry?.institution.id ?? '',
  };
}, 120_000);
afterAll(() => vitrine.stop());

/** Puts ids in their places: `$Patient`, `$north`. */
const fill = (query: string) => query.replace(/\$(\w+)/g, (all, name: string) => ids[name] ?? all);

const FILTERS: readonly (readonly [query: string, allowed: string, refused: string])[] = [
  [
    '{ patients(filter: { name: "Quellmalz" }) { edges { node { id } } } }',
    'registrar.city clinician.city patient.self registrar.north',
    'reporter.city finance.city vendor.city regulator.one finance.ministry auditor vendor',
  ],
  [
    '{ patients(filter: { identifier: { system: "urn:test:national", value: "N-4711" } }) { edges { node { id } } } }',
    'registrar.city clinician.city patient.self clinician.harbour',
    'reporter.city finance.city vendor.city regulator.one finance.ministry auditor vendor',
  ],
  [
    '{ patients(orderBy: { field: RECORDED_AT }) { edges { node { id } } } }',
    'registrar.city finance.city vendor.city patient.self clinician.north regulator.one',
    '',
  ],
  ...['{ class: IMP }', '{ status: FINISHED }', '{ start: { from: "2025-11-01T00:00:00Z" } }'].map(
    (filter) =>
      [
        `{ encounters(filter: ${filter}) { edges { node { id } } } }`,
        'registrar.city clinician.city reporter.city patient.self clinician.north',
        'finance.city vendor.city regulator.one finance.ministry auditor vendor',
      ] as const,
  ),
  [
    '{ encounters(orderBy: { field: START, direction: DESC }) { edges { node { id } } } }',
    'registrar.city clinician.city reporter.city patient.self',
    'finance.city vendor.city regulator.one finance.ministry auditor vendor',
  ],
  [
    '{ encounters(filter: { patient: "$Patient" }, orderBy: { field: RECORDED_AT }) { edges { node { id } } } }',
    'registrar.city finance.city vendor.city patient.self clinician.north',
    '',
  ],
  [
    '{ subsidies(orderBy: { field: AMOUNT }) { edges { node { id } } } }',
    'regulator.one',
    'finance.city finance.north finance.ministry auditor clinician.city vendor patient.one',
  ],
  [
    '{ subsidies(filter: { payee: "$Institution" }, orderBy: { field: AMOUNT }) { edges { node { id } } } }',
    'regulator.one finance.city',
    'clinician.city vendor.city finance.north finance.ministry auditor vendor patient.one',
  ],
  [
    '{ subsidies(filter: { payer: "$ministry" }, orderBy: { field: AMOUNT }) { edges { node { id } } } }',
    'regulator.one finance.ministry',
    'finance.city clinician.city auditor vendor patient.one',
  ],
  [
    '{ subsidies(filter: { state: CONFIRMED }) { edges { node { id } } } }',
    'regulator.one finance.city clinician.north vendor auditor',
    'patient.one patient.self',
  ],
  [
    '{ reports(filter: { period: "2025-09", state: AMENDED }, orderBy: { field: PERIOD }) { edges { node { id } } } }',
    'regulator.one reporter.city clinician.north vendor auditor',
    'patient.one patient.self',
  ],
  ['{ programmes { edges { node { id } } } }', 'regulator.one finance.north vendor auditor', 'patient.one'],
  [
    '{ entries(filter: { op: "patient.register" }) { edges { node { index } } } }',
    'auditor',
    'registrar.city clinician.city regulator.one finance.ministry vendor patient.self',
  ],
  [
    '{ entries(filter: { subject: { kind: "Patient", id: "$Patient" } }) { edges { node { index } } } }',
    'auditor patient.self',
    'registrar.city clinician.city clinician.north regulator.one vendor patient.one',
  ],
  [
    '{ entries(filter: { thread: "$Patient" }) { edges { node { index } } } }',
    'auditor patient.self',
    'registrar.city clinician.city clinician.north regulator.one vendor patient.one',
  ],
  [
    '{ entries(filter: { institution: "$north", from: "3" }) { edges { node { index } } } }',
    'auditor registrar.city vendor patient.one',
    '',
  ],
];

const filterCases = FILTERS.flatMap(([query, allowed, refused]) => [
  ...allowed.split(' ').map((who) => ({ query, who, allowed: true })),
  ...refused
    .split(' ')
    .filter((who) => who !== '')
    .map((who) => ({ query, who, allowed: false })),
]);

describe('a filter or an order', () => {
  it.each(filterCases)('$query: as $who: $allowed', async ({ query, who, allowed }) => {
    const answer = await vitrine.ask<Record<string, unknown>>(who, fill(query));
    if (allowed) return expect(answer.codes, answer.text).toEqual([]);
    expect(answer.codes, answer.text).toEqual(['FORBIDDEN']);
    expect(Object.values(answer.data ?? {})).toEqual([null]);
    // Where in the arguments the cause is, but for a list that isn't for the caller at all.
    if (/filter|orderBy/.test(query) && !who.startsWith('patient'))
      expect(answer.errors[0]?.extensions.path?.[0]).toMatch(/^(?:filter|orderBy)$/);
  });

  it('is refused alike whether it would have matched or not', async () => {
    const byName = (name: string) => `{ patients(filter: { name: "${name}" }) { edges { node { id } } } }`;
    await expectSame(vitrine, 'finance.city', byName('Quellmalz'), byName('Nonesuch'));
    const bySubject = (id: string) =>
      `{ entries(filter: { subject: { kind: "Patient", id: "${id}" } }) { edges { node { index } } } }`;
    await expectSame(
      vitrine,
      'clinician.harbour',
      bySubject(records['Patient'] ?? ''),
      bySubject(randomUUID()),
    );
    const byThread = (id: string) => `{ entries(filter: { thread: "${id}" }) { edges { node { index } } } }`;
    await expectSame(
      vitrine,
      'clinician.harbour',
      byThread(records['Patient'] ?? ''),
      byThread(randomUUID()),
    );
  });

  it('of one’s own institution finds no other’s, and doesn’t tell that there is one', async () => {
    const byName = (name: string) =>
      `{ patients(filter: { name: "${name}" }) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    await expectSame(vitrine, 'registrar.north', byName('Quellmalz'), byName('Nonesuch'));
    const byNumber = (value: string) =>
      `{ patients(filter: { identifier: { system: "urn:test:national", value: "${value}" } }) { edges { cursor } pageInfo { hasNextPage endCursor } } }`;
    await expectSame(vitrine, 'registrar.north', byNumber('N-4711'), byNumber('N-0000'));
    const ofPatient = (id: string) =>
      `{ encounters(filter: { patient: "${id}" }) { edges { cursor } pageInfo { hasNextPage endCursor } } }`;
    await expectSame(
      vitrine,
      'clinician.harbour',
      ofPatient(records['Patient'] ?? ''),
      ofPatient(randomUUID()),
    );
  });
});
