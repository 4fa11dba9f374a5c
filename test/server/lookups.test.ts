/** What of an institution's encounters makes it treat a patient. */
import { describe, expect, it } from 'vitest';
import type { RecordStore, Unrelated } from '../../src/records/index.js';
import { lookupsFor } from '../../src/server/lookups.js';

const NOW = new Date('2026-06-01T00:00:00.000Z');

/** Whether an encounter without an end makes its institution treat the patient. */
async function treats(facts: Partial<Unrelated<object>>): Promise<boolean> {
  const values = { patient: 'patient', status: 'FINISHED', start: '2020-01-01T00:00:00.000Z', end: null };
  const outcome = { kind: 'Encounter', values, anchor: { actor: 'another' }, ...facts };
  const store = { find: () => Promise.resolve([{ cursor: '', outcome }]) };
  const lookups = lookupsFor(() => NOW)(store as unknown as RecordStore);
  const since = '2026-05-02T00:00:00.000Z';
  return (await lookups.treated(['patient'], 'institution', (member) => member === 'caller', since)).has(
    'patient',
  );
}

describe('an encounter without an end', () => {
  it('is going on', async () => {
    expect(await treats({})).toBe(true);
  });

  it('is not going on when its end was erased', async () => {
    expect(await treats({ erased: { fields: ['end'], whole: false } })).toBe(false);
    expect(await treats({ erased: { fields: ['note'], whole: false } })).toBe(true);
  });
});
