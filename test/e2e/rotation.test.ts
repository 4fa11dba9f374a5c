/**
 * Rotation of every kind of key by the command, beside a server under load, killed at any moment: the server needs no
 * restart, nothing is refused, everything verifies, and what was proved before stays proved.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyBundle, verifyReceipt } from '../../src/client/index.js';
import { databaseUrl } from '../../src/database/index.js';
import { Drill } from '../support/drill.js';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

interface Printed {
  readonly entry: string | null;
  readonly key: string;
  readonly older: readonly string[];
  readonly rewrapped: number;
  readonly refused: readonly string[];
}

let drill: Drill;
let city: string;

beforeAll(async () => {
  drill = await Drill.open(6);
  const { code, said } = await drill.deployment.command('verify');
  expect([code, said]).toEqual([0, expect.stringContaining('everything holds')]);
  city = await ask<{ i: string }>('SELECT DISTINCT institution AS i FROM signing_key ORDER BY 1').then(
    (rows) => rows.map(({ i }) => i)[1] ?? '',
  );
});
afterAll(() => drill.end());

async function ask<T extends object>(sql: string): Promise<T[]> {
  const { ownerUrl } = await databaseUrl(drill.deployment.dataDir);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function rotate(...words: readonly string[]): Promise<Printed> {
  const { code, said, answer } = await drill.deployment.command('rotate-key', ...words, '--json');
  if (code !== 0) throw new Error(`rotate-key ${words.join(' ')} ended with ${String(code)}: ${said}`);
  return JSON.parse(answer) as Printed;
}

/** Starts the command and kills it, at another moment each time. */
async function interrupted(words: readonly string[], moments: readonly number[]): Promise<void> {
  for (const moment of moments) {
    const running = drill.deployment.run([process.execPath, MAIN, 'rotate-key', ...words, '--json']);
    await pause(moment);
    await running.kill();
  }
}

const keyFiles = async (): Promise<string[]> =>
  (await readdir(join(drill.deployment.dataDir, 'keys')))
    .filter((name) => /^(?:index|log|master|service)\b/.test(name))
    .sort();

/** Under a load of mutations; what is acknowledged meanwhile has to be there, and nothing may be refused. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const since = drill.load.acknowledged.length;
  let result: T | undefined;
  await drill.loadUntil(6, async () => {
    result = await work();
    const told = drill.load.acknowledged.length;
    while (drill.load.acknowledged.length < told + 12 && drill.load.refusals.length === 0) await pause(20);
  });
  await drill.load.stop();
  expect(drill.load.refusals).toEqual([]);
  expect(drill.server.alive).toBe(true);
  await drill.expectNothingLost(since);
  return result as T;
}

interface Kept {
  readonly vkey: string;
  readonly bundle: string;
  readonly proof: string;
  readonly leaf: Uint8Array;
}

/** A proof bundle and a receipt of a record that is there, and the key under which they stand. */
async function keep(): Promise<Kept> {
  const query = `{ node(id: "${city}") { ... on Institution { proof { bundle } } }
    checkpoint { key } entry(index: "1") { leaf } inclusionProof(index: "1") { text } }`;
  const { data } = (await drill.api.ask('regulator.one', query)) as unknown as {
    data: {
      node: { proof: { bundle: string } };
      checkpoint: { key: string };
      entry: { leaf: string };
      inclusionProof: { text: string };
    };
  };
  return {
    vkey: data.checkpoint.key,
    bundle: data.node.proof.bundle,
    proof: data.inclusionProof.text,
    leaf: new Uint8Array(Buffer.from(data.entry.leaf, 'base64')),
  };
}

function verifyKept({ vkey, bundle, proof, leaf }: Kept, by = vkey): void {
  const policy = `log ${by}\nquorum none\n`;
  verifyBundle(bundle, policy);
  verifyReceipt(proof, { leaf }, policy);
}

interface Shown {
  readonly op: string;
  readonly mode: string;
  readonly summary: string;
}

