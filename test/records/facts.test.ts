/** Records kept for decisions: as true as the log, whatever happens to their rows. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patientKind } from '../../src/clinical/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { PATIENT_IDENTIFIER } from '../../src/clinical/patient.kind.js';
import { Facts, type FactSource } from '../../src/records/facts.js';
import { identifierKey } from '../../src/standing/index.js';
import { State } from '../support/state.js';

const VISIT = { class: 'AMB', status: 'FINISHED', start: '2026-06-10T10:00:00Z' };

let state: State;
let owner: pg.Client;

beforeAll(async () => {
  state = await State.open();
  owner = new pg.Client({ connectionString: state.system.database.ownerUrl });
  await owner.connect();
  await owner.query('SET session_replication_role = replica'); // triggers off, as an owner can
});

afterAll(async () => {
  await owner.end();
  await state.close();
});

async function register(value = randomUUID()): Promise<string> {
  const input = { identifiers: [{ system: 'urn:ssn', value }] };
  const { data } = await state.mutate('registrar.city', 'registerPatient', input, 'patient { id }');
  return (data as { registerPatient: { patient: { id: string } } }).registerPatient.patient.id;
}

function amend(patient: string, facts: object) {
  const input = { patient, expectedVersion: 1, ...facts };
  return state.mutate('registrar.city', 'amendPatient', input, 'patient { version }');
}

async function erase(patient: string): Promise<void> {
  const wish = { kind: 'PATIENT', id: patient, expectedVersion: 1, legalBasis: 'Article 17' };
  const asked = await state.mutate('registrar.city', 'eraseRecord', wish, 'erasure { id }');
  expect(asked.messages).toEqual([]);
  const { erasure } = asked.data['eraseRecord'] as { erasure: { id: string } };
  const input = { erasure: erasure.id, expectedVersion: 1 };
  const done = await state.mutate('regulator.one', 'confirmErasure', input, 'receipt { index }');
  expect(done.messages).toEqual([]);
}

const facts = () => state.system.system.store.facts;
const newest = (id: string) => facts().newest(patientKind, id);
const recorded = (patient: string) =>
  state.mutate('registrar.city', 'recordEncounter', { patient, ...VISIT }, 'encounter { id }');

describe('a kept record', () => {
  it('is never one that was replaced', async () => {
    const id = await register();
    expect((await newest(id))?.head.version).toBe(1);
    await amend(id, { language: 'de' });
    expect((await newest(id))?.head.version).toBe(2);
  });

  it('is what the log anchors, and the changed row is refused to those who read it', async () => {
    const id = await register();
    await newest(id);
    await owner.query('UPDATE patient SET retracted = true WHERE id = $1', [id]);
    expect((await newest(id))?.values.retracted).toBe(false);
    expect((await recorded(id)).codes).toEqual([]);
    const read = await state.run('registrar.city', `{ patient(id: "${id}") { id } }`);
    expect(read.codes).toEqual(['INTEGRITY_VIOLATION']);
  });

  it('is none whose row does not verify when it is first read', async () => {
    const id = await register();
    await owner.query('UPDATE patient SET retracted = true WHERE id = $1', [id]);
    await expect(newest(id)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    expect((await recorded(id)).codes).toEqual(['INTEGRITY_VIOLATION']);
    await owner.query('UPDATE patient SET retracted = false WHERE id = $1', [id]);
    expect((await recorded(id)).codes).toEqual([]);
  });

  it('that was retracted takes no care, however often it was asked for before', async () => {
    const id = await register();
    expect((await recorded(id)).codes).toEqual([]);
    const input = { kind: 'PATIENT', id, expectedVersion: 1, reason: 'entered twice' };
    expect((await state.mutate('registrar.city', 'retractRecord', input, 'receipt { index }')).codes).toEqual(
      [],
    );
    expect((await recorded(id)).codes).toEqual(['CONFLICT']);
  });

  it('is found by a key only as long as it has it', async () => {
    const value = randomUUID();
    const key = identifierKey({ system: 'urn:ssn', value });
    const id = await register(value);
    const record = await newest(id);
    if (record === null) throw new VitrineError('INTERNAL', 'it was registered');
    facts().rememberHolder(PATIENT_IDENTIFIER, key, record);
    expect((await facts().holderOf(patientKind, PATIENT_IDENTIFIER, key))?.head.id).toBe(id);
    await amend(id, { identifiers: [{ system: 'urn:ssn', value: randomUUID() }] });
    expect(await facts().holderOf(patientKind, PATIENT_IDENTIFIER, key)).toBeUndefined();
  });
});

describe('a kept record of which something was erased', () => {
  it('is let go, with all that was kept beside it', async () => {
    const [id, erased] = [await register(), await register()];
    await newest(id);
    await owner.query('UPDATE patient SET retracted = true WHERE id = $1', [id]);
    expect((await newest(id))?.values.retracted).toBe(false);
    await erase(erased);
    // Kept no longer, so it is read, and seen to be changed.
    await expect(newest(id)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    await owner.query('UPDATE patient SET retracted = false WHERE id = $1', [id]);
    expect((await newest(id))?.head.id).toBe(id);
  });

  it('is not kept, also when it was being read meanwhile: it is read anew', async () => {
    let [loads, erasures] = [0, 0];
    let duringLoad: () => unknown = () => undefined;
    const anchor = { index: 7n, block: 1n, time: '', leafHash: new Uint8Array(32), actor: '' };
    const id = randomUUID();
    const record = { kind: 'Patient', head: { id }, values: { identifiers: [] }, anchor };
    const source = {
      trusted: {
        alarm: undefined,
        subject: () => ({ index: 7n, count: 1 }),
        hasSubject: () => true,
        get erasures() {
          return erasures;
        },
      },
      load: () => {
        loads += 1;
        duringLoad();
        return Promise.resolve(new Map([[id, record]]));
      },
    };
    const kept = new Facts(source as unknown as FactSource);
    await kept.newest(patientKind, id);
    await kept.newest(patientKind, id);
    expect(loads).toBe(1);
    kept.clear();
    duringLoad = () => (erasures += 1);
    await kept.newest(patientKind, id);
    expect(loads).toBe(2);
    duringLoad = () => undefined;
    await kept.newest(patientKind, id);
    expect(loads).toBe(3);
    await kept.newest(patientKind, id);
    expect(loads).toBe(3);
  });
});
