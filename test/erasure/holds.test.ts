/** Holds over the real server: who may place and release them, and what the log says of them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { holding } from './world.js';

let vitrine: TestVitrine;
let encounter: string;
let other: string;
let report: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  const of = (sql: string) => value(vitrine, sql);
  const city = await of(`SELECT id FROM institution WHERE name = 'City Hospital'`);
  const north = await of(`SELECT id FROM institution WHERE name = 'Northern Hospital'`);
  const visits = `SELECT id FROM encounter WHERE custodian = '${city}'`;
  // Of a patient whom Northern Hospital treats too: its clinician may know of the encounter, and not hold it.
  const shared = `(SELECT patient FROM encounter WHERE custodian = '${north}')`;
  encounter = await of(`${visits} AND patient IN ${shared} ORDER BY entry LIMIT 1`);
  other = await of(`${visits} AND id <> '${encounter}' ORDER BY entry LIMIT 1`);
  report = await of(`SELECT id FROM report WHERE custodian = '${city}' LIMIT 1`);
});
afterAll(() => vitrine.stop());

const counter = (kind: string, id: string) =>
  value(vitrine, `SELECT coalesce(max(value), -1) FROM counter WHERE id = 'hold/${kind}/${id}'`);

describe('a hold', () => {
  it('is placed by a regulator who sees nothing of the record, once an institution', async () => {
    const placed = await holding(vitrine, 'regulator.one', 'placeHold', { id: encounter });
    expect(placed.errors).toEqual([]);
    expect(placed.data?.placeHold.record).toMatchObject({ state: 'PLACED', recordId: encounter, version: 1 });
    expect(await counter('Encounter', encounter)).toBe('1');
    const again = await holding(vitrine, 'regulator.two', 'placeHold', { id: encounter });
    expect(again.codes).toEqual(['CONFLICT']);
    expect(again.errors[0]?.extensions.details).toMatchObject({
      kind: 'Hold',
      id: placed.data?.placeHold.record?.id,
    });
    expect(await counter('Encounter', encounter)).toBe('1');
  });

  it('of the custodian stands beside the one of the state', async () => {
    const placed = await holding(vitrine, 'clinician.city', 'placeHold', { id: encounter });
    expect(placed.errors).toEqual([]);
    expect(await counter('Encounter', encounter)).toBe('2');
  });

  it('sent again is the same hold', async () => {
    const input = { id: other, requestId: randomUUID() };
    const first = await holding(vitrine, 'regulator.one', 'placeHold', input);
    const second = await holding(vitrine, 'regulator.one', 'placeHold', input);
    expect([first, second].map(({ data }) => data?.placeHold.repeated)).toEqual([false, true]);
    expect(second.data?.placeHold.record).toEqual(first.data?.placeHold.record);
    expect(await counter('Encounter', other)).toBe('1');
  });

  it('is released by the institution that placed it, and by no other', async () => {
    const foreign = await holding(vitrine, 'registrar.city', 'releaseHold', { id: other });
    expect(foreign.codes).toEqual(['NOT_FOUND']);
    const released = await holding(vitrine, 'regulator.two', 'releaseHold', {
      id: other,
      reason: 'The case is closed',
    });
    expect(released.data?.releaseHold.record).toMatchObject({
      state: 'RELEASED',
      reason: 'A court asks for it',
      releaseReason: 'The case is closed',
      version: 2,
    });
    expect(await counter('Encounter', other)).toBe('0');
    expect((await holding(vitrine, 'regulator.one', 'releaseHold', { id: other })).codes).toEqual([
      'NOT_FOUND',
    ]);
    expect((await holding(vitrine, 'regulator.one', 'placeHold', { id: other })).errors).toEqual([]);
    expect(await counter('Encounter', other)).toBe('1');
  });

  it.each([
    ['clinician.harbour', 'ENCOUNTER', 'NOT_FOUND'],
    ['clinician.north', 'ENCOUNTER', 'FORBIDDEN'],
    ['finance.city', 'ENCOUNTER', 'FORBIDDEN'],
    ['clinician.city', 'REPORT', 'FORBIDDEN'],
    ['auditor', 'ENCOUNTER', 'FORBIDDEN'],
    ['auditor', 'REPORT', 'FORBIDDEN'],
    ['patient.one', 'REPORT', 'FORBIDDEN'],
    [null, 'REPORT', 'UNAUTHENTICATED'],
  ] as const)('is not for %s to place on %s', async (who, kind, code) => {
    const id = kind === 'REPORT' ? report : encounter;
    const before = await value(vitrine, 'SELECT size FROM log_head');
    const answer = await holding(vitrine, who, 'placeHold', { kind, id });
    expect(answer.codes, answer.text).toEqual([code]);
    expect(await value(vitrine, 'SELECT size FROM log_head')).toBe(before);
  });

  it('of a record that is not there, or of another kind, is refused', async () => {
    for (const input of [{ id: randomUUID() }, { id: report }, { kind: 'PATIENT', id: encounter }])
      expect((await holding(vitrine, 'regulator.one', 'placeHold', input)).codes).toEqual(['NOT_FOUND']);
    const empty = await holding(vitrine, 'regulator.one', 'placeHold', { id: encounter, reason: ' ' });
    expect(empty.codes).toEqual(['BAD_USER_INPUT']);
    expect(empty.errors[0]?.extensions.path).toEqual(['input', 'reason']);
  });

  it('is listed for the state whole, for others by the records that their institution keeps', async () => {
    const list = async (who: string) => {
      const { data, codes } = await vitrine.ask<{ holds: { edges: { node: { recordId: string } }[] } }>(
        who,
        '{ holds(filter: { state: PLACED }) { edges { node { recordId } } } }',
      );
      return codes.length > 0 ? codes : data?.holds.edges.map(({ node }) => node.recordId);
    };
    expect(await list('regulator.two')).toEqual([other, encounter, encounter]);
    expect(await list('registrar.city')).toEqual([other, encounter, encounter]);
    expect(await list('clinician.north')).toEqual([]);
    expect(await list('patient.one')).toEqual(['FORBIDDEN']);
  });

  it('verifies with everything else', async () => {
    expect((await verify(vitrine)).findings).toEqual([]);
  });
});

describe('the counter of holds', () => {
  it.each([
    ['removed', (id: string) => `DELETE FROM counter WHERE id = 'hold/Encounter/${id}'`],
    ['lowered', (id: string) => `UPDATE counter SET value = 0 WHERE id = 'hold/Encounter/${id}'`],
  ])('that was %s is noticed by the next move and by verify', async (_, sql) => {
    const row = `SELECT value, entry FROM counter WHERE id = 'hold/Encounter/${other}'`;
    const [kept] = (await vitrine.tamper(row))[0]?.rows as { value: string; entry: string }[];
    await vitrine.tamper(sql(other));
    const answer = await holding(vitrine, 'clinician.city', 'placeHold', { id: other });
    expect(answer.codes).toEqual(['INTEGRITY_VIOLATION']);
    expect((await verify(vitrine)).findings).toMatchObject([{ what: expect.stringContaining('counter') }]);
    await vitrine.tamper(
      `INSERT INTO counter (id, value, entry) VALUES ('hold/Encounter/${other}', ${kept?.value}, ${kept?.entry})
       ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value`,
    );
    expect((await verify(vitrine)).findings).toEqual([]);
  });
});
