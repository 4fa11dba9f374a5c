import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/api/index.js';
import {
  type FactSource,
  type SignableInputs,
  type SignableName,
  Uploader,
  type VersionBase,
} from '../../src/client/index.js';
import { amendEncounter, recordEncounter } from '../../src/clinical/encounter.service.js';
import { encounterKind, encounterValues, patientKind, patientValues } from '../../src/clinical/index.js';
import { amendPatient, registerPatient } from '../../src/clinical/patient.service.js';
import { firstHead, type FormFacts } from '../../src/documents/index.js';
import {
  equal,
  fromBase64url,
  type Json,
  parseStatement,
  saltsFrom,
  sha256,
  utf8,
  VitrineError,
} from '../../src/ledger/core/index.js';
import { wrappingKey } from '../../src/ledger/wrapping.js';
import { type AnyKind, type Loaded, type Relation, sealRecord } from '../../src/records/index.js';
import { amendReport, fileReport } from '../../src/reporting/report.service.js';
import { formKind, reportKind } from '../../src/reporting/index.js';
import { type AnyChange, makingOf } from '../../src/uploads/index.js';
import { newSigner } from '../support/own-key.js';
import {
  changedEncounter,
  changedPatient,
  changedReport,
  newEncounter,
  newPatient,
  newReport,
} from './inputs.js';

const NOW = new Date('2026-06-15T12:00:00.000Z');
const [INSTITUTION, PATIENT, RECORD, FORM] = [1, 2, 3, 4].map(
  (n) => `01890000-0000-7000-9000-00000000000${n}`,
) as [string, string, string, string];
const random = (bytes: number) => Uint8Array.from(randomBytes(bytes));
const KEYS = {
  custodianKey: () => Promise.resolve(wrappingKey('key', random(32), random)),
  blindKey: { id: 'blind', mac: (scope: string, value: string) => `${scope} ${value}` },
};
const form: FormFacts = {
  id: FORM,
  version: 1,
  code: 'beds',
  period: 'MONTH',
  validFrom: null,
  dueDays: 5,
  indicators: [
    { code: 'beds', label: 'Beds', type: 'INTEGER', unit: null, required: false, min: null, max: null },
    { code: 'rate', label: 'Rate', type: 'DECIMAL', unit: null, required: false, min: null, max: null },
    { code: 'open', label: 'Open', type: 'BOOLEAN', unit: null, required: false, min: null, max: null },
    { code: 'why', label: 'Why', type: 'TEXT', unit: null, required: false, min: null, max: null },
  ],
};

/** A record as the server's services load it. */
function loaded(kind: AnyKind, id: string, values: object): Loaded<object> {
  return {
    kind: kind.name,
    head: firstHead(kind, id, { custodian: INSTITUTION, patient: PATIENT }),
    values,
    anchor: { index: 7n, block: 3n, time: NOW.toISOString(), leafHash: sha256(utf8(id)), actor: RECORD },
    relations: new Set<Relation>(['CUSTODIAN']),
  };
}

const encounter = encounterValues.parse({
  patient: PATIENT,
  class: 'AMB',
  status: 'IN_PROGRESS',
  start: '2025-01-01T08:00:00Z',
  note: 'first',
});
const patient = patientValues.parse({
  identifiers: [{ system: 'https://id.test/a', value: '1' }],
  birthDate: '1970',
});
const report = {
  form: FORM,
  code: 'beds',
  formVersion: 1,
  period: '2025-01',
  state: 'FILED',
  due: '2025-02-05',
  filedAt: '2025-02-01T08:00:00.000Z',
  indicators: [{ code: 'beds', value: '3' }],
  note: 'first',
  reason: null,
};
const RECORDS = new Map<string, Loaded<object>>([
  [`Encounter/${RECORD}`, loaded(encounterKind, RECORD, encounter)],
  [`Patient/${PATIENT}`, loaded(patientKind, PATIENT, patient)],
  [`Report/${RECORD}`, loaded(reportKind, RECORD, report)],
  [`Form/${FORM}`, loaded(formKind, FORM, form)],
]);

const facts: FactSource = {
  form: () => Promise.resolve(form),
  base: (kind, id) => {
    const { head, values, anchor } = RECORDS.get(`${kind}/${id}`) ?? loaded(formKind, id, {});
    // What a service loaded is JSON.
    const base: VersionBase = { head, values: values as Record<string, Json>, leafHash: anchor.leafHash };
    return Promise.resolve(base);
  },
  upload: () => Promise.reject(new Error('nothing is decided here')),
};
const uploader = new Uploader({
  origin: 'vitrine.test/log',
  institution: INSTITUTION,
  signer: newSigner(),
  clock: () => NOW,
  facts,
});

