import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ED25519,
  fromHex,
  leafHash,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  verifyConsistency,
  verifyInclusion,
  verifyTlogProof,
} from '../../src/ledger/core/index.js';
import { nativeVerify } from '../../src/ledger/index.js';
import { State } from '../support/state.js';

interface Proof {
  readonly index: string;
  readonly size: string;
  readonly leafHash: string;
  readonly root: string;
  readonly hashes: string[];
  readonly text: string | null;
}

const INCLUSION = `query ($index: BigInt!, $size: BigInt) {
  inclusionProof(index: $index, size: $size) { index size leafHash root hashes text } }`;
const CONSISTENCY = `query ($from: BigInt!, $to: BigInt) {
  consistencyProof(from: $from, to: $to) { from to fromRoot toRoot hashes } }`;

let state: State;

beforeAll(async () => {
  state = await State.open();
});

afterAll(() => state.close());

async function inclusion(index: number, size?: number): Promise<Proof> {
  const { data, messages } = await state.run(null, INCLUSION, { index, size });
  expect(messages).toEqual([]);
  return data['inclusionProof'] as Proof;
}

const logKey = () => {
  const { ledger } = state.system;
  return noteKey(ledger.origin, ED25519, ledger.keys.logKey.publicKey);
};

describe('inclusionProof', () => {
  it('proves every entry to anyone, for the newest size and for older ones', async () => {
    const newest = Number(await state.system.ledger.sync());
    for (const size of [1, 2, 3, 5, 8, newest - 1, newest]) {
      const index = size - 1 - (size % 3 === 0 ? 1 : 0);
      const proof = await inclusion(index, size);
      expect(proof).toMatchObject({ index: String(index), size: String(size) });
      verifyInclusion({
        index: BigInt(proof.index),
        size: BigInt(proof.size),
        leafHash: fromHex(proof.leafHash),
        proof: proof.hashes.map(fromHex),
        root: fromHex(proof.root),
      });
    }
  });

  it('is of the newest signed size by default, and also a text where one was signed', async () => {
    const { data } = await state.run(null, '{ checkpoint { size root } entry(index: "2") { leaf } }');
    const proof = await inclusion(2);
    expect(proof).toMatchObject(data['checkpoint'] as object);
    const { leaf } = data['entry'] as { leaf: string };
    const claim = { leafHash: leafHash(new Uint8Array(Buffer.from(leaf, 'base64'))), logKey: logKey() };
    const { checkpoint } = verifyTlogProof(
      { ...claim, proof: parseTlogProof(proof.text ?? ''), origin: 'state.test/log' },
      nativeVerify,
    );
    expect(checkpoint.size).toBe(BigInt(proof.size));
    // Genesis is one block of three entries: no checkpoint ends within it.
    expect((await inclusion(0, 2)).text).toBeNull();
  });

  it.each([
    ['an index of the size', { index: '3', size: '3' }],
    ['an index beyond the log', { index: '99999' }],
    ['a negative index', { index: '-1' }],
    ['a size beyond the log', { index: '0', size: '99999' }],
  ])('refuses %s', async (_what, variables) => {
    expect((await state.run(null, INCLUSION, variables)).codes).toEqual(['BAD_USER_INPUT']);
  });
});

describe('consistencyProof', () => {
  it('shows anyone that the log only grew', async () => {
    const newest = Number(await state.system.ledger.sync());
    for (const [from, to] of [
      [1, 1],
      [1, 2],
      [3, 7],
      [4, newest],
      [newest - 1, undefined],
    ] as const) {
      const { data, messages } = await state.run(null, CONSISTENCY, { from, to });
      expect(messages).toEqual([]);
      const proof = data['consistencyProof'] as Record<'from' | 'to' | 'fromRoot' | 'toRoot', string>;
      const { hashes } = data['consistencyProof'] as { hashes: string[] };
      verifyConsistency({
        from: BigInt(proof.from),
        to: BigInt(proof.to),
        fromRoot: fromHex(proof.fromRoot),
        toRoot: fromHex(proof.toRoot),
        proof: hashes.map(fromHex),
      });
    }
  });

  it.each([{ from: '0' }, { from: '5', to: '4' }, { from: '1', to: '99999' }])(
    'refuses %o',
    async (variables) => {
      expect((await state.run(null, CONSISTENCY, variables)).codes).toEqual(['BAD_USER_INPUT']);
    },
  );
});

describe('a receipt', () => {
  it('carries a proof that holds offline by the log’s key alone, and later under a newer checkpoint', async () => {
    const input = { code: 'proved', title: 'Proved', period: 'MONTH', indicators: [] as object[] };
    input.indicators.push({ code: 'beds', label: 'Beds', type: 'INTEGER' });
    const define = () =>
      state.mutate(
        'regulator.one',
        'defineForm',
        input,
        'receipt { index proof entry { leafHash } }',
        '7e0f2c3a-6b0d-4c58-9a51-0d3f8a7b1c22',
      );
    const sizes: bigint[] = [];
    for (const later of [false, true]) {
      if (later) await state.enrol('reporter.later', state.ids['city'] ?? '', ['REPORTER']);
      const { data, messages } = await define();
      expect(messages).toEqual([]);
      const { receipt } = data['defineForm'] as {
        receipt: { index: string; proof: string; entry: { leafHash: string } };
      };
      const proof = parseTlogProof(receipt.proof);
      expect(proof.index).toBe(BigInt(receipt.index));
      const claim = { proof, leafHash: fromHex(receipt.entry.leafHash), origin: 'state.test/log' };
      verifyTlogProof({ ...claim, logKey: logKey() }, nativeVerify);
      sizes.push(parseCheckpoint(parseNote(proof.checkpoint).text).size);
    }
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0n);
  });
});