/** All openings of an operation. A page looks at so many entries at most; the load made more. */
async function openings(op: string): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (let after = ''; ;) {
    const where = `first: 50, filter: { op: "${op}" }${after === '' ? '' : `, after: "${after}"`}`;
    const query = `{ entries(${where}) { edges { node { opening { op mode summary } } } pageInfo { hasNextPage endCursor } } }`;
    const { data, errors } = await drill.api.ask('auditor', query);
    expect(errors).toEqual([]);
    const { edges, pageInfo } = data?.['entries'] as {
      edges: { node: { opening: Shown } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    shown.push(...edges.map(({ node }) => node.opening));
    if (!pageInfo.hasNextPage) return shown;
    after = pageInfo.endCursor;
  }
}

describe('rotate-key beside a server under load', () => {
  it('gives the log another key, over kills, and destroys the old one', async () => {
    const before = await keep();
    await underLoad(() => interrupted(['log'], [900, 1500, 2100]));
    const rotated = await underLoad(() => rotate('log'));
    expect(rotated.older).toEqual([before.vkey]);
    const during = await keep();
    expect(during.vkey).toBe(rotated.key);
    verifyKept(during);
    verifyKept(during, before.vkey); // both sign until the old one is retired
    await underLoad(() => interrupted(['log', '--retire'], [1200, 2000]));
    expect(await underLoad(() => rotate('log', '--retire'))).toMatchObject({ key: rotated.key, older: [] });
    expect(await keyFiles()).toEqual(['index.json', 'log.2.json', 'master.json', 'service.json']);
    const after = await keep();
    verifyKept(before);
    verifyKept(after);
    expect(() => verifyKept(after, before.vkey)).toThrow(/signature of a log of the policy/);
    expect(() => verifyKept(before, after.vkey)).toThrow(/signature of a log of the policy/);
  });

  it('gives an institution other keys, over kills, and wraps its records anew', async () => {
    const before = await keep();
    const wrapped = () =>
      ask<{ key: string; n: number }>(
        `SELECT key_id AS key, count(*)::int AS n FROM wrapped_key WHERE key_id LIKE '${city}/%' GROUP BY 1 ORDER BY 1`,
      );
    const [old] = await wrapped();
    expect(old).toMatchObject({ key: `${city}/1` });
    await underLoad(() => interrupted(['institution', city], [1100, 1600, 2100]));
    const last = await underLoad(() => rotate('institution', city));
    expect(last.refused).toEqual([]);
    const keys = await wrapped();
    expect(keys).toHaveLength(1);
    expect(keys[0]?.key).not.toBe(`${city}/1`);
    expect(keys[0]?.n).toBeGreaterThan(old?.n ?? 0);
    const held = await ask<{ n: number }>(
      `SELECT count(*)::int AS n FROM signing_key WHERE institution = '${city}'`,
    );
    expect(held).toEqual([{ n: 1 }]);
    verifyKept(before);
    verifyKept(await keep());
  });

  it('gives the deployment another master key, over kills, and destroys the old one', async () => {
    await underLoad(() => interrupted(['master'], [1300, 2000]));
    const { key } = await underLoad(() => rotate('master'));
    await underLoad(() => interrupted(['master', '--retire'], [1200, 1900]));
    expect(await underLoad(() => rotate('master', '--retire'))).toMatchObject({ key, older: [] });
    expect(await keyFiles()).toEqual(['index.json', 'log.2.json', 'master.2.json', 'service.json']);
    await drill.server.stop();
    await drill.start();
    await underLoad(() => Promise.resolve());
  });

  it('shows on the audit trail what was done', async () => {
    const seen: Record<string, string> = {};
    for (const op of ['rotateKey', 'retireKey', 'rotateInstitution', 'rotateMaster', 'retireMaster']) {
      for (const opening of await openings(`log.${op}`)) {
        expect([opening.op, opening.mode]).toEqual([`log.${op}`, 'SERVICE']);
        seen[op] = opening.summary;
      }
    }
    expect(seen).toEqual({
      rotateKey: expect.stringMatching(/^log key [\w-]{43} was followed by [\w-]{43}; both sign/) as string,
      retireKey: expect.stringMatching(/^log key [\w-]{43} signs no more$/) as string,
      rotateInstitution: expect.stringContaining(`institution ${city} got`) as string,
      rotateMaster: expect.stringMatching(/^master key m-\S+ was followed by m-/) as string,
      retireMaster: expect.stringMatching(/^master key m-\S+ was destroyed$/) as string,
    });
  });

  it('is refused when it is called wrongly, or for an institution without keys', async () => {
    const nobody = '99999999-9999-4999-8999-999999999999';
    for (const [words, code, said] of [
      [['rest'], 2, 'expected log, institution, master'],
      [['institution'], 2, 'expected an id'],
      [['log', nobody], 2, 'expected an id'],
      [['institution', 'x'], 2, 'expected a lower-case UUID'],
      [['institution', nobody, '--retire'], 2, '--retire is for'],
      [['master', '--prepare'], 2, '--prepare is for'],
      [['institution', nobody], 1, 'no keys are held here'],
    ] as const) {
      const ended = await drill.deployment.command('rotate-key', ...words);
      expect([words, ended.code, ended.said]).toEqual([words, code, expect.stringContaining(said) as string]);
    }
  });
});
