/** What cosignatures are to users of the API: the state of receipts, proofs, checkpoints, their feed, metrics, `/log`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  leafHash,
  parseNote,
  parsePolicy,
  parseTlogProof,
  parseVkey,
  verifyCosigned,
  verifyTlogProof,
} from '../../src/ledger/core/index.js';
import { verifyBundle } from '../../src/client/index.js';
import { nativeVerify } from '../../src/ledger/native.js';
import { FaultyWitness, says } from '../support/faulty-witness.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

const INSTITUTION = {
  name: 'Clinic',
  kind: 'HOSPITAL',
  ownership: 'PUBLIC',
  region: 'capital',
  identifiers: [],
  licence: { number: '7' },
};

interface Written {
  readonly registerInstitution: {
    readonly institution: { readonly id: string };
    readonly receipt: { readonly index: string; readonly state: string; readonly proof: string };
  };
}

/** An event of `checkpoints`. */
interface Event {
  readonly data?: { readonly checkpoints: { readonly size: string; readonly note: string } } | null;
}

let vitrine: TestVitrine;
let folder: string;
let text: string;
const witnesses = ['north', 'south', 'east'].map((name) => new FaultyWitness(name));
const [, south, east] = witnesses as [FaultyWitness, FaultyWitness, FaultyWitness];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-cosigned-'));
  vitrine = await TestVitrine.start({ sample: false });
  const lines = await Promise.all(
    witnesses.map(async (one) => `witness ${one.name} ${one.vkey} ${await one.listen()}`),
  );
  text = [
    `log ${vitrine.serving.ledger.verifierKey}`,
    ...lines,
    'group two 2 north south east',
    'quorum two',
    '',
  ].join('\n');
  await writeFile(join(folder, 'policy'), text);
  await vitrine.restart({ WITNESS_POLICY: join(folder, 'policy') });
}, 120_000);
afterAll(async () => {
  await vitrine.stop();
  for (const one of witnesses) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(fields: string): Promise<Written['registerInstitution']> {
  const { data, codes } = await vitrine.mutate<Written>(
    'regulator.one',
    'registerInstitution',
    INSTITUTION,
    `institution { id } receipt { index ${fields} }`,
  );
  expect(codes).toEqual([]);
  if (data === null) throw new Error('no data');
  return data.registerInstitution;
}

/** The witnesses that a checkpoint's note bears, by the policy. */
const cosigners = (note: string): string[] =>
  verifyCosigned(note, parsePolicy(text), nativeVerify).cosigned.map(({ name }) => name);

describe('a mutation', () => {
  it('is COSIGNED when it waits for the witnesses, and its proof and its bundle verify by the policy', async () => {
    const { institution, receipt } = await write('state(waitMs: 8000) proof(waitMs: 8000)');
    expect(receipt.state).toBe('COSIGNED');
    const proof = parseTlogProof(receipt.proof);
    expect(cosigners(proof.checkpoint).length).toBeGreaterThanOrEqual(2);
    const found = await vitrine.ask<{
      entry: { leaf: string };
      institution: { anchor: { state: string }; proof: { bundle: string } };
    }>(
      'regulator.one',
      `{ entry(index: "${receipt.index}") { leaf } institution(id: "${institution.id}") { anchor { state } proof { bundle } } }`,
    );
    expect(found.codes).toEqual([]);
    const leaf = new Uint8Array(Buffer.from(found.data?.entry.leaf ?? '', 'base64'));
    const logKey = parseVkey(vitrine.serving.ledger.verifierKey);
    verifyTlogProof({ proof, leafHash: leafHash(leaf), origin: logKey.name, logKey }, nativeVerify);
    expect(found.data?.institution.anchor.state).toBe('COSIGNED');
    const bundle = verifyBundle(found.data?.institution.proof.bundle ?? '', text);
    expect(bundle.cosigned.length).toBeGreaterThanOrEqual(2);
  });

  it('is SEALED when the time passes and too few have signed, and COSIGNED when they do again', async () => {
    south.behave = east.behave = says(503);
    const { receipt } = await write('state(waitMs: 100) proof');
    expect(receipt.state).toBe('SEALED');
    expect(parseNote(parseTlogProof(receipt.proof).checkpoint).text).toContain('\n');
    expect((await fetch(`${vitrine.url}/readyz`)).status).toBe(200);
    south.behave = (asked, response) => south.sign(asked, response);
    await until('it is cosigned', () => vitrine.serving.ledger.witnesses.covers(BigInt(receipt.index), 1000));
    const metrics = await (await fetch(`${vitrine.url}/metrics`)).text();
    expect(metrics).toMatch(/vitrine_witness_answers_total\{witness="east",answer="status"\} [1-9]/);
    expect(metrics).toMatch(
      new RegExp(
        `vitrine_witness_cosigned_size\\{witness="south"\\} ${vitrine.serving.ledger.witnesses.size}`,
      ),
    );
    expect(metrics).toContain(`vitrine_log_cosigned_size ${vitrine.serving.ledger.witnesses.size}`);
  }, 60_000);

  it.each([-1, 10_001])('may not wait for %d ms', async (waitMs) => {
    const { errors } = await vitrine.mutate<Written>(
      'regulator.one',
      'registerInstitution',
      INSTITUTION,
      `receipt { state(waitMs: ${waitMs}) }`,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['waitMs'] });
  });
});

describe('checkpoints', () => {
  it('carry their cosignatures, at /log/checkpoint too', async () => {
    await write('state(waitMs: 8000)');
    const { data } = await vitrine.ask<{
      checkpoint: {
        size: string;
        note: string;
        cosignatures: { witness: string; key: string; time: string; line: string }[];
      };
    }>(null, '{ checkpoint(cosigned: true) { size note cosignatures { witness key time line } } }');
    const { checkpoint } = data ?? { checkpoint: { note: '', cosignatures: [], size: '' } };
    expect(cosigners(checkpoint.note).length).toBeGreaterThanOrEqual(2);
    for (const { line, key, witness, time } of checkpoint.cosignatures) {
      expect(checkpoint.note).toContain(`${line}\n`);
      expect(parseVkey(key).name).toBe(witness);
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(600_000);
    }
    const served = await (await fetch(`${vitrine.url}/log/checkpoint`)).text();
    expect(cosigners(served)).toEqual(cosigners(checkpoint.note));
  });

  it('come by subscription: each newest one, and the newest cosigned one', async () => {
    const client = createClient({
      url: `${vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    try {
      const query = 'subscription { checkpoints { size note } }';
      const feed = client.iterate<{ checkpoints: { size: string; note: string } }>({ query });
      const first = (await feed.next()).value?.data?.checkpoints;
      expect(Number(first?.size)).toBeGreaterThan(0);
      const { receipt } = await write('state(waitMs: 8000)');
      for (;;) {
        const next = await feed.next();
        const event = (next.value as Event | undefined)?.data?.checkpoints;
        if (event === undefined) throw new Error('the feed ended');
        if (BigInt(event.size) > BigInt(receipt.index) && cosigners(event.note).length >= 2) break;
      }
    } finally {
      await client.dispose();
    }
  });
});

describe('a policy file', () => {
  it.each([
    ['is missing', 'nowhere', undefined],
    ['is no policy', 'bad', 'witness\n'],
  ])('that %s is refused by its name', async (_, name, content) => {
    if (content !== undefined) await writeFile(join(folder, name), content);
    const failed = vitrine.restart({ WITNESS_POLICY: join(folder, name) });
    await expect(failed).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining(`WITNESS_POLICY: ${join(folder, name)}`) as unknown,
    });
    await vitrine.restart({ WITNESS_POLICY: join(folder, 'policy') });
  });
});