/** What a service would submit for the input, as the pipeline seals it. */
type Service = (ctx: RequestContext, input: never) => Promise<unknown>;
const SERVICES: Readonly<Record<SignableName, Service>> = {
  recordEncounter,
  amendEncounter,
  registerPatient,
  amendPatient,
  fileReport,
  amendReport,
};

class Stop extends Error {}

/** The change that the service makes of an input that GraphQL has read. */
async function changeOf(
  name: SignableName,
  input: object,
  statement: string | undefined,
): Promise<AnyChange> {
  const making = makingOf([statement === undefined ? null : parseStatement(statement).statement], () => NOW);
  let change: AnyChange | undefined;
  const find = (kind: AnyKind, id: string) => Promise.resolve(RECORDS.get(`${kind.name}/${id}`) ?? null);
  const ctx = {
    caller: {
      id: RECORD,
      institution: INSTITUTION,
      roles: new Set(['CLINICIAN', 'REPORTER']),
      state: false,
      licensed: true,
      patient: null,
      authority: [],
    },
    clock: () => NOW,
    records: { load: find, fact: find, factByKey: () => find(formKind, FORM) },
    viewing: { requireTries: () => undefined },
    uploads: {
      submit: async (_request: unknown, build: (m: typeof making) => Promise<AnyChange[]>) => {
        [change] = await build(making);
        throw new Stop();
      },
    },
  };
  const call = SERVICES[name] as (ctx: unknown, input: object) => Promise<unknown>;
  try {
    await call(ctx, input);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  if (change === undefined) throw new Error('the service submitted nothing');
  return change;
}

/** What GraphQL's scalars make of it. */
function read(input: object): object {
  const { patient: id, cost } = input as { patient?: string; cost?: { amount: string | number } | null };
  return {
    ...input,
    ...(id !== undefined && { patient: id.toLowerCase() }),
    ...(cost !== undefined && cost !== null && { cost: { ...cost, amount: BigInt(cost.amount) } }),
  };
}

const refused = (error: unknown): string => {
  if (error instanceof VitrineError && error.code === 'BAD_USER_INPUT') return 'BAD_USER_INPUT';
  throw error;
};

describe('what a client signs is what the server seals of the same input, or both refuse it', () => {
  const amends = { expectedVersion: 1 };
  it.each<[SignableName, fc.Arbitrary<object>]>([
    ['recordEncounter', newEncounter(PATIENT)],
    ['amendEncounter', changedEncounter.map((changes) => ({ ...changes, ...amends, encounter: RECORD }))],
    ['registerPatient', newPatient],
    ['amendPatient', changedPatient.map((changes) => ({ ...changes, ...amends, patient: PATIENT }))],
    ['fileReport', newReport],
    ['amendReport', changedReport.map((changes) => ({ ...changes, ...amends, report: RECORD }))],
  ])('%s', async (name, inputs) => {
    const seen = { signed: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const input = { requestId: randomUUID(), ...given };
        const mine = await uploader
          .sign(name, input as unknown as SignableInputs[typeof name])
          .then(({ signed }) => signed ?? null)
          .catch(refused);
        const signed = typeof mine === 'string' ? null : mine;
        const change = await changeOf(name, read(input), signed?.statement).catch(refused);
        if (typeof change === 'string' || signed === null) {
          expect([mine, change]).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
          seen.refused++;
          return;
        }
        const { statement } = parseStatement(signed.statement);
        const values = change.kind.values.parse(change.values);
        const salts = saltsFrom(fromBase64url(signed.seed));
        const sealed = await sealRecord(change.kind, change.head, values, KEYS, random, new Map(), salts);
        expect(statement.subject).toEqual({
          kind: change.kind.name,
          id: change.head.id,
          version: change.head.version,
        });
        expect(statement.op).toBe(change.op);
        const same = (one: Uint8Array | null, other: Uint8Array | null) =>
          one !== null && other !== null && equal(one, other);
        expect(same(statement.content, sealed.content) && same(statement.fields, sealed.fields)).toBe(true);
        expect(statement.supersedes).toEqual(change.base?.anchor.leafHash ?? null);
        seen.signed++;
      }),
      { numRuns: 150 },
    );
    expect(seen.signed).toBeGreaterThan(5);
  });
});
