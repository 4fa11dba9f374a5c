/** What alerts about unusual access rest on: the log's entries and its time, whatever becomes of the rows beside it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VitrineError } from '../../src/ledger/core/index.js';
import { systemRandom } from '../../src/ledger/index.js';
import { viewKind, Watch } from '../../src/viewing/index.js';
import { accessIn } from '../../src/viewing/anomalies/accesses.js';
import type { ViewValues } from '../../src/viewing/views/view.kind.js';
import { State } from '../support/state.js';

const DAY = 24 * 3_600_000;

/** Of the first patient. */
const KNOWN = randomUUID();

let state: State;
let patients: string[];
/** What was reported since the test began. */
let alarms: VitrineError[];

interface Alert {
  readonly rule: string;
  readonly subjectId: string;
  readonly from: string;
  readonly receipts: readonly string[];
}

async function alerts(): Promise<readonly Alert[]> {
  const source = '{ accessAlerts(first: 100) { edges { node { rule subjectId from receipts } } } }';
  const { data, errors } = await state.run('auditor', source);
  if (errors[0] !== undefined) throw errors[0];
  return (data['accessAlerts'] as { edges: { node: Alert }[] }).edges.map(({ node }) => node);
}

async function accepted(who: string, name: string, input: Record<string, unknown>, selection: string) {
  const { data, errors } = await state.mutate(who, name, input, selection);
  if (errors[0] !== undefined) throw errors[0];
  return data[name] as Record<string, Record<string, string>>;
}

/** Registers a patient of City. */
async function register(value: string): Promise<string> {
  const input = { names: [{ family: 'Quellmalz', given: ['Ottilie'] }], birthDate: '1951' };
  const identifiers = [{ system: 'urn:test', value }];
  const made = await accepted(
    'registrar.city',
    'registerPatient',
    { ...input, identifiers },
    'patient { id }',
  );
  return made['patient']?.['id'] ?? '';
}

interface Opened {
  readonly id: string;
  readonly index: string;
}

/** Opens patients of City for COVERAGE, one after the other. */
async function open(who: string, from: number, to: number): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (const id of patients.slice(from, to)) {
    const input = { subject: { kind: 'PATIENT', id }, purpose: 'COVERAGE' };
    const { view, receipt } = await accepted(who, 'openView', input, 'view { id } receipt { index }');
    opened.push({ id: view?.['id'] ?? '', index: receipt?.['index'] ?? '' });
  }
  return opened;
}

const look = (): Promise<number> => state.system.system.watch();

/** As a process that starts now. */
function started(): Watch {
  const { ledger, system } = state.system;
  return new Watch({ ledger, store: system.store, random: systemRandom, clock: () => new Date(state.now) });
}

beforeAll(async () => {
  state = await State.open();
  const numbers = [KNOWN, ...Array.from({ length: 4 }, () => randomUUID())];
  patients = await Promise.all(numbers.map(register));
  const thresholds = [{ rule: 'STRANGERS', most: 3, seconds: 86_400 }];
  const input = { thresholds, reason: 'A test asks for it' };
  await state.approved(['regulator.one', 'regulator.two'], 'setAccessPolicy', input, 'requestId');
  state.system.ledger.onAlarm((error) => alarms.push(error));
}, 60_000);
afterAll(() => state.close());

beforeEach(async () => {
  alarms = [];
  state.now = new Date(state.now.getTime() + 2 * DAY);
  // So that each test counts from nothing.
  await look();
});

