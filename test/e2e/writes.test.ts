/** Writes that aren't the caller's to make: other institutions' records, other roles', and from stale versions. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, type Records } from './cast.js';
import { everything, expectRefusal, expectSilent, MARKER } from './refusal.js';

let vitrine: TestVitrine;
let records: Records;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
}, 120_000);
afterAll(() => vitrine.stop());

const visit = () => ({
  patient: records['Patient'],
  class: 'AMB',
  status: 'IN_PROGRESS',
  start: '2025-05-01T10:00:00Z',
  note: MARKER,
});

const WRITES: readonly (readonly [
  who: string | null,
  mutation: string,
  input: () => object,
  code: string,
])[] = [
  [
    'clinician.north',
    'amendEncounter',
    () => ({ encounter: records['Encounter'], expectedVersion: 1 }),
    'FORBIDDEN',
  ],
  ['second.north', 'amendPatient', () => ({ patient: records['Patient'], expectedVersion: 1 }), 'FORBIDDEN'],
  [
    'clinician.north',
    'amendPatient',
    () => ({ patient: records['Patient'], expectedVersion: 9 }),
    'FORBIDDEN',
  ],
  [
    'clinician.north',
    'retractRecord',
    () => ({ kind: 'ENCOUNTER', id: records['Encounter'], expectedVersion: 1, reason: MARKER }),
    'FORBIDDEN',
  ],
  [
    'clinician.city',
    'amendEncounter',
    () => ({ encounter: records.northEncounter, expectedVersion: 1 }),
    'NOT_FOUND',
  ],
  [
    'reporter.north',
    'amendReport',
    () => ({ report: records['Report'], expectedVersion: 2, indicators: [], reason: MARKER }),
    'FORBIDDEN',
  ],
  [
    'reporter.north',
    'retractRecord',
    () => ({ kind: 'REPORT', id: records['Report'], expectedVersion: 2, reason: MARKER }),
    'FORBIDDEN',
  ],
  [
    'reporter.north',
    'retractRecord',
    () => ({ kind: 'REPORT', id: records['Report'], expectedVersion: 1, reason: MARKER }),
    'FORBIDDEN',
  ],
  [
    'finance.north',
    'confirmSubsidy',
    () => ({ subsidy: records['Subsidy'], expectedVersion: 4 }),
    'FORBIDDEN',
  ],
  [
    'finance.city',
    'disburseSubsidy',
    () => ({ subsidy: records['Subsidy'], expectedVersion: 4, reference: MARKER }),
    'FORBIDDEN',
  ],
  [
    'finance.city',
    'approveSubsidy',
    () => ({ subsidy: records['Subsidy'], expectedVersion: 4 }),
    'FORBIDDEN',
  ],
  [
    'registrar.north',
    'amendInstitution',
    () => ({ institution: records['Institution'], name: MARKER }),
    'FORBIDDEN',
  ],
  [
    'registrar.north',
    'enrolMember',
    () => ({ institution: records['Institution'], subject: 'spy', name: MARKER, roles: ['CLINICIAN'] }),
    'FORBIDDEN',
  ],
  [
    'registrar.city',
    'changeLicence',
    () => ({ institution: records['Institution'], licence: { number: MARKER } }),
    'FORBIDDEN',
  ],
  [
    'registrar.city',
    'enrolMember',
    () => ({ institution: records['Institution'], subject: 'state', name: MARKER, roles: ['REGULATOR'] }),
    'FORBIDDEN',
  ],
  [
    'regulator.one',
    'enrolMember',
    () => ({ institution: records['Institution'], subject: 'state', name: MARKER, roles: ['REGULATOR'] }),
    'BAD_USER_INPUT',
  ],
  [
    'regulator.one',
    'registerPatient',
    () => ({ identifiers: [{ system: 'urn:a', value: MARKER }] }),
    'FORBIDDEN',
  ],
  [
    'finance.city',
    'registerPatient',
    () => ({ identifiers: [{ system: 'urn:a', value: MARKER }] }),
    'FORBIDDEN',
  ],
  ['vendor', 'recordEncounter', visit, 'FORBIDDEN'],
  ['auditor', 'recordEncounter', visit, 'FORBIDDEN'],
  ['reporter.city', 'recordEncounter', visit, 'FORBIDDEN'],
  ['patient.self', 'recordEncounter', visit, 'FORBIDDEN'],
  ['patient.self', 'amendPatient', () => ({ patient: records['Patient'], expectedVersion: 1 }), 'FORBIDDEN'],
  [
    'patient.self',
    'retractRecord',
    () => ({ kind: 'PATIENT', id: records['Patient'], expectedVersion: 1, reason: MARKER }),
    'FORBIDDEN',
  ],
  [
    'clinician.city',
    'fileReport',
    () => ({ form: 'hospital-activity', period: '2025-02', indicators: [] }),
    'FORBIDDEN',
  ],
  [
    'finance.ministry',
    'createProgramme',
    () => ({ code: 'X', title: MARKER, budget: { amount: 1, currency: 'EUR' } }),
    'FORBIDDEN',
  ],
  [
    'auditor',
    'defineForm',
    () => ({ code: 'x', title: MARKER, period: 'YEAR', indicators: [] }),
    'FORBIDDEN',
  ],
  [
    'clinician.city',
    'rotateKey',
    () => ({ member: records['Member'], publicKey: Buffer.alloc(3).toString('base64') }),
    'BAD_USER_INPUT',
  ],
  [
    'registrar.city',
    'rotateKey',
    () => ({ member: records['Member'], publicKey: Buffer.alloc(32, 9).toString('base64') }),
    'FORBIDDEN',
  ],
  [
    'registrar.city',
    'retractRecord',
    () => ({ kind: 'ENCOUNTER', id: records['Patient'], expectedVersion: 1, reason: MARKER }),
    'NOT_FOUND',
  ],
];

describe('a write', () => {
  it.each(WRITES)('of %s by %s is refused', async (who, mutation, input, code) => {
    const before = await everything(vitrine);
    const answer = await vitrine.mutate<object>(who ?? '', mutation, { ...input() }, 'requestId');
    expectRefusal(answer, { code });
    expect(await everything(vitrine)).toEqual(before);
  });

  it('without a token is refused whatever it is', async () => {
    const type = (
      await vitrine.ask<{
        __schema: {
          mutationType: { fields: { name: string; args: { type: { ofType: { name: string } } }[] }[] };
        };
      }>(null, '{ __schema { mutationType { fields { name args { type { ofType { name } } } } } } }')
    ).data;
    const fields = type?.__schema.mutationType.fields ?? [];
    expect(fields.length).toBeGreaterThan(18);
    const [, , , , ...others] = [...WRITES];
    for (const [, mutation, input] of others) {
      const found = fields.find(({ name }) => name === mutation)?.args[0]?.type.ofType.name ?? '';
      const query = `mutation ($input: ${found}!) { ${mutation}(input: $input) { requestId } }`;
      const answer = await vitrine.ask<object>(null, query, {
        input: { requestId: randomUUID(), ...input() },
      });
      expectRefusal(answer, { code: 'UNAUTHENTICATED' });
    }
  });

  it('that another’s unique value stops names the holder to those alone who may know it', async () => {
    const taken = {
      institution: records['Institution'],
      subject: 'clinician.north',
      name: 'x',
      roles: ['CLINICIAN'],
    };
    const answer = await vitrine.mutate<object>('registrar.city', 'enrolMember', taken, 'requestId');
    expectRefusal(answer, { code: 'CONFLICT', path: 'input.subject' });
    const { data } = await vitrine.ask<{ me: { member: { id: string } } }>(
      'clinician.north',
      '{ me { member { id } } }',
    );
    expect(answer.text).not.toContain(data?.me.member.id);
    const register = (facts: object) =>
      vitrine.mutate<object>(
        'clinician.harbour',
        'registerPatient',
        { identifiers: [{ system: 'urn:test:national', value: 'N-4711' }], ...facts },
        'requestId',
      );
    const stranger = await register({});
    expectRefusal(stranger, { code: 'CONFLICT', path: 'input.identifiers.0' });
    expect(stranger.text).not.toContain(records['Patient']);
    // To who knows the birth date, too, a patient is named on purpose: its care is recorded under one id everywhere.
    const patient = await register({ birthDate: '1951-03-07' });
    expectRefusal(patient, { code: 'CONFLICT', path: 'input.identifiers.0' });
    expect(patient.errors[0]?.extensions.details).toMatchObject({ id: records['Patient'] });
    expectSilent(patient.text);
    expectSilent(stranger.text);
  });

  it('from a version that isn’t the newest is a conflict, of two at once one', async () => {
    const make = await vitrine.mutate<{ recordEncounter: { encounter: { id: string } } }>(
      'clinician.city',
      'recordEncounter',
      visit(),
      'encounter { id }',
    );
    const encounter = make.data?.recordEncounter.encounter.id;
    const amend = (expectedVersion: number, note: string) =>
      vitrine.mutate<object>(
        'clinician.city',
        'amendEncounter',
        { encounter, expectedVersion, note },
        'requestId',
      );
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((note) => amend(1, note)));
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    for (const stale of [1, 3, 0]) {
      const answer = await amend(stale, 'late');
      expectRefusal(answer, { code: 'CONFLICT', path: 'input.expectedVersion' });
      expect(answer.errors[0]?.extensions.details).toMatchObject({ version: 2 });
    }
  });
});
