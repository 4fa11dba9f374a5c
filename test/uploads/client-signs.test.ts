/** The client library signs, uploads and proves what it uploaded, over real HTTP. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FetchedFacts,
  type SignableInputs,
  type SignableName,
  Uploader,
  verifyBundle,
  verifyReceipt,
  VitrineClient,
} from '../../src/client/index.js';
import { encounterValues } from '../../src/clinical/index.js';
import { fromHex } from '../../src/ledger/core/index.js';
import { newEncounter } from '../client/inputs.js';
import { CARE, ids, keys, must, open, time, vitrine } from './signing.js';

const run = promisify(execFile);

let policy: string;
beforeAll(async () => {
  await open();
  policy = `log ${vitrine.serving.ledger.verifierKey}\nquorum none\n`;
  const code = { code: 'beds', label: 'Beds', type: 'INTEGER', required: true };
  const form = { code: 'beds', title: 'Beds', period: 'MONTH', dueDays: 5, indicators: [code] };
  await must('regulator.one', 'defineForm', form, 'form');
}, 120_000);
afterAll(() => vitrine.stop());

async function uploaderOf(member: string, labelOf?: () => string): Promise<Uploader> {
  const client = new VitrineClient({
    endpoint: `${vitrine.url}/graphql`,
    token: await vitrine.token(member),
    retry: { attempts: 1 },
  });
  const signer = keys[member];
  if (signer === undefined) throw new Error(`${member} has no key`);
  return new Uploader({
    origin: 'vitrine.test/log',
    institution: ids['city'] ?? '',
    signer,
    clock: () => new Date(time.now),
    facts: new FetchedFacts({ client, policy, ...(labelOf && { labelOf }) }),
  });
}

interface Uploaded {
  readonly receipt: { proof: string; entry: { leafHash: string; opening: { mode: string } } };
  readonly record: { id: string; version: number; proof: { bundle: string } };
}

/** Signs and sends an input as a member, and proves receipt and bundle by the log's key alone. */
async function upload<N extends SignableName>(
  member: string,
  name: N,
  input: Omit<SignableInputs[N], 'requestId'>,
  labelOf?: () => string,
): Promise<Uploaded['record']> {
  const uploader = await uploaderOf(member, labelOf);
  const whole = { ...input, requestId: randomUUID() } as unknown as SignableInputs[N];
  const signed = await uploader.sign(name, whole);
  const noun = name.replace(/^[a-z]+/, '').toLowerCase();
  const selection = `receipt { proof entry { leafHash opening { mode } } } record: ${noun} { id version proof { bundle } }`;
  const answer = await vitrine.mutate<Record<string, Uploaded>>(member, name, { ...signed }, selection);
  const uploaded = answer.data?.[name];
  if (uploaded === undefined) throw new Error(`${name} was refused: ${answer.text}`);
  const { receipt, record } = uploaded;
  expect(receipt.entry.opening.mode).toBe('OWN');
  const leafHash = fromHex(receipt.entry.leafHash);
  expect(verifyReceipt(receipt.proof, { leafHash }, policy).leafHash).toEqual(leafHash);
  const proved = verifyBundle(record.proof.bundle, policy);
  expect(proved).toMatchObject({
    signature: 'registered',
    opening: { actor: ids[member], by: { mode: 'own' } },
  });
  return record;
}

