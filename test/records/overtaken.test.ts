/** Reads that commits overtake: nobody makes the server doubt its base by changing a record while it is read. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { patientKind } from '../../src/clinical/index.js';
import { PATIENT_IDENTIFIER } from '../../src/clinical/patient.kind.js';
import { committedCounter } from '../../src/finance/programme.kind.js';
import { identifierKey } from '../../src/standing/index.js';
import { State } from '../support/state.js';

let state: State;
let patient: string;
let programme: string;
const alarms: string[] = [];
let release = (): void => undefined;

const NUMBERS = ['P-1', 'P-2'].map((value) => ({ system: 'urn:test:number', value }));
let version = 1;

beforeAll(async () => {
  state = await State.open();
  state.system.ledger.onAlarm(({ message }) => void alarms.push(message));
  const person = { identifiers: [NUMBERS[0]], names: [{ family: 'Viele' }] };
  const made = await state.mutate('registrar.city', 'registerPatient', person, 'patient { id }');
  patient = (made.data['registerPatient'] as { patient: { id: string } }).patient.id;
  const roofs = { code: 'ROOFS', title: 'Roofs', budget: { amount: 1_000_000, currency: 'EUR' } };
  const opened = await state.mutate('regulator.one', 'createProgramme', roofs, 'programme { id }');
  programme = (opened.data['createProgramme'] as { programme: { id: string } }).programme.id;
}, 60_000);
afterEach(() => release());
afterAll(() => state.close());

/** Gives the patient its other number: what was read of the key before is over. */
async function swap(): Promise<void> {
  const input = { patient, expectedVersion: version, identifiers: [NUMBERS[version % 2]] };
  const { codes } = await state.mutate('registrar.city', 'amendPatient', input, 'patient { id }');
  expect(codes).toEqual([]);
  version += 1;
}

/** Gives it the first number again. */
async function swapBack(): Promise<void> {
  if (version % 2 === 0) await swap();
}

/** Approves a subsidy of the programme: its budget's counter moves. */
async function approve(): Promise<void> {
  const amount = { amount: 1, currency: 'EUR' };
  const input = { programme, payee: state.ids['city'], amount, purpose: 'Tiles' };
  const proposed = await state.mutate('regulator.one', 'proposeSubsidy', input, 'subsidy { id }');
  const { id } = (proposed.data['proposeSubsidy'] as { subsidy: { id: string } }).subsidy;
  const asked = { subsidy: id, expectedVersion: 1 };
  const { codes } = await state.mutate('regulator.two', 'approveSubsidy', asked, 'subsidy { id }');
  expect(codes).toEqual([]);
}

/**
 * Commits a change behind each of the next so many statements that match, before their rows are looked at.
 * @param prepare done before the statement
 */
function overtake(
  statement: RegExp,
  times: number,
  change: () => Promise<void>,
  prepare: () => Promise<void> = () => Promise.resolve(),
): void {
  const { sql } = state.system.database;
  const plain = sql.$queryRawUnsafe.bind(sql);
  let left = times;
  let isChanging = false;
  sql.$queryRawUnsafe = async <T>(text: string, ...values: unknown[]): Promise<T> => {
    if (isChanging || left === 0 || !statement.test(text)) return plain<T>(text, ...values);
    left -= 1;
    isChanging = true;
    await prepare();
    const rows = await plain<T>(text, ...values);
    await change();
    isChanging = false;
    return rows;
  };
  release = () => (sql.$queryRawUnsafe = plain);
}

/** What each read is, the statement that it rests on, and a change that overtakes it. */
const READS = [
  [
    'a look-up by a unique key',
    /(?:FROM|,) unique_key/,
    swap,
    async () =>
      (await state.context('registrar.city')).records.byKey(
        patientKind,
        PATIENT_IDENTIFIER,
        identifierKey(NUMBERS[0] ?? { system: '', value: '' }),
      ),
    swapBack,
  ],
  [
    'all versions of a record',
    /LEFT JOIN wrapped_key w ON w\.entry = e\.index/,
    swap,
    async () => (await state.context('registrar.city')).records.versions(patientKind, patient),
  ],
  [
    'a counter',
    /(?:FROM|JOIN) counter/,
    approve,
    () => state.system.ledger.counter(committedCounter(programme)),
  ],
] as const;

describe.each(READS)('%s', (_what, statement, change, read, prepare?: () => Promise<void>) => {
  it('that a commit overtook is read again', async () => {
    overtake(statement, 1, change, prepare);
    await read();
    expect(alarms).toEqual([]);
  });

  it('that every commit overtakes is unavailable, and raises no alarm', async () => {
    overtake(statement, 100, change, prepare);
    const codes = await read().then(
      (found) => found,
      (error: { code: string }) => [error.code],
    );
    expect(codes).toEqual(['UNAVAILABLE']);
    expect(alarms).toEqual([]);
  });
});
