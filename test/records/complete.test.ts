import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programmeKind, subsidyKind, type SubsidyValues } from '../../src/finance/index.js';
import { requirePlaces } from '../../src/records/index.js';
import { firstHead, newId } from '../../src/uploads/index.js';
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

  it('are not claimed by a kind that does not join them', () => {
    const kind = { ...subsidyKind, threads: () => [head.id] };
    expect(() => requirePlaces(kind, { values, head }, null)).toThrow(/programme is no thread/);
  });
});
