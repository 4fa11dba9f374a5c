/**
 * What the benchmark of the ledger works on: a deployment of its own with a hospital, its registrar and patients, and
 * mutations as a resolver sends them: standing, permission, seal, signature, commit, checkpoint, pin.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '/work/wt/appends/dist/config.js';
import { recordEncounters } from '/work/wt/appends/dist/clinical/encounter.batch.js';
import { recordEncounter } from '/work/wt/appends/dist/clinical/encounter.service.js';
import { registerPatient } from '/work/wt/appends/dist/clinical/patient.service.js';
import { enrolMember, registerInstitution } from '/work/wt/appends/dist/registry/index.js';
import { createLog, DEVELOPMENT_GENESIS, openSystem } from '/work/wt/appends/dist/server/index.js';
import { newId } from '/work/wt/appends/dist/uploads/index.js';
const REGULATOR = 'regulator.one';
const REGISTRAR = 'registrar.bench';
export const PATIENTS = 64;
const log = createLog('silent');
function contextFor({ system }, subject) {
    return system.contextOf({ subject, expires: Number.MAX_SAFE_INTEGER / 1000 }, log);
}
/** Opens a deployment in a temporary folder, with its embedded PostgreSQL. */
export async function openScene() {
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
async function populate(open) {
    const state = await contextFor(open, REGULATOR);
    const { id: institution } = await registerInstitution(state, {
        requestId: newId(),
        name: 'Hospital of the benchmark',
        kind: 'HOSPITAL',
        ownership: 'PUBLIC',
        region: 'north',
        identifiers: [{ system: 'urn:bench', value: 'H' }],
        licence: { number: '1', state: 'ACTIVE', validFrom: '2020-01-01', work: ['general'] },
    });
    const member = { name: 'Registrar', subject: REGISTRAR, institution, roles: ['REGISTRAR'] };
    const enrolment = { requestId: newId(), ...member };
    const registrar = await enrolMember(await contextFor(open, REGULATOR), enrolment, () => Promise.resolve(null));
    const ctx = await contextFor(open, REGISTRAR);
    const made = Array.from({ length: PATIENTS }, (_, number) => registerPatient(ctx, {
        requestId: newId(),
        identifiers: [{ system: 'urn:bench', value: `P-${number}` }],
        names: [{ use: 'OFFICIAL', family: 'Bench', given: ['Mark'] }],
        gender: 'OTHER',
        birthDate: '1980-01-01',
    }));
    const patients = (await Promise.all(made)).map(({ id }) => id);
    return { institution, member: registrar.id, patients };
}
async function record(open, patient) {
    const ctx = await contextFor(open, REGISTRAR);
    const accepted = await recordEncounter(ctx, { requestId: newId(), ...encounterOf(patient) });
    return accepted.id;
}
/** One request with an encounter for each patient: all or none. */
async function recordBatch(open, patients) {
    const ctx = await contextFor(open, REGISTRAR);
    const encounters = patients.map(encounterOf);
    const { refused } = await recordEncounters(ctx, { requestId: newId(), mode: 'ALL', encounters });
    if (refused.length > 0)
        throw new Error('an encounter was refused');
}
function encounterOf(patient) {
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
