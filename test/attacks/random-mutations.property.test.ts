/**
 * Whatever anybody sends, the server never doubts its base or itself: random mutations of the whole schema by everybody,
 * and then everything is checked again from zero.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/server/index.js';
import { schemaOf } from '../e2e/outcome.js';
import { verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { seeded } from './draw.js';
import { Followers } from './followers.js';
import { SecretWorld } from './secrets.js';
import { enrolSigners } from './signers.js';
import { Storm } from './storm.js';

/** A run prints it when it fails; `STORM_SEED` brings the same draws back, `STORM_CALLS` makes more of them. */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CALLS = Number(process.env['STORM_CALLS'] ?? 400);

/** Times that so many calls are made, at most, until they got somewhere. */
const ROUNDS = 8;
/** Refusals that they meet at least. */
const SOMEWHERE = ['BAD_USER_INPUT', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'SIGNATURE_INVALID'];
const said: string[] = [];
const alarms: string[] = [];
let vitrine: TestVitrine;
let world: SecretWorld;
let storm: Storm;
let began: bigint;

beforeAll(async () => {
  const log = createLog('info', { write: (line) => void said.push(line) });
  vitrine = await TestVitrine.start({ log, settings: { UPLOAD_DENIALS: '1000' } });
  vitrine.serving.ledger.onAlarm(({ code, message }) => void alarms.push(`${code} ${message}`));
  const draw = seeded(SEED);
  world = await SecretWorld.make(vitrine, draw);
  const signers = await enrolSigners(vitrine, world);
  began = vitrine.serving.ledger.trusted.size;
  storm = new Storm(vitrine, world, await schemaOf(vitrine), draw, signers);
}, 120_000);
afterAll(() => vitrine.stop());

describe(`a storm of random input (STORM_SEED=${SEED})`, () => {
  it('makes the server doubt neither its base nor itself, and names the place of each mistake', async () => {
    const followers = new Followers(vitrine, storm.schema, world, storm.draw, (error, asked) =>
      storm.judge(error, asked),
    );
    await followers.open([...world.members.slice(10, 12).map(({ subject }) => subject), null]);
    await storm.wander(CALLS / 4);
    // 400 calls meet 4 or so invalid signatures, so once in a while none: then there are more.
    for (let round = 1; round <= ROUNDS && !SOMEWHERE.every((code) => storm.met(code)); round++)
      await storm.rage(CALLS);
    followers.close();
    expect(storm.findings).toEqual([]);
    expect(alarms).toEqual([]);
    // It got somewhere: changes were made, told to followers, and refused in many ways.
    expect(storm.accepted.length).toBeGreaterThan(0);
    expect(followers.events).toBeGreaterThan(0);
    expect(SOMEWHERE.filter((code) => !storm.met(code))).toEqual([]);
  }, 3_600_000);

  it('leaves one entry a part of each change that was accepted', async () => {
    expect(await storm.audit(began)).toEqual([]);
  });

  it('leaves no patient’s data in the server’s log, and no fault', () => {
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((line) => /"level":"(?:error|fatal)"/.test(line))).toEqual([]);
    const text = said.join('\n');
    expect(world.secrets.filter((secret) => text.includes(secret.text))).toEqual([]);
  });

  it('leaves a server that answers, and everything in order: verified from zero', async () => {
    const { data } = await vitrine.ask<{ checkpoint: { size: string } }>(null, '{ checkpoint { size } }');
    expect(data?.checkpoint.size).toBe(String(vitrine.serving.ledger.trusted.size));
    expect((await verify(vitrine)).findings).toEqual([]);
  }, 600_000);
});