describe('whoever owns the database', () => {
  it('hides no access from the watch by hiding the rows of receipts, and raises the alarm', async () => {
    const opened = await open('registrar.harbour', 0, 4);
    const ids = opened.map(({ id }) => `'${id}'`).join();
    await state.tamper(`CREATE TABLE hidden AS SELECT * FROM view WHERE id IN (${ids})`);
    await state.tamper(`DELETE FROM view WHERE id IN (${ids})`);
    expect(await look()).toBe(1);
    expect(alarms.map(({ details }) => details['id']).sort()).toEqual(opened.map(({ id }) => id).sort());
    expect(new Set(alarms.map(({ code }) => code))).toEqual(new Set(['INTEGRITY_VIOLATION']));
    const [alert] = await alerts();
    expect(alert?.subjectId).toBe(state.ids['registrar.harbour']);
    expect(alert?.receipts).toEqual(opened.map(({ index }) => index));
    await state.tamper('INSERT INTO view SELECT * FROM hidden', 'DROP TABLE hidden');
  });

  it('turns no access into another’s by changing a row, and raises the alarm', async () => {
    const opened = await open('finance.harbour', 0, 4);
    const [first] = opened;
    const other = state.ids['finance.city'] ?? '';
    await state.tamper(`UPDATE view SET member = '${other}' WHERE id = '${first?.id}'`);
    expect(await look()).toBe(1);
    expect(alarms.map(({ details }) => details['id'])).toEqual([first?.id]);
    expect((await alerts())[0]?.subjectId).toBe(state.ids['finance.harbour']);
    await state.tamper(
      `UPDATE view SET member = '${state.ids['finance.harbour']}' WHERE id = '${first?.id}'`,
    );
  });

  it('hides no entry without an alarm, and the watch counts the others', async () => {
    const [first] = await open('registrar.harbour', 0, 1);
    await open('registrar.harbour', 1, 5);
    await state.tamper(
      `CREATE TABLE hidden AS SELECT * FROM entry WHERE index = ${first?.index}`,
      `DELETE FROM entry WHERE index = ${first?.index}`,
    );
    expect(await look()).toBe(1);
    expect(alarms.map(({ code, details }) => [code, details['index']])).toEqual([
      ['INTEGRITY_VIOLATION', first?.index],
    ]);
    await state.tamper('INSERT INTO entry SELECT * FROM hidden', 'DROP TABLE hidden');
  });

  it('doesn’t silence the watch by taking a patient’s file away: who keeps it isn’t shown, so it counts', async () => {
    await open('registrar.harbour', 0, 4);
    await state.tamper(
      `CREATE TABLE hidden AS SELECT * FROM patient WHERE id = '${patients[0]}'`,
      `DELETE FROM patient WHERE id = '${patients[0]}'`,
    );
    state.system.system.store.facts.clear();
    expect(await look()).toBe(1);
    expect(alarms.map(({ details }) => details['id'])).toEqual([patients[0]]);
    await state.tamper('INSERT INTO patient SELECT * FROM hidden', 'DROP TABLE hidden');
  });
});

describe('time', () => {
  it('is the log’s: a server whose clock ran ahead moves no access into another window', async () => {
    const { now } = state;
    await open('registrar.harbour', 0, 2);
    state.now = new Date(now.getTime() + DAY);
    await open('registrar.harbour', 2, 3);
    // Its records say today again. The log’s time doesn’t go back.
    state.now = now;
    await open('registrar.harbour', 3, 5);
    expect(await look()).toBe(0);
    expect(await started().look()).toBe(0);
    await open('registrar.harbour', 0, 1);
    expect(await look()).toBe(1);
    const ahead = new Date(Math.floor((now.getTime() + DAY) / DAY) * DAY);
    expect((await alerts())[0]?.from).toBe(ahead.toISOString());
    expect(await started().look()).toBe(0);
  });
});

describe('a process that starts', () => {
  it('reads a few headers and the newest windows’ entries, however long the log is', async () => {
    const { trusted } = state.system.ledger;
    const days = 40;
    for (let day = 0; day < days; day += 1) {
      state.now = new Date(state.now.getTime() + DAY);
      await open('registrar.harbour', 0, 1);
    }
    const headers = vi.spyOn(trusted, 'block');
    const entries = vi.spyOn(trusted, 'outcomes');
    expect(await started().look()).toBe(0);
    expect(headers.mock.calls.length).toBeLessThan(3 + Math.log2(Number(trusted.state.height) + 1));
    const read = entries.mock.calls.reduce((sum, [from, to]) => sum + Number(to - from), 0);
    // A block a day: those that are looked at again, and a window before them.
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(20);
    vi.restoreAllMocks();
  });
});

describe('the entry of an access', () => {
  it('says the same as its record', async () => {
    const lookUp = (value: string) =>
      state.run(
        'clinician.harbour',
        `{ patientByIdentifier(system: "urn:test", value: "${value}", birthDate: "1951") { id } }`,
      );
    expect((await lookUp('nobody')).codes).toEqual(['NOT_FOUND']);
    expect((await lookUp(KNOWN)).codes).toEqual([]);
    const audit = (id: string) => ({ subject: { kind: 'PATIENT', id }, purpose: 'AUDIT' });
    await accepted('auditor', 'openView', audit(patients[0] ?? ''), 'requestId');
    const refused = await state.mutate('auditor', 'openView', audit(randomUUID()), 'requestId');
    expect(refused.codes).toEqual(['NOT_FOUND']);
    const { ledger, system } = state.system;
    let compared = 0;
    for await (const entry of ledger.trusted.entries(0n, await ledger.sync())) {
      const access = accessIn(entry);
      if (access === null) continue;
      const { view, index, evident, at, ...said } = access;
      const record = await system.store.facts.newest(viewKind, view);
      const { act, member, institution, patient, evidence } = record?.values as ViewValues;
      expect(said).toEqual({ act, member, institution, patient });
      expect([index, evident, at]).toEqual([record?.anchor.index, evidence !== null, record?.anchor.time]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(50);
  });
});
