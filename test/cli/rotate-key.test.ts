/** Rotation of an institution's keys over the real server: what signs, what wraps, and what stays readable. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotateKeys, type RotateOptions, type Rotated } from '../../src/cli/rotate/rotate.js';
import { verifyBundle } from '../../src/client/index.js';
import { parseConfig } from '../../src/config.js';
import { createLog } from '../../src/server/index.js';
import { erase, register, visit } from '../erasure/world.js';
import { describeFindings, rows, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';

let vitrine: TestVitrine;
let city: string;
let patient: string;
let encounter: string;
let before: string;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  city = await value(vitrine, `SELECT id::text FROM institution WHERE name = 'City Hospital'`);
  patient = await register(vitrine);
  encounter = await visit(vitrine, patient, { note: 'to be erased' });
  await erase(vitrine, { id: encounter, fields: ['note'] });
  await Promise.all(Array.from({ length: 180 }, () => register(vitrine)));
  before = await bundle();
}, 120_000);
afterAll(() => vitrine.stop());

function rotate(changes: Partial<RotateOptions> = {}): Promise<Rotated> {
  return rotateKeys({
    config: parseConfig({ ...vitrine.environment }),
    log: createLog('silent'),
    what: 'institution',
    institution: city,
    step: 'rotate',
    onProgress: () => undefined,
    ...changes,
  });
}

const underKeys = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await rows<{ key: string; n: number }>(
        vitrine,
        `SELECT key_id AS key, count(*)::int AS n FROM wrapped_key WHERE key_id LIKE '${city}/%' GROUP BY 1`,
      )
    ).map(({ key, n }) => [key.slice(city.length + 1), n]),
  );

const clean = async (): Promise<void> => expect(describeFindings((await verify(vitrine)).findings)).toBe('');

async function bundle(): Promise<string> {
  const query = 'query ($id: ID!) { patient(id: $id) { proof { bundle } } }';
  const { data, text } = await vitrine.ask<{ patient: { proof: { bundle: string } } }>(
    'registrar.city',
    query,
    { id: patient },
  );
  if (data === null) throw new Error(text);
  return data.patient.proof.bundle;
}

const policy = (): string => `log ${vitrine.serving.ledger.verifierKey}\nquorum none\n`;

describe('rotate-key institution', () => {
  it('is gone on with after it was killed between batches, and under keys that were erased', async () => {
    const total = (await underKeys())['1'] ?? 0;
    expect(total).toBeGreaterThan(256);
    const faults: RotateOptions['faults'] = (point) => {
      if (point === 'batch-rewrapped') throw new Error('killed');
    };
    await expect(rotate({ faults })).rejects.toThrow('killed');
    expect(await underKeys()).toEqual({ 1: total - 256, 2: 256 });
    await clean();
    const id = await visit(vitrine, patient, { note: 'meanwhile' });
    expect(id).not.toBe('');
    const rest = await rotate();
    expect(rest).toMatchObject({ entry: null, rewrapped: total - 256, refused: [] });
    expect(Object.keys(await underKeys())).toEqual(['2']);
    await clean();
  });

  it('revokes the old key at one entry: what it signed before stays good, new entries have the new one', async () => {
    const rotated = await rotate();
    if (rotated.what !== 'institution') throw new Error('expected an institution');
    expect(rotated).toMatchObject({ wrapping: 3, refused: [] });
    await register(vitrine);
    const { trusted } = vitrine.serving.ledger;
    const keys = [...trusted.state.registry.all()].filter(({ institution }) => institution === city);
    expect(keys.map(({ revoked }) => revoked !== null)).toEqual([true, true, false]);
    expect(keys.at(-1)?.thumbprint).toBe(rotated.key);
    for (const kept of [before, await bundle()])
      expect(verifyBundle(kept, policy())).toMatchObject({ head: { kind: 'Patient', id: patient } });
    await clean();
  });

  it('leaves a key that was tampered with, names it, and rotates the others all the same', async () => {
    const entry = await value(vitrine, `SELECT max(entry)::text FROM wrapped_key WHERE key_id = '${city}/3'`);
    const turn = (): Promise<unknown> =>
      vitrine.tamper(
        `UPDATE wrapped_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE entry = ${entry}`,
      );
    await turn();
    expect(await rotate()).toMatchObject({ wrapping: 4, refused: [BigInt(entry)] });
    expect(await underKeys()).toMatchObject({ 3: 1 });
    await turn();
    expect(await rotate()).toMatchObject({ entry: null, rewrapped: 1, refused: [] });
    expect(Object.keys(await underKeys())).toEqual(['4']);
    await clean();
  });
});