describe('a member with a key of its own', () => {
  it('records and amends an encounter, and proves both', async () => {
    const input = { ...CARE, patient: ids['patient'] ?? '', label: 'psychiatry', retainUntil: '2040-01-01' };
    const first = await upload('clinician', 'recordEncounter', input as never);
    const amend = { encounter: first.id, expectedVersion: 1, note: ' Zoe\u0308 is better. ' };
    const second = await upload('clinician', 'amendEncounter', amend, () => 'psychiatry');
    expect(second).toMatchObject({ id: first.id, version: 2 });
    expect(verifyBundle(second.proof.bundle, policy).fields['note']).toBe('Zoë is better.');
  });

  it("doesn't sign the next version of what it can't prove", async () => {
    const input = { ...CARE, patient: ids['patient'] ?? '', label: 'HIV' };
    const { id } = await upload('clinician', 'recordEncounter', input as never);
    const uploader = await uploaderOf('clinician');
    const amend = { requestId: randomUUID(), encounter: id, expectedVersion: 1, note: 'Better.' };
    // The label is not what was sealed, and another version is not the one that was seen.
    await expect(uploader.sign('amendEncounter', amend)).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
    });
    const labelled = await uploaderOf('clinician', () => 'HIV');
    const later = labelled.sign('amendEncounter', { ...amend, expectedVersion: 2 });
    await expect(later).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('registers and amends a patient', async () => {
    const person = {
      identifiers: [{ system: 'https://id.test/national', value: '77' }],
      names: [{ family: 'Ωmega ', given: ['Zoe\u0308'] }],
      birthDate: '1980-02',
    };
    const first = await upload('registrar', 'registerPatient', person);
    const amend = { patient: first.id, expectedVersion: 1, language: 'pt-BR' };
    // A registrar isn't shown a patient's alerts, so it can't sign what the next version keeps of them.
    await expect(upload('registrar', 'amendPatient', amend)).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
    });
    expect(await upload('clinician', 'amendPatient', amend)).toMatchObject({ version: 2 });
  });

  it('files and amends a report', async () => {
    // Of the month that runs: what is amended after its due day waits for a regulator.
    const period = new Date().toISOString().slice(0, 7);
    const filed = { form: 'beds', period, indicators: [{ code: 'beds', value: '12' }] };
    const first = await upload('reporter', 'fileReport', filed);
    const amend = {
      report: first.id,
      expectedVersion: 1,
      indicators: [{ code: 'beds', value: '-0' }],
      reason: 'counted twice',
    };
    const second = await upload('reporter', 'amendReport', amend);
    expect(verifyBundle(second.proof.bundle, policy).fields).toMatchObject({
      state: 'AMENDED',
      indicators: [{ code: 'beds', value: '0' }],
    });
  });

  it('signs a batch of what people write, and each is sealed as it was signed', async () => {
    const numbered = fc
      .sample(newEncounter(ids['patient'] ?? ''), { numRuns: 200, seed: 1 })
      .map(({ label: _label, ...item }, number) => ({
        ...item,
        identifier: { system: 'https://id.test/own', value: `${number}` },
      }))
      .filter((item) => encounterValues.safeParse({ ...item, patient: ids['patient'], cost: null }).success);
    const encounters = numbered.slice(0, 40);
    expect(encounters.length).toBeGreaterThan(10);
    const uploader = await uploaderOf('clinician');
    const batch = { requestId: randomUUID(), mode: 'EACH' as const, encounters: encounters as never[] };
    const { data, text } = await vitrine.mutate<{
      recordEncounters: { receipts: { entry: { opening: { mode: string } } }[]; refused: object[] };
    }>(
      'clinician',
      'recordEncounters',
      { ...(await uploader.signBatch(batch)) },
      'receipts { entry { opening { mode } } } refused { part code message }',
    );
    const { receipts = [], refused = [] } = data?.recordEncounters ?? {};
    expect(refused, text.slice(0, 500)).toEqual([]);
    expect(new Set(receipts.map(({ entry }) => entry.opening.mode))).toEqual(new Set(['OWN']));
    expect(receipts).toHaveLength(encounters.length);
  });

  it('is named by `vitrine verify` to whoever has the bundle', async () => {
    const input = { ...CARE, patient: ids['patient'] ?? '' };
    const { proof } = await upload('clinician', 'recordEncounter', input as never);
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-own-'));
    try {
      await writeFile(join(folder, 'bundle'), proof.bundle);
      await writeFile(join(folder, 'policy'), policy);
      const args = ['verify', '--bundle', join(folder, 'bundle'), '--policy', join(folder, 'policy')];
      const { stdout } = await run(process.execPath, ['dist/main.js', ...args], { timeout: 60_000 });
      expect(stdout).toContain(`by member ${ids['clinician']}`);
      expect(stdout).toMatch(/signed by +its own key .*, issued .*, expires /);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
