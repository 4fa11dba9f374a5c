/**
 * What the benchmark of the ledger works on: a deployment of its own with a hospital, its registrar and patients, and
 * mutations as a resolver sends them: standing, permission, seal, signature, commit, checkpoint, pin.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config.js';
import { recordEncounters } from '../../src/clinical/encounter.batch.js';
import type { EncounterInput } from '../../src/clinical/encounter.input.js';
import { recordEncounter } from '../../src/clinical/encounter.service.js';
import { registerPatient } from '../../src/clinical/patient.service.js';
import { enrolMember, registerInstitution } from '../../src/registry/index.js';
import { createLog, DEVELOPMENT_GENESIS, openSystem } from '../../src/server/index.js';
import type { OpenSystem } from '../../src/server/index.js';
import { newId } from '../../src/uploads/index.js';
import type { Author } from './large-log.js';

const REGULATOR = 'regulator.one';
export const REGISTRAR = 'registrar.bench';
export const PATIENTS = 64;

export interface Scene {
  readonly open: OpenSystem;
  /** Where the deployment's data is. */
  readonly dataDir: string;
  /** The registrar, its hospital and the patients. */
  readonly author: Author;
  /** One mutation of a signed-in registrar: records an encounter, and gives its id. */
  readonly record: () => Promise<string>;
  /** One request with an encounter of each of the 64 patients, in one block. */
  readonly recordBatch: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const log = createLog('silent');

function contextFor({ system }: OpenSystem, subject: string) {
  return system.contextOf({ subject, expires: Number.MAX_SAFE_INTEGER / 1000 }, log);
}

/** Opens a deployment in a temporary folder, with its embedded PostgreSQL. */
export async function openScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  // PostgreSQL doesn't run as root: its own user has to get in.
  await chmod(folder, 0o711);
  const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'silent' });
  const open = await openSystem({ config, log, clock: () => new Date(), genesis: DEVELOPMENT_GENESIS });
  const author = await populate(open);
  const { patients } = author;
  let turn = 0;
  return {
    open,
    dataDir: config.dataDir,
    author,
    record: () => record(open, patients[turn++ % patients.length] ?? ''),
    recordBatch: () => recordBatch(open, patients),
    close: async () => {
      await open.closing.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function populate(open: OpenSystem): Promise<Author> {
  const state = await contextFor(open, REGULATOR);
  const { id: institution } = await registerInstitution(state, {
    requestId: newId(),
    name: 'Hospital of the benchmark',
    kind: 'HOSPITAL',
    ownership: 'PUBLIC',
    region: 'north',
    identifiers: [{ system: 'urn:bench', value: 'H' }],
    licence: { number: '1', state: 'ACTIVE', validFrom: '2020-01-01' },
  });
  const member = { name: 'Registrar', subject: REGISTRAR, institution, roles: ['REGISTRAR' as const] };
  const enrolment = { requestId: newId(), ...member };
  const registrar = await enrolMember(await contextFor(open, REGULATOR), enrolment, () =>
    Promise.resolve(null),
  );
  const ctx = await contextFor(open, REGISTRAR);
  const made = Array.from({ length: PATIENTS }, (_, number) =>
    registerPatient(ctx, {
      requestId: newId(),
      identifiers: [{ system: 'urn:bench', value: `P-${number}` }],
      names: [{ use: 'OFFICIAL', family: 'Bench', given: ['Mark'] }],
      gender: 'OTHER',
      birthDate: '1980-01-01',
    }),
  );
  const patients = (await Promise.all(made)).map(({ id }) => id);
  return { institution, member: registrar.id, patients };
}

async function record(open: OpenSystem, patient: string): Promise<string> {
  const ctx = await contextFor(open, REGISTRAR);
  const accepted = await recordEncounter(ctx, { requestId: newId(), ...encounterOf(patient) });
  return accepted.id;
}

/** One request with an encounter for each patient: all or none. */
async function recordBatch(open: OpenSystem, patients: readonly string[]): Promise<void> {
  const ctx = await contextFor(open, REGISTRAR);
  const encounters = patients.map(encounterOf);
  const { refused } = await recordEncounters(ctx, { requestId: newId(), mode: 'ALL', encounters });
  if (refused.length > 0) throw new Error('an encounter was refused');
}

export function encounterOf(patient: string): EncounterInput {
  return {
    patient,
    class: 'AMB',
    status: 'FINISHED',
    start: '2025-11-20T08:00:00.000Z',
    end: '2025-11-20T08:30:00.000Z',
    practitioner: { name: 'Dr. Halvorsen' },
    cost: { amount: 7342n, currency: 'EUR' },
    payer: 'Mutual of Seahaven',
    reason: [{ display: 'Crushing chest pain' }],
    diagnoses: [{ code: { code: 'I21.4', display: 'Subendocardial infarction' }, clinicalStatus: 'ACTIVE' }],
    note: 'Relatives asked not to be phoned',
  };
}
