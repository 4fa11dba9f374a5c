import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patientKind, patientValues } from '../../src/clinical/index.js';
import { REGISTER_PATIENT } from '../../src/clinical/operations.js';
import { programmeKind, subsidyKind, type SubsidyValues } from '../../src/finance/index.js';
import { requirePlaces } from '../../src/records/index.js';
import { creation, firstHead, newId } from '../../src/uploads/index.js';
import { State } from '../support/state.js';

let state: State;
let programme: string;
const subsidies: string[] = [];

beforeAll(async () => {
  state = await State.open();
  programme = await newProgramme('FULL');
  for (let i = 0; i < 3; i++) {
    const input = { programme, payee: state.ids['city'], amount: eur(100), purpose: 'beds' };
    const made = await state.mutate('regulator.one', 'proposeSubsidy', input, 'subsidy { id }');
    subsidies.push((made.data['proposeSubsidy'] as { subsidy: { id: string } }).subsidy.id);
  }
});
afterAll(() => state.close());

const eur = (amount: number) => ({ amount, currency: 'EUR' });

async function newProgramme(code: string): Promise<string> {
  const input = { code, title: code, budget: eur(1000) };
  const made = await state.mutate('regulator.one', 'createProgramme', input, 'programme { id }');
  return (made.data['createProgramme'] as { programme: { id: string } }).programme.id;
}

async function all(thread: string): Promise<string[]> {
  const { records } = await state.context('regulator.one');
  return (await records.complete(subsidyKind, 'programme', thread)).map(({ head }) => head.id);
}

describe('a complete list', () => {
  it('has every record of its thread, oldest first', async () => {
    expect(await all(programme)).toEqual(subsidies);
  });

  it('is empty where none ever was', async () => {
    expect(await all(await newProgramme('EMPTY'))).toEqual([]);
    expect(await all(newId())).toEqual([]);
  });

  it('is none when a record is missing, or all are', async () => {
    const alarms: string[] = [];
    const off = state.system.ledger.onAlarm(({ message }) => void alarms.push(message));
    for (const where of [`id = '${subsidies[1]}'`, `programme = '${programme}'`]) {
      await state.tamper(`CREATE TABLE away AS SELECT * FROM subsidy`, `DELETE FROM subsidy WHERE ${where}`);
      await expect(all(programme)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
      await state.tamper(`INSERT INTO subsidy SELECT * FROM away WHERE ${where}`, 'DROP TABLE away');
    }
    off();
    const message = `Subsidy: the list by programme ${programme} isn't all that the log has`;
    expect(alarms).toEqual([message, message]);
    expect(await all(programme)).toEqual(subsidies);
  });
});

describe('a list that is read page by page', () => {
  it('is read again when a record moved to a page before', async () => {
    const { city = '', harbour = '' } = state.ids;
    const early = newId();
    const { uploads } = await state.context('registrar.city');
    const { uploads: theirs, records } = await state.context('registrar.harbour');
    const values = patientValues.parse({ names: [{ family: 'Viele' }] });
    const registers = (id: string, custodian: string) =>
      creation(patientKind, firstHead(patientKind, id, { custodian, patient: id }), values, REGISTER_PATIENT);
    await uploads.submit({ requestId: newId(), input: null }, () =>
      Promise.resolve([registers(early, city)]),
    );
    for (let batch = 0; batch < 2; batch++)
      await theirs.submit({ requestId: newId(), input: batch }, () =>
        Promise.resolve(Array.from({ length: 256 }, () => registers(newId(), harbour))),
      );
    const { store, ledger } = { ...state.system, ...state.system.system };
    const find = store.find.bind(store);
    const pages: (string | null)[] = [];
    store.find = async (kind, query) => {
      const found = await find(kind, query);
      if (kind.name === patientKind.name && pages.push(query.after ?? null) === 1) {
        const input = { patient: early, expectedVersion: 1, institution: harbour };
        const people = ['registrar.city', 'registrar.harbour'] as const;
        expect((await state.approved(people, 'transferCustody', input, 'requestId')).codes).toEqual([]);
      }
      return found;
    };
    try {
      const whole = await records.complete(patientKind, 'custodian', harbour);
      expect(whole.map(({ head }) => head.id)).toContain(early);
      expect(whole).toHaveLength(ledger.trusted.listLength('Patient', harbour));
      expect(pages.filter((after) => after === null)).toHaveLength(2);
    } finally {
      store.find = find;
    }
  });
});

describe('the threads that lists go by', () => {
  const values = { programme: newId(), payee: newId() } as SubsidyValues;
  const head = firstHead(subsidyKind, newId(), {});

  it('are those that a record joins and stays on', () => {
    expect(() => requirePlaces(subsidyKind, { values, head }, null)).not.toThrow();
    expect(() => requirePlaces(subsidyKind, { values, head }, { values, head })).not.toThrow();
  });

  it('are not left by a later version', () => {
    const next = { values: { ...values, payee: newId() }, head };
    expect(() => requirePlaces(subsidyKind, next, { values, head })).toThrow(/payee is no thread that stays/);
    const moved = firstHead(programmeKind, head.id, { custodian: newId() });
    const base = firstHead(programmeKind, head.id, { custodian: newId() });
    const code = { code: 'A' };
    expect(() =>
      requirePlaces(programmeKind, { values: code, head: moved }, { values: code, head: base }),
    ).toThrow(/custodian is no thread that stays/);
  });

  it('are left for another by the declared move alone', () => {
    const [from, to] = [newId(), newId()];
    const kind = { ...programmeKind, lists: ['custodian'] };
    const at = (custodian: string) => ({
      values: { code: 'A' },
      head: firstHead(kind, head.id, { custodian }),
    });
    expect(() => requirePlaces(kind, at(to), at(from), { from, to })).not.toThrow();
    for (const [next, base, move] of [
      [to, from, { from: to, to: from }],
      [to, from, { from, to: newId() }],
      [newId(), from, { from, to }],
      [from, from, { from, to }],
      [to, newId(), { from, to }],
    ] as const)
      expect(() => requirePlaces(kind, at(next), at(base), move)).toThrow(/no thread that stays/);
    // On two lists, or on one by either of two columns: it could be left on half of them.
    for (const lists of [['custodian', 'code'], [['custodian', 'code']]] as (typeof subsidyKind)['lists'][])
      expect(() => requirePlaces({ ...kind, lists: lists ?? [] }, at(to), at(from), { from, to })).toThrow(
        /no thread that stays/,
      );
    const { lists: _lists, ...unlisted } = kind;
    expect(() => requirePlaces(unlisted, at(to), at(from), { from, to })).toThrow(/on no list/);
  });

  it('are not claimed by a kind that does not join them', () => {
    const kind = { ...subsidyKind, threads: () => [head.id] };
    expect(() => requirePlaces(kind, { values, head }, null)).toThrow(/programme is no thread/);
  });
});
