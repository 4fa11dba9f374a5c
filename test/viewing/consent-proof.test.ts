/** What decisions about others' records rest on: consents that are all there, proven by the log, at every moment. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPatient } from '../../src/clinical/index.js';
import type { VitrineError } from '../../src/ledger/core/index.js';
import type { Loaded } from '../../src/records/index.js';
import { creation, firstHead } from '../../src/uploads/index.js';
import { consentKind } from '../../src/viewing/index.js';
import { State, type Answer } from '../support/state.js';

let state: State;
/** Patients of City, each with a login; Harbour treats the first three. */
const patients: string[] = [];
const login = (place: number) => `patient.${place}`;

beforeAll(async () => {
  state = await State.open();
  const made = async (who: string, mutation: string, record: string, input: Record<string, unknown>) => {
    const answer = await state.mutate(who, mutation, input, `${record} { id }`);
    return idIn(answer, mutation, record);
  };
  for (let place = 0; place < 4; place++) {
    const person = {
      names: [{ family: `Number ${place}` }],
      identifiers: [{ system: 'urn:test', value: `${place}` }],
    };
    const patient = await made('registrar.city', 'registerPatient', 'patient', person);
    const enrolled = { subject: login(place), roles: ['PATIENT'], patient };
    state.ids[login(place)] = await made('registrar.city', 'enrolMember', 'member', enrolled);
    patients.push(patient);
    if (place === 3) continue;
    const visit = { patient, class: 'AMB', status: 'IN_PROGRESS', start: '2026-06-10T10:00:00Z' };
    await made('registrar.harbour', 'recordEncounter', 'encounter', visit);
  }
}, 120_000);
afterAll(() => state.close());

function idIn({ data, errors: [error] }: Answer, mutation: string, record: string): string {
  if (error !== undefined) throw error;
  return (data as Record<string, Record<string, { id: string }>>)[mutation]?.[record]?.id ?? '';
}

async function grant(place: number, input: Record<string, unknown>): Promise<string> {
  const given = { patient: patients[place], ...input };
  return idIn(
    await state.mutate(login(place), 'grantConsent', given, 'consent { id }'),
    'grantConsent',
    'consent',
  );
}
const revoke = (place: number, consent: string) =>
  state.mutate(login(place), 'revokeConsent', { consent }, 'consent { state }');

/** Which of the patients a clinician of Harbour is shown, asked for together. */
async function shown(
  at = state.system,
): Promise<{ readonly seen: readonly boolean[]; readonly codes: unknown[] }> {
  const context = await state.context('clinician.harbour', at);
  const outcomes = await Promise.all(
    patients.map((id) => findPatient(context, id).catch((error: VitrineError) => error)),
  );
  return {
    seen: outcomes.map((one) => one !== null && 'head' in one),
    codes: outcomes.flatMap((one) => (one !== null && 'code' in one ? [one.code] : [])),
  };
}

describe('that no restriction stands', () => {
  it('is proven for many patients by one statement, and again by none while nothing changed', async () => {
    for (const place of [0, 1, 2, 3])
      await grant(place, { type: 'COPY_GRANT', institution: state.ids['harbour'] });
    const fresh = await state.another();
    const asked = vi.spyOn(fresh.database.sql, '$queryRawUnsafe');
    const queries = () => {
      const count = asked.mock.calls.filter(([sql]) => String(sql).includes('"consent"')).length;
      asked.mockClear();
      return count;
    };
    expect((await shown(fresh)).seen).toEqual([true, true, true, true]);
    expect(queries()).toBe(1);
    expect((await shown(fresh)).seen).toEqual([true, true, true, true]);
    expect(queries()).toBe(0);
    await grant(3, { type: 'VIEW_RESTRICTION', institution: state.ids['harbour'] });
    expect((await shown(fresh)).seen).toEqual([true, true, true, false]);
    expect(queries()).toBe(1);
  });

  it.each<[string, (id: string) => string]>([
    ['removed', (id) => `DELETE FROM consent WHERE id = '${id}'`],
    ['said to be revoked', (id) => `UPDATE consent SET state = 'REVOKED' WHERE id = '${id}'`],
    ['given to another patient', (id) => `UPDATE consent SET patient = '${patients[3]}' WHERE id = '${id}'`],
  ])('is not believed of a database whose owner had one %s', async (_how, change) => {
    const id = await grant(0, { type: 'VIEW_RESTRICTION', institution: state.ids['harbour'] });
    await state.tamper('DROP TABLE IF EXISTS kept', 'CREATE TABLE kept AS SELECT * FROM consent', change(id));
    try {
      const { seen, codes } = await shown(await state.another());
      expect(seen[0]).toBe(false);
      expect(seen.slice(1, 3)).toEqual([true, true]);
      expect(codes).toContain('INTEGRITY_VIOLATION');
      // Who has read the list before knows better than the rows.
      expect((await shown()).seen[0]).toBe(false);
      const log = await state.run(login(0), `{ consents { edges { node { id } } } }`);
      expect(log.codes).toEqual(['INTEGRITY_VIOLATION']);
    } finally {
      await state.tamper('DELETE FROM consent', 'INSERT INTO consent SELECT * FROM kept', 'DROP TABLE kept');
    }
    expect((await revoke(0, id)).codes).toEqual([]);
    expect((await shown()).seen[0]).toBe(true);
  });

  it('is a condition of what rests on it: what was granted meanwhile is noticed at the commit', async () => {
    const [patient = ''] = patients;
    const context = await state.context(login(0));
    const lengths: number[] = [];
    const built = async (making: { id: () => string }) => {
      const all: readonly Loaded<object>[] = await context.records.complete(consentKind, 'patient', patient);
      lengths.push(all.length);
      if (lengths.length === 1) await grant(0, { type: 'VIEW_RESTRICTION', purposes: ['AUDIT'] });
      const head = firstHead(consentKind, making.id(), { custodian: state.ids['city'] ?? '', patient });
      const values = consentKind.values.parse({
        patient,
        type: 'VIEW_RESTRICTION',
        purposes: ['COVERAGE'],
        state: 'GRANTED',
        grantedBy: context.caller?.id,
        grantedAs: 'PATIENT',
      });
      return [
        creation(consentKind, head, values, {
          op: 'consent.grant',
          permission: { roles: ['PATIENT'], relations: ['SELF'] },
          licensed: false,
          whole: [{ kind: 'Consent', thread: patient, count: all.length }],
        }),
      ];
    };
    await context.uploads.submit({ requestId: randomUUID(), input: null }, built);
    const [first = 0] = lengths;
    expect(lengths).toEqual([first, first + 1]);
  });
});
